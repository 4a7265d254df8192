"""The package as it is installed: a wheel, in an empty project."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.environments

ROOT = Path(__file__).resolve().parents[2]


def test_the_wheel_brings_all_files_the_plugin_the_command_and_the_templates(tmp_path):
    site, project = tmp_path / "site", tmp_path / "project"
    project.mkdir()
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site), str(ROOT)]
    subprocess.run(pip, check=True, capture_output=True)
    shutil.copy(Path(__file__).with_name("programs") / "installed.py", project / "test_it.py")
    package = {path.relative_to(ROOT) for path in (ROOT / "d2l_multi").rglob("*.*")}
    files = {path for path in package if path.suffix != ".pyc"}
    assert files >= {Path("d2l_multi", "torch.pyi"), Path("d2l_multi", "py.typed")}
    assert files <= {path.relative_to(site) for path in (site / "d2l_multi").rglob("*.*")}
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
