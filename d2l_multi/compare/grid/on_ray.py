"""Cells as tasks of a Ray cluster, each of which starts a process of its own where it runs."""

import dataclasses
import os
import secrets
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from d2l_multi.compare.grid import cell as cells
from d2l_multi.compare.grid import results
from d2l_multi.compare.grid.cell import Cell
from d2l_multi.compare.grid.results import Row
from d2l_multi.workers.texts import one_line, plain

PATIENCE = 0.5  # seconds between two looks at whether to stop
CONNECTION_SECONDS = 10.0
INSTALL = 'pip install "d2l-multi[ray]"'
# A Ray that we start is this machine's alone. Read while Ray is imported; the first, which keeps it to
# 127.0.0.1, has its name from the systems on which that is the default.
PRIVATE = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_AUTH_MODE": "token", "RAY_USAGE_STATS_ENABLED": "0"}


class RayError(RuntimeError):
    """There is no Ray to run on: the reason in one line."""


@contextmanager
def connected(address: str | None) -> Iterator[Any]:
    """Ray, at the address given or in RAY_ADDRESS, or else one of our own that ends with this block."""
    address = address or os.environ.get("RAY_ADDRESS") or None
    if address is not None:
        reach(address)
    else:
        os.environ.update(PRIVATE)
        os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)  # of this one Ray
    try:
        import ray
    except ImportError as error:
        raise RayError(f"Ray is not installed ({error}); install it with: {INSTALL}") from error
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    with tempfile.TemporaryDirectory(prefix="d2l-ray-", ignore_cleanup_errors=True) as folder:
        try:
            with silence():
                if address is None:
                    start(ray, address="local", include_dashboard=False, _temp_dir=folder, **quiet)
                else:
                    ray.init(address=address, **quiet)
        except Exception as error:
            reason = one_line(error, 300) or type(error).__name__
            if address is None:
                raise RayError(f"Ray does not start: {reason}") from error
            raise RayError(
                f"Ray at {address} does not answer: {reason} (is it there, and is RAY_AUTH_TOKEN its token?)"
            ) from error
        try:
            yield ray
        finally:
            ray.shutdown()


def reach(address: str) -> None:
    """`RayError` if nobody is there, for which Ray itself would wait for minutes."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if not (host and port.isdigit()):
        return  # one of Ray's words, such as "auto"
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECTION_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise RayError(f"Ray at {one_line(address)} does not answer: {error}") from error


@contextmanager
def silence() -> Iterator[None]:
    """Keep off stderr what Ray's native code says of every try; the error that follows tells enough."""
    sys.stderr.flush()
    saved = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def start(ray: Any, **options: Any) -> None:
    """A Ray of our own. It gives itself half a minute, which a busy machine may exceed once."""
    try:
        ray.init(**options)
    except Exception:
        ray.shutdown()
        ray.init(**options)


def capacity(ray: Any) -> int:
    """How many cells the cluster has cores for, now."""
    return max(1, int(ray.cluster_resources().get("CPU", 1)))


def work(cell: Cell) -> dict[str, bytes] | str:
    """On some node of the cluster: the files of a cell, or why there are none."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        if cell.source is not None:  # the node need not share a file system with who sent it
            own = cell.job["own"] | {"path": str(place / Path(cell.job["own"]["path"]).name)}
            Path(own["path"]).write_bytes(cell.source)
            cell = dataclasses.replace(cell, job=cell.job | {"own": own})
        error = cells.run(cell, place, lambda: False)
        if error is not None:
            return error
        return {name: Path(place, name).read_bytes() for name in cells.FILES}


def run(
    ray: Any,
    folder: Path,
    cells_to_run: list[Cell],
    jobs: int,
    stop: Callable[[], bool],
    on_start: Callable[[Cell], None],
) -> Iterator[Row]:
    """Yield each cell's row as it comes, until ``stop()``, which ends those at work and begins no other."""
    task = ray.remote(num_cpus=1, max_retries=0)(work)
    waiting = list(cells_to_run)
    running: dict[Any, Cell] = {}
    try:
        while (waiting or running) and not stop():
            while waiting and len(running) < jobs:
                cell = waiting.pop(0)
                on_start(cell)
                running[task.remote(cell)] = cell
            done, _ = ray.wait(list(running), num_returns=1, timeout=PATIENCE)
            for reference in done:
                yield finished(ray, folder, running.pop(reference), reference)
    finally:
        for reference in running:
            ray.cancel(reference, force=True)


def finished(ray: Any, folder: Path, cell: Cell, reference: Any) -> Row:
    try:
        files = ray.get(reference)
    except Exception as error:  # its node went away, or has no d2l-multi
        return Row(cell, error=plain(f"{type(error).__name__}: {error}"))
    if isinstance(files, str):
        return Row(cell, error=plain(files))
    try:
        place = results.part(folder, cell)
        results.write(place, files)
    except OSError as error:
        return Row(cell, error=f"its result could not be kept: {error}")
    return results.keep(folder, cell, place, None)
