"""What the tests must say in each framework's own words."""

from importlib import import_module


def set_seed(backend: str, seed: int) -> None:
    framework = import_module(backend)
    if backend == "torch":
        framework.manual_seed(seed)
    elif backend == "tensorflow":
        framework.random.set_seed(seed)
    elif backend == "mxnet":
        framework.random.seed(seed)
    else:
        framework.seed(seed)


def loader_type(backend: str) -> type:
    if backend == "torch":
        from torch.utils.data import DataLoader

        return DataLoader
    if backend == "tensorflow":
        from tensorflow.data import Dataset

        return Dataset
    if backend == "mxnet":
        from mxnet.gluon.data import DataLoader

        return DataLoader
    from paddle.io import DataLoader

    return DataLoader


def gradients(backend: str, params: list, loss) -> list | None:
    """Differentiate ``loss()``; the gradients, or None where the framework keeps them on the parameters."""
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            value = tf.reduce_sum(loss())
        return tape.gradient(value, params)
    if backend == "mxnet":
        from mxnet import autograd

        with autograd.record():
            value = loss().sum()
        value.backward()
        return None
    loss().sum().backward()
    return None


def linear_training(backend: str, lr: float) -> tuple:
    """A linear layer (2 -> 1) that starts at zero, the mean squared error, SGD: all the framework's own."""
    if backend == "torch":
        import torch

        net = torch.nn.Linear(2, 1)
        for param in net.parameters():
            param.data.zero_()
        return net, torch.nn.MSELoss(), torch.optim.SGD(net.parameters(), lr)
    if backend == "tensorflow":
        import tensorflow as tf

        net = tf.keras.Sequential([tf.keras.layers.Dense(1, kernel_initializer="zeros")])
        net.build((None, 2))
        return net, tf.keras.losses.MeanSquaredError(), tf.keras.optimizers.SGD(lr)
    if backend == "mxnet":
        from mxnet import gluon

        net = gluon.nn.Dense(1, in_units=2)
        net.initialize("zeros")
        # Gluon's L2Loss has the factor 1/2 that the others' squared errors lack.
        loss = gluon.loss.L2Loss(weight=2)
        return net, loss, gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": lr})
    import paddle

    zeros = paddle.ParamAttr(initializer=paddle.nn.initializer.Constant(0.0))
    net = paddle.nn.Linear(2, 1, weight_attr=zeros, bias_attr=zeros)
    return net, paddle.nn.MSELoss(), paddle.optimizer.SGD(lr, parameters=net.parameters())


def sgd(backend: str, model, lr: float):
    """The framework's own SGD over the parameters of a model, with a learning rate nobody has checked."""
    if backend == "torch":
        import torch

        return torch.optim.SGD(model.parameters(), lr)
    if backend == "tensorflow":
        import tensorflow as tf

        return tf.keras.optimizers.SGD(lr)
    if backend == "mxnet":
        from mxnet import gluon

        return gluon.Trainer(model.collect_params(), "sgd", {"learning_rate": lr})
    import paddle

    return paddle.optimizer.SGD(lr, parameters=model.parameters())


EPSILON = 1e-5  # of batch norm, as PyTorch, MXNet and Paddle have it; Keras is told


def lenet(backend: str):
    """Two convolutions, batch norm and a dense layer for images of 12 by 12; its parameters exist."""
    if backend == "torch":
        from torch import nn

        return nn.Sequential(
            nn.Conv2d(1, 6, 5),
            nn.ReLU(),
            nn.Conv2d(6, 4, 3),
            nn.ReLU(),
            nn.BatchNorm2d(4),
            nn.Flatten(),
            nn.Linear(144, 10),
        )
    if backend == "tensorflow":
        from tensorflow.keras import Sequential, layers

        net = Sequential(
            [
                layers.Conv2D(6, 5, activation="relu"),
                layers.Conv2D(4, 3, activation="relu"),
                layers.BatchNormalization(epsilon=EPSILON),
                layers.Flatten(),
                layers.Dropout(0.5),
                layers.Dense(10),
            ]
        )
        net.build((None, 12, 12, 1))
        return net
    if backend == "mxnet":
        from mxnet import np
        from mxnet.gluon import nn

        net = nn.Sequential()
        net.add(
            nn.Conv2D(6, 5, activation="relu"),
            nn.Conv2D(4, 3, activation="relu"),
            nn.BatchNorm(),
            nn.Dense(10),
        )
        net.initialize()
        net(np.zeros((1, 1, 12, 12)))
        return net
    from paddle import nn

    return nn.Sequential(
        nn.Conv2D(1, 6, 5),
        nn.ReLU(),
        nn.Conv2D(6, 4, 3),
        nn.ReLU(),
        nn.BatchNorm2D(4),
        nn.Flatten(),
        nn.Linear(144, 10),
    )


