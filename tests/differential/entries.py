"""What the differential test is made of: for each name how to draw a case, how to call it, and what is right.

An entry is a function that calls the name in a backend and returns values of the host, and its `right`, which
says in NumPy what they must be, or raises the ValueError or TypeError with which the case must be refused:

    @entry("stack", xs=some(arrays()), axis=st.integers(-3, 3))
    def stack(d2l, xs, axis):
        return d2l.numpy(d2l.stack([d2l.tensor(x) for x in xs], axis))

    @stack.right
    def _(framework, xs, axis):
        return np.stack(alike(framework, xs), axis)

Every backend draws the same cases, so that what is held against one answer is held against the others, too.
"""

import linecache
import math
import traceback
import warnings
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st

import d2l_multi

OURS, HERE = str(Path(d2l_multi.__file__).parent), str(Path(__file__).parent)

# How far a result may be off, relative to its size, by dtype; bfloat16 comes back as float32.
ROUNDING = {"float16": 4e-3, "float32": 1e-5, "float64": 1e-12, "complex64": 1e-5, "complex128": 1e-12}


@dataclass(frozen=True)
class Framework:
    """What the contract lets a framework do in its own way."""

    name: str

    @property
    def integers(self) -> str:
        """The dtype of labels, and of Python's integers."""
        return "int64" if self.name in ("torch", "paddle") else "int32"

    def has(self, dtype: str) -> bool:
        return self.name != "mxnet" or dtype not in ("int16", "bfloat16", "complex64", "complex128")

    def computes(self, value: Any) -> bool:
        """Whether a case has only dtypes with which the framework can compute on a CPU."""
        if isinstance(value, (list, tuple)):
            return all(map(self.computes, value))
        name = getattr(getattr(value, "dtype", None), "name", "")
        # Of the first Paddle has few functions on a CPU, and its complex ones compute in single precision.
        return self.name != "paddle" or not (name == "float16" or name.startswith("complex"))

    def adds(self, array: np.ndarray) -> bool:
        """Whether its sums are right: MXNet's may be NaN beside an infinite value, as is stated."""
        return self.name != "mxnet" or array.dtype.kind != "f" or not np.isinf(array).any()


@dataclass
class Near:
    """A right answer whose rounding is that of larger numbers, of size ``scale``; or of no certain dtype."""

    value: Any
    scale: Any = 0.0
    rounding: float | None = None
    any_integer: bool = False


class Finding(AssertionError):
    """A case in which a backend is wrong."""


class Refused(Exception):
    """A case with two faults, of which either may be named first, with its own kind of error."""


def refuse(value: Any = False, kind: Any = False) -> None:
    """Say that a case must be refused: for a ``value`` or a shape that does not fit, or for a type."""
    if value and kind:
        raise Refused("two faults")
    if value:
        raise ValueError("a value or a shape that does not fit")
    if kind:
        raise TypeError("a type that does not fit")


