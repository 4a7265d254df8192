"""The house keeps its arrows: parts import earlier parts, frameworks stay in their files, privates in one."""

import ast
from functools import cache
from pathlib import Path

import pytest

import d2l_multi
from d2l_multi import BACKENDS
from d2l_multi.book.contracts import PARTS, contracts, names

PACKAGE = Path(d2l_multi.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
GENERIC = [Path(f"{name}.py") for name in ("checks", "arrays", "files")]
PRIVATE = Path("compat", "private.py")
DOCUMENTED = {"_asdict", "_fields", "_getframe", "_exit"}  # Python's own, in spite of their names


def paths(files):
    return [path.relative_to(PACKAGE) for path in files]


@cache
def tree(path):
    return ast.parse((PACKAGE / path).read_text(encoding="utf-8"))


def imported(path):
    """The modules that a file imports, with the names taken from them."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def framework_of(path):
    """The backend that a file is of, by its name: torch.py, tensorflow_graphs.py."""
    return next((name for name in BACKENDS if path.stem == name or path.stem.startswith(f"{name}_")), None)


# Repairs what others import, and is called when they did: it may import any framework.
NO_REPAIRS = [path for path in paths(FILES) if path.parts[0] != "compat"]


@pytest.mark.parametrize("path", NO_REPAIRS, ids=str)
def test_frameworks_are_imported_where_their_names_say_so(path):
    found = {module.split(".")[0] for module in imported(path)} & {*BACKENDS, "keras"}
    assert found <= {framework_of(path)}, f"{path} imports {found}"


@pytest.mark.parametrize("path", paths(PACKAGE.joinpath("book").rglob("*.py")), ids=str)
def test_a_part_imports_only_parts_before_it(path):
    ours = {module for module in imported(path) if module.startswith("d2l_multi.")}
    tops = {module.split(".")[1] for module in ours}
    assert tops <= {"book", "checks", "arrays", "files", "compat"}, f"{path} imports from above: {tops}"
    if len(path.parts) > 2:
        parts = {module.split(".")[2] for module in ours if module.startswith("d2l_multi.book.")}
        before = PARTS[: PARTS.index(path.parts[1]) + 1]
        assert parts & set(PARTS) <= set(before), f"{path} imports a later part"
    others = {framework_of(Path(module.split(".")[3])) for module in ours if module.count(".") > 2}
    assert others <= {framework_of(path), None}, f"{path} imports another framework's file"


def test_what_is_generic_imports_nothing_above_it():
    for path in [
        *map(Path, ("checks.py", "arrays.py", "files.py")),
        *paths(PACKAGE.joinpath("compat").glob("*.py")),
    ]:
        tops = {module.split(".")[1] for module in imported(path) if module.startswith("d2l_multi.")}
        assert tops <= {"checks", "arrays", "files", "compat"}, f"{path} imports {tops}"


@cache
def defined():
    """The names that this package defines, as functions, attributes or fields."""
    found = set()
    for path in paths(FILES):
        for node in ast.walk(tree(path)):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                found.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.add(node.id)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                found.add(node.attr)
    return found


@pytest.mark.parametrize("path", [path for path in paths(FILES) if path != PRIVATE], ids=str)
def test_private_names_of_frameworks_are_used_in_one_file(path):
    ours = defined() | DOCUMENTED
    used = {
        f"{node.attr}, line {node.lineno}"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and not node.attr.startswith("__")
        and node.attr not in ours
    }
    private = {
        module
        for module in imported(path)
        if module.split(".")[0] in {*BACKENDS, "keras"}
        and any(name.startswith("_") or name in ("python", "base", "src") for name in module.split(".")[1:])
    }
    assert not used | private, f"{path}: give these a function in compat/private.py"


def test_every_private_name_says_why_and_until_when():
    for function in (node for node in tree(PRIVATE).body if isinstance(node, ast.FunctionDef)):
        told = ast.get_docstring(function)
        assert "Needed: " in told and "Can go: " in told, function.name


def test_facades_list_the_contracts_names_literally():
    for backend in BACKENDS:
        (listed,) = (
            ast.literal_eval(node.value)
            for node in tree(Path(f"{backend}.py")).body
            if isinstance(node, ast.Assign) and node.targets[0].id == "__all__"
        )
        assert listed == names()


def test_contracts_list_their_names_literally_and_a_name_is_of_one_part():
    listed = [name for contract in contracts().values() for name in contract.__all__]
    assert len(set(listed)) == len(listed)
    for part, contract in contracts().items():
        stated = {
            node.name
            for node in tree(Path("book", part, "contract.py")).body
            if isinstance(node, (ast.FunctionDef, ast.ClassDef))
        }
        assert stated <= set(contract.__all__)
