"""Fashion-MNIST's loaders and training on them, in each backend."""

import math
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from d2l_multi.book.data import fashion_mnist
from tests.fashion import write_folder
from tests.native import native


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("fashion"), train=300, test=70)


def labels_of(d2l, loader):
    return np.concatenate([d2l.numpy(y) for _, y in loader])


def test_batches_as_the_contract_has_them(d2l, backend, folder):
    train_iter, test_iter = d2l.load_data_fashion_mnist(32, root=folder)
    assert isinstance(train_iter, native(backend).loader_type())
    assert (len(train_iter), len(test_iter)) == (10, 3)
    X, y = next(iter(train_iter))
    assert tuple(X.shape) == ((32, 28, 28, 1) if backend == "tensorflow" else (32, 1, 28, 28))
    assert tuple(y.shape) == (32,)
    assert d2l.numpy(X).dtype == "float32"
    assert d2l.numpy(y).dtype == ("int32" if backend in ("tensorflow", "mxnet") else "int64")


def test_pixels_are_those_of_the_file_in_its_order(d2l, folder):
    arrays = fashion_mnist.read_folder(folder)
    _, test_iter = d2l.load_data_fashion_mnist(32, root=folder)
    for _ in range(2):
        pixels = np.concatenate([d2l.numpy(X).reshape(-1, 28, 28) for X, _ in test_iter])
        np.testing.assert_allclose(pixels, arrays["test_images"] / 255, rtol=1e-6)
        np.testing.assert_array_equal(labels_of(d2l, test_iter), arrays["test_labels"])


def test_training_examples_are_shuffled_one_by_one(d2l, folder):
    labels = fashion_mnist.read_folder(folder)["train_labels"]
    train_iter, _ = d2l.load_data_fashion_mnist(32, root=folder)
    first, second = labels_of(d2l, train_iter), labels_of(d2l, train_iter)
    assert first.tolist() != second.tolist() and sorted(first) == sorted(second) == sorted(labels)


@pytest.mark.parametrize("resize", [14, 32, 64, 96])
def test_resized_images_are_pillows(d2l, folder, resize):
    images = fashion_mnist.read_folder(folder)["test_images"][:8]
    _, test_iter = d2l.load_data_fashion_mnist(8, resize, root=folder)
    X, _ = next(iter(test_iter))
    resized = d2l.numpy(X).reshape(8, resize, resize)
    expected = [
        np.asarray(Image.fromarray(image).resize((resize, resize), Image.Resampling.BILINEAR)) / 255
        for image in images
    ]
    assert np.abs(resized - expected).max() <= 1 / 255 + 1e-6


@pytest.mark.parametrize(("arguments", "message"), [((0,), "batch_size"), ((32, 0), "resize")])
def test_bad_requests(d2l, folder, arguments, message):
    with pytest.raises(ValueError, match=message):
        d2l.load_data_fashion_mnist(*arguments, root=folder)


# --- Training ---------------------------------------------------------------------------------------


def softmax_regression(d2l, scale=0.01):
    """The book's model from scratch, in the shared vocabulary."""
    W = d2l.as_parameter((scale * np.random.default_rng(0).standard_normal((784, 10))).astype("float32"))
    b = d2l.as_parameter(np.zeros(10, "float32"))

    def net(X):
        scores = d2l.exp(d2l.matmul(d2l.reshape(X, (-1, 784)), W) + b)
        return scores / d2l.reduce_sum(scores, 1, keepdims=True)

    def cross_entropy(y_hat, y):
        classes = d2l.arange(10, dtype=y.dtype)
        chosen = d2l.astype(d2l.reshape(y, (-1, 1)) == classes, y_hat.dtype)
        return -d2l.log(d2l.reduce_sum(y_hat * chosen, 1))

    return net, cross_entropy, [W, b]


