"""Training, evaluation and measuring in each backend."""

import math
import time

import numpy as np
import pytest

from tests.native import native


def test_accumulator_sums_in_double_precision(d2l):
    metric = d2l.Accumulator(1)
    for _ in range(10_000):  # more than are held unread
        metric.add(d2l.tensor(16_777_217.0, dtype="float64"))
    assert metric[0] == 16_777_217.0 * 10_000


def test_accumulator_keeps_what_was_added(d2l, backend):
    total = d2l.as_parameter(np.asarray(1.0, "float32"))
    metric = d2l.Accumulator(1)
    metric.add(total)
    d2l.sgd([total], [d2l.tensor(1.0)], 1.0, 1)
    assert metric[0] == 1.0


def test_accumulator_complains(d2l):
    metric = d2l.Accumulator(2)
    with pytest.raises(ValueError, match=r"sums 2 values, add.. was given 1"):
        metric.add(1)
    with pytest.raises(ValueError, match=r"one element, got shape \(3,\)"):
        metric.add(1, d2l.ones(3))
    assert metric.data == [0, 0]


@pytest.mark.parametrize(
    ("n", "error"), [(-1, ValueError), (0, ValueError), (2.5, TypeError), ("3", TypeError)]
)
def test_accumulator_of_no_number_of_sums(d2l, n, error):
    with pytest.raises(error, match=f"n must be a whole number of at least 1, got {n!r}"):
        d2l.Accumulator(n)


def test_timer(d2l):
    timer = d2l.Timer()
    time.sleep(0.01)
    first = timer.stop()
    timer.start()
    second = timer.stop()
    assert timer.times == [first, second] and first >= 0.01
    assert timer.sum() == first + second and timer.avg() == timer.sum() / 2
    assert timer.cumsum() == [first, first + second]
    with pytest.raises(ValueError, match="nothing yet"):
        d2l.Timer().avg()


def test_accuracy_with_labels_in_a_column(d2l):
    scores = d2l.tensor([[0.1, 0.3, 0.6], [0.3, 0.2, 0.5], [0.9, 0.05, 0.05]])
    assert d2l.accuracy(scores, d2l.tensor([[0], [2], [0]])) == 2.0
    assert d2l.accuracy(scores, d2l.eye(3)) == 0.0
    with pytest.raises(ValueError, match="same number of elements"):
        d2l.accuracy(scores, d2l.tensor([0, 1]))


def test_evaluate_loss_with_the_frameworks_own_loss(d2l, backend, dtype):
    random = np.random.default_rng(2)
    X, y = random.random((7, 2)).astype(dtype), random.random((7, 1)).astype(dtype)
    w = d2l.tensor(np.asarray([[1.0], [2.0]], dtype))
    data = d2l.load_array((d2l.tensor(X), d2l.tensor(y)), 3)  # a short last batch must weigh less
    _, loss, _ = native(backend).linear_training(0.1)
    result = d2l.evaluate_loss(lambda X: d2l.linreg(X, w, 0), data, loss)
    assert isinstance(result, float)
    assert math.isclose(result, np.mean((X @ [[1.0], [2.0]] - y) ** 2), rel_tol=1e-6)


def test_evaluating_nothing(d2l):
    with pytest.raises(ValueError, match="data_iter yielded no batch"):
        d2l.evaluate_loss(lambda X: X, [], d2l.squared_loss)
    with pytest.raises(ValueError, match="train_iter yielded no batch"):
        d2l.train_epoch_ch3(lambda X: X, [], d2l.squared_loss, d2l.Updater([], 0.1))
    with pytest.raises(ValueError, match=r"must yield \(X, y\)"):
        d2l.evaluate_loss(lambda X: X, [1], d2l.squared_loss)


def test_evaluation_leaves_a_module_in_its_mode(d2l, backend):
    """Dropout is off while a loss is evaluated, and on again afterwards where it was on."""
    net, ones = native(backend).identity_with_dropout(), d2l.ones(4, 50)
    for training in (True, False):
        if backend in ("torch", "paddle"):  # whose nets have a mode
            (net.train if training else net.eval)()
        assert d2l.evaluate_loss(net, [(ones, ones)], d2l.squared_loss) == 0
        assert getattr(net, "training", training) is training


def test_train_epoch_from_scratch_is_sgd(d2l, backend, dtype):
    """One epoch equals the same updates computed in NumPy, a mean-reduced loss included."""
    random = np.random.default_rng(3)
    X, y = random.random((7, 2)).astype(dtype), random.random((7, 1)).astype(dtype)
    for loss in (d2l.squared_loss, lambda y_hat, y: d2l.reduce_mean(d2l.squared_loss(y_hat, y))):
        w = d2l.as_parameter(np.zeros((2, 1), dtype))
        batches = d2l.load_array((d2l.tensor(X), d2l.tensor(y)), 3, is_train=False)
        updater = d2l.Updater([w], 0.1)
        mean_loss, _ = d2l.train_epoch_ch3(lambda X, w=w: d2l.linreg(X, w, 0), batches, loss, updater)
        expected, losses = np.zeros((2, 1)), []
        for start in (0, 3, 6):
            rows = slice(start, min(start + 3, 7))
            residual = X[rows] @ expected - y[rows]
            losses += list(residual**2 / 2)
            expected = expected - 0.1 * X[rows].T @ residual / len(residual)
        tolerance = 1e-5 if dtype == "float32" else 1e-13
        np.testing.assert_allclose(d2l.numpy(w), expected, rtol=tolerance)
        assert math.isclose(mean_loss, np.mean(losses), rel_tol=tolerance)


def test_train_epoch_with_the_frameworks_own_parts(d2l, backend):
    """One epoch of the framework's layer, loss and optimiser equals the same updates in NumPy."""
    random = np.random.default_rng(4)
    X, y = random.random((7, 2)).astype("float32"), random.random((7, 1)).astype("float32")
    net, loss, optimiser = native(backend).linear_training(0.1)
    batches = d2l.load_array((d2l.tensor(X), d2l.tensor(y)), 3, is_train=False)
    mean_loss, _ = d2l.train_epoch_ch3(net, batches, loss, optimiser)
    w, b, losses = np.zeros((2, 1)), 0.0, []
    for start in (0, 3, 6):
        features, labels = X[start : start + 3], y[start : start + 3]
        residual = features @ w + b - labels
        losses += list(residual**2)
        w, b = w - 0.2 * features.T @ residual / len(residual), b - 0.2 * residual.mean()
    assert math.isclose(mean_loss, np.mean(losses), rel_tol=1e-5)
    np.testing.assert_allclose(d2l.numpy(net(d2l.tensor(X))), X @ w + b, rtol=1e-5)


def test_gradient_helper_is_not_vacuous(d2l, backend):
    param = d2l.as_parameter(np.asarray([2.0], "float32"))
    grads = native(backend).gradients([param], lambda: param * param)
    assert d2l.numpy(grads[0] if grads else param.grad).tolist() == [4.0]
