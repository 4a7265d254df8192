"""What tests must say in PaddlePaddle's own words."""

import paddle
from paddle import nn

from d2l_multi.book.object_oriented.paddle_layers import LazyLinear


def set_seed(seed: int):
    paddle.seed(seed)


def loader_type():
    return paddle.io.DataLoader


def gradients(params: list, loss):
    """Differentiate ``loss()``; the gradients, or None where the framework keeps them on the parameters."""
    loss().sum().backward()
    return None


def linear_training(lr: float):
    """A linear layer (2 -> 1) that starts at zero, the mean squared error, SGD: all the framework's own."""
    zeros = paddle.ParamAttr(initializer=nn.initializer.Constant(0.0))
    net = nn.Linear(2, 1, weight_attr=zeros, bias_attr=zeros)
    return net, nn.MSELoss(), paddle.optimizer.SGD(lr, parameters=net.parameters())


def sgd(model, lr: float):
    """The framework's own SGD over the parameters of a model, with a learning rate nobody has checked."""
    return paddle.optimizer.SGD(lr, parameters=model.parameters())


def lenet():
    """Two convolutions, batch norm and a dense layer for images of 12 by 12; its parameters exist."""
    return nn.Sequential(
        nn.Conv2D(1, 6, 5),
        nn.ReLU(),
        nn.Conv2D(6, 4, 3),
        nn.ReLU(),
        nn.BatchNorm2D(4),
        nn.Flatten(),
        nn.Linear(144, 10),
    )


def embedding_net():
    """Five entries of three numbers, then a dense layer (3 -> 2) without bias."""
    return nn.Sequential(nn.Embedding(5, 3), nn.Linear(3, 2, bias_attr=False))


def own_module():
    """A user's own module (3 -> 1): a tensor that scales, a block of two dense layers, one more."""

    class Scaled(nn.Layer):
        def __init__(self):
            super().__init__()
            self.scale = self.create_parameter([3])
            self.block = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
            self.last = nn.Linear(2, 1)

        def forward(self, X):
            return self.last(self.block(X * self.scale))

    return Scaled()


def lstm():
    return nn.Sequential(nn.LSTM(3, 2))


def unbuilt():
    """A net that must see a batch before it has parameters; None where there is no such thing."""
    return None


def one_layer_twice():
    """Dense layers 3 -> 3 -> 3 -> 1, of which the first two are one."""
    layer = nn.Linear(3, 3)
    return nn.Sequential(layer, layer, nn.Linear(3, 1))


def convolution(ndim: int):
    """A convolution of sides 2, 2 channels to 3, then a dense layer, for inputs whose sides are 4."""
    width = 3 * 3**ndim
    return nn.Sequential(getattr(nn, f"Conv{ndim}D")(2, 3, 2), nn.Flatten(), nn.Linear(width, 1))


def with_a_number():
    """A module whose only parameter is a number, 0-d."""

    class Scaled(nn.Layer):
        def __init__(self):
            super().__init__()
            self.scale = self.create_parameter([])

    return Scaled()


def batch_norm_net():
    """A dense layer (2 -> 3), batch norm and a dense layer."""
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1D(3), nn.Linear(3, 1))


def flat_net():
    """What flattens its inputs, of any shape, and a dense layer (3 outputs)."""
    return nn.Sequential(nn.Flatten(), LazyLinear(3))


def layer_of(dense: bool, inputs: int, outputs: int):
    """A dense layer, or a convolution 2 by 2, with parameters."""
    return nn.Linear(inputs, outputs) if dense else nn.Conv2D(inputs, outputs, 2)


def classifier(inputs: int, classes: int, lr: float):
    """A dense layer, the cross-entropy as the framework's readers have it, and SGD."""
    net = nn.Linear(inputs, classes)
    trainer = paddle.optimizer.SGD(lr, parameters=net.parameters())
    return net, nn.CrossEntropyLoss(reduction="none"), trainer


def small_cnn():
    """A convolution, the largest value of each row, and a dense layer, for images of 28 by 28."""
    return nn.Sequential(
        nn.Conv2D(1, 4, 3, stride=2), nn.ReLU(), nn.MaxPool2D((1, 13)), nn.Flatten(), nn.Linear(52, 10)
    )


def image_classifier(lr: float, devices=None):
    """A small net for images of 28 by 28, on devices where the framework wants to know, its loss and SGD."""
    net = nn.Sequential(nn.Conv2D(1, 2, 5, stride=4), nn.ReLU(), nn.Flatten(), nn.Linear(72, 10))
    return net, nn.CrossEntropyLoss(reduction="none"), paddle.optimizer.SGD(lr, parameters=net.parameters())
