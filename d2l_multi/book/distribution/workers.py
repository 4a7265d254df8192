"""Which of the workers of ``d2l-multi launch`` this process is, and sums over all of them.

Alone, without ``launch``, a process is worker 0 of 1, and every function here returns what it was given.
"""

import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Protocol

import numpy as np


class Engine(NamedTuple):
    """How a framework's own engine connects this process with the others."""

    num_workers: int
    rank: int
    total: Callable[[np.ndarray], np.ndarray]  # sums over all workers, in float64


class Pulse(Protocol):
    """Where signs of life are left for the process that watches this one."""

    def beat(self) -> None:
        """Something was done."""

    def wait(self, waiting: bool) -> None:
        """From now on this worker waits for the others, or no longer."""


_engine: Engine | None = None
_pulse: Pulse | None = None


def joined(engine: Engine, pulse: Pulse | None = None) -> None:
    """From now on this process is one of several."""
    global _engine, _pulse
    _engine, _pulse = engine, pulse


def num_workers():
    return 1 if _engine is None else _engine.num_workers


def worker_rank():
    return 0 if _engine is None else _engine.rank


def alone() -> bool:
    return _engine is None or _engine.num_workers == 1


def is_first() -> bool:
    return worker_rank() == 0


def beat() -> None:
    if _pulse is not None:
        _pulse.beat()


@contextmanager
def together() -> Iterator[None]:
    """Surround what ends only when every worker takes part."""
    if _pulse is None:
        yield
        return
    _pulse.beat()
    _pulse.wait(True)
    yield  # an error leaves the mark: the others were lost while this worker waited for them
    _pulse.wait(False)
    _pulse.beat()


def total(numbers: Sequence[float] | np.ndarray) -> list[float]:
    """The sums of some numbers over all workers, the same in each to the last bit."""
    if alone() or not len(numbers):
        return list(numbers)
    assert _engine is not None
    with together():
        return _engine.total(np.asarray(numbers, np.float64)).tolist()


def of_first(array: np.ndarray) -> np.ndarray:
    """The array that worker 0 has; whole numbers up to 2**53 arrive as they are."""
    if alone():
        return array
    flat = array.reshape(-1).astype(np.float64)
    sums = total(flat if is_first() else np.zeros_like(flat))
    return np.asarray(sums).astype(array.dtype).reshape(array.shape)


def alike(arrays: Sequence[np.ndarray]) -> list[bool]:
    """Whether each array, of which every worker has as many, is the same in all to the last bit."""
    sums = np.zeros((num_workers(), len(arrays)))
    sums[worker_rank()] = [zlib.crc32(np.ascontiguousarray(array).tobytes()) for array in arrays]
    everywhere = np.reshape(total(sums.reshape(-1)), sums.shape)
    return (everywhere == everywhere[0]).all(0).tolist()


def barrier() -> None:
    """Wait until every worker is here."""
    total([0.0])
