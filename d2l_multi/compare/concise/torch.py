from itertools import pairwise

import torch
from torch import nn


def net(widths, bias, dtype, device):
    layers = []
    for num_inputs, num_outputs in pairwise(widths):
        layers += [nn.Linear(num_inputs, num_outputs, bias), nn.ReLU()]
    return nn.Sequential(*layers[:-1]).to(device, getattr(torch, dtype))


def images(X):
    return X


def lenet(dtype, device):
    net = nn.Sequential(
        *(nn.Conv2d(1, 6, 5, padding=2), nn.Sigmoid(), nn.AvgPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.Sigmoid(), nn.AvgPool2d(2)),
        *(nn.Flatten(), nn.Linear(400, 120), nn.Sigmoid(), nn.Linear(120, 84), nn.Sigmoid()),
        nn.Linear(84, 10),
    )
    return net.to(device, getattr(torch, dtype))


def batch_norm_lenet(dtype, device, momentum, epsilon):
    norm = {"eps": epsilon, "momentum": 1 - momentum}  # PyTorch's is the share of the batch
    net = nn.Sequential(
        *(
            nn.Conv2d(1, 6, 5, padding=2, bias=False),
            nn.BatchNorm2d(6, **norm),
            nn.Sigmoid(),
            nn.AvgPool2d(2),
        ),
        *(nn.Conv2d(6, 16, 5, bias=False), nn.BatchNorm2d(16, **norm), nn.Sigmoid(), nn.AvgPool2d(2)),
        *(nn.Flatten(), nn.Linear(400, 84, bias=False), nn.BatchNorm1d(84, **norm), nn.Sigmoid()),
        nn.Linear(84, 10),
    )
    return net.to(device, getattr(torch, dtype))


class Residual(nn.Module):
    def __init__(self, num_inputs, num_channels, norm):
        super().__init__()
        self.way = nn.Sequential(
            *(
                nn.Conv2d(num_inputs, num_channels, 3, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(num_channels, **norm),
            ),
            *(nn.ReLU(), nn.Conv2d(num_channels, num_channels, 3, padding=1, bias=False)),
            nn.BatchNorm2d(num_channels, **norm),
        )
        self.shortcut = nn.Conv2d(num_inputs, num_channels, 1, stride=2)

    def forward(self, X):
        return nn.functional.relu(self.way(X) + self.shortcut(X))


def resnet(dtype, device, momentum, epsilon):
    norm = {"eps": epsilon, "momentum": 1 - momentum}
    net = nn.Sequential(
        *(
            nn.Conv2d(1, 8, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(8, **norm),
            nn.ReLU(),
            nn.MaxPool2d(2),
        ),
        *(Residual(8, 16, norm), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10)),
    )
    return net.to(device, getattr(torch, dtype))


def module(make, X):
    made = make().to(X.dtype)
    made.apply_init([X])
    return made


def mlp(d2l, widths, lr):
    class MLP(d2l.Classifier):
        def __init__(self, num_hiddens, num_outputs, lr):
            super().__init__()
            self.save_hyperparameters()
            self.net = nn.Sequential(
                nn.Flatten(), nn.LazyLinear(num_hiddens), nn.ReLU(), nn.LazyLinear(num_outputs)
            )

    return MLP(*widths[1:], lr)


def squared_error():
    return nn.MSELoss(reduction="none")


def cross_entropy():
    return nn.CrossEntropyLoss(reduction="none")


def sgd(net, lr, decay):
    groups = {"weight": [], "bias": []}
    for name, param in net.named_parameters():
        groups[name.rpartition(".")[2]].append(param)
    return torch.optim.SGD(
        [{"params": groups["weight"], "weight_decay": decay}, {"params": groups["bias"]}], lr
    )
