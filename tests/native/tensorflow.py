"""What tests must say in TensorFlow's own words."""

import tensorflow as tf
from tensorflow.keras import Sequential, layers


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


def lstm():
    net = Sequential([layers.LSTM(2)])
    net.build((None, 4, 3))
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
