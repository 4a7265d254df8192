"""A training slow enough to be looked at: a net on twenty batches of noise, each of which takes its time."""

import time

import torch

from d2l_multi import torch as d2l

epochs, pause = 10, 0.02
X, y = torch.rand(200, 4), torch.randint(0, 3, (200,))
net = torch.nn.Sequential(torch.nn.Linear(4, 3))


class Slow:
    def __iter__(self):
        for start in range(0, 200, 10):
            time.sleep(pause)
            yield X[start : start + 10], y[start : start + 10]


loss = torch.nn.CrossEntropyLoss(reduction="none")
history = d2l.train_ch3(net, Slow(), Slow(), loss, epochs, torch.optim.SGD(net.parameters(), 0.1))
