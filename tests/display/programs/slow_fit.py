"""The same on a trainer: three curves, a point of each twice or once an epoch."""

import time

import torch

from d2l_multi import torch as d2l

epochs, pause = 10, 0.02
X, y = torch.rand(200, 4), torch.randint(0, 3, (200,))


class Slow:
    def __len__(self):
        return 20

    def __iter__(self):
        for start in range(0, 200, 10):
            time.sleep(pause)
            yield X[start : start + 10], y[start : start + 10]


class Data(d2l.DataModule):
    def get_dataloader(self, train):
        return Slow()


history = d2l.Trainer(max_epochs=epochs).fit(d2l.SoftmaxRegression(3, lr=0.1), Data())
