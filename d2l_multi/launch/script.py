"""One worker: joins the others, runs the reader's script, and looks whether all of them trained alike."""

import faulthandler
import os
import random
import runpy
import signal
import sys
import traceback
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from d2l_multi.book.distribution import workers
from d2l_multi.book.distribution.gradients import NotDistributed
from d2l_multi.compat.loading import silence
from d2l_multi.launch import records
from d2l_multi.workers.processes import prepare_for
from d2l_multi.workers.texts import one_line


def main() -> None:
    """``FOLDER BACKEND DEVICE SEED SCRIPT ARGUMENTS``"""
    where, backend, device, seed, script, *arguments = sys.argv[1:]
    folder = Path(where)
    pulse = records.Pulse(folder / "pulse")
    stack = open(folder / "stack", "w")  # noqa: SIM115 - for as long as this process lasts
    faulthandler.register(signal.SIGUSR1, stack, all_threads=False)
    if device == "cpu":
        prepare_for(device)
    else:
        take_gpu(int(folder.name.rpartition("-")[2]))
    os.environ["MPLBACKEND"] = os.environ.get("MPLBACKEND", "Agg")  # no windows, of which there would be many
    try:
        engine = import_module(f"d2l_multi.book.distribution.{backend}")
        records.write(folder, "state", imported=True)
        with silence():
            engine.join(pulse)
        records.write(folder, "state", rank=workers.worker_rank(), workers=workers.num_workers())
        for function in (random.seed, np.random.seed, engine.seed):
            function(int(workers.total([int(seed) if workers.is_first() else 0])[0]))
        sys.argv = [script, *arguments]
        sys.path.insert(0, os.path.dirname(os.path.abspath(script)))
        namespace = run(script)
        check_alike(namespace, engine.trained)
        engine.leave()
    except BaseException as error:
        tell(error, script, pulse.waiting, folder)
        flush()
        os._exit(error.code if isinstance(error, SystemExit) and isinstance(error.code, int) else 1)
    records.write(folder, "state", rank=workers.worker_rank(), workers=workers.num_workers(), finished=True)


def take_gpu(local: int) -> None:
    """One for each worker of this machine, which is to be the only one that it sees."""
    visible = [label for label in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if label]
    os.environ["CUDA_VISIBLE_DEVICES"] = visible[local] if local < len(visible) else str(local)
    os.environ.pop("FLAGS_selected_gpus", None)  # Paddle's launcher counts among all


def run(script: str) -> dict[str, Any]:
    """The script's names after it ran; none if it ended itself, successfully."""
    try:
        return runpy.run_path(script, run_name="__main__")
    except SystemExit as end:
        if end.code not in (None, 0):
            raise
        return {}


def tell(error: BaseException, script: str, waiting: bool, folder: Path) -> None:
    """The error on stderr, and in a line for the process that watches."""
    if isinstance(error, SystemExit):
        told = isinstance(error.code, str)
        what = one_line(error.code, 300) if told else f"ended with exit code {error.code}"
    else:
        what = f"{type(error).__name__}: {one_line(error, 500)}"
        traceback.print_exception(error)
    frames = traceback.extract_tb(error.__traceback__)
    home = os.path.dirname(os.path.abspath(script))
    theirs = [frame for frame in frames if os.path.abspath(frame.filename).startswith(home + os.sep)]
    place = f"{os.path.basename(theirs[-1].filename)}, line {theirs[-1].lineno}" if theirs else ""
    # Who waits for a worker that is gone tells of it too, and is not the one to blame.
    blamed = not waiting or isinstance(error, NotDistributed)
    records.write(
        folder,
        "state",
        rank=workers.worker_rank(),
        workers=workers.num_workers(),
        raised=what,
        place=place,
        blamed=blamed,
    )


def flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        stream.flush()


def check_alike(namespace: Mapping[str, Any], trained: Any) -> None:
    """Whether what the script has trained is the same in every worker, to the last bit."""
    found = dict(_trained(namespace, trained))
    lengths = np.zeros(workers.num_workers())
    lengths[workers.worker_rank()] = len(found)
    if len(set(workers.total(lengths))) > 1:
        raise NotDistributed("the workers do not have as many trained parameters each when the script ends")
    for name, same in zip(found, workers.alike([*found.values()])):
        if not same:
            raise NotDistributed(
                f"{name} differs between the workers: a loop of the script's own trained each on its share "
                "of the batches alone. Train with train_epoch_ch3, train_ch3, a Trainer or d2l.sgd, which "
                "sum gradients over all workers"
            )


def _trained(values: Mapping[str, Any], trained: Any, depth: int = 2) -> Iterator[tuple[str, np.ndarray]]:
    """The parameters behind a script's names: tensors, nets, trainers, and lists of these."""
    for name, value in values.items():
        if name.startswith("__"):
            continue
        arrays = trained(getattr(value, "__dict__", {}).get("model", value))
        yield from ((name if len(arrays) == 1 else f"{name}[{i}]", array) for i, array in enumerate(arrays))
        if isinstance(value, (list, tuple)) and depth:
            inside = {f"{name}[{i}]": item for i, item in enumerate(value)}
            yield from _trained(inside, trained, depth - 1)
