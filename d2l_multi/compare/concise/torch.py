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


class LanguageModel(nn.Module):
    def __init__(self, layer, num_characters, num_hiddens):
        super().__init__()
        layer = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}[layer]
        self.rnn = layer(num_characters, num_hiddens, batch_first=True)
        self.dense = nn.Linear(num_hiddens, num_characters)
        self.states = ()

    def forward(self, X):
        inputs = nn.functional.one_hot(X.long(), self.dense.out_features).to(self.dense.weight.dtype)
        if not self.training:
            return self.dense(self.rnn(inputs)[0]).transpose(1, 2)
        states = tuple(state[None] for state in self.states)
        outputs, states = self.rnn(inputs, states if len(states) > 1 else states[0])
        self.states = tuple(state[0].detach() for state in (states if len(self.states) > 1 else [states]))
        return self.dense(outputs).transpose(1, 2)


def language_model(layer, num_characters, num_hiddens, dtype, device):
    return LanguageModel(layer, num_characters, num_hiddens).to(device, getattr(torch, dtype))


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


def cross_entropy_over_time():
    return nn.CrossEntropyLoss()


def clip(params, grads, limit):
    norm = torch.sqrt(sum((param.grad**2).sum() for param in params))
    if norm > limit:
        for param in params:
            param.grad *= limit / norm
    return grads


class ClippedSGD(torch.optim.SGD):
    def __init__(self, groups, lr, limit):
        super().__init__(groups, lr)
        self.limit = limit

    def step(self, closure=None):
        clip([param for group in self.param_groups for param in group["params"]], None, self.limit)
        return super().step(closure)


def sgd(net, lr, decay, limit):
    groups = {"weight": [], "bias": []}
    for name, param in net.named_parameters():
        groups["bias" if "bias" in name else "weight"].append(param)
    parameters = [{"params": groups["weight"], "weight_decay": decay}, {"params": groups["bias"]}]
    return torch.optim.SGD(parameters, lr) if limit is None else ClippedSGD(parameters, lr, limit)
