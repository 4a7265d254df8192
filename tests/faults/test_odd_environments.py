"""Machines that are set up in odd ways: the same program prints the same numbers there."""

import functools
import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.fashion import write_folder
from tests.faults.places import without_home
from tests.faults.planting import COMMAND
from tests.programs import program


def ran(backend, folder, before=(), **environment):
    """Run the program; what it said, and what came out on stderr."""
    folder.mkdir(exist_ok=True)
    command = [*before, *program(__file__, "ordinary", backend)]
    surroundings = {**os.environ, "MPLBACKEND": "agg", **environment}
    run = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=folder, env=surroundings
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return (folder / "参数" / "said").read_text(), run.stderr


@functools.cache
def on_an_ordinary_machine(backend):
    with tempfile.TemporaryDirectory() as folder:
        said, stderr = ran(backend, Path(folder))
    assert stderr == ""
    return said


@pytest.fixture
def usual(d2l_backend):
    """What the program says on an ordinary machine."""
    return on_an_ordinary_machine(d2l_backend)


ASCII = {"LC_ALL": "C", "LANG": "C", "PYTHONIOENCODING": "ascii"}
ENVIRONMENTS = {
    "LANG=C": ASCII,
    "python -O": {"PYTHONOPTIMIZE": "1"},
    "python -W error": {"PYTHONWARNINGS": "error"},
}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_same_numbers(usual, d2l_backend, tmp_path, name):
    said, stderr = ran(d2l_backend, tmp_path / "here", **ENVIRONMENTS[name])
    assert (said, stderr) == (usual, "")


def test_without_a_terminal_or_any_output(usual, d2l_backend, tmp_path):
    """As a program started by a desktop or a service: no stdout, no stderr, no controlling terminal."""
    closed = ["setsid", "sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-']
    assert ran(d2l_backend, tmp_path / "here", closed)[0] == usual


def test_without_a_home(usual, d2l_backend, tmp_path):
    said, stderr = ran(d2l_backend, tmp_path / "here", without_home())
    assert said == usual
    assert "d2l" not in stderr  # Matplotlib says where it keeps its files then
    assert [path.name for path in (tmp_path / "here").iterdir()] == ["参数"]


@pytest.mark.parametrize("before", [list, without_home], ids=["LANG=C", "LANG=C, no home"])
def test_the_command_line(tmp_path, before):
    """Its tables have lines that ASCII lacks, its progress bars colours that a file lacks."""
    surroundings = {**os.environ, **ASCII}
    surroundings.pop("D2L_MULTI_DATA", None)
    for arguments in (["compare", "--backends", "torch,mxnet", "--epochs", "1"], ["doctor"]):
        run = subprocess.run(
            [*before(), COMMAND, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            cwd=tmp_path,
            env=surroundings,
        )
        assert run.returncode == 0, run.stdout + run.stderr
        said = run.stdout.decode("ascii") + run.stderr.decode("ascii")
        assert "mxnet" in said and "\x1b" not in said and "Traceback" not in said
    assert (tmp_path / "d2l-multi-report" / "report.html").is_file()


def test_without_a_home_data_are_kept_here(tmp_path):
    surroundings = {key: value for key, value in os.environ.items() if key != "D2L_MULTI_DATA"}
    command = [*without_home(), *program(__file__, "find_images")]
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=surroundings)
    assert run.returncode == 0, run.stderr
    assert f"into {tmp_path / 'data'}, or name a mirror" in run.stdout
    write_folder(tmp_path / "data", train=20, test=10)
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=surroundings)
    assert (run.returncode, run.stdout) == (0, "")
