from itertools import pairwise

import torch
from torch import nn


def net(widths, bias, dtype, device):
    layers = []
    for num_inputs, num_outputs in pairwise(widths):
        layers += [nn.Linear(num_inputs, num_outputs, bias), nn.ReLU()]
    return nn.Sequential(*layers[:-1]).to(device, getattr(torch, dtype))


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
