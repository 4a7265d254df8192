"""The page on the comparison: its two programs, run as they stand, print what it says they print."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from d2l_multi.compare.experiments import EXPERIMENTS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "compare.md").read_text(encoding="utf-8")
PROGRAMS = {
    re.search(r"from d2l_multi import (\w+)", block)[1]: block
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
}


def test_a_program_prints_what_the_page_says(d2l_backend):
    if d2l_backend not in PROGRAMS:
        pytest.skip("reason: the page shows PyTorch and TensorFlow")
    run = subprocess.run([sys.executable, "-c", PROGRAMS[d2l_backend]], capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")
    assert f"```text\n{run.stdout}```" in PAGE


def test_there_are_two_programs():
    assert list(PROGRAMS) == ["torch", "tensorflow"]


def test_every_experiment_is_named():
    assert set(EXPERIMENTS) <= set(re.findall(r"`([\w-]+)`", PAGE))
