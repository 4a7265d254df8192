"""Each function of each backend against NumPy, over shapes, dtypes and sizes that hypothesis draws."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.native import native

SIDES = st.integers(1, 7)
COUNTS = st.integers(1, 23)
EPSILON = {"float32": 2.0**-23, "float64": 2.0**-52}


def floats(dtype, shape, low=-8.0, high=8.0):
    width = int(dtype[5:])
    return hnp.arrays(dtype, shape, elements=st.floats(low, high, width=width, allow_subnormal=False))


def assert_close(d2l, actual, expected, dtype, scale=None):
    """Within a few roundings of the expected float64 values; ``scale``: the size of what was added up."""
    actual = d2l.numpy(actual)
    assert actual.dtype.name == dtype and actual.shape == np.shape(expected)
    scale = np.abs(expected) if scale is None else scale
    allowed = 16 * EPSILON[dtype] * scale + np.finfo(dtype).tiny
    assert np.all(np.abs(actual - expected) <= allowed), (actual, expected)


# --- Linear regression ----------------------------------------------------------------------------


@given(data=st.data())
def test_linreg(d2l, d2l_device, dtype, data):
    n, num_inputs, num_outputs = data.draw(COUNTS), data.draw(SIDES), data.draw(st.integers(0, 4))
    sides = (num_inputs,) if num_outputs == 0 else (num_inputs, num_outputs)
    X, w = data.draw(floats(dtype, (n, num_inputs))), data.draw(floats(dtype, sides))
    b = data.draw(floats(dtype, sides[1:]))
    actual = d2l.linreg(*(d2l.tensor(array, device=d2l_device) for array in (X, w, b)))
    X, w, b = (array.astype("float64") for array in (X, w, b))
    scale = num_inputs * (np.abs(X) @ np.abs(w) + np.abs(b))
    assert_close(d2l, actual, X @ w + b, dtype, scale)


@given(data=st.data())
def test_squared_loss(d2l, d2l_device, dtype, data):
    n, column, other_column = data.draw(COUNTS), data.draw(st.booleans()), data.draw(st.booleans())
    y_hat = data.draw(floats(dtype, (n, 1) if column else (n,)))
    y = data.draw(floats(dtype, (n, 1) if other_column else (n,)))
    actual = d2l.squared_loss(d2l.tensor(y_hat, device=d2l_device), d2l.tensor(y, device=d2l_device))
    difference = y_hat.astype("float64") - y.reshape(y_hat.shape)
    assert_close(d2l, actual, difference**2 / 2, dtype)


PARAMETERS = st.lists(st.tuples(SIDES, st.integers(1, 3)), min_size=1, max_size=3)
STEPS = st.tuples(st.floats(0, 2, width=32), st.integers(1, 300))  # learning rate, batch size


def drawn_step(data, dtype):
    shapes, (lr, batch_size) = data.draw(PARAMETERS), data.draw(STEPS)
    values, grads = ([data.draw(floats(dtype, shape)) for shape in shapes] for _ in range(2))
    return values, grads, lr, batch_size


def assert_stepped(d2l, params, values, grads, lr, batch_size, dtype, steps=1):
    for param, value, grad in zip(params, values, grads, strict=True):
        move = lr * grad.astype("float64") / batch_size
        assert_close(d2l, param, value - steps * move, dtype, steps * (np.abs(value) + steps * np.abs(move)))


@given(data=st.data())
def test_sgd_with_gradients(d2l, d2l_device, dtype, data):
    values, grads, lr, batch_size = drawn_step(data, dtype)
    params = [d2l.as_parameter(value, d2l_device) for value in values]
    given_grads = [d2l.tensor(grad, device=d2l_device) for grad in grads]
    d2l.sgd(params, given_grads, lr, batch_size)
    assert_stepped(d2l, params, values, grads, lr, batch_size, dtype)
    for tensor, grad in zip(given_grads, grads):
        np.testing.assert_array_equal(d2l.numpy(tensor), grad)
    d2l.Updater(params, lr)(batch_size, given_grads)
    assert_stepped(d2l, params, values, grads, lr, batch_size, dtype, steps=2)


@given(data=st.data())
def test_sgd_with_stored_gradients_uses_them_once(d2l, d2l_backend, d2l_device, dtype, data):
    values, grads, lr, batch_size = drawn_step(data, dtype)
    params = [d2l.as_parameter(value, d2l_device) for value in values]
    factors = [d2l.tensor(grad, device=d2l_device) for grad in grads]

    def loss():  # its gradients are the factors
        return sum(d2l.reduce_sum(param * factor) for param, factor in zip(params, factors))

    if d2l_backend == "tensorflow":
        with pytest.raises(ValueError, match="grads"):
            d2l.sgd(params, lr, batch_size)
        return
    native(d2l_backend).gradients(params, loss)
    d2l.sgd(params, lr, batch_size)
    assert_stepped(d2l, params, values, grads, lr, batch_size, dtype)
    assert not any(d2l.numpy(param.grad).any() for param in params)
    native(d2l_backend).gradients(params, loss)
    d2l.Updater(params, lr)(batch_size)
    assert_stepped(d2l, params, values, grads, lr, batch_size, dtype, steps=2)


# --- Measuring ------------------------------------------------------------------------------------


@st.composite
def scored(draw):
    """Scores (n, classes) without ties, and labels (n,)."""
    n, classes = draw(COUNTS), draw(st.integers(2, 10))
    seed = draw(st.integers(0, 2**31))
    random = np.random.RandomState(seed)
    scores = np.stack([random.permutation(classes) for _ in range(n)]).astype("float64") - classes / 3
    return scores, random.randint(0, classes, n)


@given(case=scored(), form=st.sampled_from(["scores", "classes", "float classes", "column"]))
def test_accuracy(d2l, d2l_device, dtype, case, form):
    scores, labels = case
    predicted = scores.argmax(1)
    y_hat = {"scores": scores.astype(dtype), "classes": predicted, "float classes": predicted.astype(dtype)}
    y_hat["column"] = predicted.reshape(-1, 1)
    y = d2l.tensor(labels.tolist(), device=d2l_device)
    count = d2l.accuracy(d2l.tensor(y_hat[form], device=d2l_device), y)
    assert isinstance(count, float) and count == (predicted == labels).sum()


@given(rows=st.lists(st.tuples(st.floats(-1e6, 1e6), st.integers(-1000, 1000)), max_size=20))
def test_accumulator(d2l, d2l_device, rows):
    as_numbers, as_tensors = d2l.Accumulator(2), d2l.Accumulator(2)
    for a, b in rows:
        as_numbers.add(a, b)
        as_tensors.add(d2l.tensor(a, dtype="float64", device=d2l_device), d2l.tensor([b], device=d2l_device))
    expected = [math.fsum(a for a, _ in rows), sum(b for _, b in rows)]
    for metric in (as_numbers, as_tensors):
        np.testing.assert_allclose(metric.data, expected, rtol=1e-12, atol=1e-6)
        assert (metric[0], metric[1]) == tuple(metric.data)
        metric.reset()
        assert metric.data == [0, 0]


def ragged(d2l, device, arrays, batch_size):
    """The batches of a loop over arrays; the last one is short."""
    X, y = (d2l.tensor(array, device=device) for array in arrays)
    return [(X[i : i + batch_size], y[i : i + batch_size]) for i in range(0, len(arrays[0]), batch_size)]


@given(data=st.data())
def test_evaluate_loss_is_the_mean_over_examples(d2l, d2l_device, dtype, data):
    n, batch_size, averaged = data.draw(COUNTS), data.draw(COUNTS), data.draw(st.booleans())
    X, y = data.draw(floats(dtype, (n, 2))), data.draw(floats(dtype, (n, 1)))
    w = data.draw(floats(dtype, (2, 1)))
    weight = d2l.tensor(w, device=d2l_device)

    def loss(y_hat, y):
        each = d2l.squared_loss(y_hat, y)
        return d2l.reduce_mean(each) if averaged else each

    actual = d2l.evaluate_loss(
        lambda X: d2l.matmul(X, weight), ragged(d2l, d2l_device, (X, y), batch_size), loss
    )
    X, y, w = (array.astype("float64") for array in (X, y, w))
    scale = (np.abs(X) @ np.abs(w) + np.abs(y)) ** 2
    # Squares below the smallest normal number may be flushed to 0.
    bound = 32 * EPSILON[dtype] * scale.mean() + np.finfo(dtype).tiny
    assert abs(actual - np.mean((X @ w - y) ** 2 / 2)) <= bound


@given(case=scored(), batch_size=COUNTS)
def test_evaluate_accuracy_is_the_share_of_examples(d2l, d2l_device, case, batch_size):
    scores, labels = case
    batches = [
        (
            d2l.tensor(scores[i : i + batch_size], device=d2l_device),
            d2l.tensor(labels[i : i + batch_size].tolist(), device=d2l_device),
        )
        for i in range(0, len(scores), batch_size)
    ]
    assert d2l.evaluate_accuracy(lambda X: X, batches) == (scores.argmax(1) == labels).mean()


@given(case=scored(), batch_size=COUNTS)
def test_an_epoch_reports_what_it_saw(d2l, d2l_device, case, batch_size):
    """With a learning rate of zero the mean loss and the accuracy are those of the start."""
    scores, labels = case
    scale = d2l.as_parameter(np.ones(1), d2l_device)
    y = labels.astype("float64")
    batches = [
        (X, d2l.tensor(labels[start : start + batch_size].tolist(), device=d2l_device))
        for start, (X, _) in zip(
            range(0, len(y), batch_size), ragged(d2l, d2l_device, (scores, y), batch_size)
        )
    ]
    epoch = d2l.train_epoch_ch3(
        lambda X: X * scale,
        batches,
        lambda y_hat, y: d2l.reduce_sum(y_hat, 1) - d2l.astype(y, "float64"),
        d2l.Updater([scale], 0.0),
    )
    np.testing.assert_allclose(epoch[0], (scores.sum(1) - y).mean(), rtol=1e-12, atol=1e-12)
    assert epoch[1] == (scores.argmax(1) == labels).mean()


# --- Loaders --------------------------------------------------------------------------------------

LOADING = {"n": COUNTS, "batch_size": st.integers(1, 30), "shuffle": st.booleans()}


def rows_of(d2l, batches, n, batch_size):
    """The features of all batches, after checking sizes, types and that features and labels stay together."""
    batches = [(d2l.numpy(X), d2l.numpy(y)) for X, y in batches]
    sizes = [min(batch_size, n - start) for start in range(0, n, batch_size)]
    assert [X.shape for X, _ in batches] == [(size, 2) for size in sizes]
    assert [y.shape for _, y in batches] == [(size,) for size in sizes]
    X, y = (np.concatenate(parts) for parts in zip(*batches))
    np.testing.assert_array_equal(X[:, 1], 10 * y)
    return X[:, 0].astype(int).tolist()


def numbered(d2l, device, n):
    """Features (i, 10 y) and labels y = 3 i."""
    i = np.arange(n, dtype="float32")
    return d2l.tensor(np.stack([i, 30 * i], axis=1), device=device), d2l.tensor(3 * i, device=device)


@given(**LOADING, seed=st.none() | st.integers(0, 9))
def test_load_array_delivers_every_example_once(d2l, d2l_device, n, batch_size, shuffle, seed):
    loader = d2l.load_array(numbered(d2l, d2l_device, n), batch_size, shuffle, seed=seed)
    assert len(loader) == math.ceil(n / batch_size)
    passes = [rows_of(d2l, loader, n, batch_size) for _ in range(2)]
    for order in passes:
        assert sorted(order) == list(range(n))
        assert shuffle or order == list(range(n))


@given(**LOADING, seed=st.none() | st.integers(0, 9))
def test_data_iter_delivers_every_example_once(d2l, d2l_device, n, batch_size, shuffle, seed):
    features, labels = numbered(d2l, d2l_device, n)
    batches = list(d2l.data_iter(batch_size, features, labels, shuffle=shuffle, seed=seed))
    order = rows_of(d2l, batches, n, batch_size)
    assert sorted(order) == list(range(n))
    assert shuffle or order == list(range(n))


# --- Tensor vocabulary ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sin", "cos", "sinh", "cosh", "tanh", "exp", "log", "abs"])
@given(data=st.data())
def test_elementwise(d2l, d2l_device, dtype, name, data):
    x = data.draw(floats(dtype, data.draw(hnp.array_shapes(min_dims=0, max_dims=3, max_side=4))))
    x = np.abs(x) + np.asarray(1e-3, dtype) if name == "log" else x
    expected = getattr(np, name)(x.astype("float64"))
    # Near a zero of sine and logarithm what counts is the size of the argument, not of the result.
    scale = np.abs(expected) + (1 if name in ("sin", "cos", "log", "tanh") else 0)
    assert_close(d2l, getattr(d2l, name)(d2l.tensor(x, device=d2l_device)), expected, dtype, scale)


@given(data=st.data())
def test_matmul(d2l, d2l_device, dtype, data):
    n, k, m = data.draw(SIDES), data.draw(SIDES), data.draw(SIDES)
    x, y = data.draw(floats(dtype, (n, k))), data.draw(floats(dtype, (k, m)))
    actual = d2l.matmul(d2l.tensor(x, device=d2l_device), d2l.tensor(y, device=d2l_device))
    x, y = x.astype("float64"), y.astype("float64")
    assert_close(d2l, actual, x @ y, dtype, k * (np.abs(x) @ np.abs(y)))


@given(data=st.data())
def test_reductions(d2l, d2l_device, dtype, data):
    shape = data.draw(hnp.array_shapes(max_dims=3, max_side=5))
    x = data.draw(floats(dtype, shape))
    axis = data.draw(st.none() | st.integers(-len(shape), len(shape) - 1))
    keepdims = data.draw(st.booleans())
    tensor, wide = d2l.tensor(x, device=d2l_device), x.astype("float64")
    scale = np.abs(wide).sum(axis=axis, keepdims=keepdims) * x.size
    for name, reduce in (("reduce_sum", np.sum), ("reduce_mean", np.mean)):
        actual = getattr(d2l, name)(tensor, axis, keepdims=keepdims)
        assert_close(d2l, actual, reduce(wide, axis=axis, keepdims=keepdims), dtype, scale)


@given(data=st.data())
def test_argmax(d2l, d2l_device, dtype, data):
    shape = data.draw(hnp.array_shapes(max_dims=3, max_side=5))
    x = np.random.RandomState(data.draw(st.integers(0, 99))).permutation(math.prod(shape)).reshape(shape)
    axis = data.draw(st.none() | st.integers(-len(shape), len(shape) - 1))
    actual = d2l.numpy(d2l.argmax(d2l.tensor(x.astype(dtype), device=d2l_device), axis))
    assert actual.dtype.kind == "i"
    np.testing.assert_array_equal(actual, x.argmax(axis))


@given(data=st.data())
def test_shapes(d2l, d2l_device, dtype, data):
    shape = data.draw(hnp.array_shapes(max_dims=4, max_side=4))
    axes = data.draw(st.permutations(range(len(shape))))
    axis, count = data.draw(st.integers(0, len(shape) - 1)), data.draw(st.integers(1, 3))
    x = np.arange(math.prod(shape), dtype=dtype).reshape(shape)
    tensor = d2l.tensor(x, device=d2l_device)
    for actual, expected in (
        (d2l.transpose(tensor), x.T),
        (d2l.transpose(tensor, axes), x.transpose(axes)),
        (d2l.reshape(tensor, (-1, shape[-1])), x.reshape(-1, shape[-1])),
        (d2l.reshape(tensor, -1), x.reshape(-1)),
        (d2l.concat([tensor] * count, axis), np.concatenate([x] * count, axis)),
        (d2l.stack([tensor] * count, axis), np.stack([x] * count, axis)),
        (d2l.to(tensor, d2l.cpu()), x),
    ):
        np.testing.assert_array_equal(d2l.numpy(actual), expected)
        assert d2l.numpy(actual).dtype.name == dtype
    assert d2l.size(tensor) == x.size


@given(data=st.data())
def test_making_and_converting(d2l, d2l_device, dtype, data):
    n, m = data.draw(SIDES), data.draw(SIDES)
    start, steps = data.draw(st.integers(-5, 5)), data.draw(st.integers(1, 9))
    options = {"dtype": getattr(d2l, dtype), "device": d2l_device}
    for actual, expected in (
        (d2l.ones(n, m, **options), np.ones((n, m))),
        (d2l.zeros((n, m), **options), np.zeros((n, m))),
        (d2l.eye(n, m, **options), np.eye(n, m)),
        (d2l.arange(start, start + steps, **options), np.arange(start, start + steps)),
        (d2l.arange(steps, **options), np.arange(steps)),
        (d2l.arange(start, start + steps, 0.5, **options), np.arange(start, start + steps, 0.5)),
        (
            d2l.linspace(start, start + steps, steps + 1, **options),
            np.linspace(start, start + steps, steps + 1),
        ),
        (d2l.tensor([[start] * m] * n, **options), np.full((n, m), start)),
        (d2l.astype(d2l.arange(steps), dtype), np.arange(steps)),
    ):
        np.testing.assert_array_equal(d2l.numpy(actual), expected)
        assert d2l.numpy(actual).dtype.name == dtype
    for indexing in ("xy", "ij"):
        grids = d2l.meshgrid(d2l.arange(n, **options), d2l.arange(m, **options), indexing=indexing)
        for actual, expected in zip(grids, np.meshgrid(range(n), range(m), indexing=indexing), strict=True):
            np.testing.assert_array_equal(d2l.numpy(actual), expected)
