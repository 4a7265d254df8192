"""Every experiment, every step: all four backends against gradients derived by hand in NumPy."""

import math
from itertools import islice

import numpy as np
import pytest

from d2l_multi import BACKENDS
from d2l_multi.compare.experiments import EXPERIMENTS
from d2l_multi.compare.judge import Judge
from d2l_multi.compare.limits import KNOWN_LIMITS, known_limit
from d2l_multi.compare.reference.batches import Batches, trajectory
from d2l_multi.compare.verdict import Drift
from d2l_multi.compare.worker import Training
from tests.native import native

SEED = 0
# Each step is judged by itself, so that some hundred of a long training say what all would;
# `python -m benchmarks.experiments` takes the book's epochs.
MAX_STEPS = 300
# Of experiments that NumPy takes long for: one batch of images, two of rows of a text.
MAX_EXAMPLES = {"convolution": 64, "batch-normalisation": 64, "residual": 64}
MAX_EXAMPLES |= {"rnn": 64, "rnn-concise": 64, "gru": 64, "lstm": 64}


@pytest.fixture(autouse=True)
def default_dtypes(d2l_backend):
    """Some concise experiments set their framework's default dtype, as its users do."""
    yield
    native(d2l_backend).restore_default_dtype()


class Run:
    """An experiment in one backend, and the reference's."""

    def __init__(self, name, dtype, d2l, backend, device, images, max_steps=None):
        experiment = EXPERIMENTS[name]
        self.name, self.dtype, self.lr = name, dtype, experiment.lr
        self.problem = experiment.start(dtype, SEED, images, experiment.batch_size)
        most = MAX_EXAMPLES.get(name)
        self.problem.X, self.problem.y = self.problem.X[:most], self.problem.y[:most]
        steps = math.ceil(len(self.problem.X) / experiment.batch_size)
        epochs = (
            experiment.epochs if max_steps is None else min(experiment.epochs, max(1, max_steps // steps))
        )
        book = {"epochs": epochs, "batch_size": experiment.batch_size, "seed": SEED}
        self.batches = Batches(self.problem.X, self.problem.y, **book, shuffle=not experiment.num_states)
        self.reference = experiment.reference(self.problem.params, SEED, backend)
        self.training = Training(d2l, device, self.problem, {"experiment": name, "lr": self.lr, **book})

    def errors(self):
        """The largest error of any step, without and with what the framework is known not to keep."""
        limit = known_limit(self.reference.backend, self.name, self.dtype)
        judge = Judge(self.reference, self.batches, self.lr, self.dtype, limit)
        assert judge.start(self.training.model.values())
        steps = []
        for loss, *params in self.training.steps():
            assert all(param.dtype.name == self.dtype for param in params)
            error, limited, _ = judge.step(loss, params)
            steps.append((error, limited))
        assert len(steps) == len(self.batches)
        return np.max(steps, axis=0).tolist()

    def is_exact_in_float32(self):
        """Whether the learning rate and all shares of a batch are numbers of float32, too."""
        sizes = [self.batches.batch_size, len(self.problem.X) % self.batches.batch_size or 1]
        return all(
            float(np.float32(number)) == number for number in (self.lr, *np.reciprocal(sizes, dtype=float))
        )

    def expected_epochs(self):
        """After each epoch: the mean loss over its examples, and the parameters."""
        size, num_examples = self.batches.batch_size, len(self.problem.X)
        sizes = [min(size, num_examples - start) for start in range(0, num_examples, size)]
        expected = trajectory(self.reference, self.batches, self.lr)
        while steps := list(islice(expected, len(sizes))):
            losses = [float(loss) for loss, *_ in steps]
            yield [np.asarray(np.average(losses, weights=sizes)), *steps[-1][1:]]


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_step(d2l, d2l_backend, d2l_device, experiment, dtype, images_folder, record_property):
    """Each from where the backend itself stood, so that nothing depends on which units cross their kinks."""
    error, limited = Run(experiment, dtype, d2l, d2l_backend, d2l_device, images_folder, MAX_STEPS).errors()
    record_property("d2l_parity", [d2l_backend, experiment, dtype, error])
    assert limited <= 1


def test_known_limits_are_needed(d2l, d2l_backend, d2l_device, images_folder):
    """A learning rate that is rounded shows in every step."""
    for limit in KNOWN_LIMITS:
        if limit.backend == d2l_backend and limit.learning_rate:
            runs = (
                Run(name, limit.dtype, d2l, d2l_backend, d2l_device, images_folder, 10)
                for name in limit.experiments
            )
            assert any(run.errors()[0] > 1 for run in runs), f"no longer needed: {limit.reason}"


def mxnet_log_softmax(scores):
    from mxnet import np as mxnp
    from mxnet import npx

    return npx.log_softmax(mxnp.array(scores, dtype=scores.dtype)).asnumpy()


def test_a_coarse_log_softmax_is_that_coarse(d2l_backend):
    """It shows in steps at times, by the data; so what is measured here is itself."""
    for limit in KNOWN_LIMITS:
        if limit.backend == d2l_backend and limit.log_softmax:
            scores = np.random.default_rng(0).standard_normal((256, 10)).astype(limit.dtype)
            exact = scores - np.log(np.exp(scores.astype("float64")).sum(axis=1, keepdims=True))
            error = np.abs(mxnet_log_softmax(scores) - exact).max()
            assert 10 * np.finfo(limit.dtype).eps < error < limit.log_softmax, limit.reason


@pytest.mark.parametrize("experiment", [name for name in EXPERIMENTS if not name.startswith("polynomial-")])
def test_whole_epochs(d2l, d2l_backend, d2l_device, experiment, images_folder):
    """The loop that users run: a loader, its order, its last batch, the mean; at times compiled."""
    run = Run(experiment, "float64", d2l, d2l_backend, d2l_device, images_folder)
    limit = known_limit(d2l_backend, experiment, "float64")
    drift = Drift()
    for number, expected in enumerate(run.expected_epochs()):
        loss = run.training.model.epoch(run.training.loader)
        drift.add(number, [np.asarray(loss), *run.training.model.values()], expected)
    exact = not limit or run.is_exact_in_float32()
    assert drift.largest() <= (1e-12 if exact else limit.learning_rate + limit.batch_size)


def test_known_limits_are_of_things_that_exist():
    for limit in KNOWN_LIMITS:
        assert limit.backend in BACKENDS and set(limit.experiments) <= set(EXPERIMENTS)
        assert bool(limit.learning_rate) != bool(limit.log_softmax) and limit.reason
