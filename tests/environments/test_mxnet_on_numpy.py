"""MXNet on other NumPys, for real: virtual environments beside the main one, made as the README says."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

# One worker of the suite builds an environment once.
pytestmark = [pytest.mark.environments, pytest.mark.xdist_group("environments")]

PROJECT = Path(__file__).resolve().parents[2]


def run(*command, cwd):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=cwd)


# The newest NumPy there is, and the oldest that MXNet's repair is for (which has no wheel for Python 3.12).
NUMPYS = ["numpy>=2", *(["numpy==1.24.*"] if sys.version_info < (3, 12) else [])]


@pytest.fixture(scope="module", params=NUMPYS)
def environment(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    for arguments in ([f"{PROJECT}", request.param], ["--no-deps", "mxnet==1.9.1"]):
        install = run(python, "-m", "pip", "install", "--quiet", *arguments, cwd=folder)
        assert install.returncode == 0, install.stderr
    return folder


def test_mxnet_trains(environment):
    python = environment / "bin" / "python"
    version = run(python, "-c", "import numpy; print(numpy.__version__)", cwd=environment)
    assert version.stdout.startswith("1.24.") or int(version.stdout.split(".")[0]) >= 2

    command = environment / "bin" / "d2l-multi"
    compared = run(command, "compare", "--dtype", "float64", "--out", "report", cwd=environment)
    assert compared.returncode == 0, compared.stdout + compared.stderr
    report = json.loads((environment / "report" / "report.json").read_text())
    assert list(report["backends"]) == ["mxnet"]  # the one framework that is installed there
    assert report["backends"]["mxnet"]["status"] == "ok"
    assert report["backends"]["mxnet"]["drift"] <= 1e-12


def test_what_is_not_installed_there_says_so(environment):
    python = environment / "bin" / "python"
    result = run(python, "-W", "error", "-c", "from d2l_multi import mxnet, torch", cwd=environment)
    assert 'pip install "d2l-multi[torch]"' in result.stderr.splitlines()[-1]

    compared = run(environment / "bin" / "d2l-multi", "compare", "--backends", "mxnet,torch", cwd=environment)
    assert compared.returncode == 3
    assert "missing" in compared.stdout and 'pip install "d2l-multi[torch]"' in " ".join(
        compared.stdout.split()
    )
