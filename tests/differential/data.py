"""Measuring, data, and linear regression from scratch."""

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from tests.differential.arrays import (
    FLOATS,
    HOST_ONLY,
    NUMBERS,
    SEEDS,
    arrays,
    as_tensor,
    floating,
    some,
)
from tests.differential.entries import Near, entry, for_each, refuse
from tests.native import native

# --- Measuring ----------------------------------------------------------------------------------------------

SMALL = st.integers(-400, 400).map(lambda n: n / 4)


@entry("Timer", "Timer.avg", "Timer.sum", "Timer.cumsum", times=some(SMALL, most=4))
def timer(d2l, times):
    timer = d2l.Timer()
    timer.times = list(times)
    return timer.sum(), timer.cumsum(), timer.avg()


@timer.right
def _(framework, times):
    if not times:
        raise ValueError("nothing recorded")
    return float(sum(times)), np.cumsum(times).tolist(), float(np.mean(times))


@entry("Timer.start", "Timer.stop", runs=st.integers(0, 3))
def stopwatch(d2l, runs):
    timer = d2l.Timer()
    stopped = []
    for _ in range(runs):
        timer.start()
        stopped.append(timer.stop())
    return stopped == timer.times, all(0 <= time < 60 for time in stopped)


@stopwatch.right
def _(framework, runs):
    return True, True


ONE = arrays(NUMBERS, st.sampled_from([(), (1,), (1, 1)]), finite=True, layouts=("plain",))
ADDED = SMALL | st.integers(-(2**40), 2**40) | st.booleans() | SMALL.map(np.float32) | ONE
WRONG_ADDED = arrays(("float32", "int32"), st.sampled_from([(2,), (0,), (2, 1)]), finite=True)


@st.composite
def additions(draw):
    n = draw(st.sampled_from([1, 1, 2, 3]))
    rows = draw(some(st.lists(ADDED, min_size=n, max_size=n) | st.just("reset"), most=5))
    if draw(st.integers(0, 5)) == 0:
        rows.append(draw(st.lists(ADDED, max_size=4)) if draw(st.booleans()) else [draw(WRONG_ADDED)] * n)
    return n, rows


@entry(
    "Accumulator",
    "Accumulator.add",
    "Accumulator.reset",
    "Accumulator.__getitem__",
    given=additions() | st.tuples(st.sampled_from([0, -1, 1.5, "2"]), st.just([])),
)
def accumulator(d2l, given):
    n, rows = given
    metric = d2l.Accumulator(n)
    for row in rows:
        if isinstance(row, str):
            metric.reset()
        else:
            metric.add(*(d2l.tensor(x) if isinstance(x, np.ndarray) else x for x in row))
    return [metric[i] for i in range(n)], metric[-1], metric[:1]


@accumulator.right
def _(framework, given):
    n, rows = given
    refuse(value=isinstance(n, int) and n < 1, kind=not isinstance(n, int))
    sums = [0.0] * n
    for row in rows:
        if isinstance(row, str):
            sums = [0.0] * n
        elif len(row) != n or any(np.size(x) != 1 for x in row):
            raise ValueError("not one number for each")
        else:
            sums = [total + float(np.asarray(x).item()) for total, x in zip(sums, row)]
    # Numbers beyond 2**53 are rounded when they become floats, and again in each sum.
    near = [
        Near(total, scale=2.0**63, rounding=1e-15) if abs(total) > 2**52 else Near(total, 1e3, 1e-13)
        for total in sums
    ]
    return near, near[-1], near[:1]


# --- Data ---------------------------------------------------------------------------------------------------

WEIGHTS = arrays(
    (*FLOATS, "int64", "int32"), st.sampled_from([(1,), (2,), (3,), (2, 1), (1, 1)]), finite=True, largest=9
)
WRONG_WEIGHTS = arrays(("float32",), st.sampled_from([(), (0,), (2, 2), (1, 2), (2, 1, 1)]), finite=True)
BIASES = SMALL | st.integers(-9, 9) | arrays(NUMBERS, st.sampled_from([(), (1,), (1, 1)]), True, 9)
WRONG_BIASES = arrays(("float32", "int64"), st.sampled_from([(2,), (0,), (3, 1)]), finite=True)
GOOD = {"n": 3, "noise": 0.5, "seed": 1}
ONE_WRONG = st.sampled_from(
    [
        {"n": 0},
        {"n": -1},
        {"noise": -0.5},
        {"noise": float("nan")},
        {"seed": -1},
        {"seed": 2**32},
        {"n": np.int64(0)},
    ]
) | st.sampled_from([{"n": 2.5}, {"seed": 1.5}, {"seed": True}])
OPTIONS = st.fixed_dictionaries(
    {
        "n": st.integers(1, 4) | st.just(np.int32(2)),
        "noise": st.sampled_from([0, 0.0, 0.01, 2.5]),
        "seed": st.none() | SEEDS | st.just(np.int64(7)),
    }
)


