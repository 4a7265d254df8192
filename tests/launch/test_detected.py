"""A loop that would train each worker on its own share alone is named, not trained silently wrong."""

from pathlib import Path

import pytest

from d2l_multi import BACKENDS
from tests.launch.commands import launch

SCRIPT = Path(__file__).with_name("misuse.py")
WAYS = {
    "optimiser": r"would train each of the 2 workers on its own share of the batch",
    "mean": "sgd was given batch_size 1 for a batch of 10 examples, of which this worker has 5",
    "by hand": "w differs between the workers",
}
# A wrong batch size is found by what all engines share, and so are parameters that differ.
DAILY = {*((backend, "optimiser") for backend in BACKENDS), ("mxnet", "mean"), ("mxnet", "by hand")}


@pytest.mark.parametrize(
    ("backend", "way"),
    [
        pytest.param(backend, way, marks=() if (backend, way) in DAILY else pytest.mark.slow)
        for backend in BACKENDS
        for way in WAYS
    ],
)
def test_it_is_named(backend, way):
    job = launch("-n", 2, backend, SCRIPT, backend, way)
    assert job.returncode == 3
    assert job.stdout.count("one worker's") == 1
    line = job.stderr.strip().splitlines()[-1]
    assert line.startswith("d2l-multi: worker ") and WAYS[way] in line, job.stderr
