"""Which backends the suite tests: all four, or those that D2L_MULTI_TEST_BACKENDS names.

A framework that is named and missing fails its tests; nothing is skipped because it is not there.
"""

import os
from importlib import import_module
from pathlib import Path

import matplotlib
import pytest

from d2l_multi import BACKENDS

matplotlib.use("Agg")

REAL_IMAGES = Path(__file__).resolve().parents[2] / "shared" / "data" / "fashion-mnist-600"


def tested_backends() -> list[str]:
    chosen = os.environ.get("D2L_MULTI_TEST_BACKENDS", ",".join(BACKENDS)).split(",")
    unknown = set(chosen) - set(BACKENDS)
    if unknown:
        raise pytest.UsageError(f"D2L_MULTI_TEST_BACKENDS names {unknown}; known are {BACKENDS}")
    return chosen


# One worker process of the suite imports one framework: `--dist loadgroup` keeps a group together.
PER_BACKEND = [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in tested_backends()]


@pytest.fixture(params=PER_BACKEND)
def backend(request):
    return request.param


@pytest.fixture
def d2l(backend):
    """The module of each backend in turn."""
    return import_module(f"d2l_multi.{backend}")


@pytest.fixture(params=["float32", "float64"])
def dtype(request):
    return request.param
