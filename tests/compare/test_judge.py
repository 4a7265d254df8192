"""The judge of a step: what rounding explains passes at any size, what it does not is found in float32."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from d2l_multi.compare.judge import Judge, share_of_bound
from d2l_multi.compare.limits import KnownLimit
from d2l_multi.compare.reference import dense as reference
from d2l_multi.compare.reference.batches import Batches
from d2l_multi.compare.rounding import PER_SUM, Probable, Rounded, largest, rearranged

NUM_INPUTS, NUM_HIDDENS, NUM_CLASSES = 60, 40, 10
EPSILON = {"float32": 2.0**-23, "float64": 2.0**-52}


def step_in_float32(params, X, y, lr, fault):
    """A step of the perceptron, written anew in float32: the loss before it, and the parameters after it."""
    W1, b1, W2, b2 = params
    H = np.maximum(X @ W1 + b1, 0)
    scores = H @ W2 + b2
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    y_hat = exponentials / exponentials.sum(axis=1, keepdims=True)
    loss = -np.log(y_hat[np.arange(len(y)), y]).mean()
    delta = y_hat.copy()
    delta[np.arange(len(y)), y] -= 1
    if fault == "a gradient that misses one example":
        delta[0] = 0
    if fault == "a mean over one example less":
        delta, loss = delta * np.float32(len(X) / (len(X) - 1)), loss * np.float32(len(X) / (len(X) - 1))
    of_hidden = delta @ W2.T * (H > 0)
    grads = X.T @ of_hidden, of_hidden.sum(axis=0), H.T @ delta, delta.sum(axis=0)
    lr = np.float32(lr * 1.001 if fault == "learning rate off by 0.1 %" else lr)
    return loss, [param - lr * grad / np.float32(len(X)) for param, grad in zip(params, grads)]


@pytest.fixture(scope="module")
def problem():
    random = np.random.default_rng(0)
    X = random.random((2048, NUM_INPUTS)).astype("float32")
    y = (X @ random.standard_normal((NUM_INPUTS, NUM_CLASSES))).argmax(axis=1)
    params = []
    for sides in ((NUM_INPUTS, NUM_HIDDENS), (NUM_HIDDENS, NUM_CLASSES)):
        params += [(0.1 * random.standard_normal(sides)).astype("float32"), np.zeros(sides[1], "float32")]
    return X, y, params


def judged(problem, fault=None, epochs=10, lr=0.5):
    """The error of every step of a training in float32, and the losses."""
    X, y, params = problem
    batches = Batches(X, y, epochs=epochs, batch_size=256, seed=1)
    judge = Judge(reference.CrossEntropy(params), batches, lr, "float32")
    assert judge.start(params)
    errors, losses = [], []
    for X, y in batches:
        loss, params = step_in_float32(params, X.astype("float32"), y, lr, fault)
        assert {array.dtype.name for array in (loss, *params)} == {"float32"}
        errors.append(judge.step(loss, params)[0])
        losses.append(float(loss))
    return errors, losses


def test_what_rounding_does_is_explained(problem):
    errors, losses = judged(problem)
    assert losses[-1] < losses[0] / 2
    assert 0.05 < max(errors) <= 1


FAULTS = (
    "learning rate off by 0.1 %",
    "a gradient that misses one example",
    "a mean over one example less",
)


@pytest.mark.parametrize("fault", FAULTS)
def test_small_faults_are_found_in_float32(problem, fault):
    """At the first step, and not by luck: at most of them."""
    errors, _ = judged(problem, fault, epochs=1)
    assert errors[0] > 3 and np.median(errors) > 3


def test_a_unit_at_its_kink_is_undecided_and_one_beside_it_is_not():
    """A unit's input is one that float32 cannot tell from zero, or one that it can; its slope flips."""
    X = np.asarray([[1.0, 1.0, 0.5]])
    for distance, explained in ((1e-9, True), (1e-4, False)):
        W1 = np.asarray([[0.3], [-0.3 - distance], [0.0]])
        params = [W1, np.zeros(1), np.asarray([[0.7, -0.2]]), np.zeros(2)]
        model = reference.CrossEntropy(params)
        exact = Rounded(X, 0.0, EPSILON["float32"])
        model.params = [Rounded(param, 0.0, EPSILON["float32"]) for param in params]
        model.step(exact, np.asarray([1]), 0.1)
        moved = model.params[0]
        assert (moved.value == W1).all()  # the unit is just off
        other = reference.CrossEntropy(params)
        inputs, (slope,), outputs = other.forward(X, other.kept(1))
        on = other.gradients(inputs, [slope + 1.0], other.score_gradient(outputs, np.asarray([1])))
        share = share_of_bound(W1 - 0.1 * on[0], moved, "float32")
        assert (share <= 1) == explained
        # And no other entry is given more room than rounding needs.
        assert model.params[3].bound.max() < 1e-6


