"""What runs where this suite does not: a smoke test for Windows and macOS, and the workflow for it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from d2l_multi.testing.plugin import CHOSEN

ROOT = Path(__file__).resolve().parents[2]
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))


def commands(job):
    return [step["run"].partition(" #")[0] for step in WORKFLOW["jobs"][job]["steps"] if "run" in step]


def test_the_workflow_runs_what_is_there():
    assert commands("linux")[-1] == ".ci/run"
    assert commands("elsewhere")[-1] == "python .ci/smoke.py"
    assert WORKFLOW["jobs"]["elsewhere"]["strategy"]["matrix"]["os"] == ["windows-latest", "macos-latest"]


def smoke(folder, *backend):
    """As on Windows, where a pipe takes letters of a code page, and the smoke test's folder has others."""
    command = [sys.executable, ROOT / ".ci/smoke.py", *backend]
    env = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=env)


def test_smoke(request, tmp_path):
    if "torch" not in request.config.stash[CHOSEN]:
        pytest.skip("reason: not run: it is of PyTorch, as in the workflow, which is left out")
    run = smoke(tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.splitlines()[-1].startswith("d2l-multi works here: torch")


def test_smoke_notices_that_nothing_works(tmp_path):
    assert smoke(tmp_path, "no_such_framework").returncode != 0
