"""The stubs are what the contracts say, and show what ``help`` shows."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

from d2l_multi.book import contracts

ROOT = Path(__file__).resolve().parents[2]


def test_the_stubs_are_up_to_date():
    command = [sys.executable, "-m", "tools.stubs", "--check"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_a_stub_shows_what_help_shows(d2l):
    stub = ast.parse((ROOT / "d2l_multi" / f"{d2l.__name__.split('.')[-1]}.pyi").read_text(encoding="utf-8"))
    shown = {node.name: ast.get_docstring(node) for node in stub.body if hasattr(node, "name")}
    for name in contracts.stated():
        assert shown[name] == inspect.getdoc(getattr(d2l, name)), name


def test_a_stub_shows_what_help_shows_of_methods(d2l):
    stub = ast.parse((ROOT / "d2l_multi" / f"{d2l.__name__.split('.')[-1]}.pyi").read_text(encoding="utf-8"))
    compared = 0
    for cls in (node for node in stub.body if isinstance(node, ast.ClassDef) and node.name[0] != "_"):
        for method in (node for node in cls.body if isinstance(node, ast.FunctionDef)):
            if shown := ast.get_docstring(method):
                there = getattr(getattr(d2l, cls.name), method.name)
                assert shown == inspect.getdoc(there), f"{cls.name}.{method.name}"
                compared += 1
    assert compared > 30


def test_every_value_is_described():
    assert contracts.values().keys() | contracts.stated().keys() == set(contracts.names())
