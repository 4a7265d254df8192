"""A user's file in a process of its own; arguments: ``look`` and FILE, or BACKEND (or ``numpy``) and JOB.

Messages go to what was stdout when the process started; what the file prints ends up on stderr.
"""

import json
import sys
import time
import traceback
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from d2l_multi.arrays import to_host
from d2l_multi.compare.own import program
from d2l_multi.compare.worker import introduce, peak_memory_mib
from d2l_multi.testing.structures import flatten
from d2l_multi.workers import wire
from d2l_multi.workers.processes import prepare_for, private_stdout

WANTED = 'a dict with "loss", one number, and "parameters", after each step'


class NoStep(TypeError):
    """What the user's function yields cannot be compared."""


def main() -> None:
    channel = private_stdout()
    backend, argument = sys.argv[1:]
    if backend == "look":
        job: dict[str, Any] = {"path": argument}
    else:
        job = json.loads(Path(argument).read_text(encoding="utf-8"))
    path = Path(job["path"])
    try:
        if backend == "look":
            look(channel, path)
        else:
            run(channel, backend, path, job)
    except BaseException as error:  # SystemExit is the user's own
        traceback.print_exc()
        wire.send(channel, "failed", error=program.told(error, path))
        sys.exit(1)


def look(channel: BinaryIO, path: Path) -> None:
    """Say what the file defines. It may import frameworks at its top, which need their repairs."""
    from d2l_multi.compat import libraries_beside_tensorflow, mxnet_on_numpy

    libraries_beside_tensorflow.install()
    mxnet_on_numpy.install()
    prepare_for("cpu")
    wire.send(channel, "functions", functions=program.defined(program.load(path)))


def run(channel: BinaryIO, backend: str, path: Path, job: dict[str, Any]) -> None:
    arguments: list[Any] = []
    options = dict(job["arguments"])
    if backend == "numpy":
        prepare_for("cpu")
        wire.send(channel, "started", version=np.__version__)
    else:
        d2l, about = introduce(backend, job["device"])
        if job["device"] == "gpu" and not about["num_gpus"]:
            raise RuntimeError(f"--device gpu: {backend} {about['version']} can use no GPU on this machine")
        wire.send(channel, "started", **about)
        arguments.append(d2l)
        if job["takes_device"]:
            options["device"] = d2l.gpu(0) if job["device"] == "gpu" else d2l.cpu()
    function = getattr(program.load(path), job["function"])
    seconds = 0.0
    steps = iterator(function(*arguments, **options), job["function"])
    while True:
        begun = time.perf_counter()
        try:
            step = next(steps)
        except StopIteration:
            break
        finally:
            seconds += time.perf_counter() - begun
        send_step(channel, step, job["function"])
    wire.send(channel, "finished", seconds=seconds, peak_memory_mib=peak_memory_mib())


def iterator(result: Any, function: str) -> Iterator[Any]:
    if isinstance(result, (Mapping, str, bytes)) or not isinstance(result, Iterable):
        raise NoStep(f"{function}() returned {type(result).__name__}; it is to yield {WANTED}")
    return iter(result)


def send_step(channel: BinaryIO, step: Any, function: str) -> None:
    """One message for what was yielded: its arrays in order, their names, and what is no number."""
    if not isinstance(step, Mapping) or not {"loss", "parameters"} <= step.keys():
        kind = f"a dict without {missing(step)}" if isinstance(step, Mapping) else type(step).__name__
        raise NoStep(f"{function}() yielded {kind}; it is to yield {WANTED}")
    names, arrays, unknown, plain = [], [], [], {}
    for path, leaf in flatten(one_loss(step, function)):
        if isinstance(leaf, np.ndarray):
            names.append(path)
            arrays.append(leaf)
        elif isinstance(leaf, (int, float, complex)) and not isinstance(leaf, bool):
            unknown.append(path)  # in which precision it was computed
            names.append(path)
            arrays.append(np.asarray(leaf))
        else:
            plain[path] = repr(leaf)
    wire.send(channel, "step", arrays, names=names, unknown=unknown, plain=plain)


def one_loss(step: Mapping, function: str) -> dict:
    """The step with its loss first, which is one number whatever its shape."""
    loss = step["loss"]
    if not isinstance(loss, (int, float)):
        array = to_host(loss)
        if array.dtype.kind not in "biuf" or array.size != 1:
            raise NoStep(
                f"{function}() yielded as its loss {type(loss).__name__} of shape {array.shape}; "
                "it is to be one number"
            )
        loss = array.reshape(())
    return {"loss": loss, **{name: value for name, value in step.items() if name != "loss"}}


def missing(step: Mapping) -> str:
    return " and ".join(f'"{name}"' for name in ("loss", "parameters") if name not in step)
