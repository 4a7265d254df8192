"""What tests must say in PyTorch's own words."""

import torch
from torch import nn

RECURRENT = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


def set_seed(seed: int):
    torch.manual_seed(seed)


def restore_default_dtype():
    """What an experiment may have set for the whole process."""
    pass  # an experiment says it of its net alone


def loader_type():
    return torch.utils.data.DataLoader


def own_loader(X, y, batch_size: int):
    """The framework's own loader over a data set of its own, shuffled."""
    return torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X, y), batch_size, shuffle=True)


def gradients(params: list, loss):
    """Differentiate ``loss()``; the gradients, or None where the framework keeps them on the parameters."""
    loss().sum().backward()
    return None


def sgd(model, lr: float):
    """The framework's own SGD over the parameters of a model, with a learning rate nobody has checked."""
    return torch.optim.SGD(model.parameters(), lr)


def adam(model, lr: float):
    """The framework's own Adam, which remembers every step."""
    return torch.optim.Adam(model.parameters(), lr)


def linear_training(lr: float):
    """A linear layer (2 -> 1) that starts at zero, the mean squared error, SGD: all the framework's own."""
    net = nn.Linear(2, 1)
    for param in net.parameters():
        param.data.zero_()
    return net, nn.MSELoss(), sgd(net, lr)


def identity_with_dropout():
    """A dense layer (50 -> 50) that changes nothing, then dropout of a half."""
    net = nn.Sequential(nn.Linear(50, 50, bias=False), nn.Dropout(0.5))
    nn.init.eye_(net[0].weight)
    return net


def initialisers(value: float):
    """What `apply_init` takes to set a layer's parameters to a value."""

    def fill(layer):
        for param in layer.parameters(recurse=False):
            param.data.fill_(value)

    return [fill]


def save(model, path):
    """In the framework's own way."""
    torch.save(model.state_dict(), path)


def load(model, path):
    model.load_state_dict(torch.load(path, weights_only=True))


def compiled(model):
    """What the framework's own compiler makes of a classifier."""
    model.compile(backend="eager")  # others need a compiler on the machine
    return model


def to_float64(model):
    """Linear regression from scratch, in double precision."""
    model.to(dtype=torch.float64)


def lenet():
    """Two convolutions, batch norm and a dense layer for images of 12 by 12; its parameters exist."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5),
        nn.ReLU(),
        nn.Conv2d(6, 4, 3),
        nn.ReLU(),
        nn.BatchNorm2d(4),
        nn.Flatten(),
        nn.Linear(144, 10),
    )


def embedding_net():
    """Five entries of three numbers, then a dense layer (3 -> 2) without bias."""
    return nn.Sequential(nn.Embedding(5, 3), nn.Linear(3, 2, bias=False))


def own_module():
    """A user's own module (3 -> 1): a tensor that scales, a block of two dense layers, one more."""

    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(3))
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
    return nn.Sequential(nn.LazyLinear(3))


def one_layer_twice():
    """Dense layers 3 -> 3 -> 3 -> 1, of which the first two are one."""
    layer = nn.Linear(3, 3)
    return nn.Sequential(layer, layer, nn.Linear(3, 1))


def convolution(ndim: int):
    """A convolution of sides 2, 2 channels to 3, then a dense layer, for inputs whose sides are 4."""
    width = 3 * 3**ndim
    return nn.Sequential(getattr(nn, f"Conv{ndim}d")(2, 3, 2), nn.Flatten(), nn.Linear(width, 1))


def with_a_number():
    """A module whose only parameter is a number, 0-d."""

    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(()))

    return Scaled()


def batch_norm_net():
    """A dense layer (2 -> 3), batch norm and a dense layer."""
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))


def recurrent(kind: str, num_layers: int, bidirectional: bool, dtype: str):
    """Layers 3 -> 4 for sequences (b, t, 3), and a dense layer (-> 2) at each step."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = RECURRENT[kind](3, 4, num_layers, batch_first=True, bidirectional=bidirectional)
            self.dense = nn.Linear(8 if bidirectional else 4, 2)

        def forward(self, X):
            return self.dense(self.layers(X)[0])

    return Net().to(getattr(torch, dtype))


def recurrent_cell(kind: str):
    """One step of a layer (3 -> 4), by itself."""
    return {"rnn": nn.RNNCell, "lstm": nn.LSTMCell, "gru": nn.GRUCell}[kind](3, 4)


class Residual(nn.Module):
    def __init__(self, num_inputs, num_channels, halved):
        super().__init__()
        stride = 2 if halved else 1
        self.conv1 = nn.Conv2d(num_inputs, num_channels, 3, stride=stride, padding=1)
        self.bn1 = nn.BatchNorm2d(num_channels, eps=2**-16)
        self.conv2 = nn.Conv2d(num_channels, num_channels, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(num_channels, eps=2**-16)
        self.conv3 = nn.Conv2d(num_inputs, num_channels, 1, stride=2) if halved else None

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
    stem = nn.Conv2d(1, width, 3, padding=1), nn.BatchNorm2d(width, eps=2**-16), nn.ReLU()
    net = nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(num_inputs, 10))
    return net.to(getattr(torch, dtype))


def shake(net):
    """Other numbers for all parameters of a net, each on its own."""
    for param in net.parameters():
        nn.init.normal_(param)


def reset_before():
    """A GRU whose reset gate acts before the matrix; None where there is no such thing."""
    return None


def flat_net():
    """What flattens its inputs, of any shape, and a dense layer (3 outputs)."""
    return nn.Sequential(nn.Flatten(), nn.LazyLinear(3))


def layer_of(dense: bool, inputs: int, outputs: int):
    """A dense layer, or a convolution 2 by 2, with parameters."""
    return nn.Linear(inputs, outputs) if dense else nn.Conv2d(inputs, outputs, 2)


def classifier(inputs: int, classes: int, lr: float):
    """A dense layer, the cross-entropy as the framework's readers have it, and SGD."""
    net = nn.Linear(inputs, classes)
    return net, nn.CrossEntropyLoss(reduction="none"), torch.optim.SGD(net.parameters(), lr)


def small_cnn():
    """A convolution, the largest value of each row, and a dense layer, for images of 28 by 28."""
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, stride=2), nn.ReLU(), nn.MaxPool2d((1, 13)), nn.Flatten(), nn.Linear(52, 10)
    )


def image_classifier(lr: float, devices=None):
    """A small net for images of 28 by 28, on devices where the framework wants to know, its loss and SGD."""
    net = nn.Sequential(nn.Conv2d(1, 2, 5, stride=4), nn.ReLU(), nn.Flatten(), nn.Linear(72, 10))
    return net, nn.CrossEntropyLoss(reduction="none"), torch.optim.SGD(net.parameters(), lr)
