"""One backend in a process of its own; its arguments are BACKEND and, to train, JOB.

Without a job file it only says what the framework is and which devices it has. Messages go to what
was stdout when the process started; whatever the framework prints ends up on stderr.
"""

import json
import sys
import traceback
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import BinaryIO

import numpy as np

from d2l_multi.book.distribution.workers import alike
from d2l_multi.compare.experiments import EXPERIMENTS, Problem
from d2l_multi.compare.models.ways import parts
from d2l_multi.workers import wire
from d2l_multi.workers.processes import prepare_for, private_stdout


def introduce(backend: str, device: str) -> tuple[ModuleType, dict]:
    prepare_for(device)
    d2l = import_module(f"d2l_multi.{backend}")
    version = sys.modules[backend].__version__
    return d2l, {"version": version, "num_gpus": d2l.num_gpus()}


def run(channel: BinaryIO, backend: str, job_path: Path) -> None:
    with np.load(job_path, allow_pickle=False) as job:
        options = json.loads(str(job["options"]))
        arrays = {key: job[key] for key in job.files if key != "options"}
    params = [arrays.pop(f"param_{i}") for i in range(options["num_params"])]
    problem = Problem(**arrays, params=params)

    d2l, about = introduce(backend, options["device"])
    if options["device"] == "gpu" and not about["num_gpus"]:
        raise RuntimeError(f"--device gpu: {backend} {about['version']} can use no GPU on this machine")
    wire.send(channel, "started", **about)

    device = d2l.gpu(0) if options["device"] == "gpu" else d2l.cpu()
    training = Training(d2l, device, problem, options)
    wire.send(channel, "start", training.model.values())
    for values in training.steps():
        wire.send(channel, "step", values)
    if not all(alike(training.model.values())):
        raise RuntimeError("the workers' parameters differ at the end")
    result = training.result()
    # Timed apart from the recorded run, on parameters of its own, warm and with nothing read but the metrics.
    again = Training(d2l, device, problem, options)
    result["seconds_per_epoch"] = again.model.seconds_per_epoch(again.loader)
    wire.send(channel, "finished", **result, peak_memory_mib=peak_memory_mib())


class Training:
    """An experiment in one backend, through the functions that users call."""

    def __init__(self, d2l: ModuleType, device: object, problem: Problem, options: dict) -> None:
        self.d2l, self.problem, self.options = d2l, problem, options
        self.X, self.y = self.on_device(d2l, problem.X, problem.y, device)
        experiment = EXPERIMENTS[options["experiment"]]
        self.model = experiment.model(d2l, problem.params, options["lr"], device, options["seed"])
        shuffle = not experiment.num_states
        self.loader = d2l.load_array((self.X, self.y), options["batch_size"], shuffle, seed=options["seed"])
        self.device = device

    @staticmethod
    def on_device(d2l: ModuleType, X: np.ndarray, y: np.ndarray, device: object) -> tuple:
        """Tensors: images as the framework has them, labels in the integer type that it uses for them."""
        X = parts(d2l).images(X) if X.ndim == 4 else X
        label_dtype = d2l.tensor([0]).dtype if y.dtype.kind == "i" else None
        return d2l.tensor(X, device=device), d2l.tensor(y, dtype=label_dtype, device=device)

    def steps(self):
        """Train; after each step, yield the loss before it and the parameters after it."""
        for _ in range(self.options["epochs"]):
            for batch in self.loader:
                yield [np.asarray(self.model.epoch([batch])), *self.model.values()]

    def result(self) -> dict:
        """The loss on the training set and, where there is a test set, the accuracy on it."""
        result = {"final_loss": self.d2l.evaluate_loss(self.model.net, self.loader, self.model.loss)}
        if self.problem.X_test is not None and self.problem.y_test is not None:
            test = self.on_device(self.d2l, self.problem.X_test, self.problem.y_test, self.device)
            result["accuracy"] = self.d2l.evaluate_accuracy(self.model.net, [test])
        return result


def peak_memory_mib() -> float | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def main() -> None:
    channel = private_stdout()
    backend, *job = sys.argv[1:]
    try:
        if job:
            run(channel, backend, Path(job[0]))
        else:
            wire.send(channel, "started", **introduce(backend, "gpu")[1])
    except Exception as error:
        traceback.print_exc()
        wire.send(channel, "failed", error=f"{type(error).__name__}: {error}")
        sys.exit(1)