def embedding_net(backend: str):
    """Five entries of three numbers, then a dense layer (3 -> 2) without bias."""
    if backend == "torch":
        from torch import nn

        return nn.Sequential(nn.Embedding(5, 3), nn.Linear(3, 2, bias=False))
    if backend == "tensorflow":
        from tensorflow.keras import Sequential, layers

        net = Sequential([layers.Embedding(5, 3), layers.Dense(2, use_bias=False)])
        net.build((None,))
        return net
    if backend == "mxnet":
        from mxnet.gluon import nn

        net = nn.Sequential()
        net.add(nn.Embedding(5, 3), nn.Dense(2, use_bias=False, in_units=3))
        net.initialize()
        return net
    from paddle import nn

    return nn.Sequential(nn.Embedding(5, 3), nn.Linear(3, 2, bias_attr=False))


def own_module(backend: str):
    """A user's own module (3 -> 1): a tensor that scales, a block of two dense layers, one more."""
    if backend == "torch":
        import torch
        from torch import nn

        class Scaled(nn.Module):
            def __init__(self):
                super().__init__()
                self.scale = nn.Parameter(torch.ones(3))
                self.block = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
                self.last = nn.Linear(2, 1)

            def forward(self, X):
                return self.last(self.block(X * self.scale))

        return Scaled()
    if backend == "tensorflow":
        import tensorflow as tf
        from tensorflow.keras import layers

        class Scaled(tf.keras.Model):
            def __init__(self):
                super().__init__()
                self.scale = self.add_weight(shape=(3,))
                self.block = tf.keras.Sequential([layers.Dense(4), layers.Dense(2)])
                self.last = layers.Dense(1)

            def call(self, X):
                return self.last(self.block(X * self.scale))

        net = Scaled()
        net(tf.zeros((1, 3)))
        return net
    if backend == "mxnet":
        from mxnet.gluon import Parameter, nn

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
    from paddle import nn

    class Scaled(nn.Layer):
        def __init__(self):
            super().__init__()
            self.scale = self.create_parameter([3])
            self.block = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
            self.last = nn.Linear(2, 1)

        def forward(self, X):
            return self.last(self.block(X * self.scale))

    return Scaled()


def lstm(backend: str):
    if backend == "torch":
        from torch import nn

        return nn.Sequential(nn.LSTM(3, 2))
    if backend == "tensorflow":
        from tensorflow.keras import Sequential, layers

        net = Sequential([layers.LSTM(2)])
        net.build((None, 4, 3))
        return net
    if backend == "mxnet":
        from mxnet.gluon import nn, rnn

        net = nn.Sequential()
        net.add(rnn.LSTM(2, input_size=3))
        net.initialize()
        return net
    from paddle import nn

    return nn.Sequential(nn.LSTM(3, 2))


def unbuilt(backend: str):
    """A net that must see a batch before it has parameters; None where there is no such thing."""
    if backend == "torch":
        from torch import nn

        return nn.Sequential(nn.LazyLinear(3))
    if backend == "tensorflow":
        from tensorflow.keras import Sequential, layers

        return Sequential([layers.Dense(3)])
    if backend == "mxnet":
        from mxnet.gluon import nn

        net = nn.Sequential()
        net.add(nn.Dense(3))
        net.initialize()
        return net
    return None


