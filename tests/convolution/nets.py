"""Small convolutional nets and images, the same in every framework."""

import numpy as np

from tests.fashion import write_folder


def images(d2l, backend, n, side=28, seed=0):
    """A batch of images as the framework has them, with labels: a bright row tells the class."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 10, n)
    X = random.normal(0, 0.1, (n, 1, side, side)).astype("float32")
    X[np.arange(n), 0, 2 * labels + 4] += 1
    X = X.transpose(0, 2, 3, 1) if backend == "tensorflow" else X
    return d2l.tensor(X), d2l.tensor(labels.tolist())


def loaders(d2l, folder, batch_size=64, **options):
    return d2l.load_data_fashion_mnist(batch_size, root=folder, seed=0, **options)


def for_ch6(backend, net):
    """A net as the book's cells pass it to ``train_ch6``: in TensorFlow a function that makes it."""
    return (lambda: net) if backend == "tensorflow" else net


def history_of(backend, returned):
    return returned.history if backend == "tensorflow" else returned


def folder_of_images(tmp_path_factory, train=256, test=64):
    return write_folder(tmp_path_factory.mktemp("images"), train=train, test=test)
