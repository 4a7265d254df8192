"""Every experiment, every step: all four backends against gradients derived by hand in NumPy."""

from itertools import islice

import numpy as np
import pytest

from d2l_multi import BACKENDS
from d2l_multi.compare.experiments import EXPERIMENTS
from d2l_multi.compare.reference import trajectory
from d2l_multi.compare.verdict import TOLERANCES, Deviations
from d2l_multi.compare.worker import Training
from tests.parity.exceptions import EXCEPTIONS, bound

SEED = 0


@pytest.fixture(autouse=True)
def default_dtypes(d2l_backend):
    """Some concise experiments set their framework's default dtype, as its users do."""
    yield
    if d2l_backend == "tensorflow":
        import tensorflow as tf

        tf.keras.config.set_floatx("float32")
        tf.keras.config.set_dtype_policy("float32")
    if d2l_backend == "paddle":
        import paddle

        paddle.set_default_dtype("float32")


class Run:
    """An experiment in one backend, and the reference's steps."""

    def __init__(self, name, dtype, d2l, device, images):
        self.experiment = experiment = EXPERIMENTS[name]
        self.dtype = dtype
        problem = experiment.problem(dtype, SEED, images)
        book = {"epochs": experiment.epochs, "batch_size": experiment.batch_size, "lr": experiment.lr}
        self.training = Training(d2l, device, problem, {"experiment": name, "seed": SEED, **book})
        self.num_examples = len(problem.X)
        self.expected = trajectory(
            experiment.reference(problem.params, SEED), problem.X, problem.y, seed=SEED, **book
        )

    def deviation(self):
        """The largest of any loss or parameter at any step."""
        deviations = Deviations()
        for actual, expected in zip(self.training.steps(), self.expected, strict=True):
            assert all(array.dtype.name == self.dtype for array in actual[1:])
            deviations.add(actual, expected)
        return deviations.largest()

    def expected_epochs(self):
        """After each epoch: the mean loss over its examples, and the parameters."""
        starts = range(0, self.num_examples, self.experiment.batch_size)
        sizes = [min(self.experiment.batch_size, self.num_examples - start) for start in starts]
        while steps := list(islice(self.expected, len(sizes))):
            losses = [float(loss) for loss, *_ in steps]
            yield [np.asarray(np.average(losses, weights=sizes)), *steps[-1][1:]]


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_step(d2l, d2l_backend, d2l_device, experiment, dtype, images_folder, request, record_property):
    run = Run(experiment, dtype, d2l, d2l_device, images_folder)
    deviation = run.deviation()
    device = request.config.getoption("--d2l-device")
    allowed = bound(d2l_backend, experiment, dtype, device)
    record_property("d2l_parity", [d2l_backend, experiment, dtype, deviation, allowed])
    assert deviation <= allowed


def test_exceptions_are_needed(d2l, d2l_backend, d2l_device, images_folder, request):
    """At least one thing that an exception covers misses the bound that holds for all, on any data."""
    device = request.config.getoption("--d2l-device")
    for exempted in EXCEPTIONS:
        if exempted.backend == d2l_backend:
            runs = (Run(name, exempted.dtype, d2l, d2l_device, images_folder) for name in exempted.measured)
            limit = TOLERANCES[device, exempted.dtype]
            assert any(run.deviation() > limit for run in runs), f"no longer needed: {exempted.reason}"


@pytest.mark.parametrize("experiment", [name for name in EXPERIMENTS if not name.startswith("polynomial-")])
def test_whole_epochs(d2l, d2l_backend, d2l_device, experiment, images_folder, request):
    """The loop that users run: a loader, its order, its last batch, the mean; at times compiled."""
    run = Run(experiment, "float64", d2l, d2l_device, images_folder)
    deviations = Deviations()
    for expected in run.expected_epochs():
        loss = run.training.model.epoch(run.training.loader)
        deviations.add([np.asarray(loss), *run.training.model.values()], expected)
    device = request.config.getoption("--d2l-device")
    assert deviations.largest() <= bound(d2l_backend, experiment, "float64", device)


def test_exceptions_are_of_things_that_exist_and_no_wider_than_needed():
    for exempted in EXCEPTIONS:
        assert exempted.backend in BACKENDS and set(exempted.measured) <= set(EXPERIMENTS)
        largest = max(exempted.measured.values())
        assert TOLERANCES["cpu", exempted.dtype] < largest <= exempted.bound <= 4 * largest
