"""Binder, whose badge is on each notebook: its steps in an environment of its own, and a notebook there."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

pytestmark = [pytest.mark.environments, pytest.mark.slow, pytest.mark.xdist_group("environments")]

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "notebooks/en/torch/03-linear-regression-scratch.ipynb"


@pytest.fixture
def kernel(tmp_path, monkeypatch):
    """The name of a kernel in an environment that Binder's steps have filled."""
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    # What Binder brings of itself.
    pip = [environment / "bin" / "pip", "install", "--quiet", "-c", ROOT / "constraints.txt"]
    subprocess.run([*pip, "ipykernel"], check=True)
    settings = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    settings["PATH"] = f"{environment / 'bin'}{os.pathsep}{settings['PATH']}"
    steps = subprocess.run(
        [ROOT / "binder" / "postBuild"], cwd=ROOT, env=settings, capture_output=True, text=True
    )
    assert steps.returncode == 0, steps.stdout + steps.stderr
    specification = {
        "argv": [str(environment / "bin" / "python"), "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Binder",
        "language": "python",
    }
    folder = tmp_path / "jupyter" / "kernels" / "binder"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps(specification), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.delenv("PYTHONPATH", raising=False)
    return "binder"


def test_a_notebook_runs_in_what_binder_installs(kernel, tmp_path):
    book = nbformat.read(NOTEBOOK, as_version=4)
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(book, timeout=300, kernel_name=kernel, resources=resources).execute()
    setup, *lesson = [cell for cell in book.cells if cell.cell_type == "code"]
    assert "find_spec" in setup.source and setup.outputs == []  # nothing was missing
    shown = [output.data for cell in lesson for output in cell.outputs if "data" in output]
    assert any("image/svg+xml" in data or "image/png" in data for data in shown)
