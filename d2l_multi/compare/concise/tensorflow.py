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


class LanguageModel(Model):
    def __init__(self, layer, num_characters, num_hiddens):
        super().__init__()
        layer = {"rnn": layers.SimpleRNN, "gru": layers.GRU, "lstm": layers.LSTM}[layer]
        self.rnn = layer(num_hiddens, return_sequences=True, return_state=True)
        self.dense = layers.Dense(num_characters)
        self.states = ()

    def call(self, X, training=None):
        inputs = tf.one_hot(X, self.dense.units, dtype=self.compute_dtype)
        outputs, *states = self.rnn(inputs, initial_state=list(self.states) if training else None)
        if training:
            self.states = tuple(tf.stop_gradient(state) for state in states)
        return tf.transpose(self.dense(outputs), (0, 2, 1))


def language_model(layer, num_characters, num_hiddens, dtype, device):
    set_dtype(dtype)
    with device:
        net = LanguageModel(layer, num_characters, num_hiddens)
        net(tf.zeros((1, 2), tf.int32))
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


def cross_entropy_over_time():
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    return lambda y_hat, y: loss(y, tf.transpose(y_hat, (0, 2, 1)))


def clip(params, grads, limit):
    grads, _ = tf.clip_by_global_norm(grads, limit)
    return grads


def sgd(net, lr, decay, limit):
    optimiser = optimizers.SGD(lr, weight_decay=decay or None, global_clipnorm=limit)
    if decay:
        optimiser.exclude_from_weight_decay([layer.bias for layer in net.layers if layer.bias is not None])
    return optimiser
