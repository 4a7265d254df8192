"""Starts one worker per backend, one after the other, and lays its trajectory beside the reference."""

import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from d2l_multi.common import wire
from d2l_multi.common.processes import Watchdog, epitaph, installed, kill, last_words, worker
from d2l_multi.common.texts import one_line, plain
from d2l_multi.compare.experiments import EXPERIMENTS, Problem
from d2l_multi.compare.reference import Model, trajectory
from d2l_multi.compare.verdict import Deviations, Outcome

WORKER = "d2l_multi.compare.worker"
PROBE_SECONDS = 120.0  # a framework has to import; the slowest need 20 on a slow disk
MEASURED = ("final_loss", "accuracy", "seconds_per_epoch", "peak_memory_mib")


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


@dataclass(frozen=True)
class Limits:
    """What a worker may take before it is ended: seconds without a message, and memory."""

    timeout: float
    memory_mib: float


@dataclass
class Reference:
    """What NumPy makes of the experiment."""

    losses: list[float]
    final_loss: float
    accuracy: float | None


class Comparison:
    """One experiment, ready to be run in any number of backends."""

    def __init__(self, options: Options, limits: Limits, data_folder: Path | None) -> None:
        self.options, self.limits = options, limits
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

    def run(
        self, backend: str, on_step: Callable[[int, float], None], stop: Callable[[], bool] = lambda: False
    ) -> Outcome:
        """Train in one backend until ``stop()``. Whatever happens to its process ends up in the outcome."""
        if stop():
            return Outcome("interrupted", error="not started: the comparison was interrupted before its turn")
        if not installed(backend):
            from d2l_multi.compat.loading import install_command

            error = f"{backend} is not installed; install it with: {install_command(backend)}"
            return Outcome("missing", error=error)
        outcome = Outcome("failed", device=self.options.device)
        try:
            with tempfile.TemporaryDirectory() as folder:
                job = Path(folder) / "job.npz"
                self._write_job(job)
                self._train(backend, job, outcome, on_step, stop)
        except OSError as error:  # no space for the job, or no room for another process
            outcome.error = f"its process could not be run: {error}"
        return outcome

    def _train(
        self,
        backend: str,
        job: Path,
        outcome: Outcome,
        on_step: Callable[[int, float], None],
        stop: Callable[[], bool],
    ) -> None:
        timeout, memory_mib = self.limits.timeout, self.limits.memory_mib
        with (
            worker(WORKER, backend, str(job)) as (process, stderr),
            Watchdog(process, timeout=timeout, memory_mib=memory_mib, stop=stop) as watchdog,
        ):
            try:
                self._follow(process.stdout, outcome, on_step, watchdog)
            except wire.Malformed as error:
                outcome.status, outcome.error = "failed", plain(error)
                kill(process)
            process.wait()
            if outcome.status != "failed":
                return
            reached = f"step {len(outcome.losses)} of {self.num_steps}"
            if watchdog.cause == "stop":
                outcome.status, outcome.error = "interrupted", f"the comparison was interrupted at {reached}"
            elif watchdog.cause:
                end = {
                    "silence": f"gave no sign of life for {timeout:g} s (--timeout)",
                    "memory": f"needed more than {memory_mib:.0f} MiB of memory (--memory)",
                }[watchdog.cause]
                outcome.error = "\n".join([f"{end} at {reached}, and was ended", *last_words(stderr)])
            elif outcome.error is None:
                outcome.error = epitaph(process.returncode, stderr)

    def _write_job(self, path: Path) -> None:
        arrays = {name: value for name, value in vars(self.problem).items() if isinstance(value, np.ndarray)}
        arrays |= {f"param_{i}": param for i, param in enumerate(self.problem.params)}
        options = asdict(self.options) | {"num_params": len(self.problem.params)}
        np.savez(path, options=np.asarray(json.dumps(options)), **arrays)

    def _follow(
        self, channel: Any, outcome: Outcome, on_step: Callable[[int, float], None], watchdog: Watchdog
    ) -> None:
        """Read the worker's messages to their end, comparing each step with the reference's."""
        expected = self._trajectory(self.experiment.reference(self.problem.params, self.options.seed))
        deviations = Deviations()
        try:
            while message := wire.receive(channel):
                watchdog.feed()
                self._take(*message, outcome, deviations, expected)
                if message[0]["kind"] == "step":
                    on_step(len(outcome.losses), outcome.losses[-1])
        finally:
            outcome.deviations = deviations.per_step().tolist()

    def _take(
        self,
        header: dict[str, Any],
        arrays: list[np.ndarray],
        outcome: Outcome,
        deviations: Deviations,
        expected: Iterator[list[np.ndarray]],
    ) -> None:
        """What a message says; `wire.Malformed` if it is none that a worker has to send."""
        try:
            kind, steps = header["kind"], len(outcome.losses)
            if kind == "started":
                outcome.version = one_line(header["version"])
            elif kind == "step":
                if steps == self.num_steps:
                    raise wire.Malformed(f"it trained for more steps than the {steps} asked for")
                deviations.add(arrays, next(expected))
                outcome.losses.append(float(arrays[0].item()))
            elif kind == "failed":
                outcome.error = plain(header["error"])
            elif kind == "finished":
                if steps < self.num_steps:
                    raise wire.Malformed(f"it finished after {steps} of {self.num_steps} steps")
                for name in MEASURED:
                    value = header.get(name)
                    setattr(outcome, name, None if value is None else float(value))
                outcome.max_deviation = deviations.largest()
                outcome.judge(self.options.tolerance)
        except wire.Malformed:
            raise
        except (ValueError, TypeError, LookupError, ArithmeticError) as error:
            raise wire.Malformed(
                f"it sent a message that makes no sense ({type(error).__name__}: {error})"
            ) from error


def probe(backend: str) -> dict[str, Any]:
    """What a worker finds out about its framework: version and GPUs, or why it does not import."""
    with (
        worker(WORKER, backend) as (process, stderr),
        Watchdog(process, timeout=PROBE_SECONDS) as watchdog,
    ):
        try:
            message = wire.receive(process.stdout)  # type: ignore[arg-type]
        except wire.Malformed as error:
            return {"kind": "failed", "error": plain(error)}
        if message:
            header = message[0]
            if header.get("kind") == "started":
                return header | {"version": one_line(header.get("version"))}
            return {"kind": "failed", "error": plain(header.get("error"))}
        process.wait()
        if watchdog.cause:
            return {"kind": "failed", "error": f"it gave no sign of life for {PROBE_SECONDS:g} s"}
        return {"kind": "failed", "error": epitaph(process.returncode, stderr)}
