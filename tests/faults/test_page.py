"""The page about faults says what the tests do: each row names tests that exist, and no test is left out."""

import ast
import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
PAGE = TESTS.parent / "docs" / "faults.md"
MENTION = re.compile(r"`([\w/]+\.py)`|\*([^*]+)\*")  # a file of tests, or a test in the file before


def rows():
    """Of each row about a fault, the tests it names: the file, and the function's name in words."""
    text = PAGE.read_text(encoding="utf-8").split("### Versions")[0]
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return {line: named(line.split("|")[3]) for line in lines if not line.startswith(("| what", "| ---"))}


def named(cell):
    file, tests = None, []
    for path, words in MENTION.findall(cell):
        if path:
            file = TESTS / path if "/" in path else TESTS / "faults" / path
        else:
            tests.append((file, words))
    return tests


def sentences(file):
    nodes = ast.parse(file.read_text(encoding="utf-8")).body
    names = [node.name for node in nodes if isinstance(node, ast.FunctionDef)]
    return {name.removeprefix("test_").replace("_", " ") for name in names if name.startswith("test_")}


def test_every_row_names_tests_that_exist():
    assert len(rows()) > 30
    for row, tests in rows().items():
        assert tests, row
        for file, words in tests:
            assert words in sentences(file), f"{words} in {row}"


def test_every_test_of_a_fault_is_in_a_row():
    mentioned = {test for tests in rows().values() for test in tests}
    for file in (TESTS / "faults").glob("test_*.py"):
        if file != Path(__file__):
            assert {(file, words) for words in sentences(file)} <= mentioned, file
