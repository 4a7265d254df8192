"""Starts one worker per backend, one after the other, and lays its trajectory beside the reference."""

import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from d2l_multi.common import wire
from d2l_multi.common.processes import epitaph, installed, worker
from d2l_multi.compare.experiments import EXPERIMENTS, Problem
from d2l_multi.compare.reference import Model, trajectory
from d2l_multi.compare.verdict import Deviations, Outcome

WORKER = "d2l_multi.compare.worker"


@dataclass(frozen=True)
class Options:
    experiment: str
    device: str
    dtype: str
    epochs: int
    batch_size: int
    lr: float
    seed: int
    tolerance: float


@dataclass
class Reference:
    """What NumPy makes of the experiment."""

    losses: list[float]
    final_loss: float
    accuracy: float | None


class Comparison:
    """One experiment, ready to be run in any number of backends."""

    def __init__(self, options: Options, data_folder: Path | None) -> None:
        self.options = options
        self.experiment = EXPERIMENTS[options.experiment]
        self.problem: Problem = self.experiment.problem(options.dtype, options.seed, data_folder)

    @property
    def num_steps(self) -> int:
        return self.options.epochs * -(-len(self.problem.X) // self.options.batch_size)

    def reference(self) -> Reference:
        model = self.experiment.reference(self.problem.params, self.options.seed)
        losses = [float(loss) for loss, *_ in self._trajectory(model)]
        problem, accuracy = self.problem, None
        with np.errstate(all="ignore"):
            final_loss = model.loss(model.outputs(problem.X.astype(np.float64)), problem.y)
            if problem.X_test is not None:
                predicted = model.outputs(problem.X_test.astype(np.float64)).argmax(axis=1)
                accuracy = float(np.mean(predicted == problem.y_test))
        return Reference(losses, final_loss, accuracy)

    def _trajectory(self, model: Model) -> Iterator[list[np.ndarray]]:
        o = self.options
        return trajectory(
            model,
            self.problem.X,
            self.problem.y,
            epochs=o.epochs,
            batch_size=o.batch_size,
            lr=o.lr,
            seed=o.seed,
        )

    def run(self, backend: str, on_step: Callable[[int, float], None]) -> Outcome:
        """Train in one backend. Whatever happens to its process ends up in the outcome."""
        if not installed(backend):
            from d2l_multi.compat.loading import install_command

            error = f"{backend} is not installed; install it with: {install_command(backend)}"
            return Outcome("missing", error=error)
        outcome = Outcome("failed", device=self.options.device)
        with tempfile.TemporaryDirectory() as folder:
            job = Path(folder) / "job.npz"
            self._write_job(job)
            with worker(WORKER, backend, str(job)) as (process, stderr):
                self._follow(process.stdout, outcome, on_step)
                process.wait()
                if outcome.status == "failed" and outcome.error is None:
                    outcome.error = epitaph(process.returncode, stderr)
        return outcome

    def _write_job(self, path: Path) -> None:
        arrays = {name: value for name, value in vars(self.problem).items() if isinstance(value, np.ndarray)}
        arrays |= {f"param_{i}": param for i, param in enumerate(self.problem.params)}
        options = asdict(self.options) | {"num_params": len(self.problem.params)}
        np.savez(path, options=np.asarray(json.dumps(options)), **arrays)

    def _follow(self, channel: Any, outcome: Outcome, on_step: Callable[[int, float], None]) -> None:
        """Read the worker's messages to their end, comparing each step with the reference's."""
        expected = self._trajectory(self.experiment.reference(self.problem.params, self.options.seed))
        deviations = Deviations()
        while message := wire.receive(channel):
            header, arrays = message
            kind = header.pop("kind")
            if kind == "started":
                outcome.version = header["version"]
            elif kind == "step":
                deviations.add(arrays, next(expected))
                outcome.losses.append(float(arrays[0]))
                on_step(len(outcome.losses), outcome.losses[-1])
            elif kind == "failed":
                outcome.error = header["error"]
            elif kind == "finished":
                for name, value in header.items():
                    setattr(outcome, name, value)
                outcome.max_deviation = deviations.largest()
                outcome.judge(self.options.tolerance)
        outcome.deviations = deviations.per_step().tolist()


def probe(backend: str) -> dict[str, Any]:
    """What a worker finds out about its framework: version and GPUs, or why it does not import."""
    with worker(WORKER, backend) as (process, stderr):
        message = wire.receive(process.stdout)  # type: ignore[arg-type]
        process.wait()
        return message[0] if message else {"kind": "failed", "error": epitaph(process.returncode, stderr)}
