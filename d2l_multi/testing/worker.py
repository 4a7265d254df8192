"""Runs a user's function in one backend and sends what it yields; arguments: BACKEND, DEVICE and JOB."""

import inspect
import pickle
import sys
import traceback
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from d2l_multi.workers import wire
from d2l_multi.workers.processes import prepare_for, private_stdout


def main() -> None:
    channel = private_stdout()
    backend, device, job = sys.argv[1:]
    prepare_for(device)
    try:
        d2l = import_module(f"d2l_multi.{backend}")
        if device == "gpu" and not d2l.num_gpus():
            send(channel, "no gpu")
            return
        folders, call = pickle.loads(Path(job).read_bytes())
        sys.path += [folder for folder in folders if folder not in sys.path]
        function, args, kwargs = pickle.loads(call)
        for name, value in steps(function(d2l, *args, **kwargs)):
            send(channel, "step", name, leaves(value))
        send(channel, "finished")
    except BaseException as error:
        send(channel, "failed", f"{type(error).__name__}: {error}\n{traceback.format_exc()}")


def steps(result: Any) -> Iterator[tuple[str, Any]]:
    """What a generator yields, one after the other, and what it or any other function returns."""
    if not inspect.isgenerator(result):
        yield "the returned value", result
        return
    number = 0
    while True:
        try:
            value = next(result)
        except StopIteration as end:
            if end.value is not None:
                yield "the returned value", end.value
            return
        yield f"step {number}", value
        number += 1


def leaves(value: Any) -> list:
    from d2l_multi.testing.structures import flatten

    return list(flatten(value))


def send(channel: Any, *message: Any) -> None:
    wire.write_frame(channel, pickle.dumps(message))
