"""All four backends in one process, in every order, without a word on the screen."""

import os
import subprocess
import sys
import sysconfig
from itertools import combinations, permutations
from pathlib import Path

import pytest

from d2l_multi import BACKENDS
from tests.programs import module


def imported(order, python=sys.executable, **environment):
    _, *command = module("living.programs.import_order", *order)
    return subprocess.run(
        [python, "-W", "default", *command],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, **environment},
    )


# In these six any three follow each other in every order; all 24 are for runs that have the time.
ENOUGH = (
    ("torch", "tensorflow", "mxnet", "paddle"),
    ("torch", "paddle", "mxnet", "tensorflow"),
    ("tensorflow", "paddle", "torch", "mxnet"),
    ("mxnet", "tensorflow", "torch", "paddle"),
    ("mxnet", "paddle", "torch", "tensorflow"),
    ("paddle", "tensorflow", "mxnet", "torch"),
)
ORDERS = [
    pytest.param(order, marks=() if order in ENOUGH else pytest.mark.slow) for order in permutations(BACKENDS)
]


def test_any_three_follow_each_other_in_every_order():
    assert {three for order in ENOUGH for three in combinations(order, 3)} == set(permutations(BACKENDS, 3))


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_every_order_works_and_prints_nothing(order):
    run = imported(order)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_the_systems_own_python():
    """Debian's has a copy of a variable of the C library, which libraries must share."""
    python = "/usr/bin/python3"
    version = "import sys; print(sys.version_info[:2])"
    same = Path(python).is_file() and subprocess.check_output([python, "-c", version], text=True)
    if same != f"{sys.version_info[:2]}\n":
        pytest.skip(f"reason: not run: the system has no Python {sys.version_info[:2]} of its own")
    run = imported(
        ["tensorflow", "paddle", "torch", "mxnet"], python, PYTHONPATH=sysconfig.get_path("purelib")
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_importing_the_package_alone_imports_nothing_heavy():
    heavy = ("numpy", "matplotlib", "pandas", "IPython", *BACKENDS)
    program = f"import sys, d2l_multi; print([name for name in {heavy} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_backend_imports_its_own_framework_and_no_other(backend):
    program = (
        f"import sys, d2l_multi.{backend}; "
        f"print([name for name in {BACKENDS} if name in sys.modules], 'pandas' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout == f"{[backend]} False\n"
