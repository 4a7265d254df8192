"""Chapters 3 and 4 as the book's readers write them in each framework (the programs are in ``functional``).

Images are the suite's own, so small that every program takes a second; what is checked is that it runs
and learns. Everything the book passes to `train_ch3` and its company is passed here.
"""

import math
import warnings
from importlib import import_module

import numpy as np
import pytest

from tests.fashion import write_folder
from tests.native import native

EPOCHS = 25


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("fashion"), train=300, test=100)


@pytest.fixture
def programs(d2l, backend):
    native(backend).set_seed(0)
    return import_module(f"tests.book.functional.{backend}")


@pytest.mark.parametrize("section", ["softmax_scratch", "softmax_concise", "mlp_scratch", "dropout_concise"])
def test_images_are_learned(d2l, programs, folder, section):
    train_iter, test_iter = d2l.load_data_fashion_mnist(32, root=folder, seed=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", d2l.DivergenceWarning)
        warnings.simplefilter("ignore", d2l.ConvergenceWarning)
        net, loss, updater = getattr(programs, section)(d2l)
        history = d2l.train_ch3(net, train_iter, test_iter, loss, EPOCHS, updater)
    assert len(history) == EPOCHS
    assert history[-1].test_acc > 0.8 and history[-1].train_loss < history[0].train_loss / 2
    assert d2l.evaluate_accuracy(net, test_iter) == history[-1].test_acc
    d2l.predict_ch3(net, test_iter)
    d2l.plt.close("all")


def test_polynomials_are_fitted(d2l, programs):
    """The section on underfitting: a user's own loop over `train_epoch_ch3`, with an `Animator`."""
    random = np.random.default_rng(0)
    x = random.standard_normal((100, 1))
    X = x ** np.arange(4) / [math.gamma(i + 1) for i in range(4)]
    y = X @ [5, 1.2, -3.4, 5.6] + 0.1 * random.standard_normal(100)
    net, data, loss, trainer = programs.polynomial(
        d2l, d2l.tensor(X, dtype=d2l.float32), d2l.tensor(y, dtype=d2l.float32)
    )
    animator = d2l.Animator(xlabel="epoch", ylabel="loss", yscale="log", xlim=[1, 400], ylim=[1e-3, 1e2])
    for epoch in range(400):
        d2l.train_epoch_ch3(net, data, loss, trainer)
        if epoch == 0 or (epoch + 1) % 20 == 0:
            animator.add(epoch + 1, (d2l.evaluate_loss(net, data, loss), 1.0))
    first, *_, last = animator.Y[0]
    assert len(animator.X[0]) == 21 and last < 0.05 < 1 < first


def test_weights_decay(d2l, programs):
    X, y = d2l.synthetic_data(0.01 * np.ones((200, 1), "float32"), 0.05, 20)
    free, decayed = (d2l.numpy(programs.decayed(d2l, X, y, decay)) for decay in (0, 3))
    assert np.linalg.norm(decayed) < 0.1 * np.linalg.norm(free)
