"""All four backends in one process, in every order, without a word on the screen."""

import os
import subprocess
import sys
import sysconfig
from itertools import combinations, permutations
from pathlib import Path

import pytest

from d2l_multi import BACKENDS

# Each backend is imported and then made to compute: some start-up lines come with the first tensor.
PROGRAM = """
import logging
import sys
from importlib import import_module

from tests.native import native

root = logging.getLogger()
before = (root.level, root.handlers[:], logging.root.manager.disable)
backends = [import_module("d2l_multi." + name) for name in sys.argv[1:]]
assert (root.level, root.handlers, logging.root.manager.disable) == before
for name, d2l in zip(sys.argv[1:], backends):
    X, y = d2l.synthetic_data([2.0, -3.4], 4.2, 20)
    w = d2l.as_parameter(d2l.numpy(d2l.zeros(2, 1)))
    data, update = d2l.load_array((X, y), 5), d2l.Updater([w], 0.1)
    d2l.train_epoch_ch3(lambda X: d2l.linreg(X, w, 0), data, d2l.squared_loss, update)
    assert abs(d2l.numpy(w)).min() > 0
    # The framework's own layers and optimisers import more of it than the framework's import does.
    net, loss, optimiser = native(name).linear_training(0.1)
    before = d2l.evaluate_loss(net, data, loss)
    d2l.train_epoch_ch3(net, data, loss, optimiser)
    assert d2l.evaluate_loss(net, data, loss) < before
    assert d2l.num_gpus() >= 0 and d2l.plt.__name__ == "matplotlib.pyplot"
"""


def imported(order, python=sys.executable, **environment):
    return subprocess.run(
        [python, "-W", "default", "-c", PROGRAM, *order],
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
