"""Deviation from the reference, and what it means for each backend and for the exit code."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

# What counts as agreement, by device and dtype; GPUs add up in another order every time.
TOLERANCES = {
    ("cpu", "float64"): 1e-12,
    ("cpu", "float32"): 1e-5,
    ("gpu", "float64"): 1e-12,
    ("gpu", "float32"): 1e-4,
}
DTYPES = ("float32", "float64")


class Deviations:
    """How far a trajectory is from the reference, quantity by quantity, step by step.

    A quantity (the loss, or one parameter tensor) deviates at a step by the largest absolute
    difference of its entries, divided by the largest absolute value the reference gives that quantity
    in the whole trajectory. So 1e-12 means twelve digits of the quantity's own scale.
    """

    def __init__(self) -> None:
        self._differences: list[list[float]] = []
        self._scales: list[list[float]] = []

    def add(self, actual: Sequence[np.ndarray], expected: Sequence[np.ndarray]) -> None:
        self._differences.append([difference(a, e) for a, e in zip(actual, expected, strict=True)])
        self._scales.append([float(np.max(np.abs(e[np.isfinite(e)]), initial=0.0)) for e in expected])

    def per_step(self) -> np.ndarray:
        """The largest deviation of any quantity at each step (steps,)."""
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

    status: str  # "ok", "deviates", "failed", "missing" or "interrupted"
    version: str | None = None
    device: str | None = None
    max_deviation: float | None = None
    final_loss: float | None = None
    accuracy: float | None = None
    seconds_per_epoch: float | None = None
    peak_memory_mib: float | None = None
    error: str | None = None
    losses: list[float] = field(default_factory=list)
    deviations: list[float] = field(default_factory=list)

    def judge(self, tolerance: float) -> None:
        """Whether the whole trajectory stays within the tolerance."""
        assert self.max_deviation is not None
        self.status = "ok" if self.max_deviation <= tolerance else "deviates"

    def summary(self) -> dict[str, Any]:
        """What ``report.json`` says of it; numbers that JSON does not know (inf, NaN) become null."""
        summary = asdict(self)
        for name in ("losses", "deviations"):
            del summary[name]
        for name in ("error", "accuracy"):
            if summary[name] is None:
                del summary[name]
        return {
            name: None if isinstance(value, float) and not np.isfinite(value) else value
            for name, value in summary.items()
        }


def exit_code(outcomes: Iterable[Outcome]) -> int:
    """0: all agree; 1: a backend deviates; 3: one that was asked for failed or is missing; 130: Ctrl-C."""
    statuses = {outcome.status for outcome in outcomes}
    if "interrupted" in statuses:
        return 130
    if statuses & {"failed", "missing"}:
        return 3
    return 1 if "deviates" in statuses else 0
