"""The page on the object-oriented edition: its four programs run, and its step is the package's own."""

import inspect
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.fashion import write_folder

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "object-oriented.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
PROGRAMS = {
    re.search(r"from d2l_multi import (\w+)", block)[1]: block for block in BLOCKS if "print(" in block
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("fashion"), train=300, test=100)


def test_program(d2l_backend, folder, tmp_path, monkeypatch):
    """It trains; then the lines on stopping and going on follow it."""
    monkeypatch.setenv("D2L_MULTI_DATA", str(folder))
    resuming = [block for block in BLOCKS if "resume=" in block]
    assert len(resuming) == 2
    program = "\n".join(
        [PROGRAMS[d2l_backend], "model = MLP(256, lr=0.1)", *resuming, "print(len(trainer.history))"]
    )
    command = [sys.executable, "-W", "error", "-c", program]
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    printed = run.stdout.splitlines()
    assert re.fullmatch(r"History of 10 epochs: train_loss \S+, val_loss \S+, val_acc \S+", printed[0])
    assert printed[1:] == ["10"]


def test_the_programs_are_all_there_is_of_their_kind():
    assert list(PROGRAMS) == ["torch", "tensorflow", "mxnet", "paddle"]


def test_the_step_is_that_of_the_package(d2l, d2l_backend):
    if d2l_backend != "torch":
        pytest.skip("reason: the page shows PyTorch's step")
    shown = next(block for block in BLOCKS if "def update" in block)
    own = textwrap.dedent(inspect.getsource(d2l.Trainer.update))
    assert re.sub("  #.*", "", own) == shown.partition("\n")[2]
