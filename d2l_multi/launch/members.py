"""The processes of a job on this machine, seen from outside: signs of life, output, how each ended."""

import codecs
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from d2l_multi.launch import records
from d2l_multi.launch.engines import Plan
from d2l_multi.workers.processes import last_words

PERIOD = 0.1  # seconds between two looks
ANSWER = 1.0  # seconds that a worker has to say where it is


class Member:
    """A process of the job: a worker, or one that only serves them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.silence = 0.0
        self._seen: Any = None
        self._shown = {"out": 0, "err": 0}
        self._decode = {name: codecs.getincrementaldecoder("utf-8")("replace").decode for name in self._shown}

    @property
    def is_worker(self) -> bool:
        return self.folder.name.startswith("worker")

    @property
    def state(self) -> dict[str, Any]:
        """What a worker says of itself."""
        return records.read(self.folder, "state")

    @property
    def end(self) -> dict[str, Any]:
        """How it ended, as its keeper saw it."""
        return records.read(self.folder, "end")

    @property
    def pids(self) -> list[int]:
        """Its keeper's, and its own."""
        return records.read(self.folder, "keeper").get("pids", [])

    def joined(self, plan: Plan) -> bool:
        """Whether it has begun to wait for other machines, or with none of these found all workers."""
        return ("rank" in self.state) if plan.machines == 1 else bool(self.state)

    @property
    def waits(self) -> bool:
        """Whether it waits for the other workers."""
        return records.read_pulse(self.folder)[1]

    def look(self) -> None:
        """Count its silence on, unless there is a sign of life; while all are suspended nobody is silent."""
        sizes = [_size(self.folder / name) for name in self._shown]
        seen = (records.read_pulse(self.folder), self.state, self.end, sizes)
        self.silence = 0.0 if seen != self._seen else self.silence + PERIOD
        self._seen = seen

    def show(self) -> None:
        """Pass on what it has written since."""
        for name, stream in (("out", sys.stdout), ("err", sys.stderr)):
            with suppress(OSError), open(self.folder / name, "rb") as file:
                file.seek(self._shown[name])
                if text := file.read():
                    self._shown[name] += len(text)
                    stream.write(self._decode[name](text))
                    stream.flush()

    def last_words(self) -> list[str]:
        with open(self.folder / "err", "rb") as err:
            return last_words(err)

    def name(self, plan: Plan) -> str:
        """Which process this is, for people."""
        kind, _, local = self.folder.name.partition("-")
        if self.is_worker:
            rank = self.state.get("rank", plan.machine * plan.per_machine + int(local))
            kind = f"worker {rank} of {plan.workers}"
        process = f", process {self.pids[-1]}" if self.pids else ""
        return f"{kind} ({socket.gethostname()}{process})"


def members(folder: Path) -> Iterator[Member]:
    for path in sorted(folder.glob("*-[0-9]*")):
        if path.is_dir():
            yield Member(path)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def failure(plan: Plan, here: list[Member]) -> str:
    """Which process failed, where and why: the first of those that did not fail because others had."""

    def key(member: Member) -> tuple:
        lost_others = not member.state.get("blamed", True)
        return bool(member.end.get("stopped")), lost_others, member.end.get("at", 0.0)

    member = min((member for member in here if member.end.get("code")), key=key)
    state = member.state
    if state.get("rank") != 0:  # whose output nobody has seen
        print(*member.last_words(), sep="\n", file=sys.stderr)
    why = state.get("raised") or member.end["how"].splitlines()[0]
    place = f" in {state['place']}" if state.get("place") else ""
    return f"{member.name(plan)}: {why}{place}"


def silence(plan: Plan, here: list[Member]) -> str:
    """Which worker keeps the others waiting, and what it is at."""
    busy = [member for member in here if not member.waits]
    member = max(busy or here, key=lambda member: member.silence)
    told = f"{member.name(plan)}: no sign of life for {plan.timeout:g} s"
    if "rank" not in member.state:
        host, port = plan.rendezvous
        where = f" at {host}:{port}" if plan.machines > 1 else ""
        return f"{told}; it waits for workers that do not come{where}"
    at = place(member, plan)
    if not busy:
        lost = " or of another machine" if plan.machines > 1 else ""
        return f"{told}; every worker waits for a sum over all of them{lost}{at}"
    return f"{told}{at}; the others wait for it"


def place(member: Member, plan: Plan) -> str:
    """Where in the script a worker is, if it answers."""
    path = member.folder / "stack"
    with suppress(OSError, IndexError):
        os.kill(member.pids[-1], signal.SIGUSR1)
    deadline = time.monotonic() + ANSWER
    while not _size(path) and time.monotonic() < deadline:
        time.sleep(PERIOD / 2)
    home = os.path.dirname(os.path.abspath(plan.script)) + os.sep
    lines = path.read_text(errors="replace").splitlines() if path.exists() else []
    for line in lines:  # innermost first, such as: File "/folder/train.py", line 12 in main
        file, _, number = line.strip().removeprefix('File "').partition('", line ')
        if os.path.abspath(file).startswith(home) and number:
            return f", in {os.path.basename(file)}, line {number.split()[0]}"
    return "" if lines else "; it does not answer"
