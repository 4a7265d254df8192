"""Data modules: splits, loaders, and Fashion-MNIST as one."""

from pathlib import Path

import numpy as np
import pytest

from d2l_multi.book.data.data_files import cache_folder
from tests.fashion import write_folder
from tests.native import native


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("fashion"), train=70, test=20)


def rows(d2l, loader):
    return np.concatenate([d2l.numpy(X) for X, _ in loader])


def test_synthetic_data_are_those_of_synthetic_data(d2l):
    w = d2l.tensor([2, -3.4])
    data = d2l.SyntheticRegressionData(w, 4.2, num_train=40, num_val=25, batch_size=16, seed=3)
    X, y = d2l.synthetic_data(w, 4.2, 65, seed=3)
    np.testing.assert_array_equal(d2l.numpy(data.X), d2l.numpy(X))
    np.testing.assert_array_equal(d2l.numpy(data.y), d2l.numpy(y))
    train, val = data.train_dataloader(), data.val_dataloader()
    assert (len(train), len(val)) == (3, 2)
    np.testing.assert_array_equal(rows(d2l, val), d2l.numpy(X)[40:])  # in order
    shuffled = rows(d2l, train)
    assert not np.array_equal(shuffled, d2l.numpy(X)[:40])
    np.testing.assert_array_equal(np.sort(shuffled, 0), np.sort(d2l.numpy(X)[:40], 0))
    np.testing.assert_array_equal(shuffled, rows(d2l, data.train_dataloader()))  # the seed fixes the order
    assert (data.w is w, data.b, data.noise, data.num_train) == (True, 4.2, 0.01, 40)


def test_loaders_are_the_frameworks_own(d2l, d2l_backend, folder):
    data = d2l.SyntheticRegressionData(d2l.tensor([1.0]), 0)
    assert isinstance(data.train_dataloader(), native(d2l_backend).loader_type())
    assert isinstance(d2l.FashionMNIST(root=folder).val_dataloader(), native(d2l_backend).loader_type())


@pytest.mark.parametrize("indices", [slice(2, 6), [5, 1, 3], [0]])
def test_get_tensorloader_of_chosen_rows(d2l, indices):
    class Data(d2l.DataModule):
        def __init__(self):
            self.batch_size = 2  # no more than the book's own modules have

    X = np.arange(20, dtype=np.float32).reshape(10, 2)
    tensors = [d2l.tensor(X), d2l.tensor(X[:, :1])]
    loader = Data().get_tensorloader(tensors, False, indices)
    np.testing.assert_array_equal(rows(d2l, loader), X[indices])


def test_defaults_of_a_data_module(d2l):
    data = d2l.DataModule()
    assert data.root == str(cache_folder()) and data.num_workers == d2l.get_dataloader_workers()
    data = d2l.DataModule(root=Path("somewhere"), num_workers=0)
    assert (data.root, data.num_workers) == ("somewhere", 0)


def test_fashion_mnist_is_that_of_the_functional_edition(d2l, d2l_backend, folder):
    data = d2l.FashionMNIST(batch_size=32, resize=(32, 30), root=folder, seed=5)
    train_iter, test_iter = d2l.load_data_fashion_mnist(32, (32, 30), root=folder, seed=5)
    for loader, expected in ((data.train_dataloader(), train_iter), (data.val_dataloader(), test_iter)):
        assert len(loader) == len(expected)
        for (X, y), (X_expected, y_expected) in zip(loader, expected):
            np.testing.assert_array_equal(d2l.numpy(X), d2l.numpy(X_expected))
            np.testing.assert_array_equal(d2l.numpy(y), d2l.numpy(y_expected))
            assert tuple(X.shape[1:]) == ((32, 30, 1) if d2l_backend == "tensorflow" else (1, 32, 30))
            assert len(y.shape) == 1


def test_one_image_of_fashion_mnist(d2l, d2l_backend, folder):
    """The framework's own kind of data set."""
    data = d2l.FashionMNIST(resize=(32, 32), root=folder)
    assert data.batch_size == 64
    if d2l_backend == "tensorflow":  # as Keras gives them: two arrays of bytes
        images, labels = data.train
        assert tuple(images.shape) == (70, 28, 28) and tuple(labels.shape) == (70,) and len(data.val[0]) == 20
        return
    assert (len(data.train), len(data.val)) == (70, 20)
    X, y = next(iter(data.val_dataloader()))
    for i in (0, 19, -1):
        image, label = data.val[i]
        np.testing.assert_array_equal(d2l.numpy(image), d2l.numpy(X[i]))
        assert int(label) == int(y[i])


def test_images_as_they_are_cost_no_resizing(d2l, folder):
    data = d2l.FashionMNIST(root=folder)
    images = data.train if hasattr(data.train, "matrices") else data.val
    assert list(images.matrices) == []


def test_visualize(d2l, folder):
    data = d2l.FashionMNIST(root=folder)
    batch = next(iter(data.val_dataloader()))
    assert data.visualize(batch) is None
    titles = [axes.get_title() for axes in d2l.plt.gcf().axes]
    assert titles == data.text_labels(batch[1])[:8] == d2l.get_fashion_mnist_labels(batch[1])[:8]
    data.visualize(batch, nrows=1, ncols=2, labels=["one", "two"])
    assert [axes.get_title() for axes in d2l.plt.gcf().axes] == ["one", "two"]
    d2l.plt.close("all")
