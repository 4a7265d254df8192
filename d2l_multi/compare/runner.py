"""Starts one worker per backend, one after the other, and has each of its steps judged."""

import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, ClassVar

import numpy as np

from d2l_multi.compare.curves import Curve
from d2l_multi.compare.experiments import EXPERIMENTS, Problem
from d2l_multi.compare.judge import Judge
from d2l_multi.compare.limits import known_limit
from d2l_multi.compare.reference.batches import Batches, trajectory
from d2l_multi.compare.reference.model import Model
from d2l_multi.compare.verdict import Drift, Outcome
from d2l_multi.workers import wire
from d2l_multi.workers.processes import Watchdog, epitaph, installed, kill, last_words, worker
from d2l_multi.workers.texts import one_line, plain

WORKER = "d2l_multi.compare.worker"
TOGETHER = "d2l_multi.compare.together"  # starts several of them
PROBE_SECONDS = 120.0  # a framework has to import; the slowest need 20 on a slow disk
MEASURED = ("final_loss", "accuracy", "seconds_per_epoch", "peak_memory_mib")
EVALUATED_AT_ONCE = 1000  # examples, of which a convolution makes many windows each
DRIFT_STEPS = 64  # spread over the run, at which the drift is measured; their parameters are kept


@dataclass(frozen=True)
class Options:
    """What is compared, of the experiments that come with this package."""

    from_same_state: ClassVar[bool] = True  # each step is judged from where the backend stood before it
    experiment: str
    device: str
    dtype: str
    epochs: int
    batch_size: int
    lr: float
    seed: int
    tolerance: float  # the step error that counts as agreement
    strict: bool  # whether a known limit does not
    workers: int = 1  # processes that train together, in each backend

    @property
    def settings(self) -> str:
        together = f", {self.workers} workers" if self.workers > 1 else ""
        return (
            f"{self.dtype}, {self.epochs} epochs, batch {self.batch_size}, lr {self.lr:g}, seed {self.seed}"
            f"{together}"
        )


@dataclass(frozen=True)
class Limits:
    """What a worker may take before it is ended: seconds without a message, and memory."""

    timeout: float
    memory_mib: float


@dataclass
class Reference:
    """What NumPy makes of the experiment; of a user's own also the backend that stands in for it."""

    name: str = "numpy"
    error: str | None = None
    losses: Curve = field(default_factory=Curve)
    final_loss: float = float("nan")
    accuracy: float | None = None
    course: dict[int, list[np.ndarray]] = field(default_factory=dict)  # by step: loss and parameters, at some
    drifts: Drift = field(default_factory=Drift)  # from there, of the same run with rounded parameters

    @property
    def drift(self) -> float:
        """What plain rounding makes of the whole trajectory."""
        return self.drifts.largest()


