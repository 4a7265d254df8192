"""One backend on several workers; its arguments are BACKEND and JOB, and its messages those of worker 0."""

import json
import os
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np

from d2l_multi.compare import launched
from d2l_multi.launch.engines import LOOPBACK, Plan
from d2l_multi.launch.job import Failed, run
from d2l_multi.workers import wire
from d2l_multi.workers.processes import private_stdout

SCRIPT = Path(str(launched.__file__)).with_name("train.py")


def main() -> None:
    messages = private_stdout()
    backend, job = sys.argv[1:]
    with np.load(job, allow_pickle=False) as file:
        options = json.loads(str(file["options"]))
    with tempfile.TemporaryDirectory() as folder:
        channel = os.path.join(folder, "channel")
        os.mkfifo(channel)

        def pass_on() -> None:
            with open(channel, "rb") as source:
                while frame := wire.read_frame(source):  # none that a worker left half-written
                    wire.write_frame(messages, frame)

        thread = threading.Thread(target=pass_on, daemon=True)  # it waits until somebody writes
        thread.start()
        plan = Plan(
            backend=backend,
            script=str(SCRIPT),
            arguments=(backend, job, channel),
            per_machine=options["workers"],
            machines=1,
            machine=0,
            rendezvous=(LOOPBACK, 0),
            hosts=(),
            address=LOOPBACK,
            device=options["device"],
            seed=options["seed"],
            timeout=options["timeout"],
        )
        try:
            run(plan, stop=lambda: False)
        except Failed as failure:
            thread.join(timeout=1)
            wire.send(messages, "failed", error=str(failure))
            sys.exit(1)
        thread.join()