@dataclass
class Entry:
    covers: tuple[str, ...]
    strategies: dict[str, st.SearchStrategy]
    call: Any
    weight: float = 1.0  # how many examples it gets, of those that a cheap name gets
    name: str = ""
    oracle: Any = field(default=None)

    def right(self, function: Any) -> "Entry":
        self.oracle = function
        return self

    def hold(self, d2l: Any, framework: Framework, examples: int, number: int) -> None:
        """Hold the name in a backend against NumPy, in so many cases drawn from a seed."""

        @seed(number)
        @settings(
            max_examples=max(1, round(examples * self.weight)),
            derandomize=False,  # the seed is given
            database=None,
            deadline=None,
            report_multiple_bugs=False,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        @given(st.fixed_dictionaries(self.strategies))
        def held(case):
            __tracebackhide__ = True
            assume(framework.computes(list(case.values())))
            expected, actual = self.expected(framework, case), self.outcome(d2l, case)
            problem = difference(actual, expected, case)
            if problem:
                told = ", ".join(f"{name}={described(value)}" for name, value in case.items())
                raise Finding(f"{self.name} in {framework.name}, seed {number}: {problem}\n  case: {told}")

        held()

    def expected(self, framework: Framework, case: dict) -> Any:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                return self.oracle(framework, **case)
            except (ValueError, Refused) as error:
                return error
            except TypeError as error:
                if is_raised_in(error, HERE):
                    return error
                raise  # NumPy's, of a mistake here

    def outcome(self, d2l: Any, case: dict) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return self.call(d2l, **case)
            except Exception as error:
                return error


ENTRIES: dict[str, Entry] = {}
WITHOUT_A_CASE: dict[str, str] = {}


def entry(*covers: str, weight: float = 1.0, of: str = "", **strategies: st.SearchStrategy) -> Any:
    """Register a function that calls what the entry covers; its `right` must follow.

    ``of`` tells a second entry for the same name from the first.
    """

    def register(call: Any) -> Entry:
        name = f"{covers[0]} {of}".strip()
        ENTRIES[name] = Entry(covers, strategies, call, weight, name)
        return ENTRIES[name]

    return register


def for_each(names: Any, **options: Any) -> Any:
    """`entry` for several names that are called in one way; the functions get the name, too."""

    def register(call: Any) -> Any:
        made = [entry(name, **options)(partial(_named, call, name)) for name in names]

        def right(oracle):
            for one in made:
                one.right(partial(_named, oracle, one.covers[0]))

        register.right = right
        return register

    return register


def _named(function, name, first, **case):
    return function(first, name, **case)


def no_case(reason: str, *names: str) -> None:
    """Names that have nothing to compute, and where they are tested."""
    WITHOUT_A_CASE.update(dict.fromkeys(names, reason))


def covered() -> set[str]:
    return {name for one in ENTRIES.values() for name in one.covers} | WITHOUT_A_CASE.keys()


# --- What is the same -------------------------------------------------------------------------------------


def difference(actual: Any, expected: Any, case: dict) -> str | None:
    """What is wrong with an outcome, in words; None if nothing is."""
    if isinstance(expected, Exception):
        kinds = [kind for kind in (ValueError, TypeError) if isinstance(expected, (kind, Refused))]
        right = f"right is a {' or '.join(kind.__name__ for kind in kinds)} ({expected})"
        if not isinstance(actual, Exception):
            return f"accepted, gave {described(actual)}; {right}"
        if type(actual) not in kinds:
            return f"raised {told(actual)}; {right}"
        return None if is_raised_in(actual, OURS) else f"not in our words: {told(actual)}"
    if isinstance(actual, Exception):
        return f"raised {told(actual)}; right is {described(expected)}"
    return _unequal(actual, expected, "")


def is_raised_in(error: BaseException, folder: str) -> bool:
    """Whether an error was raised on purpose, by a line of a file in a folder."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    line = linecache.getline(frame.filename, frame.lineno or 0)
    return frame.filename.startswith(folder) and line.strip().startswith("raise ")


def told(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error) else ''}"[:300]


def _unequal(actual: Any, expected: Any, where: str) -> str | None:
    near = expected if isinstance(expected, Near) else Near(expected)
    expected = near.value
    if isinstance(expected, dict):
        if not isinstance(actual, dict) or list(actual) != list(expected):
            return f"{where or 'result'} is {described(actual)}; right is {described(expected)}"
        pairs = [(actual[key], expected[key], f"{where}[{key!r}]") for key in expected]
    elif isinstance(expected, (list, tuple)):
        if not isinstance(actual, (list, tuple)) or len(actual) != len(expected):
            return f"{where or 'result'} is {described(actual)}; right is {described(expected)}"
        pairs = [(a, e, f"{where}[{i}]") for i, (a, e) in enumerate(zip(actual, expected))]
    elif isinstance(expected, (np.ndarray, np.generic)):
        return _array_unequal(actual, np.asarray(expected), near, where)
    elif isinstance(expected, float):
        right = isinstance(actual, float) and math.isclose(
            actual, expected, rel_tol=near.rounding or 1e-5, abs_tol=(near.rounding or 1e-5) * near.scale
        )
        both_nan = isinstance(actual, float) and math.isnan(actual) and math.isnan(expected)
        return None if right or both_nan else f"{where or 'result'} is {actual!r}; right is {expected!r}"
    else:
        same = type(actual) is type(expected) and actual == expected
        return None if same else f"{where or 'result'} is {described(actual)}; right is {described(expected)}"
    return next(filter(None, (_unequal(*pair) for pair in pairs)), None)


def _array_unequal(actual: Any, expected: np.ndarray, near: Near, where: str) -> str | None:
    if not isinstance(actual, (np.ndarray, np.generic)):
        return f"{where or 'result'} is {described(actual)}; right is {described(expected)}"
    actual = np.asarray(actual)
    same_dtype = actual.dtype.kind in "iu" if near.any_integer else actual.dtype == expected.dtype
    if actual.shape == expected.shape and same_dtype:
        rounding = near.rounding or ROUNDING.get(expected.dtype.name, 0.0)
        with np.errstate(all="ignore"):
            wide = "c16" if expected.dtype.kind == "c" else "f8" if expected.dtype.kind == "f" else "i8"
            gap = np.abs(actual.astype(wide) - expected.astype(wide))
            size = np.abs(np.where(np.isfinite(expected), expected, 0)) + near.scale
            close = (actual == expected) | (gap <= rounding * size) | (np.isnan(actual) & np.isnan(expected))
        if close.all():
            return None
    return f"{where or 'result'} is {described(actual)}; right is {described(expected)}"


def described(value: Any) -> str:
    """A value as a reader can make it again; of an array also how it lies in memory, if unusual."""
    if isinstance(value, Near):
        return described(value.value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(described, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {described(item)}" for key, item in value.items()) + "}"
    if isinstance(value, np.ndarray):
        layout = "" if value.flags.c_contiguous and value.flags.writeable else f" strides {value.strides}"
        values = np.array2string(value, threshold=40, separator=",").replace("\n", "")
        return (
            f"{values} {value.dtype.str if not value.dtype.isnative else value.dtype} {value.shape}{layout}"
        )
    return repr(value)[:300]
