"""The package as it is installed: a wheel, in an empty project."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.environments

ROOT = Path(__file__).resolve().parents[2]
TEST = """
import d2l_multi
import pytest
from d2l_multi.testing import assert_parity


def test_installed(d2l):
    assert d2l_multi.__file__.startswith({site!r})
    assert d2l.size(d2l.zeros(2, 3)) == 6


@pytest.mark.d2l_parity(backends=["torch", "mxnet"])
def test_marked(d2l):
    yield from d2l.load_array(d2l.synthetic_data([1.0], 0, 10, seed=0), 3, seed=0)


def test_function():
    assert_parity(lambda d2l: d2l.exp(d2l.arange(3.0)), backends=["torch", "mxnet"])
"""


def test_the_wheel_brings_the_plugin_the_command_and_the_templates(tmp_path):
    site, project = tmp_path / "site", tmp_path / "project"
    project.mkdir()
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site), str(ROOT)]
    subprocess.run(pip, check=True, capture_output=True)
    (project / "test_it.py").write_text(TEST.format(site=str(site)))
    (project / "pytest.ini").write_text("[pytest]\n")
    environment = {**os.environ, "PYTHONPATH": str(site)}
    command = [sys.executable, "-m", "pytest", "--d2l-backends", "torch,mxnet", "--strict-markers"]
    run = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)
    assert run.returncode == 0 and "4 passed" in run.stdout, run.stdout + run.stderr
    compare = [str(site / "bin" / "d2l-multi"), "compare", "--backends", "torch", "--epochs", "1"]
    run = subprocess.run(compare, cwd=project, env=environment, capture_output=True, text=True)
    assert run.returncode == 0 and (project / "d2l-multi-report" / "report.html").is_file(), run.stderr
    assert (site / "d2l_multi" / "py.typed").is_file()
    subprocess.run([compare[0], "new", "own.py"], cwd=project, env=environment, check=True)
    assert "def train(d2l" in (project / "own.py").read_text(encoding="utf-8")
