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


class LanguageModel(nn.Layer):
    def __init__(self, layer, num_characters, num_hiddens):
        super().__init__()
        layer = {"rnn": nn.SimpleRNN, "gru": nn.GRU, "lstm": nn.LSTM}[layer]
        self.rnn = layer(num_characters, num_hiddens)
        self.dense = nn.Linear(num_hiddens, num_characters)
        self.states = ()

    def forward(self, X):
        inputs = nn.functional.one_hot(X.astype("int64"), self.dense.weight.shape[1])
        inputs = inputs.astype(self.dense.weight.dtype)
        if not self.training:
            return self.dense(self.rnn(inputs)[0]).transpose((0, 2, 1))
        states = tuple(state[None] for state in self.states)
        outputs, states = self.rnn(inputs, states if len(states) > 1 else states[0])
        self.states = tuple(state[0].detach() for state in (states if len(self.states) > 1 else [states]))
        return self.dense(outputs).transpose((0, 2, 1))


def language_model(layer, num_characters, num_hiddens, dtype, device):
    paddle.set_default_dtype(dtype)
    return LanguageModel(layer, num_characters, num_hiddens)


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


def cross_entropy_over_time():
    return nn.CrossEntropyLoss(axis=1)


@paddle.no_grad()
def clip(params, grads, limit):
    norm = paddle.sqrt(sum((param.grad**2).sum() for param in params))
    if norm > limit:
        for param in params:
            param.grad.scale_(limit / norm)
    return grads


def sgd(net, lr, decay, limit):
    groups = {"weight": [], "bias": []}
    for name, param in net.named_parameters():
        if not param.stop_gradient:  # as those are that keep a batch norm's mean and variance
            groups["bias" if "bias" in name else "weight"].append(param)
    parameters = [{"params": groups["weight"], "weight_decay": decay}, {"params": groups["bias"]}]
    if limit is not None:  # of groups each would be clipped by itself
        clipping = nn.ClipGradByGlobalNorm(limit)
        return paddle.optimizer.SGD(lr, parameters=net.parameters(), weight_decay=decay, grad_clip=clipping)
    return paddle.optimizer.SGD(lr, parameters=[group for group in parameters if group["params"]])
