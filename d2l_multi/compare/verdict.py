"""How far a backend is from the reference, and what that means for it and for the exit code."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from d2l_multi.compare.curves import Curve

DTYPES = ("float32", "float64")
Status = Literal["ok", "known limit", "deviates", "failed", "missing", "interrupted", "reference"]


class Drift:
    """How far a whole trajectory is from the reference's, quantity by quantity, step by step.

    A quantity (the loss, or one parameter tensor) is off at a step by the largest absolute difference of its
    entries, divided by the largest absolute value the reference gives that quantity at any of the steps.
    So 1e-12 means twelve digits of the quantity's own scale.
    """

    def __init__(self) -> None:
        self.steps: list[int] = []
        self._differences: list[list[float]] = []
        self._scales: list[list[float]] = []

    def add(self, step: int, actual: Sequence[np.ndarray], expected: Sequence[np.ndarray]) -> None:
        self.steps.append(step)
        self._differences.append([difference(a, e) for a, e in zip(actual, expected, strict=True)])
        self._scales.append([float(np.max(np.abs(e[np.isfinite(e)]), initial=0.0)) for e in expected])

    def per_step(self) -> np.ndarray:
        """The largest of any quantity at each step (steps,)."""
        if not self._differences:
            return np.zeros(0)
        scales = np.max(self._scales, axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            relative = np.asarray(self._differences) / scales
        return np.where(np.asarray(self._differences) == 0, 0.0, relative).max(axis=1)

    def largest(self) -> float:
        return float(np.max(self.per_step(), initial=0.0))


def difference(actual: np.ndarray, expected: np.ndarray) -> float:
    """The largest absolute difference; infinite where only one of the two is finite."""
    if actual.shape != expected.shape:
        return float("inf")
    actual = actual.astype(np.float64)
    same = (actual == expected) | (np.isnan(actual) & np.isnan(expected))
    with np.errstate(invalid="ignore"):
        distance = np.where(same, 0.0, np.abs(actual - expected))
    return float(np.max(np.where(np.isnan(distance), np.inf, distance), initial=0.0))


@dataclass
class Outcome:
    """What came out of one backend."""

    status: Status
    version: str | None = None
    device: str | None = None
    step_error: float | None = None  # the largest of any step, as a share of what rounding explains
    step_error_at: str | None = None  # which step, and which quantity
    drift: float | None = None
    final_loss: float | None = None
    accuracy: float | None = None
    seconds_per_epoch: float | None = None
    seconds: float | None = None  # of a whole training, where nobody knows what an epoch is
    peak_memory_mib: float | None = None
    known_limit: str | None = None
    deviation: str | None = None  # where and how far, if there is more to say than `step_error_at`
    error: str | None = None
    losses: Curve = field(default_factory=Curve)
    step_errors: Curve = field(default_factory=Curve)
    drifts: Drift = field(default_factory=Drift)
    limited_error: float = 0.0  # the largest of any step, with the framework's known limit allowed for

    def add_step(self, loss: float, error: float, limited_error: float, where: str) -> None:
        self.losses.add(loss)
        self.step_errors.add(error)
        if limited_error > self.limited_error:  # NaN, of a step that nobody can judge, is neither
            self.limited_error = limited_error
        if self.step_error is None or error > self.step_error:
            self.step_error, self.step_error_at = error, f"step {self.num_steps}, {where}"

    def deny_start(self) -> None:
        """It did not start from the parameters it was given, which no limit of a framework explains."""
        self.step_error = self.limited_error = float("inf")
        self.step_error_at = "the start, the parameters"

    def part(self, why: str) -> None:
        """It is not the same training as that it is held against, which no tolerance forgives."""
        self.status, self.deviation, self.step_error = "deviates", why, float("inf")

    @property
    def num_steps(self) -> int:
        return self.losses.num_steps

    def judge(self, tolerance: float, limit: str | None) -> None:
        """What becomes of a finished training; ``limit`` is what the framework is known not to keep."""
        assert self.step_error is not None
        if self.step_error <= tolerance:
            self.status = "ok"
        elif limit and self.limited_error <= tolerance:
            self.status, self.known_limit = "known limit", limit
        else:
            self.status = "deviates"
        self.drift = self.drifts.largest()

    def remark(self) -> str | None:
        """What there is to say of it beyond its row."""
        if self.status == "deviates":
            return self.deviation or (
                f"at {self.step_error_at}: away from NumPy's step from the same state by "
                f"{self.step_error:.3g} times what rounding explains"
            )
        return self.known_limit if self.status == "known limit" else self.error

    def summary(self) -> dict[str, Any]:
        """What ``report.json`` says of it; numbers that JSON does not know (inf, NaN) become null."""
        unsaid = {"losses", "step_errors", "drifts", "limited_error"}
        may_lack = ("error", "accuracy", "known_limit", "deviation", "seconds")
        unsaid |= {name for name in may_lack if getattr(self, name) is None}
        return {
            name: None if isinstance(value, float) and not np.isfinite(value) else value
            for name, value in vars(self).items()
            if name not in unsaid
        }


def exit_code(outcomes: Iterable[Outcome], strict: bool = False) -> int:
    """0: all agree; 1: a backend deviates; 3: one that was asked for failed or is missing; 130: Ctrl-C.

    A known limit of a framework counts as agreement, unless ``strict``.
    """
    statuses = {outcome.status for outcome in outcomes}
    if "interrupted" in statuses:
        return 130
    if statuses & {"failed", "missing"}:
        return 3
    return 1 if "deviates" in statuses or (strict and "known limit" in statuses) else 0