class Comparison:
    """One experiment, ready to be run in any number of backends."""

    has_reference = True

    def __init__(self, options: Options, limits: Limits, data_folder: Path | None) -> None:
        self.options, self.limits = options, limits
        self.experiment = EXPERIMENTS[options.experiment]
        self.problem: Problem = self.experiment.start(
            options.dtype, options.seed, data_folder, options.batch_size
        )
        self.batches = Batches(
            self.problem.X,
            self.problem.y,
            epochs=options.epochs,
            batch_size=options.batch_size,
            seed=options.seed,
            shuffle=not self.experiment.num_states,
        )
        # The steps at which the drift is measured.
        self.sampled = set(np.linspace(1, self.num_steps, DRIFT_STEPS).astype(int).tolist())
        self.reference = Reference()

    @property
    def num_steps(self) -> int:
        return len(self.batches)

    def model(self, params: list[np.ndarray], backend: str | None = None) -> Model:
        """The reference at the start of a training from these parameters, by the rules of a backend."""
        return self.experiment.reference(params, self.options.seed, backend)

    def run_reference(
        self,
        on_step: Callable[[int, float], None] = lambda step, loss: None,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        """Train in NumPy, which comes before all backends, until ``stop()``."""
        reference, problem = self.reference, self.problem
        model, rounded = self.model(problem.params), self.model(self._one_rounding_away())
        runs = (trajectory(each, self.batches, self.options.lr) for each in (model, rounded))
        for step, (values, (loss, *params)) in enumerate(zip(*runs, strict=True), start=1):
            with np.errstate(all="ignore"):
                rounded.params = [param.astype(self.options.dtype).astype(np.float64) for param in params]
            reference.losses.add(float(values[0]))
            if step in self.sampled:
                reference.course[step] = values
                reference.drifts.add(step, [loss, *rounded.params], values)
            on_step(step, float(values[0]))
            if stop():
                return
        with np.errstate(all="ignore"):
            reference.final_loss = averaged(
                lambda X, y: model.loss(model.outputs(X), y), problem.X, problem.y
            )
            if problem.X_test is not None and problem.y_test is not None:
                reference.accuracy = averaged(
                    lambda X, y: np.mean(model.outputs(X).argmax(axis=1) == y), problem.X_test, problem.y_test
                )

    def course(self, backend: str) -> dict[int, list[np.ndarray]]:
        """The reference's loss and parameters at some steps, by the rules of a backend."""
        if not self.experiment.reference.has_rules_of(backend):
            return self.reference.course
        model = self.model(self.problem.params, backend)
        run = enumerate(trajectory(model, self.batches, self.options.lr), start=1)
        return {step: values for step, values in run if step in self.sampled}

    def _one_rounding_away(self) -> list[np.ndarray]:
        """The start values, each changed by one epsilon of its own, up or down."""
        random = np.random.RandomState(self.options.seed)
        epsilon = np.finfo(self.options.dtype).eps
        return [
            param.astype(np.float64) * (1 + epsilon * random.choice((-1, 1), param.shape))
            for param in self.problem.params
        ]

    def run(
        self, backend: str, on_step: Callable[[int, float], None], stop: Callable[[], bool] = lambda: False
    ) -> Outcome:
        """Train in one backend until ``stop()``. Whatever happens to its process ends up in the outcome."""
        if stop():
            return Outcome("interrupted", error="not started: the comparison was interrupted before its turn")
        if not installed(backend):
            return missing(backend)
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
        workers = self.options.workers
        attend(
            (WORKER if workers == 1 else TOGETHER, backend, str(job)),
            self.limits,
            outcome,
            lambda channel, watchdog: self._follow(backend, channel, outcome, on_step, watchdog),
            stop,
            f" of {self.num_steps}",
            family=workers > 1,
        )

    def _write_job(self, path: Path) -> None:
        arrays = {name: value for name, value in vars(self.problem).items() if isinstance(value, np.ndarray)}
        arrays |= {f"param_{i}": param for i, param in enumerate(self.problem.params)}
        options = asdict(self.options) | {"num_params": len(self.problem.params)}
        options["timeout"] = self.limits.timeout
        np.savez(path, options=np.asarray(json.dumps(options)), **arrays)

    def _follow(
        self,
        backend: str,
        channel: Any,
        outcome: Outcome,
        on_step: Callable[[int, float], None],
        watchdog: Watchdog,
    ) -> None:
        """Read the worker's messages to their end, and have each step judged."""
        o = self.options
        limit = known_limit(backend, o.experiment, o.dtype)
        judge = Judge(self.model(self.problem.params, backend), self.batches, o.lr, o.dtype, limit)
        course = self.course(backend)
        while message := wire.receive(channel):
            watchdog.feed()
            self._take(*message, outcome, judge, course)
            if message[0]["kind"] == "step":
                on_step(outcome.num_steps, outcome.losses.last)

    def _take(
        self,
        header: dict[str, Any],
        arrays: list[np.ndarray],
        outcome: Outcome,
        judge: Judge,
        course: dict[int, list[np.ndarray]],
    ) -> None:
        """What a message says; `wire.Malformed` if it is none that a worker has to send."""
        try:
            kind, steps = header["kind"], outcome.num_steps
            if kind == "started":
                outcome.version = one_line(header["version"])
            elif kind == "start":
                if strange := {array.dtype.name for array in arrays} - {self.options.dtype}:
                    raise wire.Malformed(f"its parameters are {strange.pop()}, not {self.options.dtype}")
                if not judge.start(arrays):
                    outcome.deny_start()
            elif kind == "step":
                if steps == self.num_steps:
                    raise wire.Malformed(f"it trained for more steps than the {steps} asked for")
                loss, *params = arrays
                error, limited_error, where = judge.step(loss, params, self.options.tolerance)
                outcome.add_step(float(loss.item()), error, limited_error, where)
                if expected := course.get(outcome.num_steps):
                    outcome.drifts.add(outcome.num_steps, arrays, expected)
            elif kind == "failed":
                outcome.error = plain(header["error"])
            elif kind == "finished":
                if steps < self.num_steps:
                    raise wire.Malformed(f"it finished after {steps} of {self.num_steps} steps")
                for name in MEASURED:
                    value = header.get(name)
                    setattr(outcome, name, None if value is None else float(value))
                outcome.judge(self.options.tolerance, judge.limit.reason if judge.limit else None)
        except wire.Malformed:
            raise
        except (ValueError, TypeError, LookupError, ArithmeticError) as error:
            raise wire.Malformed(
                f"it sent a message that makes no sense ({type(error).__name__}: {error})"
            ) from error


def averaged(function: Callable[[np.ndarray, np.ndarray], Any], X: np.ndarray, y: np.ndarray) -> float:
    """The mean of what a function says of parts of the examples, in so much memory however many they are."""
    starts = range(0, len(X), EVALUATED_AT_ONCE)
    parts = [(X[start : start + EVALUATED_AT_ONCE], y[start : start + EVALUATED_AT_ONCE]) for start in starts]
    means = [float(function(rows.astype(np.float64), labels)) for rows, labels in parts]
    return float(np.average(means, weights=[len(rows) for rows, _ in parts]))


def missing(backend: str) -> Outcome:
    from d2l_multi.compat.loading import install_command

    error = f"{backend} is not installed; install it with: {install_command(backend)}"
    return Outcome("missing", error=error)


def attend(
    command: tuple[str, ...],
    limits: Limits,
    outcome: Outcome,
    follow: Callable[[IO[bytes], Watchdog], None],
    stop: Callable[[], bool],
    of_all: str = "",
    family: bool = False,
) -> None:
    """Start a worker, by its module and arguments, and ``follow`` what it says, to its end or ours.

    An outcome whose status is still "failed" then is told why. ``of_all``: how many steps there are to be;
    ``family``: whether it starts workers of its own.
    """
    timeout, memory_mib = limits.timeout, limits.memory_mib
    with (
        worker(*command) as (process, stderr),
        Watchdog(process, timeout=timeout, memory_mib=memory_mib, stop=stop, family=family) as watchdog,
    ):
        assert process.stdout is not None
        try:
            follow(process.stdout, watchdog)
        except wire.Malformed as error:
            outcome.status, outcome.error = "failed", plain(error)
            kill(process)
        process.wait()
        if outcome.status != "failed":
            return
        reached = f"step {outcome.num_steps}{of_all}"
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
