"""The README's programs, run as they stand, print what it says they print."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fashion import write_folder

README = (Path(__file__).resolve().parents[2] / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
PROGRAMS = [block for block in BLOCKS if "print(" in block]
FITS = [block for block in BLOCKS if ".fit(" in block]
TESTS = [block for block in BLOCKS if "def test_" in block]


def test_there_are_two_programs_a_fit_and_a_test():
    assert len(PROGRAMS) == 2 and len(TESTS) == 1 and len(FITS) == 1 and len(BLOCKS) == 4


def test_the_test_passes(tmp_path):
    (tmp_path / "test_it.py").write_text(TESTS[0])
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0 and "1 passed" in run.stdout, run.stdout


@pytest.mark.parametrize("program", PROGRAMS, ids=["torch", "tensorflow"])
def test_program_prints_what_the_readme_says(program):
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")
    assert f"```text\n{run.stdout}```" in README


def test_the_fit_trains(tmp_path):
    folder = write_folder(tmp_path, train=300, test=100)
    environment = {**os.environ, "D2L_MULTI_DATA": str(folder)}
    command = [sys.executable, "-c", f"{FITS[0]}print(len(history))"]
    run = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert (run.returncode, run.stdout, run.stderr) == (0, "10\n", "")
