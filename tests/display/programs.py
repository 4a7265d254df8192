"""What the tests of the display layer run in notebooks, terminals and processes of their own."""

import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]

# Training slow enough to be looked at: a net on twenty batches of noise, each of which takes its time.
SLOW_TRAINING = """
import time
from d2l_multi import torch as d2l
import torch

X, y = torch.rand(200, 4), torch.randint(0, 3, (200,))
net = torch.nn.Sequential(torch.nn.Linear(4, 3))


class Slow:
    def __iter__(self):
        for start in range(0, 200, 10):
            time.sleep({pause})
            yield X[start : start + 10], y[start : start + 10]


loss = torch.nn.CrossEntropyLoss(reduction="none")
history = d2l.train_ch3(net, Slow(), Slow(), loss, {epochs}, torch.optim.SGD(net.parameters(), 0.1))
"""


# The same on a trainer: three curves, a point of each twice or once an epoch.
SLOW_FIT = """
import time
from d2l_multi import torch as d2l
import torch

X, y = torch.rand(200, 4), torch.randint(0, 3, (200,))


class Slow:
    def __len__(self):
        return 20

    def __iter__(self):
        for start in range(0, 200, 10):
            time.sleep({pause})
            yield X[start : start + 10], y[start : start + 10]


class Data(d2l.DataModule):
    def get_dataloader(self, train):
        return Slow()


history = d2l.Trainer(max_epochs={epochs}).fit(d2l.SoftmaxRegression(3, lr=0.1), Data())
"""


def slow_fit(epochs, pause):
    return SLOW_FIT.format(epochs=epochs, pause=pause)


def slow_training(epochs, pause):
    return SLOW_TRAINING.format(epochs=epochs, pause=pause)


def environment(folder):
    """A user's settings that are nobody else's."""
    names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    return {name: str(folder / name.lower()) for name in names} | {"PYTHONPATH": str(PROJECT)}


PYTHON = sys.executable
