"""What tests must say in PaddlePaddle's own words."""

from contextlib import contextmanager

import numpy as np
import paddle
from paddle import nn

from d2l_multi.book.object_oriented.paddle_layers import LazyLinear

RECURRENT = {"rnn": nn.SimpleRNN, "lstm": nn.LSTM, "gru": nn.GRU}


@contextmanager
def default_dtype(dtype: str):
    paddle.set_default_dtype(dtype)
    try:
        yield
    finally:
        paddle.set_default_dtype("float32")


def set_seed(seed: int):
    paddle.seed(seed)


def restore_default_dtype():
    """What an experiment may have set for the whole process."""
    paddle.set_default_dtype("float32")


def loader_type():
    return paddle.io.DataLoader


def own_loader(X, y, batch_size: int):
    """The framework's own loader over a data set of its own, shuffled."""
    return paddle.io.DataLoader(paddle.io.TensorDataset([X, y]), batch_size=batch_size, shuffle=True)


def gradients(params: list, loss):
    """Differentiate ``loss()``; the gradients, or None where the framework keeps them on the parameters."""
    loss().sum().backward()
    return None


def sgd(model, lr: float):
    """The framework's own SGD over the parameters of a model, with a learning rate nobody has checked."""
    return paddle.optimizer.SGD(lr, parameters=model.parameters())


def adam(model, lr: float):
    """The framework's own Adam, which remembers every step."""
    return paddle.optimizer.Adam(lr, parameters=model.parameters())


def linear_training(lr: float):
    """A linear layer (2 -> 1) that starts at zero, the mean squared error, SGD: all the framework's own."""
    zeros = paddle.ParamAttr(initializer=nn.initializer.Constant(0.0))
    net = nn.Linear(2, 1, weight_attr=zeros, bias_attr=zeros)
    return net, nn.MSELoss(), sgd(net, lr)


def identity_with_dropout():
    """A dense layer (50 -> 50) that changes nothing, then dropout of a half."""
    eye = nn.initializer.Assign(np.eye(50, dtype=np.float32))
    return nn.Sequential(nn.Linear(50, 50, weight_attr=eye, bias_attr=False), nn.Dropout(0.5))


def initialisers(value: float):
    """What `apply_init` takes to set a layer's parameters to a value."""

    def fill(layer):
        for param in layer.parameters(include_sublayers=False):
            param.set_value(0 * param + value)

    return [fill]


def save(model, path):
    """In the framework's own way."""
    paddle.save(model.state_dict(), str(path))


def load(model, path):
    model.set_state_dict(paddle.load(str(path)))


def compiled(model):
    """What the framework's own compiler makes of a classifier."""
    return paddle.jit.to_static(model.net)


def to_float64(model):
    """Linear regression from scratch, in double precision."""
    model.to(dtype=paddle.float64)


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


def without_layout():
    """A net with a layer whose parameters are in no common layout."""
    return nn.Sequential(nn.LayerNorm(3))


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


def recurrent(kind: str, num_layers: int, bidirectional: bool, dtype: str):
    """Layers 3 -> 4 for sequences (b, t, 3), and a dense layer (-> 2) at each step."""

    class Net(nn.Layer):
        def __init__(self):
            super().__init__()
            direction = "bidirect" if bidirectional else "forward"
            self.layers = RECURRENT[kind](3, 4, num_layers, direction)
            self.dense = nn.Linear(8 if bidirectional else 4, 2)

        def forward(self, X):
            return self.dense(self.layers(X)[0])

    with default_dtype(dtype):  # `to` cannot convert the state of dropout, which is empty
        return Net()


def recurrent_cell(kind: str):
    """One step of a layer (3 -> 4), by itself."""
    return {"rnn": nn.SimpleRNNCell, "lstm": nn.LSTMCell, "gru": nn.GRUCell}[kind](3, 4)


class Residual(nn.Layer):
    def __init__(self, num_inputs, num_channels, halved):
        super().__init__()
        stride = 2 if halved else 1
        self.conv1 = nn.Conv2D(num_inputs, num_channels, 3, stride=stride, padding=1)
        self.bn1 = nn.BatchNorm2D(num_channels, epsilon=2**-16)
        self.conv2 = nn.Conv2D(num_channels, num_channels, 3, padding=1)
        self.bn2 = nn.BatchNorm2D(num_channels, epsilon=2**-16)
        self.conv3 = nn.Conv2D(num_inputs, num_channels, 1, stride=2) if halved else None

    def forward(self, X):
        Y = self.bn2(self.conv2(nn.functional.relu(self.bn1(self.conv1(X)))))
        return nn.functional.relu(Y + (self.conv3(X) if self.conv3 else X))


def resnet18(width: int, dtype: str):
    """ResNet-18 for images of one channel, ``width`` channels at first; its parameters exist."""
    blocks, num_inputs = [], width
    for number in range(4):
        for block in range(2):
            blocks.append(Residual(num_inputs, width * 2**number, number > 0 and block == 0))
            num_inputs = width * 2**number
    stem = nn.Conv2D(1, width, 3, padding=1), nn.BatchNorm2D(width, epsilon=2**-16), nn.ReLU()
    net = nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2D(1), nn.Flatten(), nn.Linear(num_inputs, 10))
    return net.to(dtype=dtype)


def shake(net):
    """Other numbers for all parameters of a net, each on its own."""
    for param in net.parameters():
        param.set_value(paddle.randn(param.shape, param.dtype))


def reset_before():
    """A GRU whose reset gate acts before the matrix; None where there is no such thing."""
    return None


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