def one_layer_twice(backend: str):
    """Dense layers 3 -> 3 -> 3 -> 1, of which the first two are one."""
    if backend == "torch":
        from torch import nn

        layer = nn.Linear(3, 3)
        return nn.Sequential(layer, layer, nn.Linear(3, 1))
    if backend == "tensorflow":
        from tensorflow.keras import Sequential, layers

        class Twice(Sequential):
            def call(self, X, training=None):
                first, last = self.layers
                return last(first(first(X)))

        net = Twice([layers.Dense(3), layers.Dense(1)])
        net.build((None, 3))
        return net
    if backend == "mxnet":
        from mxnet.gluon import nn

        layer, net = nn.Dense(3, in_units=3), nn.Sequential()
        net.add(layer, layer, nn.Dense(1, in_units=3))
        net.initialize()
        return net
    from paddle import nn

    layer = nn.Linear(3, 3)
    return nn.Sequential(layer, layer, nn.Linear(3, 1))


def convolution(backend: str, ndim: int):
    """A convolution of sides 2, 2 channels to 3, then a dense layer, for inputs whose sides are 4."""
    width = 3 * 3**ndim
    if backend == "torch":
        from torch import nn

        return nn.Sequential(getattr(nn, f"Conv{ndim}d")(2, 3, 2), nn.Flatten(), nn.Linear(width, 1))
    if backend == "tensorflow":
        from tensorflow.keras import Sequential, layers

        net = Sequential([getattr(layers, f"Conv{ndim}D")(3, 2), layers.Flatten(), layers.Dense(1)])
        net.build((None, *[4] * ndim, 2))
        return net
    if backend == "mxnet":
        from mxnet.gluon import nn

        net = nn.Sequential()
        net.add(getattr(nn, f"Conv{ndim}D")(3, 2, in_channels=2), nn.Dense(1, in_units=width))
        net.initialize()
        return net
    from paddle import nn

    return nn.Sequential(getattr(nn, f"Conv{ndim}D")(2, 3, 2), nn.Flatten(), nn.Linear(width, 1))


def with_a_number(backend: str):
    """A module whose only parameter is a number, 0-d."""
    if backend == "torch":
        import torch

        class Scaled(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.scale = torch.nn.Parameter(torch.ones(()))

        return Scaled()
    if backend == "tensorflow":
        import tensorflow as tf

        class Scaled(tf.keras.Model):
            def __init__(self):
                super().__init__()
                self.scale = self.add_weight(shape=())

        return Scaled()
    if backend == "mxnet":
        from mxnet import gluon, np

        class Scaled(gluon.Block):
            def __init__(self):
                super().__init__()
                self.scale = np.ones(())
                self.scale.attach_grad()

        return Scaled()
    import paddle

    class Scaled(paddle.nn.Layer):
        def __init__(self):
            super().__init__()
            self.scale = self.create_parameter([])

    return Scaled()


def batch_norm_model(backend: str, d2l):
    """A d2l.Module of a dense layer, batch norm and a dense layer, with the mean squared error."""
    if backend == "torch":
        from torch import nn

        net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))
    elif backend == "tensorflow":
        import tensorflow as tf

        dense, norm = tf.keras.layers.Dense, tf.keras.layers.BatchNormalization
        net = tf.keras.Sequential([dense(3), norm(), dense(1)])
    elif backend == "mxnet":
        from mxnet.gluon import nn

        net = nn.Sequential()
        net.add(nn.Dense(3, in_units=2), nn.BatchNorm(in_channels=3), nn.Dense(1, in_units=3))
        net.initialize()
    else:
        from paddle import nn

        net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1D(3), nn.Linear(3, 1))

    class Model(d2l.Module):
        def __init__(self, lr=0.1):
            super().__init__()
            self.save_hyperparameters()
            self.net = net

        def loss(self, y_hat, y):
            return d2l.reduce_mean(d2l.squared_loss(y_hat, y))

    return Model()