@st.composite
def regressions(draw):
    """w, b and options, of which one is wrong now and then."""
    w, b, options = draw(WEIGHTS), draw(BIASES), draw(OPTIONS)
    wrong = draw(st.sampled_from(["", "", "", "w", "b", "options"]))
    if wrong == "w":
        w = draw(WRONG_WEIGHTS)
    elif wrong == "b":
        b = draw(WRONG_BIASES)
    elif wrong:
        options = {**GOOD, **draw(ONE_WRONG)}
    return w, b, options


def checked(framework, w, b, n, noise, seed):
    """The weights as floats (d,) and the bias, if everything is as it must be."""
    fits = w.size and np.size(b) == 1 and (w.ndim == 1 or (w.ndim == 2 and w.shape[1] == 1))
    in_range = n >= 1 and 0 <= noise < np.inf and (seed is None or 0 <= seed < 2**32)
    refuse(value=not fits or not in_range, kind=isinstance(n, float) or isinstance(seed, (float, bool)))
    return floating(framework, w).reshape(-1), float(np.asarray(b).item())


def drawn_data(framework, w, b, n, noise, seed):
    """What the seed fixes: X and y in the dtype of w, to the bit."""
    w, b = checked(framework, w, b, n, noise, seed)
    random = np.random.RandomState([seed, 0, 0])
    X = random.standard_normal((n, len(w))).astype(w.dtype)
    y = noise * random.standard_normal(n) + b
    for column, weight in zip(X.T.astype("float64"), w.tolist()):
        y += column * weight
    return X, y.astype(w.dtype).reshape(-1, 1)


@entry("synthetic_data", given=regressions(), as_tensor_too=st.booleans())
def synthetic_data(d2l, given, as_tensor_too):
    w, b, options = given
    options = {"num_examples": options["n"], "noise": options["noise"], "seed": options["seed"]}
    if as_tensor_too:
        w, b = d2l.tensor(w), d2l.tensor(b) if isinstance(b, np.ndarray) else b
    X, y = (d2l.numpy(part) for part in d2l.synthetic_data(w, b, **options))
    if options["seed"] is not None:
        return X, y
    weights = np.asarray(w if isinstance(w, np.ndarray) else d2l.numpy(w), "float64").reshape(-1)
    bound = 10 * options["noise"] + (1.0 if X.dtype == "float16" else 1e-4)
    right = X.astype("float64") @ weights + float(
        np.asarray(b if isinstance(b, np.ndarray) else d2l.numpy(b)).item()
    )
    return np.zeros_like(X), np.zeros_like(y), bool((abs(y[:, 0] - right) <= bound).all())


@synthetic_data.right
def _(framework, given, as_tensor_too):
    w, b, options = given
    if options["seed"] is not None:
        return drawn_data(framework, w, b, **options)
    w, _ = checked(framework, w, b, **options)
    return np.zeros((options["n"], len(w)), w.dtype), np.zeros((options["n"], 1), w.dtype), True


@entry(
    "SyntheticRegressionData",
    "DataModule.train_dataloader",
    "DataModule.val_dataloader",
    "DataModule.get_dataloader",
    "DataModule",
    given=regressions().filter(
        lambda given: given[2]["seed"] is not None and type(given[2]["n"]) is not float
    ),
    num_val=st.integers(0, 3),
    batch_size=st.integers(0, 4),
    weight=0.5,
)
def synthetic_regression_data(d2l, given, num_val, batch_size):
    w, b, options = given
    data = d2l.SyntheticRegressionData(
        w, b, options["noise"], options["n"], num_val, batch_size, seed=options["seed"]
    )
    passes = (data.train_dataloader(), data.val_dataloader())
    return [[[d2l.numpy(part) for part in batch] for batch in loader] for loader in passes]


@synthetic_regression_data.right
def _(framework, given, num_val, batch_size):
    w, b, options = given
    nothing = num_val < 1 or batch_size < 1 or options["n"] < 1
    try:
        checked(framework, w, b, **{**options, "n": 1})
    except TypeError:
        refuse(value=nothing, kind=True)
    refuse(value=nothing)
    n = int(options["n"])
    X, y = drawn_data(framework, w, b, **{**options, "n": n + num_val})
    order = np.random.RandomState([options["seed"], 1, 0]).permutation(n)
    return batches([X[:n], y[:n]], order, batch_size), batches([X[n:], y[n:]], np.arange(num_val), batch_size)


