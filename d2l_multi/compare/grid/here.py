"""Cells as processes of this machine, as many at a time as there are cores and memory for."""

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

from d2l_multi.compare.grid import cell as cells
from d2l_multi.compare.grid import results
from d2l_multi.compare.grid.cell import Cell
from d2l_multi.compare.grid.results import Row
from d2l_multi.compat.cores import num_cores
from d2l_multi.workers.processes import machine_memory_mib

MEMORY_MIB = 2048  # of one cell: the reference with its data, and the backend whose turn it is
PATIENCE = 0.2  # seconds between two looks at whether to stop


def default_jobs() -> int:
    """How many at a time suit this machine."""
    import psutil

    free = min(machine_memory_mib(), psutil.virtual_memory().available / 2**20)
    return max(1, min(num_cores(), int(free // MEMORY_MIB)))


def run(
    folder: Path,
    cells_to_run: list[Cell],
    jobs: int,
    stop: Callable[[], bool],
    on_start: Callable[[Cell], None],
) -> Iterator[Row]:
    """Yield each cell's row as it comes, until ``stop()``, which ends those at work and begins no other."""

    def work(cell: Cell) -> Row | None:
        if stop():
            return None
        on_start(cell)
        try:
            place = results.part(folder, cell)
            error = cells.run(cell, place, stop)
        except OSError as why:
            return Row(cell, error=f"its process could not be run: {why}")
        row = results.keep(folder, cell, place, error)
        return None if stop() and row.error else row

    with ThreadPoolExecutor(jobs) as pool:
        pending: set[Future[Row | None]] = {pool.submit(work, cell) for cell in cells_to_run}
        while pending:
            done, pending = wait(pending, timeout=PATIENCE, return_when=FIRST_COMPLETED)
            yield from (row for row in (future.result() for future in done) if row)
