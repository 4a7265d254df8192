import tensorflow as tf
from tensorflow.keras import Sequential, layers, losses, optimizers


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
