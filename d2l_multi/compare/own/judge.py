"""Whether a backend's steps are those of the reference, or of the backend that stands in for it."""

from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from d2l_multi.testing.differences import TOLERANCES, UNKNOWN, distances
from d2l_multi.workers import wire
from d2l_multi.workers.texts import one_line, plain

LOSS = "['loss']"


class Parted(Exception):
    """Two trainings have no step in common any more; says why."""


@dataclass(frozen=True)
class Step:
    """What was yielded: numbers by name, those whose precision nobody knows, and what is no number."""

    numbers: dict[str, np.ndarray]
    unknown: frozenset[str]
    plain: dict[str, str]

    @classmethod
    def received(cls, header: dict[str, Any], arrays: list[np.ndarray]) -> "Step":
        names, plain = header["names"], header["plain"]
        if len(names) != len(arrays) or not all(isinstance(name, str) for name in [*names, *plain]):
            raise wire.Malformed("it sent a step whose names do not fit")
        step = cls(
            dict(zip(names, arrays)),
            frozenset(header["unknown"]),
            {name: str(value) for name, value in plain.items()},
        )
        if LOSS not in step.numbers or step.numbers[LOSS].shape != ():
            raise wire.Malformed("it sent a step without a loss")
        return step

    def write(self, file: BinaryIO) -> None:
        """As a message, to be received once more."""
        numbers, unknown = self.numbers, sorted(self.unknown)
        wire.send(
            file, "step", list(numbers.values()), names=list(numbers), unknown=unknown, plain=self.plain
        )

    @property
    def loss(self) -> float:
        return float(self.numbers[LOSS].item())


class OwnJudge:
    """Compares two trainings step after step, as wholes: what one drifts from the other adds up.

    A number may be off by its tolerance, which is that of its precision, times the largest magnitude that
    its entry, an array as a whole, has had so far. An error is a difference as a share of that.
    """

    def __init__(self, reference: str) -> None:
        self.reference = reference
        self.scales: dict[str, float] = {}
        self.largest = 0.0  # relative deviation so far
        self.worst = 0.0  # error so far
        self.deviation: str | None = None  # the worst in words

    def step(self, number: int, expected: Step, actual: Step) -> tuple[float, str]:
        """The largest error of a step, and which entry has it; `Parted` if they are not alike."""
        self._alike(number, expected, actual)
        error, where = 0.0, "the loss"
        for name, a in expected.numbers.items():
            share = self._share(
                number, name, a, actual.numbers[name], self._tolerance(name, expected, actual)
            )
            if share > error:
                error, where = share, shown(name)
        return error, where

    def _alike(self, number: int, expected: Step, actual: Step) -> None:
        sides: dict[str, dict[str, Any]] = {
            self.reference: {**expected.numbers, **expected.plain},
            "it": {**actual.numbers, **actual.plain},
        }
        (one, a), (other, b) = sides.items()
        for name in dict.fromkeys([*a, *b]):
            if name not in a or name not in b:
                has, lacks = (one, other) if name in a else (other, one)
                raise Parted(f"at step {number}: {has} has {shown(name)} and {lacks} has not")
            if isinstance(a[name], str) or isinstance(b[name], str):
                if a[name] != b[name]:
                    raise Parted(
                        f"at step {number}, {shown(name)}: {one} has {said(a[name])}, {other} {said(b[name])}"
                    )
            elif a[name].shape != b[name].shape:
                raise Parted(
                    f"at step {number}, {shown(name)}: {one} has shape {a[name].shape}, "
                    f"{other} {b[name].shape}"
                )

    def _tolerance(self, name: str, expected: Step, actual: Step) -> float:
        """That of the coarser precision; 0 between integers, which must be equal."""
        sides = [(expected, self.reference != "numpy"), (actual, True)]
        kinds = {step.numbers[name].dtype.kind for step, _ in sides}
        if kinds <= {*"biu"}:
            return 0.0
        return max(
            TOLERANCES["float64"]
            if name in step.unknown and not framework  # Python's numbers are NumPy's
            else UNKNOWN
            if name in step.unknown
            else TOLERANCES.get(step.numbers[name].dtype.name, TOLERANCES["float64"])
            for step, framework in sides
        )

    def _share(self, number: int, name: str, a: np.ndarray, b: np.ndarray, tolerance: float) -> float:
        distance = distances(a, b)
        largest = float(distance.max(initial=0.0))
        magnitudes = [float(np.abs(x[np.isfinite(x)]).max(initial=0.0)) for x in (a, b)]
        scale = self.scales[name] = max(self.scales.get(name, 0.0), *magnitudes)
        if not largest:
            return 0.0
        relative = largest / scale if scale else float("inf")
        self.largest = max(self.largest, relative)
        share = relative / tolerance if tolerance else float("inf")
        if share > self.worst:
            self.worst = share
            index = tuple(map(int, np.unravel_index(np.argmax(distance), distance.shape)))
            place = f"{shown(name)}{list(index) if index else ''}"
            self.deviation = (
                f"at step {number}, {place}: {b[index]:.9g}, and {a[index]:.9g} in {self.reference}; "
                + (
                    f"{share:.3g} times what is allowed, {tolerance:g} of {scale:.3g}"
                    if tolerance
                    else "they must be equal"
                )
            )
        return share


def shown(path: str) -> str:
    """``parameters[0]`` for ``['parameters'][0]``; the loss by its name."""
    if path == LOSS:
        return "the loss"
    first, bracket, rest = path.removeprefix("['").partition("']")
    return one_line(first + rest if bracket and path.startswith("['") else path, 80)


def said(value: Any) -> str:
    return plain(value, 80) if isinstance(value, str) else f"an array of shape {value.shape}"
