"""A job on this machine: its processes started, watched and ended."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from d2l_multi.launch.engines import Plan, starts, surroundings, taken
from d2l_multi.launch.members import PERIOD, Member, failure, members, silence
from d2l_multi.workers.processes import kill, last_words

if TYPE_CHECKING:
    import psutil

IMPORT = 120.0  # seconds that a framework has to import at least; the slowest need 20 on a slow disk
GRACE = 0.5  # seconds that others have to tell their side after a first failure
ENDING = 10.0  # seconds that killed processes have to be gone


class Failed(Exception):
    """The job failed; says which worker, where and why."""


def run(plan: Plan, stop: Callable[[], bool]) -> bool:
    """Run a job to its end; False if it was to stop. Failed if it failed. Then no process is left of it."""
    if (port := taken(plan)) is not None:
        raise Failed(f"{port} is taken on this machine ({socket.gethostname()}): name another --rendezvous")
    with tempfile.TemporaryDirectory(prefix="d2l-multi-job-") as made:
        folder = Path(made)
        with started(plan, folder) as (engines, output):
            return watch(plan, folder, engines, output, stop)


@contextmanager
def started(plan: Plan, folder: Path) -> Iterator[tuple[list[subprocess.Popen], IO[bytes]]]:
    """The engine's processes and what they write; whatever becomes of us, none outlives this block."""
    lifeline, ours = os.pipe()  # its end tells the workers that we are gone, however that came about
    engines: list[subprocess.Popen] = []
    terminal = {"D2L_MULTI_TERMINAL": "1"} if sys.stdout.isatty() and sys.stderr.isatty() else {}
    with open(folder / "engine-output", "w+b") as output:
        try:
            for start in starts(plan, folder):
                engine = subprocess.Popen(
                    start.command,
                    stdin=lifeline,
                    stdout=output,
                    stderr=output,
                    env={**surroundings(), **terminal, **start.environment},
                    start_new_session=True,
                )
                engines.append(engine)
            os.close(lifeline)
            yield engines, output
        finally:
            os.close(ours)
            end(engines, folder)


def end(engines: list[subprocess.Popen], folder: Path) -> None:
    """End every process of the job, those too that were starting others while this began."""
    found: dict[int, psutil.Process] = {}
    deadline = time.monotonic() + ENDING
    while True:
        alive = [engine.pid for engine in engines if engine.poll() is None]
        _add_families(found, [*alive, *(pid for member in members(folder) for pid in member.pids)])
        for engine in engines:
            kill(engine)
        left = [process for process in found.values() if _runs(process)]
        for process in left:
            with suppress(OSError):
                process.kill()
        for engine in engines:
            engine.wait()
        if not left or time.monotonic() > deadline:
            return
        time.sleep(PERIOD / 5)


def _add_families(found: "dict[int, psutil.Process]", pids: list[int]) -> None:
    """These processes, and those that they have started."""
    import psutil

    for pid in pids:
        with suppress(psutil.Error):
            process = psutil.Process(pid)
            for each in (process, *process.children(recursive=True)):
                found.setdefault(each.pid, each)


def _runs(process: "psutil.Process") -> bool:
    import psutil

    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def watch(
    plan: Plan, folder: Path, engines: list[subprocess.Popen], output: IO[bytes], stop: Callable[[], bool]
) -> bool:
    """Pass on what worker 0 writes until all have ended, one has failed, or one keeps silent for too long."""
    known: dict[str, Member] = {}
    waited = 0.0  # for workers to be there
    while True:
        time.sleep(PERIOD)
        for member in members(folder):
            known.setdefault(member.folder.name, member)
        here = list(known.values())
        workers = [member for member in here if member.is_worker]
        waited = waited + PERIOD if len(workers) < plan.per_machine else 0.0
        for member in here:
            member.look()
        if any(member.end.get("code") for member in here):
            time.sleep(GRACE)
            show(workers)
            raise Failed(failure(plan, here))
        over = [member for member in workers if member.end]
        gone = all(engine.poll() is not None for engine in engines)
        show(workers)
        if stop():
            return False
        if len(over) == plan.per_machine:
            return True
        working = [member for member in workers if not member.end]
        starting = [member for member in working if not member.joined(plan)]
        # On one machine it is imports that are waited for until all are there, on several maybe for ever.
        limit = max(IMPORT, plan.timeout) if plan.machines == 1 else plan.timeout
        if waited and (gone or waited > limit):
            raise Failed(no_workers(plan, gone, waited, output))
        limit = max(IMPORT, plan.timeout) if starting else plan.timeout
        if any(member.silence > limit for member in working):
            raise Failed(silence(plan, starting or working))
        for member in working if starting else ():
            member.silence = member.silence if member in starting else 0.0


def show(workers: list[Member]) -> None:
    for member in workers:
        if member.state.get("rank") == 0:
            member.show()


def no_workers(plan: Plan, gone: bool, waited: float, output: IO[bytes]) -> str:
    host, port = plan.rendezvous
    where = f", which meet at {host}:{port}," if plan.machines > 1 else ""
    what = "ended before there were workers" if gone else f"has started no workers for {waited:.0f} s"
    words = " | ".join(line.strip() for line in last_words(output)[-3:])
    machine = f"machine {plan.machine} ({socket.gethostname()})"
    return f"{machine}: {plan.backend}'s launcher{where} {what}: {words}"
