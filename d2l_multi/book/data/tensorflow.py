"""Data in TensorFlow: arrays and Fashion-MNIST, batch by batch."""

from d2l_multi.arrays import one_number
from d2l_multi.book import contracts
from d2l_multi.book.data import checks, contract, fashion_mnist, sampling
from d2l_multi.book.data.tensorflow_loader import ArrayLoader
from d2l_multi.book.tensors.tensorflow import (
    as_float,
    as_tensor,
    float32,
    int32,
    matmul,
    normal,
    numpy,
    tensor,
)
from d2l_multi.checks import deviation, positive_int
from d2l_multi.compat import framework

with framework("tensorflow"):
    import tensorflow as tf


def synthetic_data(w, b, num_examples, *, noise=0.01, seed=None):
    w = as_float(w)
    num_inputs = checks.weight_length(w.shape)
    b = one_number("b", b)
    num_examples = positive_int("num_examples", num_examples)
    noise = deviation("noise", noise)
    if seed is not None:
        X, y = sampling.regression_data(numpy(w), b, num_examples, noise, seed)
        return tensor(X, device=w.device), tensor(y, device=w.device)
    X = normal(0, 1, (num_examples, num_inputs), dtype=w.dtype, device=w.device)
    y = matmul(X, tf.reshape(w, (-1, 1))) + b
    y += normal(0, noise, y.shape, dtype=w.dtype, device=w.device)
    return X, y


def data_iter(batch_size, features, labels, *, shuffle=True, seed=None):
    return iter(load_array((features, labels), batch_size, shuffle, seed=seed))


def load_array(data_arrays, batch_size, is_train=True, *, seed=None):
    arrays = checks.examples(data_arrays, as_tensor)
    return ArrayLoader(tuple(arrays), positive_int("batch_size", batch_size), is_train, seed)


def get_dataloader_workers():
    return 0  # TensorFlow has none of its own and does not survive a fork (see compat.forks)


def load_data_fashion_mnist(batch_size, resize=None, *, root=None, seed=None, device=None):
    positive_int("batch_size", batch_size)
    train, test = read_fashion_mnist(resize, root, device)
    return train.loader(batch_size, True, seed), test.loader(batch_size, False, seed)


def read_fashion_mnist(resize, root, device):
    """The training set and the test set."""

    def images(pixels, labels, matrices):
        matrices = [tensor(matrix, device=device) for matrix in matrices]
        return Images(tensor(pixels, device=device), tensor(labels, int32, device), matrices)

    return fashion_mnist.datasets(images, resize, root)


class Images(tuple):
    """Images kept as bytes, and their labels; pixels are made of the bytes when they are asked for."""

    def __new__(cls, images, labels, matrices):
        self = super().__new__(cls, (images, labels))
        self.matrices = matrices
        return self

    def loader(self, batch_size, shuffle, seed):
        return ArrayLoader(self, batch_size, shuffle, seed, lambda X, y: (_pixels(X, self.matrices), y))


def _pixels(X, matrices):
    """Bytes (b, h, w) as float32 in [0, 1], (b, h, w, 1), resized if there are matrices."""
    X = tf.cast(X, float32)
    if matrices:
        rows, columns = matrices
        X = tf.floor(tf.matmul(X, columns, transpose_b=True) + 0.5)
        X = tf.floor(tf.matmul(rows, X) + 0.5)
    return tf.expand_dims(X / 255, -1)


__all__ = contracts.offered(contract, globals())
