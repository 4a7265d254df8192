"""The page about faults says what the tests do: each row names tests that exist, and no test is left out."""

import ast
import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
PAGE = TESTS.parent / "docs" / "faults.md"
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")


def path(file):
    return TESTS / file if "/" in file else TESTS / "faults" / file


def functions(file):
    return {
        node.name
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }


def test_the_tests_it_names_are_there():
    named = NAMED.findall(PAGE.read_text(encoding="utf-8"))
    assert named
    for file, function in named:
        assert function in functions(path(file)), f"{file}::{function}"


def test_every_test_of_a_fault_is_on_it():
    named = {(path(file), function) for file, function in NAMED.findall(PAGE.read_text(encoding="utf-8"))}
    for file in (TESTS / "faults").glob("test_*.py"):
        if file != Path(__file__):
            for function in functions(file):
                assert not function.startswith("test_") or (file, function) in named, f"{file}::{function}"


def test_every_row_has_a_test():
    tables = PAGE.read_text(encoding="utf-8").split("## Versions")[0]
    rows = [line for line in tables.splitlines() if line.startswith("| ") and "---" not in line]
    for row in rows:
        assert row == "| what happens | what we promise | test | tried |" or NAMED.search(row), row
