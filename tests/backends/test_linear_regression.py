"""The linear-regression slice of each backend against NumPy, and its complaints about bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from d2l_multi.book.data import sampling
from tests.native import native


def rows(d2l, batches):
    return [tuple(d2l.numpy(part) for part in batch) for batch in batches]


# --- synthetic_data ---------------------------------------------------------------------------------


@pytest.mark.parametrize("w", [[2, -3.4], [[2.0], [-3.4]], (2.0, -3.4)])
def test_seeded_data_is_the_same_to_the_bit_everywhere(d2l, dtype, w):
    X, y = d2l.synthetic_data(d2l.tensor(w, dtype=dtype), 4.2, 50, seed=7)
    expected_X, expected_y = sampling.regression_data(np.asarray(w, dtype).reshape(-1), 4.2, 50, 0.01, 7)
    assert d2l.numpy(X).dtype == d2l.numpy(y).dtype == dtype
    assert d2l.numpy(X).tobytes() == expected_X.tobytes()
    assert d2l.numpy(y).tobytes() == expected_y.tobytes()


def test_data_follows_the_frameworks_own_seed(d2l, backend, dtype):
    def draw():
        native(backend).set_seed(3)
        return [d2l.numpy(part) for part in d2l.synthetic_data(d2l.tensor([2, -3.4], dtype=dtype), 4.2, 20)]

    first, second = draw(), draw()
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
    assert first[0].dtype == dtype


@pytest.mark.parametrize("seed", [None, 5])
def test_data_has_the_stated_distribution(d2l, seed):
    # 10^5 examples; every bound is more than 6 standard errors wide.
    X, y = (d2l.numpy(part) for part in d2l.synthetic_data([2.0, -3.4], 4.2, 100_000, noise=0.5, seed=seed))
    residual = y[:, 0] - X @ np.asarray([2.0, -3.4]) - 4.2
    assert X.shape == (100_000, 2) and y.shape == (100_000, 1)
    assert np.abs(X.mean(0)).max() < 0.02 and np.abs(X.std(0) - 1).max() < 0.015
    assert abs(residual.mean()) < 0.01 and abs(residual.std() - 0.5) < 0.0075


def test_weights_of_any_kind(d2l):
    for w in ([1, 2], np.asarray([1.0, 2.0], "float32"), d2l.tensor([[1.0], [2.0]])):
        X, y = d2l.synthetic_data(w, d2l.tensor(1.0), 5)
        assert d2l.numpy(X).dtype == "float32" and tuple(X.shape) == (5, 2) and tuple(y.shape) == (5, 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[1.0, 2.0], [3.0, 4.0]], 0, 5), r"w must have shape \(d,\) or \(d, 1\).*got shape \(2, 2\)"),
        ((1.0, 0, 5), r"w must have shape.*got shape \(\)"),
        (([1.0], 0, 0), "num_examples must be a whole number of at least 1, got 0"),
    ],
)
def test_bad_data_requests(d2l, arguments, message):
    with pytest.raises(ValueError, match=message):
        d2l.synthetic_data(*arguments)


@pytest.mark.parametrize("keywords", [{"noise": float("nan")}, {"noise": -1}, {"seed": -1}, {"seed": 2**32}])
def test_bad_noise_and_seed(d2l, keywords):
    with pytest.raises(ValueError, match=next(iter(keywords))):
        d2l.synthetic_data([1.0], 0, 5, **keywords)
    with pytest.raises(TypeError, match="seed"):
        d2l.synthetic_data([1.0], 0, 5, seed=0.5)


# --- data_iter and load_array -----------------------------------------------------------------------


@settings(max_examples=15, deadline=None)
@given(
    num_examples=st.integers(1, 50),
    batch_size=st.integers(1, 60),
    shuffle=st.booleans(),
    seed=st.none() | st.just(4),
)
def check_batches(d2l, num_examples, batch_size, shuffle, seed):
    X = np.arange(num_examples * 2, dtype="float32").reshape(-1, 2)
    y = np.arange(num_examples)
    for batches in (
        d2l.data_iter(batch_size, d2l.tensor(X), d2l.tensor(y), shuffle=shuffle, seed=seed),
        d2l.load_array((d2l.tensor(X), d2l.tensor(y)), batch_size, shuffle, seed=seed),
    ):
        got = rows(d2l, batches)
        sizes = [len(labels) for _, labels in got]
        full, rest = divmod(num_examples, batch_size)
        assert sizes == [batch_size] * full + [rest] * (rest > 0)
        labels = np.concatenate([labels for _, labels in got])
        assert sorted(labels) == list(range(num_examples))
        np.testing.assert_array_equal(np.concatenate([features for features, _ in got]), X[labels])
        if not shuffle:
            np.testing.assert_array_equal(labels, y)
        elif seed is not None:
            np.testing.assert_array_equal(labels, sampling.order(num_examples, seed))


def test_every_example_exactly_once(d2l):
    check_batches(d2l)


def test_more_examples_than_are_gathered_at_a_time(d2l, monkeypatch):
    monkeypatch.setattr(sampling, "BLOCK", 64)
    labels = np.concatenate([d2l.numpy(y) for (y,) in d2l.load_array((d2l.arange(1000),), 7)])
    assert sorted(labels) == list(range(1000)) and labels.tolist() != list(range(1000))


def test_loader_is_the_frameworks_own(d2l, backend):
    loader = d2l.load_array((d2l.ones(25, 2), d2l.ones(25, 1)), 10)
    assert isinstance(loader, native(backend).loader_type())
    assert len(loader) == 3
    X, y = next(iter(loader))
    assert tuple(X.shape) == (10, 2) and tuple(y.shape) == (10, 1)
    assert all(isinstance(part, type(d2l.ones(1))) for part in (X, y))


def test_each_pass_has_its_own_order_and_the_seed_fixes_them_all(d2l):
    def passes():
        loader = d2l.load_array((d2l.arange(40),), 8, seed=11)
        return [np.concatenate([d2l.numpy(part) for (part,) in loader]).tolist() for _ in range(3)]

    orders = passes()
    assert orders == passes() == [sampling.order(40, 11, epoch).tolist() for epoch in range(3)]
    assert orders[0] != orders[1]


def test_unseeded_order_follows_the_frameworks_own_seed(d2l, backend):
    loader = d2l.load_array((d2l.arange(40),), 8)

    def order():
        native(backend).set_seed(5)
        return np.concatenate([d2l.numpy(part) for (part,) in loader]).tolist()

    assert order() == order() != list(range(40))


def test_arrays_on_disk_are_loaded_without_being_read_whole(d2l, tmp_path, dtype):
    path = tmp_path / "features.bin"
    X = np.random.default_rng(0).random((100, 3)).astype(dtype)
    X.tofile(path)
    mapped = np.memmap(path, dtype, "r", shape=X.shape)
    got = rows(d2l, d2l.load_array((mapped, d2l.arange(100)), 16, seed=1))
    order = np.concatenate([indices for _, indices in got])
    features = np.concatenate([features for features, _ in got])
    assert features.dtype == dtype
    np.testing.assert_array_equal(features, X[order])


def test_changing_a_batch_leaves_the_data_alone(d2l, backend):
    X = d2l.ones(4, 2)
    for is_train in (True, False):
        (batch,) = next(iter(d2l.load_array((X,), 2, is_train)))
        if backend == "tensorflow":
            with pytest.raises(TypeError):  # its tensors cannot be changed at all
                batch[:] = 9
        else:
            batch[:] = 9
        assert d2l.numpy(X).max() == 1


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (lambda d2l: ((d2l.ones(3), d2l.ones(4)), 2), ValueError, r"same number of examples, got \[3, 4\]"),
        (
            lambda d2l: ((d2l.ones(3),), 0),
            ValueError,
            "batch_size must be a whole number of at least 1, got 0",
        ),
        (lambda d2l: ((d2l.ones(3),), 2.5), TypeError, "batch_size must be a whole number"),
        (lambda d2l: (d2l.ones(3), 2), TypeError, "data_arrays must be a tuple or list"),
        (lambda d2l: ((d2l.ones(0, 2),), 2), ValueError, "at least one example"),
        (lambda d2l: ((d2l.tensor(1.0),), 2), ValueError, "first axis"),
    ],
)
def test_bad_loaders(d2l, arguments, error, message):
    with pytest.raises(error, match=message):
        d2l.load_array(*arguments(d2l))


def test_data_iter_complains_at_the_call(d2l):
    with pytest.raises(ValueError, match="same number of examples"):
        d2l.data_iter(2, d2l.ones(3, 2), d2l.ones(4, 1))
    with pytest.raises(ValueError, match="batch_size"):
        d2l.data_iter(-1, d2l.ones(3, 2), d2l.ones(3, 1))


# --- linreg, squared_loss, sgd ----------------------------------------------------------------------


def test_linear_model_and_loss(d2l, dtype):
    random = np.random.default_rng(1)
    X, w, b, y = (random.random(shape).astype(dtype) for shape in ((5, 3), (3, 1), (1,), (5,)))
    tolerance = 1e-13 if dtype == "float64" else 1e-5
    y_hat = d2l.linreg(d2l.tensor(X), d2l.tensor(w), d2l.tensor(b))
    np.testing.assert_allclose(d2l.numpy(y_hat), X @ w + b, rtol=tolerance)
    flat = d2l.linreg(d2l.tensor(X), d2l.tensor(w[:, 0]), 0.5)
    np.testing.assert_allclose(d2l.numpy(flat), X @ w[:, 0] + 0.5, rtol=tolerance)
    loss = d2l.numpy(d2l.squared_loss(y_hat, d2l.tensor(y)))
    assert loss.shape == (5, 1) and loss.dtype == dtype
    np.testing.assert_allclose(
        loss[:, 0], ((X @ w + b)[:, 0] - y) ** 2 / 2, rtol=10 * tolerance, atol=tolerance
    )


def test_shapes_that_do_not_fit_are_named(d2l):
    with pytest.raises(ValueError, match=r"\(5, 3\) and \(2, 1\)"):
        d2l.linreg(d2l.ones(5, 3), d2l.ones(2, 1), 0)
    with pytest.raises(ValueError, match=r"\(5, 1\) and \(4,\)"):
        d2l.squared_loss(d2l.ones(5, 1), d2l.ones(4))


@pytest.fixture
def stored(d2l, backend, dtype):
    """A parameter and the gradients of sum(3 p²): on the parameter, or handed back (TensorFlow)."""
    param = d2l.as_parameter(np.asarray([1.0, -2.0], dtype))
    return param, native(backend).gradients([param], lambda: 3 * param * param)


def test_sgd_uses_and_clears_stored_gradients(d2l, backend, dtype, stored):
    param, _ = stored
    if backend == "tensorflow":
        with pytest.raises(ValueError, match=r"sgd\(params, grads, lr, batch_size\)"):
            d2l.sgd([param], 0.1, 2)
        return
    d2l.sgd([param], 0.1, 2)
    expected = np.asarray([1.0, -2.0], dtype) * (1 - 0.1 * 6 / 2)
    np.testing.assert_allclose(d2l.numpy(param), expected, rtol=1e-6 if dtype == "float32" else 1e-15)
    d2l.sgd([param], lr=0.1, batch_size=2)  # the gradients are gone: nothing moves
    np.testing.assert_allclose(d2l.numpy(param), expected, rtol=1e-6 if dtype == "float32" else 1e-15)
    native(backend).gradients([param], lambda: 3 * param * param)  # still trainable, in place
    d2l.sgd([param], 0.1, 2)
    np.testing.assert_allclose(d2l.numpy(param), expected * 0.7, rtol=1e-6 if dtype == "float32" else 1e-15)


def test_sgd_with_given_gradients(d2l, dtype):
    param = d2l.as_parameter(np.asarray([1.0, -2.0], dtype))
    grads = [d2l.tensor(np.asarray([4.0, 8.0], dtype))]
    d2l.sgd([param], grads, 0.5, 4)
    d2l.sgd(params=[param], grads=grads, lr=0.5, batch_size=4)
    np.testing.assert_array_equal(d2l.numpy(param), np.asarray([0.0, -4.0], dtype))
    assert d2l.numpy(grads[0]).tolist() == [4, 8]


def test_updater_is_sgd_bound(d2l, backend, dtype, stored):
    param, grads = stored
    update = d2l.Updater([param], 0.1)
    update(2, grads) if backend == "tensorflow" else update(2)
    np.testing.assert_allclose(d2l.numpy(param), [0.7, -1.4], rtol=1e-6)
    assert update.params[0] is param and update.lr == 0.1


@pytest.mark.parametrize("lr", [float("nan"), float("inf"), -0.1])
def test_learning_rates_that_cannot_be(d2l, lr):
    param, grad = d2l.as_parameter(np.ones(2, "float32")), d2l.ones(2)
    with pytest.raises(ValueError, match="lr must be a finite number of at least 0"):
        d2l.sgd([param], [grad], lr, 2)
    with pytest.raises(ValueError, match="lr must be"):
        d2l.Updater([param], lr)


def test_sgd_complains_before_it_changes_anything(d2l, backend):
    params = [d2l.as_parameter(np.ones(2, "float32")) for _ in range(2)]
    with pytest.raises(ValueError, match="one gradient per parameter, got 1 for 2"):
        d2l.sgd(params, [d2l.ones(2)], 0.1, 2)
    with pytest.raises(ValueError, match=r"parameter 1 of shape .2,. has no gradient"):
        d2l.sgd(params, [d2l.ones(2), None], 0.1, 2)
    with pytest.raises(ValueError, match="batch_size must be a whole number of at least 1, got 0"):
        d2l.sgd(params, [d2l.ones(2)] * 2, 0.1, 0)
    with pytest.raises(TypeError, match=r"sgd takes \(params, lr, batch_size\) or"):
        d2l.sgd(params, 0.1)
    assert all(d2l.numpy(param).tolist() == [1, 1] for param in params)


def test_a_parameter_that_never_saw_backward(d2l, backend):
    param = d2l.ones(2) if backend == "mxnet" else d2l.as_parameter(np.ones(2, "float32"))
    with pytest.raises(
        ValueError, match=r"sgd\(params, grads" if backend == "tensorflow" else "has no gradient"
    ):
        d2l.sgd([param], 0.1, 2)