def test_training_learns_and_returns_its_history(d2l, folder):
    train_iter, test_iter = d2l.load_data_fashion_mnist(32, root=folder, seed=0)
    net, loss, params = softmax_regression(d2l)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = d2l.train_ch3(net, train_iter, test_iter, loss, 25, d2l.Updater(params, 0.1))
    assert len(history) == 25
    assert history[-1].train_loss < 0.3 and history[-1].test_acc > 0.9
    assert history.column("train_loss")[0] == history[0][0] > history[-1][0]
    assert "\n" not in repr(history) and len(repr(history)) < 100
    assert history[-1].test_acc == d2l.evaluate_accuracy(net, test_iter)
    assert plt.get_fignums() == []


def test_a_run_that_falls_short_is_kept_and_says_so(d2l, folder):
    train_iter, test_iter = d2l.load_data_fashion_mnist(32, root=folder)
    net, loss, params = softmax_regression(d2l)
    with pytest.warns(d2l.ConvergenceWarning, match="train_loss is .*, expected 0 to 0.5") as caught:
        history = d2l.train_ch3(net, train_iter, test_iter, loss, 1, d2l.Updater(params, 1e-4))
    assert len(history) == 1 and caught[0].filename == __file__


def test_divergence_names_the_epoch(d2l, folder):
    train_iter, test_iter = d2l.load_data_fashion_mnist(32, root=folder)
    net, loss, params = softmax_regression(d2l)
    with pytest.warns(
        d2l.DivergenceWarning, match="in epoch 1; the learning rate is the first suspect"
    ) as caught:
        history = d2l.train_ch3(net, train_iter, test_iter, loss, 2, d2l.Updater(params, 1e6))
    assert len(caught) == 1 and len(history) == 2 and not math.isfinite(history[0].train_loss)


def test_predictions_are_shown_with_both_names(d2l, folder):
    _, test_iter = d2l.load_data_fashion_mnist(32, root=folder)
    net, _, _ = softmax_regression(d2l)
    d2l.predict_ch3(net, test_iter, n=4)
    titles = [ax.get_title() for ax in plt.gcf().axes]
    labels = fashion_mnist.read_folder(folder)["test_labels"][:4]
    assert [title.split("\n")[0] for title in titles] == d2l.get_fashion_mnist_labels(labels)
    assert len(titles) == 4 and all("\n" in title for title in titles)
    plt.close("all")


def test_what_cannot_be_trained(d2l, folder):
    train_iter, test_iter = d2l.load_data_fashion_mnist(32, root=folder)
    net, loss, params = softmax_regression(d2l)
    update = d2l.Updater(params, 0.1)
    with pytest.raises(ValueError, match="num_epochs must be a whole number of at least 1, got 0"):
        d2l.train_ch3(net, train_iter, test_iter, loss, 0, update)
    with pytest.raises(ValueError, match="train_iter yielded no batch"):
        d2l.train_epoch_ch3(net, [], loss, update)
    with pytest.raises(ValueError, match="data_iter yielded no batch"):
        d2l.evaluate_accuracy(net, [])
    with pytest.raises(ValueError, match="test_iter yielded no batch"):
        d2l.predict_ch3(net, [])
    with pytest.raises(ValueError, match="one output for each label"):
        d2l.train_epoch_ch3(lambda X: net(X)[:5], train_iter, loss, update)


def test_animator_keeps_its_points(d2l):
    chart = d2l.Animator(xlabel="epoch", legend=["a", "b"], xlim=[0, 10], nrows=1, ncols=2)
    for i in range(5):
        chart.add(i, (i, None if i == 2 else d2l.tensor(2.0 * i)))
    a, b = chart.axes[0].get_lines()
    assert list(a.get_xdata()) == [0, 1, 2, 3, 4] and list(b.get_ydata()) == [0, 2, 6, 8]
    assert len(chart.axes) == 2 and chart.axes[0].get_xlabel() == "epoch"
    assert chart.axes[0].get_xlim() == (0, 10)
    chart.add(5, (100.0, 0.0))  # without limits of its own, an axis follows the points
    low, high = chart.fig.axes[0].get_ylim()
    assert low < 0 and high > 100 and list(a.get_xdata())[-1] == 5
    assert plt.get_fignums() == []
    with pytest.raises(ValueError, match="one x for all curves"):
        chart.add([1, 2], [1, 2, 3])
