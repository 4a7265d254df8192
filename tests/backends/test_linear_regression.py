"""Linear regression in each backend: what loaders and steps leave alone, and complaints about bad input."""

import numpy as np
import pytest

from d2l_multi.book.data import sampling
from tests.native import native


def rows(d2l, batches):
    return [tuple(d2l.numpy(part) for part in batch) for batch in batches]


# --- synthetic_data ---------------------------------------------------------------------------------


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


def test_shapes_that_do_not_fit_are_named(d2l):
    with pytest.raises(ValueError, match=r"\(5, 3\) and \(2, 1\)"):
        d2l.linreg(d2l.ones(5, 3), d2l.ones(2, 1), 0)
    with pytest.raises(ValueError, match=r"\(5, 1\) and \(4,\)"):
        d2l.squared_loss(d2l.ones(5, 1), d2l.ones(4))


def test_sgd_by_keywords(d2l, backend):
    param = d2l.as_parameter(np.asarray([1.0, -2.0], "float32"))
    d2l.sgd(params=[param], grads=[d2l.tensor([4.0, 8.0])], lr=0.5, batch_size=4)
    assert d2l.numpy(param).tolist() == [0.5, -3]
    if native(backend).gradients([param], lambda: 3 * param) is None:
        d2l.sgd([param], lr=0.5, batch_size=1)
        assert d2l.numpy(param).tolist() == [-1, -4.5]
    update = d2l.Updater(params=[param], lr=0.1)
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