def test_a_flip_widens_its_own_unit_only(problem):
    """Where a unit is undecided, the bounds of the other units' weights stay what they were."""
    X, y, params = problem
    W1, b1, W2, b2 = (param.astype(float) for param in params)
    b1 = b1.copy()
    b1[7] = -(X[0] @ W1[:, 7])  # unit 7 is at its kink for the first example
    model = reference.CrossEntropy([W1, b1, W2, b2])
    model.params = [Rounded(param, 0.0, EPSILON["float32"]) for param in model.params]
    model.step(Rounded(X[:256].astype(float), 0.0, EPSILON["float32"]), y[:256], 0.5)
    widths = model.params[0].bound.max(axis=0)
    assert widths[7] > 20 * np.delete(widths, 7).max()


def test_a_known_limit_widens_what_it_is_about():
    random = np.random.default_rng(0)
    X = random.standard_normal((64, 3))
    y = (X @ [[1.0], [2.0], [3.0]]).reshape(-1, 1)
    batches = Batches(X, y, epochs=1, batch_size=8, seed=0)
    limit = KnownLimit("mxnet", "float64", (), "a rate in float32", learning_rate=2.0**-24)
    start = [np.zeros((3, 1)), np.zeros(1)]
    judge = Judge(reference.Squares(start), batches, 0.03, "float64", limit)
    backend = reference.Squares(start)
    found = []
    for rows, labels in batches:
        loss = backend.step(rows, labels, float(np.float32(0.03)))
        found.append(judge.step(np.asarray(loss), backend.params)[:2])
    errors, limited = np.transpose(found)
    assert errors.min() > 1e3 and limited.max() <= 1


def test_a_coarse_softmax_is_a_known_limit(problem):
    """Probabilities that are all too large by so much are no rounding any more, unless a limit says so."""
    X, y, params = problem
    limit = KnownLimit("mxnet", "float32", (), "coarse", log_softmax=1e-3)
    for coarseness, limited_too in ((9e-4, False), (3e-3, True)):
        batches = Batches(X, y, epochs=1, batch_size=256, seed=1)
        judge = Judge(reference.CrossEntropy(params), batches, 0.5, "float32", limit)
        coarse = reference.CrossEntropy(params)
        coarse.blur = 1 + coarseness
        rows, labels = next(iter(batches))
        loss = coarse.step(rows, labels, 0.5)
        error, limited, _ = judge.step(np.asarray(loss), coarse.params)
        assert error > 1 and (limited > 1) == limited_too


def test_a_wrong_start_and_what_is_no_number(problem):
    X, y, params = problem
    batches = Batches(X, y, epochs=1, batch_size=256, seed=0)

    def judge():
        return Judge(reference.CrossEntropy(params), batches, 0.5, "float32")

    assert judge().start(params)
    assert not judge().start([params[0] + np.float32(1e-7), *params[1:]])
    nan = [np.full_like(param, np.nan) for param in params]
    judging = judge()
    error, _, where = judging.step(np.float32(2.3), nan)
    assert error == np.inf and "parameter" in where
    assert np.isnan(judging.step(np.float32(np.nan), nan)[0])  # from there on nothing can be judged
    assert judge().step(np.float32(np.inf), params)[0] == np.inf
    assert judge().step(np.float32(2.3), [params[0].T, *params[1:]])[0] == np.inf


def test_every_step_gets_its_own_batch_and_masks():
    """The judge's reference knows the step it is at: with the masks of another one a sound step is none."""
    random = np.random.default_rng(0)
    X, y = random.random((40, 6)), random.integers(0, 4, 40)
    start = []
    for sides in ((6, 8), (8, 8), (8, 4)):
        start += [random.standard_normal(sides), random.standard_normal(sides[1])]
    batches = Batches(X, y, epochs=2, batch_size=16, seed=2)
    for missed, sound in ((0, True), (1, False)):
        judge = Judge(reference.CrossEntropyWithDropout(start, 2), batches, 0.1, "float64")
        backend = reference.CrossEntropyWithDropout(start, 2)
        backend.num_steps = missed
        errors = []
        for rows, labels in batches:
            loss = backend.step(rows, labels, 0.1)
            errors.append(judge.step(np.asarray(loss), backend.params)[0])
        assert (max(errors) <= 1) == sound