def batches(examples, order, batch_size):
    return [
        [part[order[start : start + batch_size]] for part in examples]
        for start in range(0, len(order), batch_size)
    ]


@st.composite
def example_arrays(draw):
    """Arrays of n examples each, now and then of no or another number of them."""
    n = draw(st.integers(1, 5))
    strange = draw(st.sampled_from([False] * 5 + [True]))
    lengths = st.just(n) if not strange else st.sampled_from([n, 0, n + 1, None])
    shapes = st.builds(
        lambda n, rest: () if n is None else (n, *rest), lengths, st.lists(st.integers(0, 3), max_size=2)
    )
    return draw(some(arrays((*NUMBERS, *HOST_ONLY), shapes, largest=100), least=1))


BATCH_SIZES = st.integers(1, 6) | st.sampled_from([np.int64(2), np.uint8(3)])
SHUFFLED = st.sampled_from([False, True])


def examples_of(framework, given, batch_size):
    """The tensors that a loader holds, if they are as many examples each."""
    tensors = [as_tensor(framework, x) for x in given]
    strange = len({x.shape[:1] for x in tensors}) > 1 or not tensors[0].ndim or not len(tensors[0])
    no_number = isinstance(batch_size, (float, str))
    refuse(value=strange or (not no_number and batch_size < 1), kind=no_number)
    return tensors


@entry(
    "load_array",
    xs=example_arrays(),
    batch_size=BATCH_SIZES,
    shuffle=SHUFFLED,
    seed=SEEDS,
    as_tensors=st.booleans(),
    passes=st.integers(1, 2),
    weight=0.5,
)
def load_array(d2l, xs, batch_size, shuffle, seed, as_tensors, passes):
    xs = [d2l.tensor(x) for x in xs] if as_tensors else xs
    loader = d2l.load_array(xs, batch_size, shuffle, seed=seed)
    found = [[[d2l.numpy(x) for x in batch] for batch in loader] for _ in range(passes)]
    return len(loader), found


@load_array.right
def _(framework, xs, batch_size, shuffle, seed, as_tensors, passes):
    tensors, batch_size = examples_of(framework, xs, batch_size), int(batch_size)
    n = len(tensors[0])
    orders = [
        np.random.RandomState([seed, 1, epoch]).permutation(n) if shuffle else np.arange(n)
        for epoch in range(passes)
    ]
    return -(-n // batch_size), [batches(tensors, order, batch_size) for order in orders]


PAIRS = arrays((*NUMBERS,), st.builds(lambda n, m: (n, m), st.integers(1, 5), st.integers(0, 2)))


@entry(
    "data_iter",
    X=PAIRS,
    extra=st.sampled_from([0, 0, 0, 1]),
    batch_size=BATCH_SIZES | st.sampled_from([0, -1, 2.0, "2"]),
    shuffle=SHUFFLED,
    seed=st.none() | SEEDS,
    weight=0.5,
)
def data_iter(d2l, X, extra, batch_size, shuffle, seed):
    y = d2l.arange(len(X) + extra)
    found = d2l.data_iter(batch_size, d2l.tensor(X), y, shuffle=shuffle, seed=seed)
    pairs = [(d2l.numpy(X), d2l.numpy(y)) for X, y in found]
    if shuffle and seed is None:  # in any order, but each example once, with its label
        rows = np.concatenate([y for _, y in pairs])
        pairs = [(X[np.argsort(rows)], np.sort(rows)) for X in [np.concatenate([X for X, _ in pairs])]]
    return pairs


@data_iter.right
def _(framework, X, extra, batch_size, shuffle, seed):
    X, y = examples_of(framework, [X, np.arange(len(X) + extra, dtype=framework.integers)], batch_size)
    if shuffle and seed is None:
        return [(X, y)]
    order = np.random.RandomState([seed, 1, 0]).permutation(len(X)) if shuffle else np.arange(len(X))
    return batches([X, y], order, int(batch_size))


# A file is mapped as it lies; what a framework cannot take so is refused.
MAPPED = ("float32", "float64", "float16", "int64", "int32", "int8", "uint8", "bool")


@entry(
    "load_array",
    of="a memmap",
    x=arrays(
        (*NUMBERS, "uint16", "complex64"),
        st.tuples(st.integers(1, 5), st.integers(1, 3)),
        layouts=("plain", "swapped"),
    ),
    batch_size=st.integers(1, 3),
    weight=0.5,
)
def memmap(d2l, x, batch_size):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "data")
        path.write_bytes(x.tobytes())
        mapped = np.memmap(path, x.dtype, "r", shape=x.shape)
        return [d2l.numpy(batch) for (batch,) in d2l.load_array((mapped,), batch_size, is_train=False)]


