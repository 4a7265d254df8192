from itertools import pairwise

import paddle
from paddle import nn


def net(widths, bias, dtype, device):
    paddle.set_default_dtype(dtype)  # of the optimiser's learning rate, too
    layers = []
    for num_inputs, num_outputs in pairwise(widths):
        layers += [nn.Linear(num_inputs, num_outputs, bias_attr=None if bias else False), nn.ReLU()]
    return nn.Sequential(*layers[:-1]).to(device)


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
        groups[name.rpartition(".")[2]].append(param)
    parameters = [{"params": groups["weight"], "weight_decay": decay}, {"params": groups["bias"]}]
    return paddle.optimizer.SGD(lr, parameters=[group for group in parameters if group["params"]])