# --- Bounds of single operations -------------------------------------------------------------------

OPERATIONS = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / (b * b + 1),
    "square": lambda a, b: (a - b) ** 2,
    "exp": lambda a, b: np.exp(a + b),
    "log": lambda a, b: np.log(a * a + b * b + 1),
    "negative": lambda a, b: -(a + b),
    "relu": lambda a, b: (a - b) * ((a - b) > 0),
    "tanh": lambda a, b: np.tanh(a - b),
    "sigmoid": lambda a, b: 1 / (1 + np.exp(b - a)),
    "norm": lambda a, b: a / np.sqrt(np.maximum((a * b) ** 2, b * b + 1)),
    "standardised": lambda a, b: (a - a.sum(axis=0) / len(a)) / np.sqrt(((a - b) ** 2).sum(axis=0) + 1),
    "windows": lambda a, b: rearranged(a - b, lambda array: array[::-1, ::2].repeat(2, axis=1)),
    "largest": lambda a, b: largest(a * b)[0],
    "matmul": lambda a, b: a.T @ b,
    "chain": lambda a, b: (a.T @ b) @ (b.T @ a),
    "softmax": lambda a, b: np.exp(a - b) / np.exp(a - b).sum(axis=1, keepdims=True),
    "mean": lambda a, b: (a * b).sum(axis=0) / len(a),
    "chosen": lambda a, b: (a * b)[np.arange(len(a)), np.zeros(len(a), int)],
}


@pytest.mark.parametrize("kind", [Rounded, Probable])
@pytest.mark.parametrize("operation", OPERATIONS)
@given(seed=st.integers(0, 2**32 - 1), scale=st.sampled_from([1e-3, 1.0, 4.0]))
def test_a_bound_holds_what_float32_makes_of_it(operation, kind, seed, scale):
    random = np.random.default_rng(seed)
    a, b = (scale * random.standard_normal((30, 5)).astype("float32") for _ in range(2))
    exact = OPERATIONS[operation](*(kind(x.astype(float), 0.0, EPSILON["float32"]) for x in (a, b)))
    actual = OPERATIONS[operation](a.astype("float32"), b.astype("float32"))
    assert actual.dtype == "float32"
    assert share_of_bound(actual, exact, "float32") <= 1
    np.testing.assert_allclose(exact.value, OPERATIONS[operation](a.astype(float), b.astype(float)))


def test_a_bound_is_of_the_size_that_rounding_has():
    """A sum of a hundred products is bounded by a few epsilons of them, not by a hundred."""
    a, b = np.full((1, 100), 0.1), np.full((100, 1), 0.3)
    product = Rounded(a, 0.0, EPSILON["float64"]) @ b
    assert product.bound == pytest.approx(PER_SUM * EPSILON["float64"] * 3)
    difference = product - Rounded(np.full((1, 1), 2.99), 0.0, EPSILON["float64"])
    assert 1 <= difference.bound[0, 0] / product.bound[0, 0] < 1.01  # what cancels leaves the error it had


def test_probable_errors_add_up_in_quadrature_and_shared_ones_do_not():
    values, epsilon = np.ones(10_000), EPSILON["float64"]
    apart = Probable(values, 1e-3 * values, epsilon)
    assert apart.sum().bound == pytest.approx(1e-3 * 100)
    together = np.zeros(10_000) + Probable(np.ones(1), 1e-3 * np.ones(1), epsilon)
    assert together.sum().bound == pytest.approx(1e-3 * 10_000)
    assert Rounded(values, 1e-3 * values, epsilon).sum().bound == pytest.approx(1e-3 * 10_000)


@pytest.mark.parametrize("kind", [Rounded, Probable])
def test_a_maximum_of_what_cannot_be_told_apart_is_undecided(kind):
    candidates = kind(np.asarray([[1.0, 1.0 + 1e-9, 0.5]]), np.full((1, 3), 1e-8), EPSILON["float32"])
    found, slopes = largest(candidates)
    assert found.value == 1.0 + 1e-9 and found.bound == 1e-8
    assert slopes.value.tolist() == [[0, 1, 0]] and slopes.bound.tolist() == [[1, 1, 0]]
    assert largest(kind(candidates.value, np.zeros((1, 3)), 0.0))[1].bound.tolist() == [[0, 0, 0]]