@memmap.right
def _(framework, x, batch_size):
    refuse(value=not x.dtype.isnative or x.dtype.name not in MAPPED)
    return [x[start : start + batch_size] for start in range(0, len(x), batch_size)]


ROWS = st.integers(-5, 4)
INDICES = (
    some(ROWS, least=1, most=4)
    | some(ROWS, least=1, most=4).map(np.asarray)
    | st.lists(st.booleans(), min_size=4, max_size=4)
    | st.builds(slice, st.none() | ROWS, st.none() | ROWS, st.none() | st.sampled_from([1, 2]))
    | st.sampled_from([[0.5], "01", [[0, 1]], [4], [-5], np.asarray([1, 2], "uint8"), [True, False]])
)


@entry(
    "DataModule.get_tensorloader",
    xs=some(
        arrays(NUMBERS, st.lists(st.integers(0, 2), max_size=1).map(lambda rest: (4, *rest))), least=1, most=2
    ),
    indices=INDICES,
    train=st.booleans(),
    batch_size=st.integers(1, 4),
    seed=SEEDS,
    as_tensors=st.booleans(),
    weight=0.5,
)
def get_tensorloader(d2l, xs, indices, train, batch_size, seed, as_tensors):
    data = d2l.DataModule()
    data.batch_size, data.seed = batch_size, seed
    xs = [d2l.tensor(x) for x in xs] if as_tensors else xs
    return [[d2l.numpy(x) for x in batch] for batch in data.get_tensorloader(xs, train, indices)]


@get_tensorloader.right
def _(framework, xs, indices, train, batch_size, seed, as_tensors):
    if not isinstance(indices, slice):
        chosen = np.asarray(indices)
        refuse(
            kind=chosen.ndim != 1
            or chosen.dtype.kind not in "iub"
            or (chosen.dtype == bool and len(chosen) != 4)
        )
        refuse(value=chosen.dtype != bool and any(not -4 <= row < 4 for row in chosen.tolist()))
        indices = chosen
    tensors = [as_tensor(framework, x)[indices] for x in xs]
    n = len(tensors[0])
    refuse(value=n == 0)
    order = np.random.RandomState([seed, 1, 0]).permutation(n) if train else np.arange(n)
    return batches(tensors, order, batch_size)


@entry(
    "get_fashion_mnist_labels",
    "FashionMNIST.text_labels",
    labels=arrays(NUMBERS, st.sampled_from([(), (2,), (0,), (1, 2)]), elements=st.integers(0, 9))
    | some(st.integers(-1, 11) | st.sampled_from([2.5, 3.0]), most=3),
)
def get_fashion_mnist_labels(d2l, labels):
    return d2l.get_fashion_mnist_labels(d2l.tensor(labels) if isinstance(labels, np.ndarray) else labels)


@get_fashion_mnist_labels.right
def _(framework, labels):
    names = ["t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag"]
    names.append("ankle boot")
    found = np.asarray(labels, "float64").reshape(-1).tolist()
    refuse(value=any(label not in range(10) for label in found))
    return [names[int(label)] for label in found]


# --- Linear regression --------------------------------------------------------------------------------------


@st.composite
def linear(draw):
    """X, w and b, which fit more often than not."""
    n, d, m = draw(st.integers(0, 4)), draw(st.integers(0, 3)), draw(st.integers(0, 3))
    dtype = draw(st.sampled_from(FLOATS))
    w = draw(st.sampled_from([(d, m), (d, m), (d,), (d + 1, m)]))
    b = draw(st.sampled_from([(), (1,), w[1:], (1, *w[1:]), (1, 1), (n,), (n, 1), (m + 1,), (1, 1, 1)]))
    parts = [draw(arrays((dtype,), shape, True, 9)) for shape in ((n, d), w, b)]
    return (*parts[:2], draw(st.sampled_from([2, -1.5])) if b == () and draw(st.booleans()) else parts[2])


@entry("linreg", given=linear(), weight=2)
def linreg(d2l, given):
    return d2l.numpy(d2l.linreg(*(d2l.tensor(x) if isinstance(x, np.ndarray) else x for x in given)))


