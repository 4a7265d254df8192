"""Seeded randomness: the same numbers in every backend, on every machine.

NumPy's legacy ``RandomState`` is used on purpose: its streams are frozen by NumPy's policy, while
those of ``numpy.random.Generator`` may change between releases.
"""

import math
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from d2l_multi.book.data import checks
from d2l_multi.book.distribution import workers

# Independent streams, so that a data set and the order of its batches never share numbers.
DATA, ORDER, PARAMETERS, MASKS = range(4)


def stream(seed: int, purpose: int, epoch: int = 0) -> np.random.RandomState:
    return np.random.RandomState([checks.seed(seed), purpose, epoch])


def regression_data(
    w: np.ndarray, b: float, num_examples: int, noise: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """``X`` (n, d) and ``y = Xw + b + noise`` (n, 1) in the dtype of ``w``.

    Computed in float64, one feature after the other: a matrix product may round differently from
    one machine's BLAS to the next, these operations may not.
    """
    random = stream(seed, DATA)
    X = random.standard_normal((num_examples, w.size)).astype(w.dtype)
    y = noise * random.standard_normal(num_examples) + float(b)
    for column, weight in zip(X.T.astype(np.float64), w.reshape(-1).tolist()):
        y += column * weight
    return X, y.astype(w.dtype).reshape(-1, 1)


def permutations(seed: int | None, epoch: int, native: Callable) -> Callable[[int], np.ndarray]:
    """What draws an order of ``range(n)`` for a pass: a seed, or the framework's own ``native(n)``."""
    return native if seed is None else stream(seed, ORDER, epoch).permutation


def order(num_examples: int, seed: int, epoch: int = 0) -> np.ndarray:
    """A permutation of ``range(num_examples)`` (int64), another one for each epoch."""
    return stream(seed, ORDER, epoch).permutation(num_examples).astype(np.int64)


def dropout_masks(
    num_examples: int, widths: Sequence[int], rates: Sequence[float], seed: int, step: int
) -> list[np.ndarray]:
    """For each hidden layer a mask (num_examples, width), float64: 0 with probability ``rate``, else 1."""
    random = stream(seed, MASKS, step)
    return [
        (random.random_sample((num_examples, width)) >= rate).astype(np.float64)
        for width, rate in zip(widths, rates)
    ]


class Orders:
    """The order of the examples in each pass over a loader, counted from the first."""

    def __init__(self, num_examples: int, shuffle: bool, seed: int | None, native_order) -> None:
        """``native_order(n)`` draws a permutation of ``range(n)`` from the framework's own generator."""
        self.num_examples = num_examples
        self.shuffle = shuffle
        self.seed = None if seed is None else checks.seed(seed)
        self.native_order = native_order
        self.epoch = 0
        self._lock = threading.Lock()

    def next(self) -> np.ndarray:
        """The order of the pass that begins now, as host indices (n,) int64."""
        with self._lock:  # passes in several threads are different epochs
            epoch, self.epoch = self.epoch, self.epoch + 1
        if not self.shuffle:
            return np.arange(self.num_examples)
        if self.seed is None:
            native = self.native_order(self.num_examples)
            in_turn = threading.current_thread() is threading.main_thread()  # as the other workers' passes
            return workers.of_first(native) if in_turn else native
        return order(self.num_examples, self.seed, epoch)

    def __getstate__(self) -> dict:
        """For copies, and for another process, which has a lock of its own."""
        return {name: value for name, value in self.__dict__.items() if name != "_lock"}

    def __setstate__(self, state: dict) -> None:
        self.__dict__.update(state)
        self._lock = threading.Lock()


def begin_at(loader: Any, epoch: int) -> None:
    """Let the next pass over a loader of ours be that of an epoch, counted from 0; others are left alone."""
    orders = getattr(loader, "orders", None)
    if isinstance(orders, Orders):
        orders.epoch = epoch


# Numbers gathered at a time: enough to hide the cost of a call, few enough to stay in a core's cache.
BLOCK = 1_000_000


def block_size(arrays: Sequence, batch_size: int, numbers: int | None = None) -> int:
    """How many rows of the arrays to gather at a time: some batches, or one where a batch is large."""
    row_size = sum(math.prod(array.shape[1:]) for array in arrays) or 1
    return batch_size * max(1, (numbers or BLOCK) // row_size // batch_size)


def blocks(order: Any, batch_size: int, arrays: Sequence, numbers: int | None = None) -> list:
    """An order of the rows of the arrays, cut into pieces to be gathered one at a time."""
    size = block_size(arrays, batch_size, numbers)
    return [order[start : start + size] for start in range(0, len(order), size)]


def batches(blocks: Iterable, batch_size: int, gather: Callable) -> Iterator[tuple]:
    """Yield batches of ``batch_size`` rows; the last is the short rest.

    ``gather(rows)`` returns a tuple of the arrays' rows. It is called for a block of many batches
    at once, and the batches are slices of the block: a call into the framework per block, not per batch.
    """
    for rows in blocks:
        gathered = gather(rows)
        for first in range(0, len(gathered[0]), batch_size):
            yield tuple(array[first : first + batch_size] for array in gathered)
