"""What type checkers say of code that users write: nothing where it is right, something where it is wrong."""

import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from d2l_multi import BACKENDS

pytestmark = pytest.mark.xdist_group("type checkers")

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(__file__).with_name("programs")


def pyright(*arguments, cwd):
    command = [sys.executable, "-m", "basedpyright", "--outputjson", *arguments]
    return json.loads(subprocess.run(command, cwd=cwd, capture_output=True, text=True).stdout)


@pytest.fixture(scope="module", params=["basic", "strict"])
def errors(request, tmp_path_factory):
    """The lines of each program with an error, and what it is."""
    folder = tmp_path_factory.mktemp("pyright")
    settings = {"include": [str(PROGRAMS)], "extraPaths": [str(ROOT)], "typeCheckingMode": request.param}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    found = defaultdict(dict)
    report = pyright("--pythonpath", sys.executable, "--project", str(folder), cwd=folder)
    assert report["summary"]["filesAnalyzed"] == 2 * len(BACKENDS)
    for entry in report["generalDiagnostics"]:
        if entry["severity"] == "error":
            found[Path(entry["file"]).stem][entry["range"]["start"]["line"] + 1] = entry["message"]
    return found


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_is_right_is_not_flagged(errors, backend):
    assert errors[backend] == {}


@pytest.mark.parametrize("backend", BACKENDS)
def test_ten_mistakes_are_flagged(errors, backend):
    lines = mistakes(backend)
    assert len(lines) == 10 and set(errors[f"mistakes_{backend}"]) == lines


def mistakes(backend):
    """The lines with a comment, which says what is wrong."""
    source = (PROGRAMS / f"mistakes_{backend}.py").read_text(encoding="utf-8")
    return {number for number, line in enumerate(source.split("\n"), 1) if "  # " in line}


def test_mypy(tmp_path):
    """With the other frameworks unread: it would take minutes."""
    files = [str(PROGRAMS / name) for name in ("torch.py", "mistakes_torch.py")]
    command = [sys.executable, "-m", "mypy", "--config-file=", f"--cache-dir={tmp_path}", *files]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    found = re.findall(r"(\w+)\.py:(\d+): error", run.stdout)
    assert {int(line) for name, line in found if name == "mistakes_torch"} == mistakes("torch"), run.stdout
    assert {name for name, _ in found} == {"mistakes_torch"}, run.stdout


def test_the_types_of_the_api_are_known(tmp_path):
    """Of the facades, since internal modules, which count too, are not what users import.

    What is unknown of MXNet's is what derives from its own classes, of which it tells no types.
    """
    report = pyright(
        "--pythonpath", sys.executable, "--verifytypes", "d2l_multi", "--ignoreexternal", cwd=tmp_path
    )
    known = {
        backend: [
            symbol["isTypeKnown"]
            for symbol in report["typeCompleteness"]["symbols"]
            if symbol["name"].startswith(f"d2l_multi.{backend}.")
        ]
        for backend in BACKENDS
    }
    assert all(len(symbols) > 150 for symbols in known.values())
    shares = {backend: sum(symbols) / len(symbols) for backend, symbols in known.items()}
    assert {shares.pop(backend) for backend in BACKENDS if backend != "mxnet"} == {1.0}
    assert (
        shares["mxnet"] >= 0.82
    )  # short of 95 %: its arrays must pass for MXNet's own, whose types nobody knows