@linreg.right
def _(framework, given):
    X, w, b = given
    allowed = [(), (1,)] if w.ndim == 1 else [(), (1,), w.shape[1:], (1, *w.shape[1:]), (1, 1)]
    refuse(value=X.shape[1] != w.shape[0] or np.shape(b) not in allowed)
    return Near((X.astype("float64") @ w.astype("float64") + b).astype(X.dtype.name), scale=300)


SHAPES_OF_LABELS = [(3,), (3, 1), (1, 3), (), (1,), (0,), (0, 1), (2, 2), (4,)]


@entry(
    "squared_loss",
    y_hat=arrays(FLOATS, st.sampled_from(SHAPES_OF_LABELS), largest=9),
    y=arrays(NUMBERS, st.sampled_from(SHAPES_OF_LABELS), largest=9),
)
def squared_loss(d2l, y_hat, y):
    return d2l.numpy(d2l.squared_loss(d2l.tensor(y_hat), d2l.tensor(y)))


@squared_loss.right
def _(framework, y_hat, y):
    y_hat = as_tensor(framework, y_hat)
    refuse(value=y_hat.size != y.size)
    exact = y_hat.astype("float64") - y.astype(y_hat.dtype).reshape(y_hat.shape)
    return Near((exact**2 / 2).astype(y_hat.dtype), scale=40)


@st.composite
def steps(draw):
    """Parameters and their gradients, now and then of another shape or number."""
    dtype = draw(st.sampled_from(["float32", "float64", "float16"]))
    shapes = draw(some(st.sampled_from([(), (2,), (2, 1), (1, 2), (0,), (2, 3)]), least=1, most=2))
    params, grads = (
        [draw(arrays((dtype,), shape, True, 9, layouts=("plain",))) for shape in shapes] for _ in range(2)
    )
    wrong = draw(st.sampled_from(["", "", "", "shape", "number", "list"]))
    if wrong == "shape":
        grads[-1] = draw(arrays((dtype,), st.sampled_from([(2,), (2, 1), (1,), (3,)]), True))
    elif wrong == "number":
        grads.pop()
    return params, grads[0] if wrong == "list" and grads else grads


LEARNING_RATES = st.sampled_from([0, 0.5, 1, np.float32(0.25), 0.125]) | st.sampled_from(
    [-1, float("nan"), float("inf")]
)


@for_each(
    ["sgd", "Updater", "SGD"],
    given=steps(),
    lr=LEARNING_RATES,
    batch_size=st.sampled_from([1, 2, 3, np.int64(4)]) | st.sampled_from([1, 2, 0, -1, 1.5]),
)
def step(d2l, name, given, lr, batch_size):
    values, grads = given
    params = [d2l.as_parameter(value) for value in values]
    grads = [d2l.tensor(grad) for grad in grads] if isinstance(grads, list) else d2l.tensor(grads)
    try:
        if name == "SGD":
            sgd_object(d2l, params, grads, lr)
        elif name == "sgd":
            d2l.sgd(params, grads, lr, batch_size)
        else:
            d2l.Updater(params, lr)(batch_size, grads)
    except (ValueError, TypeError):
        assert all((d2l.numpy(p) == v).all() for p, v in zip(params, values)), "some were updated"
        raise
    return [d2l.numpy(param) for param in params]


def fit_each_other(params, grads):
    return isinstance(grads, list) and [p.shape for p in params] == [g.shape for g in grads]


def sgd_object(d2l, params, grads, lr):
    """One step of `SGD`: in TensorFlow it is told the gradients, elsewhere it finds them stored."""
    name = d2l.__name__.split(".")[-1]
    optimiser = d2l.SGD(params, lr)
    if name == "tensorflow":
        return optimiser.apply_gradients(list(zip(grads, params)))
    given = [d2l.numpy(grad) for grad in grads]

    def loss():
        return sum((param * d2l.tensor(grad)).sum() for param, grad in zip(params, given))

    native(name).gradients(params, loss)
    optimiser.step(*([1] if name == "mxnet" else []))


@step.right
def _(framework, name, given, lr, batch_size):
    params, grads = given
    assume(name != "SGD" or fit_each_other(params, grads))  # what the framework stores fits
    batch_size = 1 if name == "SGD" else batch_size
    listed, whole = isinstance(grads, list), not isinstance(batch_size, float)
    fit = not listed or fit_each_other(params, grads)
    refuse(value=not 0 <= lr < np.inf or (whole and batch_size < 1) or not fit, kind=not listed or not whole)
    return [
        Near((p.astype("float64") - lr * g.astype("float64") / batch_size).astype(p.dtype), scale=20)
        for p, g in zip(params, grads)
    ]
