"""A framework that is missing or broken, seen by its user."""

import subprocess
import sys

import pytest

from d2l_multi import BACKENDS

# `import` treats a module that is None as one that is not there.
WITHOUT = "import sys; sys.modules[sys.argv[1]] = None; "


def run(program, *arguments):
    return subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_error_gives_the_command_to_run(backend):
    result = run(WITHOUT + f"from d2l_multi import {backend}", backend)
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: ")
    assert f"needs {backend}, which is not installed" in last
    assert f'pip install "d2l-multi[{backend}]"' in last


def test_the_others_work_without_it():
    program = WITHOUT + "from d2l_multi import torch as d2l; print(d2l.numpy(d2l.ones(2)))"
    result = run(program, "mxnet")
    assert (result.returncode, result.stdout) == (0, "[1. 1.]\n")


def test_a_broken_framework_says_why(tmp_path):
    package = tmp_path / "paddle"
    package.mkdir()
    (package / "__init__.py").write_text("print('loading'); raise ImportError('libcuda.so.99 is missing')")
    result = run(f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from d2l_multi import paddle")
    last = result.stderr.strip().splitlines()[-1]
    assert "installed but does not import (libcuda.so.99 is missing)" in last
    assert "loading" in result.stderr  # what the framework wrote is shown where an error follows
