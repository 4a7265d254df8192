"""Programs that tests start are files in folders called ``programs`` beside them, linted like all others."""

import sys
from pathlib import Path


def program(test: str, name: str, *arguments: object) -> list[str]:
    """The command for one beside ``test``, a test's ``__file__``: it runs in any folder."""
    file = Path(test).with_name("programs") / f"{name}.py"
    return [sys.executable, str(file), *map(str, arguments)]


def module(name: str, *arguments: object) -> list[str]:
    """The command for one that imports from ``tests`` itself, which is started in the project's folder."""
    return [sys.executable, "-m", f"tests.{name}", *map(str, arguments)]
