"""OpenMP's threads are told to wait quietly, where the user has not said anything about it."""

import json
import os
import subprocess

import pytest

from d2l_multi import BACKENDS
from d2l_multi.compat import spinning
from tests.programs import program


def run(name, *arguments, **environment):
    """In a process of its own, of whose OpenMP nothing is said but this."""
    said = {
        name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_", "KMP_"))
    }
    command = program(__file__, name, *arguments)
    return subprocess.run(command, capture_output=True, text=True, check=True, env={**said, **environment})


def seen(backend, **environment):
    return json.loads(run("variables_seen", backend, *sorted(spinning.CHOSEN), **environment).stdout)


@pytest.mark.parametrize("backend", BACKENDS)
def test_it_is_said_while_the_framework_loads_and_not_to_processes_of_the_users(backend):
    assert seen(backend) == [spinning.SHORT, {}]


@pytest.mark.parametrize("name", sorted(spinning.CHOSEN))
def test_who_said_anything_is_heeded(name):
    value = {"OMP_WAIT_POLICY": "active", "KMP_LIBRARY": "throughput"}.get(name, "77")
    assert seen("torch", **{name: value}) == [{name: value}] * 2


@pytest.mark.parametrize(("environment", "expected"), [({}, "4000"), ({"GOMP_SPINCOUNT": "77"}, "77")])
def test_gnus_library_reads_it_in_time(environment, expected):
    printed = run("gnus_openmp", OMP_DISPLAY_ENV="verbose", **environment).stderr
    assert f"GOMP_SPINCOUNT = '{expected}'" in printed


@pytest.mark.parametrize(("environment", "expected"), [({}, "0"), ({"KMP_BLOCKTIME": "77"}, "77")])
def test_intels_library_reads_it_in_time(environment, expected):
    """It does so at its first use, not when it is loaded."""
    assert run("intels_openmp", **environment).stdout == f"{expected}\n"
