from itertools import pairwise

import torch
from torch import nn


def net(widths, bias, dtype, device):
    layers = []
    for num_inputs, num_outputs in pairwise(widths):
        layers += [nn.Linear(num_inputs, num_outputs, bias), nn.ReLU()]
    return nn.Sequential(*layers[:-1]).to(device, getattr(torch, dtype))


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
