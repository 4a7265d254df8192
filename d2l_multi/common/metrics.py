"""Timer and Accumulator: measuring without disturbing what is measured."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np


class Timer:
    def __init__(self):
        self.times = []
        self.start()

    def start(self):
        self.tik = time.perf_counter()

    def stop(self):
        self.times.append(time.perf_counter() - self.tik)
        return self.times[-1]

    def avg(self):
        if not self.times:
            raise ValueError("Timer has recorded nothing yet; call stop() first")
        return self.sum() / len(self.times)

    def sum(self):
        return sum(self.times)

    def cumsum(self):
        return np.cumsum(self.times).tolist()


class Accumulator:
    # A backend's subclass says what its tensors are, how to keep one (a detached copy on its device, since
    # the original may change later), and how to read a list of 0-d ones.
    tensor_type: type | tuple[type, ...] = ()
    keep: Callable[[Any], Any]
    read: Callable[[list], list[float]]

    # Tensors held unread at most; a sum of that many is as good as their number.
    PENDING = 4096

    def __init__(self, n):
        self._sums = [0.0] * n
        self._pending: list[list[Any]] = [[] for _ in range(n)]

    def add(self, *args):
        if len(args) != len(self._sums):
            raise ValueError(f"this Accumulator sums {len(self._sums)} values, add() was given {len(args)}")
        self.add_own(*[self._taken(value) for value in args])

    def add_own(self, *args):
        """`add` for loops of ours: numbers, and detached 0-d tensors that nobody else can change any more."""
        for i, value in enumerate(args):
            if isinstance(value, (int, float)):
                self._sums[i] += value
            else:
                self._pending[i].append(value)
                if len(self._pending[i]) >= self.PENDING:
                    self._settle(i)

    def _taken(self, value: Any) -> Any:
        if not isinstance(value, self.tensor_type):
            return float(value)
        shape = tuple(getattr(value, "shape", ()))
        if any(side != 1 for side in shape):
            raise ValueError(f"add() takes numbers and tensors of one element, got shape {shape}")
        return self.keep(value)

    def _settle(self, i):
        if self._pending[i]:
            self._sums[i] += sum(self.read(self._pending[i]))
            self._pending[i] = []

    def reset(self):
        self._sums = [0.0] * len(self._sums)
        self._pending = [[] for _ in self._sums]

    @property
    def data(self):
        return [self[i] for i in range(len(self._sums))]

    def __getitem__(self, idx):
        if isinstance(idx, slice):
            return self.data[idx]
        self._settle(idx)
        return self._sums[idx]
