"""Where a fault is planted: in the source of one function, method or table, found by its name."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.mutation.faults import Fault


class Moved(Exception):
    """The code that a fault would change is not where the fault says."""


def changed(package: Path, fault: Fault) -> tuple[Path, str]:
    """The file that the fault is in, and its text with the fault."""
    name, _, qualified = fault.where.partition("::")
    file = package / name
    if not file.exists():
        raise Moved(f"{fault.name!r}: the package has no file {name}; {_elsewhere(package, qualified)}")
    text = file.read_text()
    places = dict(definitions(text))
    if qualified not in places:
        raise Moved(f"{fault.name!r}: {name} defines no {qualified}; {_elsewhere(package, qualified)}")
    start, end = places[qualified]
    source = text[start:end]
    if (times := source.count(fault.before)) != 1:
        raise Moved(
            f"{fault.name!r}: in {qualified} of {name} there must be once what the fault changes,\n"
            f"{fault.before}\nbut it is there {times} times; {_elsewhere(package, qualified, besides=name)}"
        )
    return file, text[:start] + source.replace(fault.before, fault.after) + text[end:]


def definitions(text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """The qualified name of everything that is defined, such as ``Trainer.fit``, and where its lines are."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def walk(node: ast.AST, prefix: str) -> Iterator[tuple[str, tuple[int, int]]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.ClassDef)):
                first = min(part.lineno for part in (child, *child.decorator_list))
                yield prefix + child.name, (starts[first - 1], starts[child.end_lineno])
                yield from walk(child, f"{prefix}{child.name}.")
            elif isinstance(child, ast.Assign) and isinstance(node, (ast.Module, ast.ClassDef)):
                for target in child.targets:
                    if isinstance(target, ast.Name):
                        yield prefix + target.id, (starts[child.lineno - 1], starts[child.end_lineno])
            else:
                yield from walk(child, prefix)

    return walk(ast.parse(text), "")


def _elsewhere(package: Path, qualified: str, besides: str = "") -> str:
    """Where else the package defines something of that name, or of its last part."""
    found = {
        f"{file.relative_to(package).as_posix()}::{name}"
        for file in package.rglob("*.py")
        for name, _ in definitions(file.read_text())
        if name.rpartition(".")[2] == qualified.rpartition(".")[2]
    }
    others = sorted(place for place in found if place != f"{besides}::{qualified}")
    if not others:
        return "no other place in the package defines that name"
    return f"of that name there are {', '.join(others)}"
