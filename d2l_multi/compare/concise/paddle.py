from itertools import pairwise

import paddle
from paddle import nn


def net(widths, bias, dtype, device):
    paddle.set_default_dtype(dtype)  # of the optimiser's learning rate, too
    layers = []
    for num_inputs, num_outputs in pairwise(widths):
        layers += [nn.Linear(num_inputs, num_outputs, bias_attr=None if bias else False), nn.ReLU()]
    return nn.Sequential(*layers[:-1]).to(device)


def images(X):
    return X


def lenet(dtype, device):
    paddle.set_default_dtype(dtype)
    return nn.Sequential(
        *(nn.Conv2D(1, 6, 5, padding=2), nn.Sigmoid(), nn.AvgPool2D(2)),
        *(nn.Conv2D(6, 16, 5), nn.Sigmoid(), nn.AvgPool2D(2)),
        *(nn.Flatten(), nn.Linear(400, 120), nn.Sigmoid(), nn.Linear(120, 84), nn.Sigmoid()),
        nn.Linear(84, 10),
    ).to(device)


def batch_norm_lenet(dtype, device, momentum, epsilon):
    paddle.set_default_dtype(dtype)
    norm = {"epsilon": epsilon, "momentum": momentum}
    return nn.Sequential(
        *(
            nn.Conv2D(1, 6, 5, padding=2, bias_attr=False),
            nn.BatchNorm2D(6, **norm),
            nn.Sigmoid(),
            nn.AvgPool2D(2),
        ),
        *(nn.Conv2D(6, 16, 5, bias_attr=False), nn.BatchNorm2D(16, **norm), nn.Sigmoid(), nn.AvgPool2D(2)),
        *(nn.Flatten(), nn.Linear(400, 84, bias_attr=False), nn.BatchNorm1D(84, **norm), nn.Sigmoid()),
        nn.Linear(84, 10),
    ).to(device)


class Residual(nn.Layer):
    def __init__(self, num_inputs, num_channels, norm):
        super().__init__()
        self.way = nn.Sequential(
            *(
                nn.Conv2D(num_inputs, num_channels, 3, stride=2, padding=1, bias_attr=False),
                nn.BatchNorm2D(num_channels, **norm),
            ),
            *(nn.ReLU(), nn.Conv2D(num_channels, num_channels, 3, padding=1, bias_attr=False)),
            nn.BatchNorm2D(num_channels, **norm),
        )
        self.shortcut = nn.Conv2D(num_inputs, num_channels, 1, stride=2)

    def forward(self, X):
        return nn.functional.relu(self.way(X) + self.shortcut(X))


def resnet(dtype, device, momentum, epsilon):
    paddle.set_default_dtype(dtype)
    norm = {"epsilon": epsilon, "momentum": momentum}
    return nn.Sequential(
        *(
            nn.Conv2D(1, 8, 3, stride=2, padding=1, bias_attr=False),
            nn.BatchNorm2D(8, **norm),
            nn.ReLU(),
            nn.MaxPool2D(2),
        ),
        *(Residual(8, 16, norm), nn.AdaptiveAvgPool2D(1), nn.Flatten(), nn.Linear(16, 10)),
    ).to(device)


def module(make, X):
    paddle.set_default_dtype(X.dtype)
    made = make()
    made.apply_init([X])
    return made


def mlp(d2l, widths, lr):
    class MLP(d2l.Classifier):
        def __init__(self, num_inputs, num_hiddens, num_outputs, lr):
            super().__init__()
            self.save_hyperparameters()
            self.net = nn.Sequential(
                nn.Flatten(),
                nn.Linear(num_inputs, num_hiddens),
                nn.ReLU(),
                nn.Linear(num_hiddens, num_outputs),
            )

    return MLP(*widths, lr)


def squared_error():
    return nn.MSELoss(reduction="none")


def cross_entropy():
    return nn.CrossEntropyLoss(reduction="none")


def sgd(net, lr, decay):
    groups = {"weight": [], "bias": []}
    for name, param in net.named_parameters():
        if not param.stop_gradient:  # as those are that keep a batch norm's mean and variance
            groups[name.rpartition(".")[2]].append(param)
    parameters = [{"params": groups["weight"], "weight_decay": decay}, {"params": groups["bias"]}]
    return paddle.optimizer.SGD(lr, parameters=[group for group in parameters if group["params"]])
