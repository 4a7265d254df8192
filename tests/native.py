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
