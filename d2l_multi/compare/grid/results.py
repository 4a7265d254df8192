"""What is there of a grid: results in folders, each guarded by a fingerprint of what it depends on."""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path
from typing import Any

import d2l_multi
from d2l_multi.compare.grid.cell import FILES, RESULT, Cell
from d2l_multi.compare.grid.settings import written
from d2l_multi.compare.own.comparison import OwnOptions
from d2l_multi.compare.own.program import Program
from d2l_multi.compare.runner import Options
from d2l_multi.compare.verdict import Outcome, exit_code
from d2l_multi.workers.texts import one_line, plain

CELLS = "cells"  # the folder of their folders
PART = ".part"  # ends the name of one in which somebody works


@dataclass
class Row:
    """A cell and what became of it; nothing yet, if neither result nor error."""

    cell: Cell
    result: dict[str, Any] | None = None
    error: str | None = None
    earlier: bool = False  # whether the result was there already
    statuses: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        backends = self.cell.job["backends"]
        if self.result is not None:
            self.statuses = {name: one_line(self.backend(name).get("status")) for name in backends}
        else:
            self.statuses = dict.fromkeys(backends, "failed" if self.error else "not run")

    def backend(self, name: str) -> dict[str, Any]:
        """What is known of one backend."""
        return {} if self.result is None else self.result["summary"]["backends"][name]

    @property
    def reference(self) -> dict[str, Any]:
        return {} if self.result is None else self.result["summary"]["reference"]

    @property
    def verdict(self) -> str:
        """The worst of its backends."""
        order = ("failed", "missing", "interrupted", "not run", "deviates", "known limit", "ok", "reference")
        return min(self.statuses.values(), key=order.index)

    @property
    def remarks(self) -> dict[str, str]:
        """By backend what there is to say of it; by nobody's name of the cell as a whole."""
        if self.error:
            return {"": self.error}
        if self.result is None:
            return {}
        return {name: plain(said) for name, said in self.result["remarks"].items() if said}


def exit_code_of(rows: Iterable[Row], strict: bool) -> int:
    known = [status for row in rows for status in row.statuses.values() if status != "not run"]
    return exit_code([Outcome(status) for status in known], strict)  # type: ignore[arg-type]


def cell(
    number: int,
    setting: dict[str, Any],
    options: Options | OwnOptions,
    program: Program | None,
    backends: list[str],
    limits: dict[str, float | None],
    data: Path | None,
    threads: int,
) -> Cell:
    own, source = None, None
    if program is not None:
        source = program.path.read_bytes()
        functions = {name: asdict(parameters) for name, parameters in program.functions.items()}
        own = {"path": str(program.path.resolve()), "functions": functions}
    job = {
        "options": asdict(options),
        "own": own,
        "backends": backends,
        "limits": limits,
        "data": None if data is None else str(data.resolve()),
        "threads": threads,
    }
    depends = {
        **{name: job[name] for name in ("options", "own", "backends", "data")},
        "source": None if source is None else hashlib.sha256(source).hexdigest(),
        "files": stamps(data),
        "versions": versions(),
    }
    fingerprint = hashlib.sha256(json.dumps(depends, sort_keys=True).encode()).hexdigest()
    words = re.sub(r"[^\w.=]+", "-", f"{options.experiment} {written(setting)}".strip())
    return Cell(
        number, options.experiment, setting, job, fingerprint, f"{words[:60]}-{fingerprint[:12]}", source
    )


def stamps(folder: Path | None) -> list[Any]:
    """What tells whether the files of a folder are still the same, without reading them."""
    if folder is None or not folder.is_dir():
        return []
    found = [(path.name, path.stat()) for path in sorted(folder.iterdir()) if path.is_file()]
    return [[name, stat.st_size, stat.st_mtime_ns] for name, stat in found]


@cache
def versions() -> dict[str, str]:
    """Of all that computes: the frameworks, NumPy, and this package to its last character."""
    found = {}
    installed = packages_distributions()
    for name in ("numpy", *d2l_multi.BACKENDS):
        for distribution in sorted(installed.get(name, [name])):
            try:
                found[distribution] = version(distribution)
            except PackageNotFoundError:
                found[distribution] = "not installed"
    package, digest = Path(d2l_multi.__file__).parent, hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return found | {"d2l-multi": digest.hexdigest()}


# --- In the output folder -------------------------------------------------------------------------


def read(folder: Path, cell: Cell) -> Row | None:
    """What an earlier run left, if it is of this very cell and every backend got its verdict."""
    try:
        row = Row(cell, load(Path(folder, CELLS, cell.name), cell), earlier=True)
        return (
            row if not set(row.statuses.values()) - {"ok", "known limit", "deviates", "reference"} else None
        )
    except (OSError, ValueError):
        return None


def load(place: Path, cell: Cell) -> dict[str, Any]:
    """A result as its process wrote it; ValueError if it is another's or none."""
    try:
        result = json.loads(Path(place, RESULT).read_text(encoding="utf-8"))
        if result["fingerprint"] != cell.fingerprint or not isinstance(result["remarks"], dict):
            raise ValueError("it is not the result of this cell")
        for name in cell.job["backends"]:
            result["summary"]["backends"][name]["status"]
        [[float(step), float(loss)] for step, loss in result["losses"]]
        result["summary"]["reference"].get("final_loss")
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{RESULT} makes no sense ({type(error).__name__}: {error})") from error
    return result


def part(folder: Path, cell: Cell) -> Path:
    """A new folder for a cell to work in."""
    place = Path(folder, CELLS, cell.name + PART)
    shutil.rmtree(place, ignore_errors=True)  # of one that was killed
    place.mkdir(parents=True)
    return place


def keep(folder: Path, cell: Cell, place: Path, error: str | None) -> Row:
    """What a cell has left in the folder it worked in becomes its result, or its error a row."""
    try:
        if error is not None:
            return Row(cell, error=error)
        row = Row(cell, load(place, cell))
        final = Path(folder, CELLS, cell.name)
        shutil.rmtree(final, ignore_errors=True)
        os.replace(place, final)
        return row
    except (OSError, ValueError) as why:
        return Row(cell, error=f"its result could not be kept: {why}")
    finally:
        shutil.rmtree(place, ignore_errors=True)


def write(place: Path, files: Mapping[str, bytes]) -> None:
    """Files that came from elsewhere."""
    for name in FILES:
        Path(place, name).write_bytes(files[name])
