"""One function in several backends, each in its own process, compared step by step."""

import pickle
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np

from d2l_multi import BACKENDS
from d2l_multi.testing.differences import Judge
from d2l_multi.workers import wire
from d2l_multi.workers.processes import epitaph, installed, worker


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
        rtol: largest difference of two numbers, relative to the largest magnitude that their entry, an
            array as a whole, has had so far; by default 1e-12 for float64, 1e-5 for float32 and for
            Python's numbers, which do not say how they were computed, and 1e-2 for float16.
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
    function = call[0]
    while isinstance(function, partial):
        function = function.func
    module = sys.modules.get(getattr(function, "__module__", ""))
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

    def next(self) -> tuple[str, dict[str, Any]] | None:
        """The next step's name and leaves by path, or None after the last."""
        try:
            frame = wire.read_frame(self.process.stdout, largest=sys.maxsize)
        except wire.Malformed as error:
            raise RuntimeError(f"{self.name}: {error}") from None
        if frame is None:
            self.process.wait()
            raise RuntimeError(f"{self.name}: {epitaph(self.process.returncode, self.stderr)}")
        message, *content = pickle.loads(frame)
        if message == "no gpu":
            raise NoGpu(f"{self.name} can use no GPU on this machine")
        if message == "failed":
            raise RuntimeError(f"{self.name} failed: {content[0]}")
        return None if message == "finished" else (content[0], dict(content[1]))


def _compare(runs: list[_Run], rtol: float | None, atol: float) -> dict[str, float]:
    __tracebackhide__ = True
    first, *others = runs
    judges = [Judge(first.name, run.name, rtol, atol) for run in others]
    previous = None
    while True:
        expected, *steps = [run.next() for run in runs]
        for judge, step in zip(judges, steps):
            names = [given[0] if given else "nothing more" for given in (expected, step)]
            if names[0] != names[1]:
                raise AssertionError(
                    f"{first.name} and {judge.other} part after {previous or 'the start'}: "
                    f"{first.name} gave {names[0]}, {judge.other} gave {names[1]}"
                )
            if step and expected:
                judge.compare(step[0], previous, expected[1], step[1])
        if expected is None:
            return {judge.other: judge.deviation for judge in judges}
        previous = expected[0]
