"""Timer and Accumulator: measuring without disturbing what is measured."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from d2l_multi.arrays import to_host
from d2l_multi.book.distribution import sharing, workers
from d2l_multi.checks import positive_int


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


class Late:
    """A number that stays where it is, on its device, until somebody wants to know it."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def __float__(self) -> float:
        if not isinstance(self._value, float):
            self._value = float(to_host(self._value))
        return self._value


class OfShare(Late):
    """A mean over this worker's share of a batch."""

    def __init__(self, value: Any, num_examples: int) -> None:
        super().__init__(value)
        self.num_examples = num_examples


def read(values: Sequence[Any]) -> list[float]:
    """Numbers; those of a worker's share become those of all workers' examples."""
    shares = [value for value in values if isinstance(value, OfShare)]
    if not shares:
        return [float(value) for value in values]
    own = [float(share) * share.num_examples if share.num_examples else 0.0 for share in shares]
    sums = workers.total([*own, *(float(share.num_examples) for share in shares)])
    means = iter(sum / number for sum, number in zip(sums, sums[len(shares) :]))
    return [next(means) if isinstance(value, OfShare) else float(value) for value in values]


class Mean:
    """A weighted mean of numbers that are late; so many are left unread at most."""

    PENDING = 4096

    def __init__(self) -> None:
        self._sum = self._weight = 0.0
        self._pending: list[tuple[Late, float]] = []

    def add(self, value: Late, weight: float) -> None:
        self._pending.append((value, weight))
        if len(self._pending) >= self.PENDING:
            self._settle()

    def _settle(self) -> None:
        self._sum += sum(float(value) * weight for value, weight in self._pending)
        self._weight += sum(weight for _, weight in self._pending)
        self._pending = []

    def __float__(self) -> float:
        sum, weight = self.sums()
        return sum / weight

    def sums(self) -> tuple[float, float]:
        """The sum of the weighted numbers, and of the weights."""
        self._settle()
        return self._sum, self._weight


class Accumulator:
    # A backend's subclass says what its tensors are, how to keep one (a detached copy on its device, since
    # the original may change later), and how to read a list of 0-d ones.
    tensor_type: type | tuple[type, ...] = ()
    keep: Callable[[Any], Any]
    read: Callable[[list], list[float]]

    # Tensors held unread at most; a sum of that many is as good as their number.
    PENDING = 4096

    def __init__(self, n):
        self._sums = [0.0] * positive_int("n", n)
        self._pending: list[list[Any]] = [[] for _ in self._sums]

    def add(self, *args):
        if len(args) != len(self._sums):
            raise ValueError(f"this Accumulator sums {len(self._sums)} values, add() was given {len(args)}")
        self.add_own(*[self.kept(value) for value in args])

    def add_own(self, *args):
        """`add` for loops of ours: numbers, and detached 0-d tensors that nobody else can change any more."""
        if sharing.idle():
            return  # the batch is another worker's
        for i, value in enumerate(args):
            if isinstance(value, (int, float)):
                self._sums[i] += value
            else:
                self._pending[i].append(value)
                if len(self._pending[i]) >= self.PENDING:
                    self._settle(i)

    @classmethod
    def kept(cls, value: Any) -> Any:
        """A plain number as a float, a tensor of one element as a detached copy on its device."""
        if not isinstance(value, cls.tensor_type):
            return float(value)
        shape = tuple(getattr(value, "shape", ()))
        if any(side != 1 for side in shape):
            raise ValueError(f"expected a number or a tensor of one element, got shape {shape}")
        return cls.keep(value)

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
