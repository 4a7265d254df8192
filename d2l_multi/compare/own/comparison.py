"""Runs a user's file in one backend after the other, each in a process of its own, and has it judged."""

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

from d2l_multi.compare.own.judge import OwnJudge, Parted, Step
from d2l_multi.compare.own.program import REFERENCE, WORKER, Program
from d2l_multi.compare.runner import Limits, Reference, attend, missing
from d2l_multi.compare.verdict import Outcome
from d2l_multi.workers import wire
from d2l_multi.workers.processes import Watchdog, installed, kill
from d2l_multi.workers.texts import one_line, plain

Progress = Callable[[int, float], None]
Stop = Callable[[], bool]


@dataclass(frozen=True)
class OwnOptions:
    """What is compared: a file, and what its functions were given on the command line."""

    from_same_state: ClassVar[bool] = False
    experiment: str  # the name of the file
    device: str
    arguments: Mapping[str, Any]
    tolerance: float

    @property
    def settings(self) -> str:
        given = [f"{name} {value}" for name, value in self.arguments.items()]
        return ", ".join([*given, f"on {self.device}"])


class OwnComparison:
    """A user's experiment, ready to be run in any number of backends; as `runner.Comparison`.

    The steps of what the others are held against, those of ``reference()`` or else of the first backend that
    gets through, are kept in a file that nobody else sees, and read again while the others run.
    """

    num_steps = None  # nobody knows

    def __init__(self, options: OwnOptions, limits: Limits, program: Program) -> None:
        self.options, self.limits, self.program = options, limits, program
        self.has_reference = program.has_reference
        self.reference = Reference(name="numpy" if self.has_reference else "")
        self.recording: BinaryIO | None = None

    def run_reference(self, on_step: Progress = lambda step, loss: None, stop: Stop = lambda: False) -> None:
        outcome = self._record("numpy", REFERENCE, on_step, stop)
        self.reference.losses = outcome.losses
        if outcome.status == "reference":
            self.reference.final_loss = outcome.losses.last
        else:
            self.reference.error = outcome.error or outcome.status

    def run(self, backend: str, on_step: Progress, stop: Stop = lambda: False) -> Outcome:
        """Train in one backend until ``stop()``. Whatever happens to its process ends up in the outcome."""
        if stop():
            return Outcome("interrupted", error="not started: the comparison was interrupted before its turn")
        if self.reference.error:
            return Outcome("failed", error="not started: reference() failed")
        if not installed(backend):
            return missing(backend)
        function = self.program.function_for(backend)
        assert function is not None
        if self.recording is None:
            outcome = self._record(backend, function, on_step, stop)
            if outcome.status == "reference":
                self.reference.name, self.reference.losses = backend, outcome.losses
                self.reference.final_loss = outcome.losses.last
            return outcome
        outcome = Outcome("failed", device=self.options.device)
        judge = OwnJudge(self.reference.name)
        self.recording.seek(0)

        def take(step: Step) -> None:
            expected = wire.receive(self.recording) if self.recording else None
            number = outcome.num_steps + 1
            if expected is None:
                raise Parted(f"it went on after the {number - 1} steps of {self.reference.name}")
            error, where = judge.step(number, Step.received(*expected), step)
            outcome.add_step(step.loss, error, error, where)

        def end() -> None:
            if self.recording and wire.receive(self.recording) is not None:
                total = self.reference.losses.num_steps
                raise Parted(f"it ended after {outcome.num_steps} steps, {self.reference.name} after {total}")
            outcome.judge(self.options.tolerance, None)
            outcome.drift, outcome.deviation = judge.largest, judge.deviation
            if outcome.status != "deviates":
                outcome.deviation = None

        self._run(backend, function, outcome, take, end, on_step, stop)
        return outcome

    def _record(self, name: str, function: str, on_step: Progress, stop: Stop) -> Outcome:
        """Run what others are to be held against; its status becomes "reference" if it gets through."""
        outcome = Outcome("failed", device="cpu" if name == "numpy" else self.options.device)
        file = tempfile.TemporaryFile()  # noqa: SIM115 - kept until the last backend has run

        def take(step: Step) -> None:
            outcome.losses.add(step.loss)
            try:
                step.write(file)
            except OSError as error:
                raise wire.Malformed(
                    f"its steps could not be kept in {tempfile.gettempdir()} ({error.strerror})"
                ) from error

        def end() -> None:
            if not outcome.num_steps:
                raise wire.Malformed(f"{function}() yielded nothing")
            outcome.status, self.recording = "reference", file

        self._run(name, function, outcome, take, end, on_step, stop)
        if outcome.status != "reference":
            file.close()
        return outcome

    def _run(
        self,
        backend: str,
        function: str,
        outcome: Outcome,
        take: Callable[[Step], None],
        end: Callable[[], None],
        on_step: Progress,
        stop: Stop,
    ) -> None:
        """``take`` each step that a function yields, and ``end`` when it has."""
        takes = self.program.functions[function]
        job = {
            "path": str(self.program.path.resolve()),
            "function": function,
            "arguments": dict(self.options.arguments),
            "device": self.options.device,
            "takes_device": "device" in takes.names,
        }
        try:
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder, "job.json")
                file.write_text(json.dumps(job), encoding="utf-8")
                follow = partial(self._follow, outcome, take, end, on_step)
                attend((WORKER, backend, str(file)), self.limits, outcome, follow, stop)
        except OSError as error:
            outcome.error = f"its process could not be run: {error}"

    def _follow(
        self,
        outcome: Outcome,
        take: Callable[[Step], None],
        end: Callable[[], None],
        on_step: Progress,
        channel: Any,
        watchdog: Watchdog,
    ) -> None:
        while message := wire.receive(channel):
            watchdog.feed()
            header, arrays = message
            try:
                kind = header["kind"]
                if kind == "started":
                    outcome.version = one_line(header["version"])
                elif kind == "step":
                    take(Step.received(header, arrays))
                    on_step(outcome.num_steps, outcome.losses.last)
                elif kind == "failed":
                    outcome.error = f"{self.program.name}, {plain(header['error'])}"
                elif kind == "finished":
                    peak = header["peak_memory_mib"]
                    outcome.seconds = float(header["seconds"])
                    outcome.peak_memory_mib = None if peak is None else float(peak)
                    outcome.final_loss = outcome.losses.last
                    end()
            except Parted as parted:
                outcome.part(str(parted))
                kill(watchdog.process)
                return
            except wire.Malformed:
                raise
            except (ValueError, TypeError, LookupError, ArithmeticError) as error:
                raise wire.Malformed(
                    f"it sent a message that makes no sense ({type(error).__name__}: {error})"
                ) from error
