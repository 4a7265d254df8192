"""One function in several backends, each in its own process, compared step by step."""

import pickle
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np

from d2l_multi import BACKENDS
from d2l_multi.common.processes import epitaph, installed, worker
from d2l_multi.testing.structures import kind

TOLERANCES = {"float64": 1e-12, "complex128": 1e-12, "float16": 1e-2}
TOLERANCE = 1e-5  # of float32, and of Python's numbers, which do not say how they were computed
SHOWN = 5  # entries that part at the same step


class NoGpu(RuntimeError):
    """A GPU was asked for and a framework can use none."""


def assert_parity(
    function: Callable | Mapping[str, Callable],
    *args: Any,
    backends: list[str] | tuple[str, ...] | None = None,
    rtol: float | None = None,
    atol: float = 0.0,
    device: str = "cpu",
    **kwargs: Any,
) -> dict[str, float]:
    """Run a function in several backends, each in its own process, and compare what comes out.

    ``function(d2l, *args, **kwargs)`` gets the backend's module. What it yields is compared step by
    step, what it returns at the end: tensors, arrays, numbers, strings, and nested dicts, lists and
    tuples of them. The processes go in step and stop at the first difference. The first backend is
    the one that the others are compared with.

    Args:
        function: one function for all backends, or a dict with one for each. It travels to the other
            processes by value, lambdas and inner functions included, and so do its arguments.
        backends: names such as ``["torch", "paddle"]``; by default those of the dict, else all installed.
        rtol: largest difference of two numbers, relative to the largest magnitude in the array they
            are in; by default 1e-12 for float64, 1e-5 for float32 and Python's numbers, 1e-2 for float16.
        atol: what is added to that. Integers, bools and strings must be equal.
        device: ``"cpu"``, where GPUs are hidden from the frameworks, or ``"gpu"``, where ``d2l.try_gpu()``
            is each framework's first.

    Returns:
        For each backend after the first its largest relative deviation.

    Raises:
        AssertionError: two backends part; the message says at which step, in which entry, at which index,
            how far, and what each had there.
        RuntimeError: the function failed in a backend, whose traceback is shown, or its process died.
        ValueError: fewer than two backends, an unknown name, another device.
        ImportError: a backend whose framework is not installed.
    """
    __tracebackhide__ = True
    names = _checked(function, backends, rtol, atol, device)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        runs = []
        for name in names:
            job = folder / name
            chosen = function[name] if isinstance(function, Mapping) else function
            job.write_bytes(pickle.dumps((sys.path, _by_value((chosen, args, kwargs)))))
            process, stderr = stack.enter_context(worker("d2l_multi.testing.worker", name, device, str(job)))
            runs.append(_Run(name, process, stderr))
        return _compare(runs, rtol, atol)


def _checked(function: Any, backends: Any, rtol: Any, atol: Any, device: str) -> list[str]:
    from d2l_multi.compat.loading import install_command

    if not callable(function) and not isinstance(function, Mapping):
        raise TypeError(f"function must be callable or a dict of callables, got {type(function).__name__}")
    named = list(function) if isinstance(function, Mapping) else None
    names = list(backends or named or [name for name in BACKENDS if installed(name)])
    for name in names:
        if name not in BACKENDS:
            raise ValueError(f"backends must be of {', '.join(BACKENDS)}, got {name!r}")
        if not installed(name):
            raise ImportError(f"{name} is not installed; install it with: {install_command(name)}", name=name)
        if named is not None and name not in named:
            raise ValueError(f"there is no function for {name}, only for {', '.join(named)}")
    if len(names) < 2:
        raise ValueError(f"parity is between two backends or more, got {', '.join(names) or 'none'}")
    for argument, tolerance in (("rtol", rtol), ("atol", atol)):
        if tolerance is not None and not 0 <= tolerance < np.inf:
            raise ValueError(f"{argument} must be a finite number of at least 0, got {tolerance!r}")
    if device not in ("cpu", "gpu"):
        raise ValueError(f"device must be 'cpu' or 'gpu', got {device!r}")
    return names


def _by_value(call: tuple) -> bytes:
    """The function and its arguments; the module it is defined in need not be importable elsewhere."""
    module = sys.modules.get(getattr(call[0], "__module__", ""))
    if module is None or module.__name__.startswith("d2l_multi.") or module.__name__ == "__main__":
        return cloudpickle.dumps(call)
    registered = module.__name__ in cloudpickle.list_registry_pickle_by_value()
    if not registered:
        cloudpickle.register_pickle_by_value(module)
    try:
        return cloudpickle.dumps(call)
    finally:
        if not registered:
            cloudpickle.unregister_pickle_by_value(module)


class _Run:
    """A backend's process, and what it says."""

    def __init__(self, name: str, process: Any, stderr: Any) -> None:
        self.name, self.process, self.stderr = name, process, stderr
        self.deviation = 0.0

    def next(self) -> tuple[str, dict[str, Any]] | None:
        """The next step's name and leaves by path, or None after the last."""
        try:
            message, *content = pickle.load(self.process.stdout)
        except (EOFError, pickle.UnpicklingError):
            self.process.wait()
            raise RuntimeError(f"{self.name}: {epitaph(self.process.returncode, self.stderr)}") from None
        if message == "no gpu":
            raise NoGpu(f"{self.name} can use no GPU on this machine")
        if message == "failed":
            raise RuntimeError(f"{self.name} failed: {content[0]}")
        return None if message == "finished" else (content[0], dict(content[1]))


