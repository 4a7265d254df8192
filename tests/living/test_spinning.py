"""OpenMP's threads are told to wait quietly, where the user has not said anything about it."""

import json
import os
import subprocess
import sys

import pytest

from d2l_multi import BACKENDS
from d2l_multi.compat import spinning

# What OpenMP reads when it is loaded, as the import of a framework sees it and as it is afterwards.
PROGRAM = """
import json, os, sys

seen = []

def watch(event, arguments):
    if event == "import" and arguments[0] == sys.argv[1]:
        seen.append(now())

def now():
    return {name: os.environ[name] for name in sys.argv[2:] if name in os.environ}

sys.addaudithook(watch)
__import__("d2l_multi." + sys.argv[1])
print(json.dumps([seen[0], now()]))
"""
GNU = """
from d2l_multi.compat import spinning
with spinning.kept_short():
    import torch
"""
INTEL = """
import ctypes, os, sys
from d2l_multi import paddle as d2l
path = os.path.join(os.path.dirname(sys.modules["paddle"].__file__), "libs", "libiomp5.so")
print(ctypes.CDLL(path).kmp_get_blocktime())
"""


def run(program, *arguments, **environment):
    """In a process of its own, of whose OpenMP nothing is said but this."""
    said = {
        name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_", "KMP_"))
    }
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, env={**said, **environment})


def seen(backend, **environment):
    return json.loads(run(PROGRAM, backend, *sorted(spinning.CHOSEN), **environment).stdout)


@pytest.mark.parametrize("backend", BACKENDS)
def test_it_is_said_while_the_framework_loads_and_not_to_processes_of_the_users(backend):
    assert seen(backend) == [spinning.SHORT, {}]


@pytest.mark.parametrize("name", sorted(spinning.CHOSEN))
def test_who_said_anything_is_heeded(name):
    value = {"OMP_WAIT_POLICY": "active", "KMP_LIBRARY": "throughput"}.get(name, "77")
    assert seen("torch", **{name: value}) == [{name: value}] * 2


@pytest.mark.parametrize(("environment", "expected"), [({}, "4000"), ({"GOMP_SPINCOUNT": "77"}, "77")])
def test_gnus_library_reads_it_in_time(environment, expected):
    printed = run(GNU, OMP_DISPLAY_ENV="verbose", **environment).stderr
    assert f"GOMP_SPINCOUNT = '{expected}'" in printed


@pytest.mark.parametrize(("environment", "expected"), [({}, "0"), ({"KMP_BLOCKTIME": "77"}, "77")])
def test_intels_library_reads_it_in_time(environment, expected):
    """It does so at its first use, not when it is loaded."""
    assert run(INTEL, **environment).stdout == f"{expected}\n"
