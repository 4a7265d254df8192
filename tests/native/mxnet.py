"""What tests must say in MXNet's own words."""

import mxnet
from mxnet import autograd, gluon, init, npx
from mxnet import np as mxnp
from mxnet.gluon import Parameter, nn, rnn

RECURRENT = {"rnn": rnn.RNN, "lstm": rnn.LSTM, "gru": rnn.GRU}


def set_seed(seed: int):
    mxnet.random.seed(seed)


def restore_default_dtype():
    """What an experiment may have set for the whole process."""
    pass  # an experiment says it of its net alone


def loader_type():
    return gluon.data.DataLoader


def own_loader(X, y, batch_size: int):
    """The framework's own loader over a data set of its own, shuffled."""
    return gluon.data.DataLoader(gluon.data.ArrayDataset(X, y), batch_size, shuffle=True)


def gradients(params: list, loss):
    """Differentiate ``loss()``; the gradients, or None where the framework keeps them on the parameters."""
    with autograd.record():
        value = loss().sum()
    value.backward()
    return None


def sgd(model, lr: float):
    """The framework's own SGD over the parameters of a model, with a learning rate nobody has checked."""
    return gluon.Trainer(model.collect_params(), "sgd", {"learning_rate": lr})


def adam(model, lr: float):
    """The framework's own Adam, which remembers every step."""
    return gluon.Trainer(model.collect_params(), "adam", {"learning_rate": lr})


def linear_training(lr: float):
    """A linear layer (2 -> 1) that starts at zero, the mean squared error, SGD: all the framework's own."""
    net = gluon.nn.Dense(1, in_units=2)
    net.initialize("zeros")
    # Gluon's L2Loss has the factor 1/2 that the others' squared errors lack.
    loss = gluon.loss.L2Loss(weight=2)
    return net, loss, sgd(net, lr)


def identity_with_dropout():
    """A dense layer (50 -> 50) that changes nothing, then dropout of a half."""
    net = nn.Sequential()
    net.add(nn.Dense(50, use_bias=False, in_units=50), nn.Dropout(0.5))
    net.initialize()
    net[0].weight.set_data(mxnp.eye(50))
    return net


def initialisers(value: float):
    """What `apply_init` takes to set a layer's parameters to a value."""

    def fill(layer):
        for param in layer.collect_params().values():
            param.set_data(0 * param.data() + value)

    return [fill, init.Constant(value)]


def save(model, path):
    """In the framework's own way."""
    model.save_parameters(str(path))


def load(model, path):
    model.load_parameters(str(path))


def compiled(model):
    """What the framework's own compiler makes of a classifier."""
    model.hybridize()
    return model


def to_float64(model):
    """Linear regression from scratch, in double precision."""
    model.cast("float64")


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


def without_layout():
    """A net with a layer whose parameters are in no common layout."""
    net = nn.Sequential()
    net.add(nn.LayerNorm(in_channels=3))
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


def recurrent(kind: str, num_layers: int, bidirectional: bool, dtype: str):
    """Layers 3 -> 4 for sequences (b, t, 3), and a dense layer (-> 2) at each step."""
    options = {"activation": "tanh"} if kind == "rnn" else {}
    net = nn.Sequential()
    net.add(
        RECURRENT[kind](4, num_layers, layout="NTC", bidirectional=bidirectional, input_size=3, **options),
        nn.Dense(2, flatten=False, in_units=8 if bidirectional else 4),
    )
    net.initialize()
    net.cast(dtype)
    return net


def recurrent_cell(kind: str):
    """One step of a layer (3 -> 4), by itself."""
    cell = {"rnn": rnn.RNNCell, "lstm": rnn.LSTMCell, "gru": rnn.GRUCell}[kind](4, input_size=3)
    cell.initialize()
    return cell


class Residual(nn.Block):
    def __init__(self, num_inputs, num_channels, halved):
        super().__init__()
        strides = 2 if halved else 1
        self.conv1 = nn.Conv2D(num_channels, 3, strides=strides, padding=1, in_channels=num_inputs)
        self.bn1 = nn.BatchNorm(epsilon=2**-16, in_channels=num_channels)
        self.conv2 = nn.Conv2D(num_channels, 3, padding=1, in_channels=num_channels)
        self.bn2 = nn.BatchNorm(epsilon=2**-16, in_channels=num_channels)
        self.conv3 = nn.Conv2D(num_channels, 1, strides=2, in_channels=num_inputs) if halved else None

    def forward(self, X):
        Y = self.bn2(self.conv2(npx.relu(self.bn1(self.conv1(X)))))
        return npx.relu(Y + (self.conv3(X) if self.conv3 else X))


def resnet18(width: int, dtype: str):
    """ResNet-18 for images of one channel, ``width`` channels at first; its parameters exist."""
    net, num_inputs = nn.Sequential(), width
    norm = nn.BatchNorm(epsilon=2**-16, in_channels=width)
    net.add(nn.Conv2D(width, 3, padding=1, in_channels=1), norm, nn.Activation("relu"))
    for number in range(4):
        for block in range(2):
            net.add(Residual(num_inputs, width * 2**number, number > 0 and block == 0))
            num_inputs = width * 2**number
    net.add(nn.GlobalAvgPool2D(), nn.Dense(10, in_units=num_inputs))
    net.initialize()
    net.cast(dtype)
    return net


def shake(net):
    """Other numbers for all parameters of a net, each on its own."""
    for param in net.collect_params().values():
        param.set_data(mxnp.random.normal(size=param.shape).astype(param.dtype))


def reset_before():
    """A GRU whose reset gate acts before the matrix; None where there is no such thing."""
    return None


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
