from itertools import pairwise

from mxnet.gluon import Trainer, loss, nn


def net(widths, bias, dtype, device):
    net = nn.Sequential()
    for number, (num_inputs, num_outputs) in enumerate(pairwise(widths), start=2):
        activation = "relu" if number < len(widths) else None
        net.add(nn.Dense(num_outputs, activation, use_bias=bias, in_units=num_inputs))
    net.initialize(ctx=device)
    net.cast(dtype)
    return net


def module(make, X):
    made = make()
    made.apply_init([X.astype("float32")])  # Gluon's initialisers know no other
    made.cast(X.dtype)
    return made


def mlp(d2l, widths, lr):
    class MLP(d2l.Classifier):
        def __init__(self, num_hiddens, num_outputs, lr):
            super().__init__()
            self.save_hyperparameters()
            self.net = nn.HybridSequential()
            self.net.add(nn.Dense(num_hiddens, activation="relu"), nn.Dense(num_outputs))
            self.net.initialize()

    return MLP(*widths[1:], lr)


def squared_error():
    return loss.L2Loss(weight=2)  # it has a factor 1/2 of its own


def cross_entropy():
    return loss.SoftmaxCrossEntropyLoss()


def sgd(net, lr, decay):
    net.collect_params(".*bias").setattr("wd_mult", 0)
    return Trainer(net.collect_params(), "sgd", {"learning_rate": lr, "wd": decay})
