import gzip
from pathlib import Path

import torch
from torch import nn

from d2l_multi.compare.concise import torch as concise

BATCH, SMALL = 256, 10


def wait(tensor):
    pass  # the CPU computes as it is asked


def offline(files):
    """torchvision, as the book calls it, wants the unpacked files in ../data."""
    raw = Path("..", "data", "FashionMNIST", "raw")
    raw.mkdir(parents=True, exist_ok=True)
    for file in files:
        (raw / file.name.removesuffix(".gz")).write_bytes(gzip.decompress(file.read_bytes()))


def model(hidden):
    widths = [784, 256, 10] if hidden else [784, 10]
    net = nn.Sequential(nn.Flatten(), *concise.net(widths, True, "float32", "cpu"))
    return net, concise.cross_entropy(), torch.optim.SGD(net.parameters(), lr=0.1)


def resnet(d2l):
    """A small ResNet for images of 96 by 96."""
    stem = [nn.Conv2d(1, 16, 7, stride=2, padding=3), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    blocks = [d2l.Residual(16, 16), d2l.Residual(16, 32, use_1x1conv=True, strides=2), d2l.Residual(32, 32)]
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10))


def trained_by(net):
    """A loss and an optimiser for a net that has seen a batch."""
    return nn.CrossEntropyLoss(reduction="none"), torch.optim.SGD(net.parameters(), lr=0.1)


class Bare:
    def __init__(self, arrays):
        self.X, self.y = (
            torch.from_numpy(arrays["train_images"].copy()),
            torch.from_numpy(arrays["train_labels"]).long(),
        )
        self.X_val, self.y_val = (
            torch.from_numpy(arrays["test_images"].copy()),
            torch.from_numpy(arrays["test_labels"]).long(),
        )
        self.rows, self.targets = torch.randn(20_000, 10), torch.randn(20_000, 1)

    def batches(self):
        for rows in torch.randperm(len(self.X)).split(BATCH):
            X = self.X.index_select(0, rows).float().div_(255)
            yield X.unsqueeze(1), self.y.index_select(0, rows)

    def iterate(self):
        for _ in self.batches():
            pass

    def epoch(self, net, loss, optimiser):
        net.train()
        total, correct = torch.zeros(()), torch.zeros((), dtype=torch.int64)
        for X, y in self.batches():
            y_hat = net(X)
            l = loss(y_hat, y)
            optimiser.zero_grad()
            l.mean().backward()
            optimiser.step()
            with torch.no_grad():
                total += l.sum()
                correct += (y_hat.argmax(1) == y).sum()
        return float(total), int(correct)

    def validate(self, net, loss):
        net.eval()
        total, correct = torch.zeros(()), torch.zeros((), dtype=torch.int64)
        with torch.no_grad():
            for X, y in zip(self.X_val.split(BATCH), self.y_val.split(BATCH)):
                y_hat = net(X.float().div_(255).unsqueeze(1))
                total += loss(y_hat, y).sum()
                correct += (y_hat.argmax(1) == y).sum()
        return float(total), int(correct)

    def small_batches(self, rows):
        order = torch.randperm(rows)
        X, y = self.rows[order], self.targets[order]
        for _ in zip(X.split(SMALL), y.split(SMALL)):
            pass
