"""Several workers train what one process trains: every step, every metric, in each framework's engine."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from d2l_multi import BACKENDS
from d2l_multi.compare.experiments import EXPERIMENTS
from d2l_multi.compare.reference.batches import Batches, trajectory
from tests.launch import train
from tests.launch.commands import launched


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    from tests.fashion import write_folder

    return write_folder(tmp_path_factory.mktemp("images"), train=100, test=20)


@pytest.mark.parametrize("number", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_one_process(d2l, d2l_backend, number, images, tmp_path, recwarn):
    found = workers(d2l_backend, number, images, tmp_path / "job")
    for worker in found[1:]:  # to the last bit
        assert worker.files == found[0].files
        assert all(np.array_equal(worker[name], found[0][name]) for name in worker.files)

    for name in train.EXPERIMENT_NAMES:
        deviation = largest_deviation(name, found[0], images)
        assert deviation < 1e-12, name

    alone = tmp_path / "alone"
    alone.mkdir()
    for name, values in train.everything(d2l, d2l_backend, images, alone).items():
        in_float64 = values[0].dtype == np.float64 and name in ("share", "batch size")
        for i, value in enumerate(values):
            rounding = 1e-12 if in_float64 else 1e-5
            np.testing.assert_allclose(found[0][f"{name}/{i}"], value, rtol=rounding, atol=rounding)

    # What three workers saved goes on in one process as if it had been one from the start.
    whole = train.object_oriented(d2l, d2l_backend, alone / "again")
    resumed = train.object_oriented(d2l, d2l_backend, alone / "rest", resume=tmp_path / "job" / "first")
    for value, expected in zip(resumed, whole):
        np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-5)


def workers(backend, number, images, out):
    """What each worker of a job has saved."""
    out.mkdir()
    launched("-n", number, backend, train.__file__, backend, out, images)
    return [np.load(out / f"worker-{rank}.npz") for rank in range(number)]


def largest_deviation(name, found, images):
    """From the reference's trajectory, of any loss and any parameter at any step."""
    problem = train.problem(name, images)
    reference = EXPERIMENTS[name].reference(problem.params, 0)
    batches = Batches(problem.X, problem.y, **train.BOOK)
    return max(
        np.abs(found[f"{name} {step}/{i}"] - value).max()
        for step, values in enumerate(trajectory(reference, batches, train.LR))
        for i, value in enumerate(values)
    )


@pytest.mark.slow
def test_comparison(images, tmp_path):
    """`compare --workers`: three train the model of the object-oriented edition in each framework."""
    words = ["trainer-mlp", "--workers", "3", "--dtype", "float64", "--epochs", "1", "--data", str(images)]
    typed = [sys.executable, "-m", "d2l_multi.cli", "compare", *words, "--out", str(tmp_path), "--quiet"]
    subprocess.run(typed, check=True, timeout=600)
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["workers"] == 3
    assert {name: backend["status"] for name, backend in report["backends"].items()} == dict.fromkeys(
        BACKENDS, "ok"
    )


@pytest.mark.slow
def test_the_page(tmp_path):
    """The first program of the page prints on two processes what it prints on one, and what the page says."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "launch.md").read_text(encoding="utf-8")
    program, printed = (re.search(rf"```{kind}\n(.*?)```", page, re.DOTALL)[1] for kind in ("python", "text"))
    (tmp_path / "train.py").write_text(program)
    assert launched("-n", 2, "torch", "train.py", cwd=tmp_path) == printed
    assert subprocess.check_output([sys.executable, tmp_path / "train.py"], text=True) == printed
