"""The pytest plugin and `assert_parity` as their users have them: projects of their own, real processes."""

import functools
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from d2l_multi.testing import assert_parity

TWO = ["torch", "mxnet"]
PAGE = Path(__file__).resolve().parents[2] / "docs" / "parity.md"


def run_pytest(folder, *arguments, **environment):
    """pytest in a project that knows nothing of ours."""
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-v", *arguments]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env={**os.environ, **environment}
    )


def outcomes(run):
    """Test ids and outcomes, as pytest lists them."""
    return dict(re.findall(r"^\S+?::(\S+) (PASSED|FAILED|ERROR|SKIPPED)", run.stdout, re.MULTILINE))


# --- Fixtures and options -------------------------------------------------------------------------

FIXTURES = """
def test_backend(d2l, d2l_backend, d2l_device):
    assert d2l.__name__ == "d2l_multi." + d2l_backend
    assert float(d2l.reduce_sum(d2l.ones(3, device=d2l_device))) == 3

def test_of_something_else():
    pass
"""


def test_a_test_runs_once_in_each_backend(tmp_path):
    (tmp_path / "test_it.py").write_text(FIXTURES)
    run = run_pytest(tmp_path)
    assert run.returncode == 0, run.stdout
    names = [f"test_backend[{name}]" for name in ("torch", "tensorflow", "mxnet", "paddle")]
    assert outcomes(run) == dict.fromkeys([*names, "test_of_something_else"], "PASSED")


def test_backends_are_chosen(tmp_path):
    (tmp_path / "test_it.py").write_text(FIXTURES)
    run = run_pytest(tmp_path, "--d2l-backends", "mxnet", "--strict-markers", "-p", "no:xdist")
    assert run.returncode == 0, run.stdout
    assert list(outcomes(run)) == ["test_backend[mxnet]", "test_of_something_else"]


def test_an_unknown_backend_is_an_error(tmp_path):
    (tmp_path / "test_it.py").write_text(FIXTURES)
    run = run_pytest(tmp_path, "--d2l-backends", "torch,jax")
    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    assert "'jax' is not one of torch, tensorflow, mxnet, paddle" in run.stderr


# Loaded into every Python process of the run: Paddle is nowhere to be found.
HIDE_PADDLE = """
import importlib.util
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == "paddle" else find(name, package)
"""


