"""The READMEs are short, and what they show is so: the program draws the chart whose picture is shown."""

import os
import re
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fashion import write_folder

ROOT = Path(__file__).resolve().parents[2]
READMES = ["README.md", "README.zh-CN.md"]


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


def png_size(content):
    assert content.startswith(b"\x89PNG")
    return struct.unpack(">II", content[16:24])


@pytest.mark.parametrize("name", READMES)
def test_it_is_short(name):
    assert len(text(name).splitlines()) <= 130


@pytest.mark.parametrize("name", READMES)
def test_one_framework_comes_first(name):
    commands = re.findall(r"^```bash\n(.*?)^```", text(name), re.DOTALL | re.MULTILINE)
    assert commands == [
        'pip install ".[torch]"\n',
        'pip install -c constraints.txt ".[all]" && d2l-multi compare\n',
        'pip install -c constraints.txt -e ".[all,test]" && pytest -n 2\n',
    ]


def test_the_program_draws_the_chart(tmp_path):
    (program,) = re.findall(r"```python\n(.*?)```", text("README.md"), re.DOTALL)
    assert 8 <= len(list(filter(None, program.splitlines()))) <= 12
    (picture,) = re.findall(r"!\[.*\]\((docs/.*\.png)\)", text("README.md"))
    shown = (ROOT / picture).read_bytes()
    assert len(shown) <= 40 * 1024
    (tmp_path / "images").mkdir()
    folder = write_folder(tmp_path / "images", train=300, test=100)
    environment = {**os.environ, "D2L_MULTI_DATA": str(folder)}
    command = [sys.executable, "-W", "error", "-c", f"{program}print(len(history))"]
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment)
    assert (run.returncode, run.stdout, run.stderr) == (0, "10\n", "")
    assert png_size((tmp_path / "chart.png").read_bytes()) == png_size(shown)
