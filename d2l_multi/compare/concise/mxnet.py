from itertools import pairwise

from mxnet import autograd, npx
from mxnet import np as mxnp
from mxnet.gluon import Block, Trainer, loss, nn, rnn


def prepared(net, dtype, device):
    net.initialize(ctx=device)
    net.cast(dtype)
    return net


def net(widths, bias, dtype, device):
    net = nn.Sequential()
    for number, (num_inputs, num_outputs) in enumerate(pairwise(widths), start=2):
        activation = "relu" if number < len(widths) else None
        net.add(nn.Dense(num_outputs, activation, use_bias=bias, in_units=num_inputs))
    return prepared(net, dtype, device)


def images(X):
    return X


def lenet(dtype, device):
    net = nn.Sequential()
    net.add(
        *(nn.Conv2D(6, 5, padding=2, in_channels=1, activation="sigmoid"), nn.AvgPool2D(2)),
        *(nn.Conv2D(16, 5, in_channels=6, activation="sigmoid"), nn.AvgPool2D(2)),
        nn.Dense(120, activation="sigmoid", in_units=400),
        *(nn.Dense(84, activation="sigmoid", in_units=120), nn.Dense(10, in_units=84)),
    )
    return prepared(net, dtype, device)


def batch_norm_lenet(dtype, device, momentum, epsilon):
    norm = {"epsilon": epsilon, "momentum": momentum}
    net = nn.Sequential()
    net.add(
        *(nn.Conv2D(6, 5, padding=2, in_channels=1, use_bias=False), nn.BatchNorm(in_channels=6, **norm)),
        *(nn.Activation("sigmoid"), nn.AvgPool2D(2)),
        *(nn.Conv2D(16, 5, in_channels=6, use_bias=False), nn.BatchNorm(in_channels=16, **norm)),
        *(nn.Activation("sigmoid"), nn.AvgPool2D(2)),
        *(
            nn.Dense(84, use_bias=False, in_units=400),
            nn.BatchNorm(in_channels=84, **norm),
            nn.Activation("sigmoid"),
        ),
        nn.Dense(10, in_units=84),
    )
    return prepared(net, dtype, device)


class Residual(Block):
    def __init__(self, num_inputs, num_channels, norm):
        super().__init__()
        self.way = nn.Sequential()
        self.way.add(
            nn.Conv2D(num_channels, 3, strides=2, padding=1, in_channels=num_inputs, use_bias=False),
            *(nn.BatchNorm(in_channels=num_channels, **norm), nn.Activation("relu")),
            nn.Conv2D(num_channels, 3, padding=1, in_channels=num_channels, use_bias=False),
            nn.BatchNorm(in_channels=num_channels, **norm),
        )
        self.shortcut = nn.Conv2D(num_channels, 1, strides=2, in_channels=num_inputs)

    def forward(self, X):
        return npx.relu(self.way(X) + self.shortcut(X))


def resnet(dtype, device, momentum, epsilon):
    norm = {"epsilon": epsilon, "momentum": momentum}
    net = nn.Sequential()
    net.add(
        *(
            nn.Conv2D(8, 3, strides=2, padding=1, in_channels=1, use_bias=False),
            nn.BatchNorm(in_channels=8, **norm),
        ),
        *(nn.Activation("relu"), nn.MaxPool2D(2)),
        *(Residual(8, 16, norm), nn.GlobalAvgPool2D(), nn.Dense(10, in_units=16)),
    )
    return prepared(net, dtype, device)


class LanguageModel(Block):
    def __init__(self, layer, num_characters, num_hiddens):
        super().__init__()
        layer, options = {
            "rnn": (rnn.RNN, {"activation": "tanh"}),
            "gru": (rnn.GRU, {}),
            "lstm": (rnn.LSTM, {}),
        }[layer]
        self.rnn = layer(num_hiddens, layout="NTC", input_size=num_characters, **options)
        self.dense = nn.Dense(num_characters, flatten=False, in_units=num_hiddens)
        self.states = ()

    def forward(self, X):
        weight = self.dense.weight.data()
        inputs = npx.one_hot(X, weight.shape[0], dtype=weight.dtype)
        if not autograd.is_training():
            return self.dense(self.rnn(inputs)).transpose(0, 2, 1)
        outputs, states = self.rnn(inputs, [mxnp.expand_dims(state, 0) for state in self.states])
        self.states = tuple(state[0].detach() for state in states)
        return self.dense(outputs).transpose(0, 2, 1)


def language_model(layer, num_characters, num_hiddens, dtype, device):
    return prepared(LanguageModel(layer, num_characters, num_hiddens), dtype, device)


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


def cross_entropy_over_time():
    return loss.SoftmaxCrossEntropyLoss(axis=1)


def clip(params, grads, limit):
    norm = mxnp.sqrt(sum((param.grad**2).sum() for param in params))
    if norm > limit:
        for param in params:
            param.grad[:] *= limit / norm
    return grads


class ClippedTrainer(Trainer):
    def __init__(self, params, options, limit):
        super().__init__(params, "sgd", options)
        self.clipped, self.limit = params, limit

    def step(self, batch_size, ignore_stale_grad=False):
        clip([param.data() for param in self.clipped.values()], None, self.limit * batch_size)
        super().step(batch_size, ignore_stale_grad)


def sgd(net, lr, decay, limit):
    net.collect_params(".*bias").setattr("wd_mult", 0)
    params, options = net.collect_params(), {"learning_rate": lr, "wd": decay}
    return Trainer(params, "sgd", options) if limit is None else ClippedTrainer(params, options, limit)
