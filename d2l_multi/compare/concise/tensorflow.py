import tensorflow as tf
from tensorflow.keras import Model, Sequential, layers, losses, optimizers


def set_dtype(dtype):
    # Of the loss and of the optimiser's learning rate, too; the policy remembers what floatx was at first.
    tf.keras.config.set_floatx(dtype)
    tf.keras.config.set_dtype_policy(dtype)


def net(widths, bias, dtype, device):
    set_dtype(dtype)
    hidden = [layers.Dense(width, activation="relu", use_bias=bias) for width in widths[1:-1]]
    with device:
        net = Sequential([*hidden, layers.Dense(widths[-1], use_bias=bias)])
        net.build((None, widths[0]))
    return net


def images(X):
    return X.transpose(0, 2, 3, 1)


def lenet(dtype, device):
    set_dtype(dtype)
    with device:
        net = Sequential(
            [
                *(layers.Conv2D(6, 5, padding="same", activation="sigmoid"), layers.AveragePooling2D(2)),
                *(layers.Conv2D(16, 5, activation="sigmoid"), layers.AveragePooling2D(2)),
                *(layers.Flatten(), layers.Dense(120, activation="sigmoid")),
                *(layers.Dense(84, activation="sigmoid"), layers.Dense(10)),
            ]
        )
        net.build((None, 28, 28, 1))
    return net


def batch_norm_lenet(dtype, device, momentum, epsilon):
    set_dtype(dtype)
    norm = {"epsilon": epsilon, "momentum": momentum}
    with device:
        net = Sequential(
            [
                *(layers.Conv2D(6, 5, padding="same", use_bias=False), layers.BatchNormalization(**norm)),
                *(layers.Activation("sigmoid"), layers.AveragePooling2D(2)),
                *(layers.Conv2D(16, 5, use_bias=False), layers.BatchNormalization(**norm)),
                *(layers.Activation("sigmoid"), layers.AveragePooling2D(2)),
                *(layers.Flatten(), layers.Dense(84, use_bias=False), layers.BatchNormalization(**norm)),
                *(layers.Activation("sigmoid"), layers.Dense(10)),
            ]
        )
        net.build((None, 28, 28, 1))
    return net


class Residual(Model):
    def __init__(self, num_channels, norm):
        super().__init__()
        # Where a stride leaves a side over, padding="same" pads after the image; others pad on both sides.
        self.way = Sequential(
            [
                *(layers.ZeroPadding2D(1), layers.Conv2D(num_channels, 3, strides=2, use_bias=False)),
                *(layers.BatchNormalization(**norm), layers.ReLU()),
                layers.Conv2D(num_channels, 3, padding="same", use_bias=False),
                layers.BatchNormalization(**norm),
            ]
        )
        self.shortcut = layers.Conv2D(num_channels, 1, strides=2)

    def call(self, X, training=None):
        return tf.nn.relu(self.way(X, training=training) + self.shortcut(X))


def resnet(dtype, device, momentum, epsilon):
    set_dtype(dtype)
    norm = {"epsilon": epsilon, "momentum": momentum}
    with device:
        net = Sequential(
            [
                *(layers.ZeroPadding2D(1), layers.Conv2D(8, 3, strides=2, use_bias=False)),
                *(layers.BatchNormalization(**norm), layers.ReLU(), layers.MaxPooling2D(2)),
                *(Residual(16, norm), layers.GlobalAveragePooling2D(), layers.Dense(10)),
            ]
        )
        net(tf.zeros((1, 28, 28, 1), dtype))
    return net


def module(make, X):
    set_dtype(X.dtype.name)
    made = make()
    made.apply_init([X])
    return made


def mlp(d2l, widths, lr):
    class MLP(d2l.Classifier):
        def __init__(self, num_hiddens, num_outputs, lr):
            super().__init__()
            self.save_hyperparameters()
            self.net = Sequential(
                [layers.Flatten(), layers.Dense(num_hiddens, activation="relu"), layers.Dense(num_outputs)]
            )

    return MLP(*widths[1:], lr)


def squared_error():
    return losses.MeanSquaredError()


def cross_entropy():
    return losses.SparseCategoricalCrossentropy(from_logits=True)


def sgd(net, lr, decay):
    optimiser = optimizers.SGD(lr, weight_decay=decay or None)
    if decay:
        optimiser.exclude_from_weight_decay([layer.bias for layer in net.layers if layer.bias is not None])
    return optimiser