def test_a_missing_backend_is_an_error_where_it_is_named_and_else_left_out(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(HIDE_PADDLE)
    (tmp_path / "test_it.py").write_text(FIXTURES)
    environment = {"PYTHONPATH": str(tmp_path)}
    run = run_pytest(tmp_path, "--d2l-backends", "mxnet,paddle", **environment)
    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    assert 'paddle is not installed; install it with: pip install "d2l-multi[paddle]"' in run.stderr
    run = run_pytest(tmp_path, "--collect-only", "-q", **environment)
    assert run.stdout.count("test_backend[") == 3 and "paddle" not in run.stdout


def test_unused_it_imports_nothing_heavy(tmp_path):
    heavy = ("numpy", "torch", "tensorflow", "mxnet", "paddle", "matplotlib", "cloudpickle")
    (tmp_path / "test_it.py").write_text(
        f"import sys\nHEAVY = [name for name in {heavy} if name in sys.modules]\n"
        "def test_collected():\n    assert HEAVY == []\n"
        "def test_run():\n"
        f"    assert 'd2l_multi.testing.plugin' in sys.modules\n"
        f"    assert not [name for name in {heavy} if name in sys.modules]\n"
    )
    run = run_pytest(tmp_path)
    assert run.returncode == 0, run.stdout


def test_a_framework_without_a_gpu_is_reported_as_not_run(tmp_path):
    (tmp_path / "test_it.py").write_text(FIXTURES + MARKED)
    run = run_pytest(
        tmp_path, "--d2l-backends", "torch,mxnet", "--d2l-device", "gpu", "-rs", CUDA_VISIBLE_DEVICES="-1"
    )
    assert outcomes(run)["test_backend[torch]"] == outcomes(run)["test_same[torch-mxnet]"] == "SKIPPED"
    for name in ("torch", "mxnet"):
        assert f"not run: {name} can use no GPU on this machine" in run.stdout


# --- The marker -----------------------------------------------------------------------------------

MARKED = """
import pytest

SCALE = 2.0

@pytest.mark.d2l_parity
def test_same(d2l):
    for step in range(3):
        yield {"x": d2l.ones(2, 3) * step * SCALE, "step": step}
    return "done"
"""
MARKED_MORE = """
@pytest.mark.d2l_parity(rtol=1e-6)
@pytest.mark.parametrize("part", [1, 2])
def test_parts(d2l, part, tmp_path):
    assert tmp_path.is_dir()
    for step in range(3):
        error = 1e-3 if step == part and d2l.__name__ == "d2l_multi.mxnet" else 0
        yield {"x": d2l.ones(2, 3), "loss": 1 + error}

@pytest.mark.d2l_parity
def test_without_the_module():
    pass

@pytest.mark.d2l_parity
def test_with_the_device_of_one_backend(d2l, d2l_device):
    pass
"""


def test_a_marked_test_is_compared_step_by_step(tmp_path):
    (tmp_path / "test_it.py").write_text(MARKED + MARKED_MORE)
    run = run_pytest(tmp_path, "--d2l-backends", "torch,mxnet", "--strict-markers")
    found = outcomes(run)
    assert found.pop("test_same[torch-mxnet]") == "PASSED", run.stdout
    assert len(found) == 4 and "PASSED" not in found.values()
    for part in (1, 2):
        assert f"torch and mxnet part at step {part}, entry ['loss']: by 1.0e-03" in run.stdout
    assert "functions whose first parameter is d2l" in run.stdout
    assert "ask for d2l.try_gpu() instead of d2l_device" in run.stdout
    assert "plugin.py" not in run.stdout  # no traceback of ours between the test and its message


def test_one_backend_alone_has_nothing_to_agree_with(tmp_path):
    (tmp_path / "test_it.py").write_text(MARKED)
    run = run_pytest(tmp_path, "--d2l-backends", "mxnet", "-rs")
    assert outcomes(run) == {"test_same[mxnet]": "SKIPPED"}
    assert "not run: parity is between two backends" in run.stdout


# --- assert_parity --------------------------------------------------------------------------------


def test_a_partial_of_a_function_is_a_function():
    power = functools.partial(lambda d2l, x, power: {"y": d2l.ones(2) * x**power}, power=3)
    assert assert_parity(power, 2.0, backends=TWO) == {"mxnet": 0.0}


def test_functions_closures_and_arguments_travel():
    factor = np.arange(3.0)

    def helper(d2l, x):
        return d2l.tensor(x * factor)

    measured = assert_parity(
        lambda d2l, x, *, power: {"y": helper(d2l, x) ** power, "process": 0}, 3.0, power=2, backends=TWO
    )
    assert list(measured) == ["mxnet"] and 0 <= measured["mxnet"] < 1e-15


def test_each_backend_has_a_process_of_its_own():
    def others(d2l):
        import os
        import sys

        yield [name for name in ("torch", "mxnet") if name in sys.modules] == [d2l.__name__[10:]]
        yield os.getpid()

    with pytest.raises(AssertionError, match=r"part at step 1, the value: by .*\n.*\n.*\n.*"):
        assert_parity(others, backends=TWO, rtol=0)


def test_an_error_in_one_backend_is_shown():
    def fails(d2l):
        yield 1.0
        if d2l.__name__ == "d2l_multi.mxnet":
            raise KeyError("momentum")
        yield 2.0

    with pytest.raises(RuntimeError, match=r"mxnet failed: KeyError: 'momentum'\n(.*\n)*.*in fails"):
        assert_parity(fails, backends=TWO)


def test_a_process_that_dies_is_told_of():
    def dies(d2l):
        yield 1.0
        if d2l.__name__ == "d2l_multi.mxnet":
            os.kill(os.getpid(), signal.SIGKILL)
        yield 2.0

    with pytest.raises(RuntimeError, match="mxnet: the process was killed by SIGKILL"):
        assert_parity(dies, backends=TWO)


def test_one_ends_before_the_other():
    def ends(d2l):
        yield 1.0
        if d2l.__name__ == "d2l_multi.torch":
            yield 2.0

    with pytest.raises(AssertionError, match="after step 0: torch gave step 1, mxnet gave nothing more"):
        assert_parity(ends, backends=TWO)


def test_printing_does_no_harm(capfd):
    def prints(d2l):
        print("hello")
        return d2l.zeros(2)

    assert_parity(prints, backends=TWO)
    assert capfd.readouterr().out == ""


def test_what_cannot_be_compared_is_an_error():
    with pytest.raises(RuntimeError, match=r"\['net'\] is of type function; tensors, arrays, numbers"):
        assert_parity(lambda d2l: {"net": d2l.zeros}, backends=TWO)


@pytest.mark.parametrize(
    ("error", "said", "function", "options"),
    [
        (ValueError, "of torch, tensorflow, mxnet, paddle, got 'jax'", len, {"backends": ["torch", "jax"]}),
        (ValueError, "two backends or more, got torch", len, {"backends": ["torch"]}),
        (
            ValueError,
            "no function for paddle, only for torch",
            {"torch": len},
            {"backends": ["torch", "paddle"]},
        ),
        (ValueError, "rtol must be a finite number of at least 0, got -1", len, {"rtol": -1}),
        (ValueError, "atol must be a finite number of at least 0, got nan", len, {"atol": float("nan")}),
        (ValueError, "device must be 'cpu' or 'gpu', got 'tpu'", len, {"device": "tpu"}),
        (TypeError, "callable or a dict of callables, got int", 3, {}),
    ],
    ids=["unknown", "one", "no function", "rtol", "atol", "device", "type"],
)
def test_bad_arguments(error, said, function, options):
    with pytest.raises(error, match=said):
        assert_parity(function, **options)


# --- The page -------------------------------------------------------------------------------------


def test_the_pages_examples_run_and_find_the_planted_bug(tmp_path):
    page = PAGE.read_text()
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", page, re.DOTALL)):
        if "def test_" in block:
            (tmp_path / f"test_{number}.py").write_text(block)
    run = run_pytest(tmp_path)
    assert run.returncode == 0, run.stdout
    assert len(outcomes(run)) == 4 + 2 + 2 and set(outcomes(run).values()) == {"PASSED"}
    # The message that the page shows is the one that comes.
    port = tmp_path / "test_2.py"
    caught = re.compile(r"    with pytest.raises\(.*\):\n    ")
    assert caught.search(port.read_text())
    port.write_text(caught.sub("", port.read_text()))
    run = run_pytest(tmp_path, "test_2.py", "-k", "wrong")
    shown = re.search(r"```text\n(.*?)```", page, re.DOTALL)[1]
    for words in (
        "torch and paddle part at step 1, entry ['parameters']['dense0.weight']",
        "32 of 32 numbers",
    ):
        assert words in shown and words in run.stdout
