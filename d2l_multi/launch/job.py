"""A job on this machine: its processes started, watched and ended, and who is to blame if it failed."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from d2l_multi.launch import records
from d2l_multi.launch.engines import Plan, starts
from d2l_multi.workers.processes import kill, last_words

PERIOD = 0.1  # seconds between two looks
GRACE = 0.5  # seconds that others have to tell their side after a first failure
ENDING = 10.0  # seconds for processes to be gone that were killed


class Failed(Exception):
    """The job failed; says which worker, where and why."""


class Member:
    """A process of the job on this machine: a worker, or one that only serves them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.silence = 0.0
        self._seen: Any = None
        self._shown = {"out": 0, "err": 0}

    @property
    def state(self) -> dict[str, Any]:
        return records.read(self.folder, "state")

    @property
    def end(self) -> dict[str, Any]:
        return records.read(self.folder, "end")

    @property
    def pids(self) -> list[int]:
        """The keeper's, and the process's own."""
        return records.read(self.folder, "keeper").get("pids", [])

    @property
    def is_worker(self) -> bool:
        return self.folder.name.startswith("worker")

    def look(self) -> None:
        """Count its silence on, unless there is a sign of life."""
        sizes = [_size(self.folder / name) for name in ("out", "err")]
        seen = (records.read_pulse(self.folder), self.state, self.end, sizes)
        self.silence = 0.0 if seen != self._seen else self.silence + PERIOD
        self._seen = seen

    def show(self) -> None:
        """Pass on what it has written."""
        for name, stream in (("out", sys.stdout), ("err", sys.stderr)):
            with suppress(OSError), open(self.folder / name, "rb") as file:
                file.seek(self._shown[name])
                text = file.read()
                self._shown[name] += len(text)
                if text:
                    stream.write(text.decode(errors="replace"))
                    stream.flush()

    def name(self, plan: Plan) -> str:
        """Which process this is, for people."""
        kind, _, local = self.folder.name.partition("-")
        state = self.state
        if kind == "worker":
            rank = state.get("rank", plan.machine * plan.per_machine + int(local))
            kind = f"worker {rank} of {plan.workers}"
        process = f", process {self.pids[-1]}" if self.pids else ""
        return f"{kind} ({socket.gethostname()}{process})"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def run(plan: Plan, stop: Callable[[], bool]) -> bool:
    """Run a job to its end; False if it was to stop. Failed if it failed, with no process left of it."""
    with tempfile.TemporaryDirectory(prefix="d2l-multi-") as made:
        folder = Path(made)
        with started(plan, folder) as (engines, errors):
            return watch(plan, folder, engines, errors, stop)


@contextmanager
def started(plan: Plan, folder: Path) -> Iterator[tuple[list[subprocess.Popen], IO[bytes]]]:
    """The engine's processes; whatever becomes of us, none of the job outlives this block."""
    lifeline, ours = os.pipe()  # its end tells the workers that we are gone, however that came about
    engines: list[subprocess.Popen] = []
    with open(folder / "engine-output", "w+b") as errors:
        try:
            for start in starts(plan, folder):
                environment = {**os.environ, **start.environment}
                engines.append(
                    subprocess.Popen(
                        start.command,
                        stdin=lifeline,
                        stdout=errors,
                        stderr=errors,
                        env=environment,
                        start_new_session=True,
                    )
                )
            os.close(lifeline)
            yield engines, errors
        finally:
            os.close(ours)
            end(engines, folder)


def end(engines: list[subprocess.Popen], folder: Path) -> None:
    """End every process of the job."""
    import psutil

    doomed: dict[int, psutil.Process] = {}
    deadline = time.monotonic() + ENDING
    while True:
        pids = [pid for member in members(folder) for pid in member.pids]
        for pid in [*pids, *(engine.pid for engine in engines if engine.poll() is None)]:
            with suppress(psutil.Error):
                process = psutil.Process(pid)
                for each in (process, *process.children(recursive=True)):
                    doomed.setdefault(each.pid, each)
        for engine in engines:
            kill(engine)
        for process in doomed.values():
            with suppress(psutil.Error):
                process.kill()
        for engine in engines:
            engine.wait()
        left = [process for process in doomed.values() if _runs(process)]
        if not left or time.monotonic() > deadline:
            return
        time.sleep(0.02)


