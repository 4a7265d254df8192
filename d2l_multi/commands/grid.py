"""``d2l-multi compare`` with several experiments or ``--grid``. What is heavy is imported when it runs."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from d2l_multi.commands.compare import (
    INTERRUPTED,
    MEMORY_SHARE,
    Failure,
    Given,
    checked_options,
    checked_own_options,
    end,
    one_of,
    prepare_folder,
    refuse,
)

if TYPE_CHECKING:
    from d2l_multi.compare.grid.cell import Cell
    from d2l_multi.compare.grid.results import Row

LOCK = ".d2l-multi-grid.lock"
PLACES = ("here", "ray")


@dataclasses.dataclass(frozen=True)
class Grid:
    """What the command line says of a grid."""

    text: str  # what varies
    jobs: int | None
    on: str
    ray_address: str | None


def experiments_of(given: str) -> list[str]:
    """The names before and after commas, unless that is the name of a file."""
    names = [given] if Path(given).is_file() else [name.strip() for name in given.split(",")]
    return list(dict.fromkeys(names))


def run(
    context: click.Context,
    grid: Grid,
    given: Given,
    backends: list[str],
    timeout: float,
    memory: float | None,
    out: Path,
    quiet: bool,
    open_report: bool,
) -> None:
    """Run every cell that is not finished yet, report, and exit."""
    from d2l_multi.book.training import interrupts
    from d2l_multi.compare.grid import report, results, table
    from d2l_multi.compare.grid.settings import GridError, settings
    from d2l_multi.compare.report import Unwritable
    from d2l_multi.files import one_at_a_time

    one_of("--on", grid.on, PLACES)
    if grid.jobs is not None and grid.jobs < 1:
        refuse("--jobs", f"{grid.jobs} given; a whole number of at least 1 is needed")
    try:
        found = settings(grid.text)
    except GridError as error:
        raise click.BadParameter(str(error), param_hint="--grid") from error
    jobs, threads = grid.jobs, 1
    if grid.on == "here":
        from d2l_multi.compare.grid.here import default_jobs
        from d2l_multi.compat.cores import num_cores

        jobs = min(grid.jobs or default_jobs(), len(found) * len(experiments_of(given.experiment)))
        threads = 0 if jobs == 1 else max(1, num_cores() // jobs)
        memory = memory or share_of_memory(jobs)
    cells = all_cells(given, found, backends, timeout, memory, threads)
    prepare_folder(out)
    prepare_folder(out / results.CELLS)

    with one_at_a_time(out, "a grid", LOCK), place(grid, jobs) as start:
        rows = {cell.number: results.read(out, cell) or results.Row(cell) for cell in cells}
        waiting = [cell for cell in cells if rows[cell.number].result is None]
        if grid.on == "here":
            check_data(given, {cell.experiment for cell in waiting if not cell.job["own"]})
        with interrupts.noted() as stop, progress(len(cells), len(waiting), quiet) as shown:
            for row in start(out, waiting, stop, shown.begin):
                rows[row.cell.number] = row
                shown.finish(row)
            in_order = [rows[cell.number] for cell in cells]
            try:
                report.write(out, grid.text, in_order, backends, given.tolerance)
                unwritten = None
            except Unwritable as error:
                unwritten = Failure(str(error))
        if not quiet:
            table.show(title(given, grid, in_order), in_order, backends)
        if unwritten:
            raise unwritten
    code = INTERRUPTED if stop() else results.exit_code_of(in_order, given.strict)
    end(context, code, out, quiet, open_report)


def share_of_memory(jobs: int) -> float:
    """MiB that a backend may take if nobody said how many, with several settings at a time."""
    from d2l_multi.workers.processes import machine_memory_mib

    return MEMORY_SHARE * machine_memory_mib() / jobs


def all_cells(
    given: Given,
    found: list[dict[str, Any]],
    backends: list[str],
    timeout: float,
    memory: float | None,
    threads: int,
) -> "list[Cell]":
    """Every experiment with every setting, or an error in one line."""
    from d2l_multi.compare.grid import results
    from d2l_multi.compare.own import program
    from d2l_multi.compare.runner import Limits

    limits = {"timeout": timeout, "memory_mib": memory}  # None: who computes the cell knows its machine
    cells: list[Cell] = []
    for experiment in experiments_of(given.experiment):
        own = None
        try:
            if program.is_program(experiment):
                own = program.look(Path(experiment), Limits(timeout, memory or share_of_memory(1)))
            for setting in found:
                one = dataclasses.replace(given, experiment=experiment, **setting)
                options = checked_options(one) if own is None else checked_own_options(one, own, backends)
                cells.append(
                    results.cell(len(cells) + 1, setting, options, own, backends, limits, given.data, threads)
                )
        except program.ProgramError as error:
            raise click.BadParameter(str(error), param_hint=error.option) from error
    return cells


def check_data(given: Given, experiments: set[str]) -> None:
    """That the data are there, found out, or downloaded, once and not in every process."""
    from d2l_multi.book.data.data_files import DataFileError
    from d2l_multi.book.data.downloads import DownloadError, UnwritableError
    from d2l_multi.compare.experiments import EXPERIMENTS

    try:
        for name in experiments:
            EXPERIMENTS[name].problem("float32", 0, given.data)
    except (DataFileError, DownloadError, UnwritableError) as error:
        raise click.BadParameter(str(error), param_hint="--data") from error


@contextmanager
def place(grid: Grid, jobs: int | None) -> Iterator[Any]:
    """What starts the cells, on this machine or on Ray."""
    from d2l_multi.compare.grid import here, on_ray

    if grid.on == "here":
        assert jobs is not None
        yield lambda out, cells, stop, begin: here.run(out, cells, jobs, stop, begin)
        return
    try:
        with on_ray.connected(grid.ray_address) as ray:
            at_once = jobs or on_ray.capacity(ray)
            yield lambda out, cells, stop, begin: on_ray.run(ray, out, cells, at_once, stop, begin)
    except on_ray.RayError as error:
        raise Failure(str(error)) from error


def title(given: Given, grid: Grid, rows: "list[Row]") -> str:
    earlier = sum(row.earlier for row in rows)
    told = f", {earlier} of them from an earlier run" if earlier else ""
    return f"{given.experiment}, {grid.text or 'one setting'}: {len(rows)} settings{told}"


class Shown:
    """Live progress on stderr, where that is a terminal."""

    def __init__(self, bar: Any, task: Any) -> None:
        self.bar, self.task = bar, task
        self.counts: dict[str, int] = {}

    def begin(self, cell: "Cell") -> None:
        from d2l_multi.compare.grid.settings import written

        self.bar.update(self.task, latest=f"{cell.experiment} {written(cell.setting)}")

    def finish(self, row: "Row") -> None:
        self.counts[row.verdict] = self.counts.get(row.verdict, 0) + 1
        told = ", ".join(f"{number} {verdict}" for verdict, number in self.counts.items())
        self.bar.update(self.task, advance=1, status=told)


@contextmanager
def progress(total: int, waiting: int, quiet: bool) -> Iterator[Shown]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    with Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[status]}", markup=False),
        TimeElapsedColumn(),
        TextColumn("{task.fields[latest]}", markup=False),
        console=console,
        disable=quiet or not console.is_terminal,
    ) as bar:
        task = bar.add_task("grid", total=total, completed=total - waiting, status="", latest="")
        yield Shown(bar, task)
