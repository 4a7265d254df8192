"""What tests must say in MXNet's own words."""

import mxnet
from mxnet import autograd, gluon
from mxnet import np as mxnp
from mxnet.gluon import Parameter, nn, rnn


def set_seed(seed: int):
    mxnet.random.seed(seed)


def loader_type():
    return gluon.data.DataLoader


def gradients(params: list, loss):
    """Differentiate ``loss()``; the gradients, or None where the framework keeps them on the parameters."""
    with autograd.record():
        value = loss().sum()
    value.backward()
    return None


def linear_training(lr: float):
    """A linear layer (2 -> 1) that starts at zero, the mean squared error, SGD: all the framework's own."""
    net = gluon.nn.Dense(1, in_units=2)
    net.initialize("zeros")
    # Gluon's L2Loss has the factor 1/2 that the others' squared errors lack.
    loss = gluon.loss.L2Loss(weight=2)
    return net, loss, gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": lr})


def sgd(model, lr: float):
    """The framework's own SGD over the parameters of a model, with a learning rate nobody has checked."""
    return gluon.Trainer(model.collect_params(), "sgd", {"learning_rate": lr})


def lenet():
    """Two convolutions, batch norm and a dense layer for images of 12 by 12; its parameters exist."""
    net = nn.Sequential()
    net.add(
        nn.Conv2D(6, 5, activation="relu"),
        nn.Conv2D(4, 3, activation="relu"),
        nn.BatchNorm(),
        nn.Dense(10),
    )
    net.initialize()
    net(mxnp.zeros((1, 1, 12, 12)))
    return net


def embedding_net():
    """Five entries of three numbers, then a dense layer (3 -> 2) without bias."""
    net = nn.Sequential()
    net.add(nn.Embedding(5, 3), nn.Dense(2, use_bias=False, in_units=3))
    net.initialize()
    return net


def own_module():
    """A user's own module (3 -> 1): a tensor that scales, a block of two dense layers, one more."""

    class Scaled(nn.Block):
        def __init__(self):
            super().__init__()
            self.scale = Parameter("scale", shape=(3,))
            self.block = nn.Sequential()
            self.block.add(nn.Dense(4, in_units=3), nn.Dense(2, in_units=4))
            self.last = nn.Dense(1, in_units=2)

        def forward(self, X):
            return self.last(self.block(X * self.scale.data()))

    net = Scaled()
    net.scale.initialize()
    net.initialize()
    return net


def lstm():
    net = nn.Sequential()
    net.add(rnn.LSTM(2, input_size=3))
    net.initialize()
    return net


def unbuilt():
    """A net that must see a batch before it has parameters; None where there is no such thing."""
    net = nn.Sequential()
    net.add(nn.Dense(3))
    net.initialize()
    return net


def one_layer_twice():
    """Dense layers 3 -> 3 -> 3 -> 1, of which the first two are one."""
    layer, net = nn.Dense(3, in_units=3), nn.Sequential()
    net.add(layer, layer, nn.Dense(1, in_units=3))
    net.initialize()
    return net


def convolution(ndim: int):
    """A convolution of sides 2, 2 channels to 3, then a dense layer, for inputs whose sides are 4."""
    width = 3 * 3**ndim
    net = nn.Sequential()
    net.add(getattr(nn, f"Conv{ndim}D")(3, 2, in_channels=2), nn.Dense(1, in_units=width))
    net.initialize()
    return net


def with_a_number():
    """A module whose only parameter is a number, 0-d."""

    class Scaled(gluon.Block):
        def __init__(self):
            super().__init__()
            self.scale = mxnp.ones(())
            self.scale.attach_grad()

    return Scaled()


def batch_norm_net():
    """A dense layer (2 -> 3), batch norm and a dense layer."""
    net = nn.Sequential()
    net.add(nn.Dense(3, in_units=2), nn.BatchNorm(in_channels=3), nn.Dense(1, in_units=3))
    net.initialize()
    return net


def flat_net():
    """What flattens its inputs, of any shape, and a dense layer (3 outputs)."""
    net = nn.Sequential()
    net.add(nn.Flatten(), nn.Dense(3))
    net.initialize()
    return net


def layer_of(dense: bool, inputs: int, outputs: int):
    """A dense layer, or a convolution 2 by 2, with parameters."""
    layer = nn.Dense(outputs, in_units=inputs) if dense else nn.Conv2D(outputs, 2, in_channels=inputs)
    layer.initialize()
    return layer


def classifier(inputs: int, classes: int, lr: float):
    """A dense layer, the cross-entropy as the framework's readers have it, and SGD."""
    net = nn.Dense(classes, in_units=inputs)
    net.initialize()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": lr})
    return net, gluon.loss.SoftmaxCrossEntropyLoss(), trainer


def small_cnn():
    """A convolution, the largest value of each row, and a dense layer, for images of 28 by 28."""
    net = nn.Sequential()
    net.add(nn.Conv2D(4, 3, strides=2, activation="relu"), nn.MaxPool2D((1, 13)), nn.Dense(10))
    return net


def image_classifier(lr: float, devices=None):
    """A small net for images of 28 by 28, on devices where the framework wants to know, its loss and SGD."""
    net = nn.Sequential()
    net.add(nn.Conv2D(2, 5, strides=4, activation="relu"), nn.Dense(10))
    net.initialize(ctx=devices or mxnet.cpu())
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": lr})
    return net, gluon.loss.SoftmaxCrossEntropyLoss(), trainer
