"""Where what two backends gave differs, and how to say so."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from d2l_multi.testing.structures import kind

# Relative, by the precision in which something was computed.
TOLERANCES = {"float16": 1e-2, "float32": 1e-5, "complex64": 1e-5, "float64": 1e-12, "complex128": 1e-12}
UNKNOWN = TOLERANCES["float32"]  # Python's numbers do not say
SHOWN = 5  # further entries in a message


@dataclass
class Difference:
    entry: str
    what: str  # briefly
    lines: list[str]  # in detail


class Judge:
    """Compares one backend with the first, step after step."""

    def __init__(self, first: str, other: str, rtol: float | None, atol: float) -> None:
        self.first, self.other = first, other
        self.rtol, self.atol = rtol, atol
        self.scales: dict[str, float] = {}  # the largest magnitude of each entry so far
        self.deviation = 0.0  # the largest relative one so far

    def compare(self, step: str, previous: str | None, expected: Mapping, actual: Mapping) -> None:
        """Raise AssertionError where the entries of a step differ by more than is allowed."""
        __tracebackhide__ = True
        found = [self._difference(path, expected, actual) for path in dict.fromkeys([*expected, *actual])]
        differences = [difference for difference in found if difference]
        if differences:
            raise AssertionError(self._message(step, previous, differences))

    def _message(self, step: str, previous: str | None, differences: list[Difference]) -> str:
        first, *others = differences
        entry = f"entry {first.entry}" if first.entry else "the value"
        lines = [f"{self.first} and {self.other} part at {step}, {entry}: {first.what}", *first.lines]
        if others:
            shown = [f"{difference.entry} {difference.what}" for difference in others[:SHOWN]]
            more = [f"and {len(others) - SHOWN} more"] if len(others) > SHOWN else []
            lines.append(f"Also at {step}: {'; '.join([*shown, *more])}.")
        if previous is not None:
            lines.append(f"Up to {previous} they agreed to {self.deviation:.1e}.")
        return "\n".join(lines)

    def _difference(self, path: str, expected: Mapping, actual: Mapping) -> Difference | None:
        if path not in expected or path not in actual:
            has, lacks = (self.first, self.other) if path in expected else (self.other, self.first)
            return Difference(path, f"{has} has it and {lacks} has not", [])
        a, b = expected[path], actual[path]
        if kind(a) != kind(b):
            return Difference(path, f"{self.first} has {kind(a)}, {self.other} {kind(b)}", [])
        if isinstance(a, np.ndarray) or kind(a) == "number":
            return self._numbers(path, a, b)
        return None if a == b else Difference(path, "not equal", self._both(a, b))

    def _both(self, a: Any, b: Any) -> list[str]:
        return [f"  {self.first:<11} {a!r}", f"  {self.other:<11} {b!r}"]

    def _numbers(self, path: str, expected: Any, actual: Any) -> Difference | None:
        a, b = np.asarray(expected), np.asarray(actual)
        distance = distances(a, b)
        exact = a.dtype.kind in "biu" and b.dtype.kind in "biu"
        known = isinstance(expected, np.ndarray)
        rtol = self.rtol
        if rtol is None:
            rtol = TOLERANCES.get(a.dtype.name, UNKNOWN) if known else UNKNOWN
        magnitudes = np.abs(a[np.isfinite(a)])
        scale = max(self.scales.get(path, 0.0), float(magnitudes.max()) if magnitudes.size else 0.0)
        allowed = 0.0 if exact else self.atol + rtol * scale

        largest = float(distance.max()) if distance.size else 0.0
        if not largest > allowed:
            self.scales[path] = scale
            self.deviation = max(self.deviation, largest / scale if scale else largest)
            return None
        parting = distance > allowed
        index = tuple(map(int, np.unravel_index(np.argmax(parting), parting.shape)))
        limit = (
            "they must be equal" if exact else f"{allowed:.1e} allowed (rtol {rtol:g}, atol {self.atol:g})"
        )
        lines = [*self._both(a[index], b[index]), f"  difference  {float(distance[index]):.1e}, {limit}"]
        if a.ndim:
            place = tuple(map(int, np.unravel_index(np.argmax(distance), distance.shape)))
            lines.append(
                f"  {int(parting.sum())} of {a.size} numbers differ, most at {place}, by {largest:.1e}"
            )
        what = f"index {index} by {float(distance[index]):.1e}" if index else f"by {largest:.1e}"
        return Difference(path, what, lines)


def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """How far numbers are apart, entry by entry: infinitely where only one is a number, NaN is with NaN."""
    wide = complex if "c" in (a.dtype.kind, b.dtype.kind) else float
    same = (a == b) | ((a != a) & (b != b))
    with np.errstate(all="ignore"):
        distance = np.where(same, 0.0, np.abs(a.astype(wide) - b.astype(wide)))
    return np.where(np.isnan(distance), np.inf, distance)
