"""What tests must say in TensorFlow's own words."""

import tensorflow as tf
from tensorflow.keras import Sequential, layers

RECURRENT = {"rnn": layers.SimpleRNN, "lstm": layers.LSTM, "gru": layers.GRU}


def set_seed(seed: int):
    tf.random.set_seed(seed)


def loader_type():
    return tf.data.Dataset


def gradients(params: list, loss):
    """Differentiate ``loss()``; the gradients, or None where the framework keeps them on the parameters."""
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(loss())
    return tape.gradient(value, params)


def linear_training(lr: float):
    """A linear layer (2 -> 1) that starts at zero, the mean squared error, SGD: all the framework's own."""
    net = Sequential([layers.Dense(1, kernel_initializer="zeros")])
    net.build((None, 2))
    return net, tf.keras.losses.MeanSquaredError(), tf.keras.optimizers.SGD(lr)


def sgd(model, lr: float):
    """The framework's own SGD over the parameters of a model, with a learning rate nobody has checked."""
    return tf.keras.optimizers.SGD(lr)


def lenet():
    """Two convolutions, batch norm and a dense layer for images of 12 by 12; its parameters exist."""
    net = Sequential(
        [
            layers.Conv2D(6, 5, activation="relu"),
            layers.Conv2D(4, 3, activation="relu"),
            layers.BatchNormalization(epsilon=1e-5),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10),
        ]
    )
    net.build((None, 12, 12, 1))
    return net


def embedding_net():
    """Five entries of three numbers, then a dense layer (3 -> 2) without bias."""
    net = Sequential([layers.Embedding(5, 3), layers.Dense(2, use_bias=False)])
    net.build((None,))
    return net


def own_module():
    """A user's own module (3 -> 1): a tensor that scales, a block of two dense layers, one more."""

    class Scaled(tf.keras.Model):
        def __init__(self):
            super().__init__()
            self.scale = self.add_weight(shape=(3,))
            self.block = Sequential([layers.Dense(4), layers.Dense(2)])
            self.last = layers.Dense(1)

        def call(self, X):
            return self.last(self.block(X * self.scale))

    net = Scaled()
    net(tf.zeros((1, 3)))
    return net


def without_layout():
    """A net with a layer whose parameters are in no common layout."""
    net = Sequential([layers.LayerNormalization()])
    net.build((None, 3))
    return net


def unbuilt():
    """A net that must see a batch before it has parameters; None where there is no such thing."""
    return Sequential([layers.Dense(3)])


def one_layer_twice():
    """Dense layers 3 -> 3 -> 3 -> 1, of which the first two are one."""

    class Twice(Sequential):
        def call(self, X, training=None):
            first, last = self.layers
            return last(first(first(X)))

    net = Twice([layers.Dense(3), layers.Dense(1)])
    net.build((None, 3))
    return net


def convolution(ndim: int):
    """A convolution of sides 2, 2 channels to 3, then a dense layer, for inputs whose sides are 4."""
    net = Sequential([getattr(layers, f"Conv{ndim}D")(3, 2), layers.Flatten(), layers.Dense(1)])
    net.build((None, *[4] * ndim, 2))
    return net


def with_a_number():
    """A module whose only parameter is a number, 0-d."""

    class Scaled(tf.keras.Model):
        def __init__(self):
            super().__init__()
            self.scale = self.add_weight(shape=())

    return Scaled()


def batch_norm_net():
    """A dense layer, batch norm and a dense layer."""
    return Sequential([layers.Dense(3), layers.BatchNormalization(), layers.Dense(1)])


def recurrent(kind: str, num_layers: int, bidirectional: bool, dtype: str):
    """Layers 3 -> 4 for sequences (b, t, 3), and a dense layer (-> 2) at each step."""
    stacked = [RECURRENT[kind](4, return_sequences=True, dtype=dtype) for _ in range(num_layers)]
    if bidirectional:
        stacked = [layers.Bidirectional(layer, dtype=dtype) for layer in stacked]
    net = Sequential([*stacked, layers.Dense(2, dtype=dtype)])
    net.build((None, 5, 3))
    return net


def recurrent_cell(kind: str):
    """One step of a layer (3 -> 4), by itself."""
    cell = {"rnn": layers.SimpleRNNCell, "lstm": layers.LSTMCell, "gru": layers.GRUCell}[kind](4)
    cell.build((None, 3))
    return cell


class Residual(tf.keras.Model):
    def __init__(self, num_channels, halved, dtype):
        super().__init__(dtype=dtype)
        # Beside a stride padding="same" would pad the end of a side more than its start.
        self.pad = layers.ZeroPadding2D(1, dtype=dtype)
        self.conv1 = layers.Conv2D(num_channels, 3, strides=2 if halved else 1, dtype=dtype)
        self.bn1 = layers.BatchNormalization(epsilon=2**-16, dtype=dtype)
        self.conv2 = layers.Conv2D(num_channels, 3, padding="same", dtype=dtype)
        self.bn2 = layers.BatchNormalization(epsilon=2**-16, dtype=dtype)
        self.conv3 = layers.Conv2D(num_channels, 1, strides=2, dtype=dtype) if halved else None

    def call(self, X, training=None):
        Y = tf.nn.relu(self.bn1(self.conv1(self.pad(X)), training=training))
        Y = self.bn2(self.conv2(Y), training=training)
        return tf.nn.relu(Y + (self.conv3(X) if self.conv3 else X))


def resnet18(width: int, dtype: str):
    """ResNet-18 for images of one channel, ``width`` channels at first; its parameters exist."""
    stem = layers.Conv2D(width, 3, padding="same", dtype=dtype)
    norm = layers.BatchNormalization(epsilon=2**-16, dtype=dtype)
    blocks = [
        Residual(width * 2**number, number > 0 and block == 0, dtype)
        for number in range(4)
        for block in range(2)
    ]
    end = layers.GlobalAveragePooling2D(dtype=dtype), layers.Dense(10, dtype=dtype)
    net = Sequential([stem, norm, layers.ReLU(dtype=dtype), *blocks, *end])
    net.build((None, 16, 16, 1))
    return net


def shake(net):
    """Other numbers for all parameters of a net, each on its own."""
    for variable in net.trainable_variables:
        variable.assign(tf.random.normal(variable.shape, dtype=variable.dtype))


def reset_before():
    """A GRU whose reset gate acts before the matrix; None where there is no such thing."""
    net = Sequential([layers.GRU(4, reset_after=False)])
    net.build((None, 5, 3))
    return net
