"""What tests must say in TensorFlow's own words."""

import tensorflow as tf
from tensorflow.keras import Sequential, layers

RECURRENT = {"rnn": layers.SimpleRNN, "lstm": layers.LSTM, "gru": layers.GRU}


def set_seed(seed: int):
    tf.random.set_seed(seed)


def restore_default_dtype():
    """What an experiment may have set for the whole process."""
    tf.keras.config.set_floatx("float32")
    tf.keras.config.set_dtype_policy("float32")


def loader_type():
    return tf.data.Dataset


def own_loader(X, y, batch_size: int):
    """The framework's own loader over a data set of its own, shuffled."""
    return tf.data.Dataset.from_tensor_slices((X, y)).shuffle(len(X)).batch(batch_size)


def gradients(params: list, loss):
    """Differentiate ``loss()``; the gradients, or None where the framework keeps them on the parameters."""
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(loss())
    return tape.gradient(value, params)


def sgd(model, lr: float):
    """The framework's own SGD over the parameters of a model, with a learning rate nobody has checked."""
    return tf.keras.optimizers.SGD(lr)


def adam(model, lr: float):
    """The framework's own Adam, which remembers every step."""
    return tf.keras.optimizers.Adam(lr)


def linear_training(lr: float):
    """A linear layer (2 -> 1) that starts at zero, the mean squared error, SGD: all the framework's own."""
    net = Sequential([layers.Dense(1, kernel_initializer="zeros")])
    net.build((None, 2))
    return net, tf.keras.losses.MeanSquaredError(), sgd(net, lr)


def identity_with_dropout():
    """A dense layer (50 -> 50) that changes nothing, then dropout of a half."""
    identity = layers.Dense(50, use_bias=False, kernel_initializer="identity")
    return Sequential([identity, layers.Dropout(0.5)])


def initialisers(value: float):
    """What `apply_init` takes to set a layer's parameters to a value."""

    def fill(layer):
        layer.set_weights([0 * weight + value for weight in layer.get_weights()])

    return [fill]


def save(model, path):
    """In the framework's own way."""
    model.save_weights(f"{path}.weights.h5")


def load(model, path):
    model.load_weights(f"{path}.weights.h5")


def compiled(model):
    """What the framework's own compiler makes of a classifier."""
    return tf.function(model)


def to_float64(model):
    """Linear regression from scratch, in double precision."""
    model.w, model.b = (tf.Variable(tf.cast(value, tf.float64)) for value in (model.w, model.b))


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


def flat_net():
    """What flattens its inputs, of any shape, and a dense layer (3 outputs)."""
    return tf.keras.Sequential([layers.Flatten(), layers.Dense(3)])


def layer_of(dense: bool, inputs: int, outputs: int):
    """A dense layer, or a convolution 2 by 2, with parameters."""
    layer = layers.Dense(outputs) if dense else layers.Conv2D(outputs, 2)
    layer.build((None, inputs) if dense else (None, 3, 3, inputs))
    return layer


def classifier(inputs: int, classes: int, lr: float):
    """A dense layer, the cross-entropy as the framework's readers have it, and SGD."""
    net = layers.Dense(classes)
    net.build((None, inputs))
    return net, tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True), tf.keras.optimizers.SGD(lr)


def small_cnn():
    """A convolution, the largest value of each row, and a dense layer, for images of 28 by 28."""
    return Sequential(
        [
            layers.Conv2D(4, 3, strides=2, activation="relu"),
            layers.MaxPool2D((1, 13)),
            layers.Flatten(),
            layers.Dense(10),
        ]
    )


def image_classifier(lr: float, devices=None):
    """A small net for images of 28 by 28, on devices where the framework wants to know, its loss and SGD."""
    net = Sequential([layers.Conv2D(2, 5, strides=4, activation="relu"), layers.Flatten(), layers.Dense(10)])
    net.build((None, 28, 28, 1))
    return net, tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True), tf.keras.optimizers.SGD(lr)