def _runs(process: Any) -> bool:
    import psutil

    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def members(folder: Path) -> list[Member]:
    return [Member(path) for path in sorted(folder.glob("*-[0-9]*")) if path.is_dir()]


def watch(
    plan: Plan, folder: Path, engines: list[subprocess.Popen], errors: IO[bytes], stop: Callable[[], bool]
) -> bool:
    known: dict[str, Member] = {}
    silence = 0.0  # while not all workers are there
    while True:
        time.sleep(PERIOD)
        for member in members(folder):
            known.setdefault(member.folder.name, member)
        here = list(known.values())
        workers = [member for member in here if member.is_worker]
        first = [member for member in workers if member.state.get("rank") == 0]
        for member in here:
            member.look()
        for member in first:
            member.show()
        if stop():
            return False
        if any(member.end.get("code") for member in here):
            time.sleep(GRACE)
            for member in first:
                member.show()
            raise Failed(blame(plan, here))
        ended = [member for member in workers if member.end]
        if len(ended) == plan.per_machine:
            for member in first:
                member.show()
            return True
        if all(engine.poll() is not None for engine in engines):
            if len(workers) < plan.per_machine:
                words = " | ".join(last_words(errors)[-3:])
                raise Failed(f"{plan.backend}'s launcher on {socket.gethostname()} ended without workers: {words}")
        silence = silence + PERIOD if len(workers) < plan.per_machine else 0.0
        if silence > plan.timeout:
            words = " | ".join(last_words(errors)[-3:])
            raise Failed(f"{plan.backend}'s launcher has started no workers for {plan.timeout:g} s: {words}")
        if any(member.silence > plan.timeout for member in workers):
            raise Failed(silent(plan, [member for member in workers if not member.end]))


def blame(plan: Plan, here: list[Member]) -> str:
    """Which process failed, where and why: the first that did not fail because others had."""

    def key(member: Member) -> tuple:
        end, state = member.end, member.state
        told = "raised" in state
        return (bool(end.get("stopped")), told and not state["blamed"], end.get("at", 0.0))

    failed = [member for member in here if member.end.get("code")]
    member = min(failed, key=key)
    state = member.state
    why = state.get("raised") or member.end["how"].splitlines()[0]
    place = f" in {state['place']}" if state.get("place") else ""
    if not member.is_worker or state.get("rank") != 0:  # whose output nobody has seen
        with open(member.folder / "err", "rb") as err:
            for line in last_words(err):
                print(line, file=sys.stderr)
    return f"{member.name(plan)} {why}{place}"


def silent(plan: Plan, here: list[Member]) -> str:
    """Which worker keeps the others waiting, and what it is at."""
    busy = [member for member in here if not records.read_pulse(member.folder)[1]]
    member = max(busy or here, key=lambda member: member.silence)
    quiet = f"no sign of life for {plan.timeout:g} s"
    joining = "rank" not in member.state
    if joining:
        host, port = plan.rendezvous
        others = f" (on other machines? they meet at {host}:{port})" if plan.machines > 1 else ""
        return f"{member.name(plan)} gave {quiet}: it waits for workers that have not joined{others}"
    at = stack(member, plan)
    if not busy:
        lost = " or of another machine" if plan.machines > 1 else ""
        return f"{member.name(plan)} gave {quiet}: every worker waits for a sum of the others{lost}{at}"
    return f"{member.name(plan)} gave {quiet}{at}; the others wait for it"


def stack(member: Member, plan: Plan) -> str:
    """Where in the script a worker is that still answers."""
    path = member.folder / "stack"
    for pid in member.pids[-1:]:
        with suppress(OSError):
            os.kill(pid, signal.SIGUSR1)
    deadline = time.monotonic() + 1
    while not _size(path) and time.monotonic() < deadline:
        time.sleep(0.05)
    lines = path.read_text(errors="replace").splitlines() if path.exists() else []
    home = os.path.dirname(os.path.abspath(plan.script))
    for line in lines:  # innermost first: File "/folder/train.py", line 12 in f
        if line.strip().startswith("File") and os.path.abspath(line.split('"')[1]).startswith(home + os.sep):
            return f", in {os.path.basename(line.split(chr(34))[1])}, line {line.split(', line ')[1].split()[0]}"
    return "" if lines else "; it is stopped, or busy outside Python"