def _compare(runs: list[_Run], rtol: float | None, atol: float) -> dict[str, float]:
    __tracebackhide__ = True
    first, *others = runs
    previous = "the start"
    while True:
        steps = [run.next() for run in runs]
        expected = steps[0]
        for run, step in zip(others, steps[1:]):
            if step is None and expected is None:
                continue
            where = f"{first.name} and {run.name} part"
            if step is None or expected is None:
                ended, going = (first, run) if expected is None else (run, first)
                name = (step or expected)[0]  # type: ignore[index]
                raise AssertionError(
                    f"{where}: after {previous} {ended.name} ended and {going.name} gave {name}"
                )
            if step[0] != expected[0]:
                raise AssertionError(
                    f"{where}: after {previous} {first.name} gave {expected[0]} and {run.name} {step[0]}"
                )
            problems = _problems(first, run, expected[1], step[1], rtol, atol)
            if problems:
                raise AssertionError(_message(where, expected[0], previous, run, problems))
        if expected is None:
            return {run.name: run.deviation for run in others}
        previous = expected[0]


def _message(where: str, step: str, previous: str, run: _Run, problems: list[str]) -> str:
    lines = [f"{where} at {step}, {problems[0]}"]
    if problems[1:]:
        lines.append(f"also at {step}:")
        lines += [problem.split("\n")[0] for problem in problems[1:SHOWN]]
        if problems[SHOWN:]:
            lines.append(f"... and {len(problems) - SHOWN} entries more")
    if previous != "the start":
        lines.append(f"Up to {previous} they agreed; the largest relative deviation was {run.deviation:.1e}.")
    return "\n".join(lines)


def _problems(first: _Run, run: _Run, expected: dict, actual: dict, rtol: Any, atol: float) -> list[str]:
    """How the entries of a step differ, the first one first; notes the deviation where they do not."""
    problems = []
    largest = run.deviation
    for path in dict.fromkeys([*expected, *actual]):
        entry = f"entry {path}" if path else "the value"
        if path not in actual or path not in expected:
            has, lacks = (first, run) if path in expected else (run, first)
            problems.append(f"{entry}: {has.name} has it and {lacks.name} does not")
            continue
        a, b = expected[path], actual[path]
        if kind(a) != kind(b):
            problems.append(f"{entry}: {first.name} has {kind(a)}, {run.name} {kind(b)}")
        elif kind(a) == "number" or isinstance(a, np.ndarray):
            deviation, problem = _numbers(first.name, run.name, a, b, rtol, atol)
            if problem:
                problems.append(f"{entry}{problem}")
            largest = max(largest, deviation)
        elif a != b:
            problems.append(f"{entry}:\n  {first.name:<11} {a!r}\n  {run.name:<11} {b!r}")
    if not problems:
        run.deviation = largest
    return problems


def _numbers(
    first: str, second: str, expected: Any, actual: Any, rtol: float | None, atol: float
) -> tuple[float, str]:
    """The relative deviation of two numbers or arrays, and what is wrong with it, if anything is."""
    a, b = np.asarray(expected), np.asarray(actual)
    exact = a.dtype.kind in "biu" and b.dtype.kind in "biu"
    relative = TOLERANCES.get(a.dtype.name, TOLERANCE) if rtol is None else rtol
    if not isinstance(expected, np.ndarray) and rtol is None:
        relative = TOLERANCE
    wide = complex if "c" in (a.dtype.kind, b.dtype.kind) else float
    x, y = (a, b) if exact else (a.astype(wide), b.astype(wide))
    same = (x == y) | ((x != x) & (y != y))  # NaN agrees with NaN
    with np.errstate(all="ignore"):
        distance = np.where(same, 0.0, np.abs(x.astype(wide) - y.astype(wide)))
    distance = np.where(np.isfinite(distance), distance, np.inf)
    finite = np.abs(x[np.isfinite(x)])
    scale = float(finite.max()) if finite.size else 0.0
    allowed = 0.0 if exact else atol + relative * scale
    largest = float(distance.max()) if distance.size else 0.0
    deviation = largest / scale if scale else largest
    if largest <= allowed:
        return deviation, ""
    index = np.unravel_index(np.argmax(distance > allowed), distance.shape)
    at = f", index {tuple(map(int, index))}" if index else ""
    limit = "must be equal" if exact else f"allowed {allowed:.1e} (rtol {relative:.0e}, atol {atol:.0e})"
    worst = ""
    if index and largest > distance[index]:
        place = tuple(map(int, np.unravel_index(np.argmax(distance), distance.shape)))
        worst = f"; the largest, at {place}, is {largest:.1e}"
    count = f", {int((distance > allowed).sum())} of {distance.size} numbers differ" if index else ""
    return deviation, (
        f"{at}: {first} and {second} differ by {float(distance[index]):.1e}, {limit}{worst}{count}\n"
        f"  {first:<11} {a[index]!r}\n  {second:<11} {b[index]!r}"
    )
