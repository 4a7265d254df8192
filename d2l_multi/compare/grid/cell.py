"""One setting of a grid with all its backends: what identifies it, and a process that computes it.

``main`` is that process; its arguments are JOB, a file, and FOLDER, where it leaves its files. What brings
NumPy along is imported when it is known with how many threads.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from d2l_multi.workers.texts import plain

RESULT = "result.json"
FILES = ("report.json", "report.html", "curves.png", RESULT)
MEMORY_SHARE = 0.9  # of a machine's, for all that runs on it
BEAT = 1.0  # seconds between two signs of life
POINTS = 64  # of a curve, that are kept for the grid's charts
THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
MODULE = "d2l_multi.compare.grid.cell"


@dataclass(frozen=True)
class Cell:
    """One experiment with one setting."""

    number: int
    experiment: str  # as the report shows it
    setting: dict[str, Any]  # what varies
    job: dict[str, Any]  # all that the process needs, JSON
    fingerprint: str  # of all that the result depends on
    name: str  # of its folder
    source: bytes | None = field(default=None, repr=False)  # of a user's own file

    @property
    def timeout(self) -> float:
        """Seconds of silence after which it is ended; its own backends are ended before."""
        return 2 * self.job["limits"]["timeout"] + 60


def run(cell: Cell, folder: Path, stop: Callable[[], bool]) -> str | None:
    """Compute a cell in a process of its own; why it could not be done, or None."""
    from d2l_multi.workers import wire
    from d2l_multi.workers.processes import Watchdog, epitaph, kill, worker

    job = folder / "job.json"
    job.write_text(json.dumps(cell.job | {"fingerprint": cell.fingerprint}), encoding="utf-8")
    error = None
    with (
        worker(MODULE, str(job), str(folder)) as (process, stderr),
        Watchdog(process, timeout=cell.timeout, stop=stop) as watchdog,
    ):
        assert process.stdout is not None
        try:
            while message := wire.receive(process.stdout):  # type: ignore[arg-type]
                watchdog.feed()
                if message[0].get("kind") == "failed":
                    error = plain(message[0].get("error"))
        except wire.Malformed as malformed:
            error = plain(malformed)
            kill(process)
        process.wait()
        if watchdog.cause == "silence":
            error = f"gave no sign of life for {cell.timeout:g} s, and was ended"
        elif error is None and process.returncode:
            error = epitaph(process.returncode, stderr)
    job.unlink()
    return error


def main() -> None:
    from d2l_multi.workers.processes import private_stdout

    channel = private_stdout()
    job_file, folder = map(Path, sys.argv[1:])
    job = json.loads(job_file.read_text(encoding="utf-8"))
    if job["threads"]:
        for name in THREADS:
            os.environ.setdefault(name, str(job["threads"]))

    from d2l_multi.compare import report
    from d2l_multi.workers import wire

    said = 0.0

    def on_step(*_: object) -> None:
        nonlocal said
        if time.monotonic() - said > BEAT:
            said = time.monotonic()
            wire.send(channel, "alive")

    try:
        comparison = prepared(job)
        on_step()
        if comparison.has_reference:
            comparison.run_reference(on_step)
        outcomes = {}
        for backend in job["backends"]:
            wire.send(channel, "alive")
            outcomes[backend] = comparison.run(backend, on_step)
        options, reference = comparison.options, comparison.reference
        report.write(folder, options, outcomes, reference)
        result = {
            "fingerprint": job["fingerprint"],
            "summary": report.summary(options, outcomes, reference),
            "remarks": {name: outcome.remark() for name, outcome in outcomes.items()},
            "losses": points(reference.losses),
        }
        Path(folder, RESULT).write_text(json.dumps(result, allow_nan=False), encoding="utf-8")
    except Exception as error:
        wire.send(channel, "failed", error=f"{type(error).__name__}: {error}")
        sys.exit(1)


def prepared(job: dict[str, Any]) -> Any:
    from d2l_multi.compare import runner
    from d2l_multi.compare.own import comparison, program
    from d2l_multi.compat.cores import num_cores
    from d2l_multi.workers.processes import machine_memory_mib

    timeout, memory = job["limits"]["timeout"], job["limits"]["memory_mib"]
    if memory is None:  # of a machine of which nobody knew: as if there were a cell for each of its cores
        memory = MEMORY_SHARE * machine_memory_mib() / num_cores()
    limits = runner.Limits(timeout, memory)
    if job["own"] is None:
        data = job["data"]
        return runner.Comparison(
            runner.Options(**job["options"]), limits, None if data is None else Path(data)
        )
    own = program.Program(Path(job["own"]["path"]), program.functions(job["own"]["functions"]))
    return comparison.OwnComparison(comparison.OwnOptions(**job["options"]), limits, own)


def points(curve: Any) -> list[list[float]]:
    """Some points of a curve, (step, value); what is no number has none."""
    import numpy as np

    chosen = np.unique(np.linspace(0, len(curve) - 1, POINTS).astype(int)) if len(curve) else []
    steps = curve.steps
    return [[steps[i], curve.values[i]] for i in chosen if np.isfinite(curve.values[i])]
