"""The parent of one worker: starts it, keeps its output, tells how it ended, and ends it with the job."""

import os
import signal
import sys
import time
from pathlib import Path

from d2l_multi.launch import records
from d2l_multi.workers.processes import epitaph, worker

# Where each engine says which of this machine's workers a process is; ours, where there is no engine to say.
LOCAL_RANK = ("D2L_MULTI_LOCAL_RANK", "LOCAL_RANK", "PADDLE_LOCAL_RANK")


def main() -> None:
    """``FOLDER MODULE ARGUMENTS``: run ``main`` of a module in a process of its own."""
    job, module, *arguments = sys.argv[1:]
    name = os.environ.get("D2L_MULTI_ROLE", "worker")
    local = next((os.environ[key] for key in LOCAL_RANK if key in os.environ), "0")
    folder = Path(job, f"{name}-{local}")
    folder.mkdir()
    signal.signal(signal.SIGTERM, ended_by_engine)
    stopped, code = False, 1
    with open(folder / "out", "wb") as out, open(folder / "err", "w+b") as err:
        try:
            with worker(module, str(folder), *arguments, stdout=out, stderr=err) as (process, _):
                records.write(folder, "keeper", pids=[os.getpid(), process.pid])
                code = process.wait()
        except SystemExit:
            stopped = True
        records.write(folder, "end", code=code, at=time.time(), stopped=stopped, how=epitaph(code, err))
    sys.exit(code != 0)


def ended_by_engine(number: int, frame: object) -> None:
    sys.exit(1)
