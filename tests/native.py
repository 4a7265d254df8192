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
