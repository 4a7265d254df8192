"""What the tests of the display layer run in notebooks, terminals and processes of their own."""

import sys
from pathlib import Path

PROGRAMS = Path(__file__).parent
PROJECT = PROGRAMS.parents[2]
PYTHON = sys.executable


def source(name, epochs=10, pause=0.02):
    """A program as a cell or a file has it; those that train do so for other epochs, with other pauses."""
    text = (PROGRAMS / f"{name}.py").read_text(encoding="utf-8")
    return text.replace("epochs, pause = 10, 0.02", f"epochs, pause = {epochs}, {pause}")


def slow_fit(epochs, pause):
    return source("slow_fit", epochs, pause)


def slow_training(epochs, pause):
    return source("slow_training", epochs, pause)


def environment(folder):
    """A user's settings that are nobody else's."""
    names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    return {name: str(folder / name.lower()) for name in names} | {"PYTHONPATH": str(PROJECT)}
