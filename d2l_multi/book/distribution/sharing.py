"""Each worker's share of every batch: the batches stay those of one process, cut up among all."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from d2l_multi.book.distribution import workers


@dataclass
class Share:
    """What a worker got of a batch."""

    rows: int  # examples that it was handed
    count: int  # how many of them are its own: none where the batch has fewer examples than there are workers
    total: int  # examples in the batch of all workers
    batch_size: int  # what the loader was asked for
    averaged: bool = False  # whether the gradients are those of all workers already


latest: Share | None = None  # of the batch that was handed out last, while its pass lasts
_whole = False


def bounds(length: int) -> tuple[int, int]:
    """Which rows of a batch this worker gets; at least one, to take part with, be it another worker's."""
    each, more = divmod(length, workers.num_workers())
    rank = workers.worker_rank()
    start = rank * each + min(rank, more)
    stop = start + each + (rank < more)
    return (start, stop) if stop > start else (length - 1, length)


def share(order: np.ndarray, batch_size: int) -> tuple[np.ndarray, int]:
    """An order of all examples and the batch size, as this worker sees them."""
    if workers.alone() or _whole:
        return order, batch_size
    in_full = len(order) // batch_size * batch_size
    start, stop = bounds(batch_size)
    rows = order[:in_full].reshape(-1, batch_size)[:, start:stop].reshape(-1)
    if in_full < len(order):
        first, last = bounds(len(order) - in_full)
        rows = np.concatenate([rows, order[in_full + first : in_full + last]])
    return rows, stop - start


def handed_out(batches: Iterator[Any], num_examples: int, batch_size: int) -> Iterator[Any]:
    """The batches of a pass; while one is worked on, `latest` is what this worker got of it."""
    return batches if workers.alone() or _whole else _handed_out(batches, num_examples, batch_size)


def _handed_out(batches: Iterator[Any], num_examples: int, batch_size: int) -> Iterator[Any]:
    global latest
    before = latest
    try:
        for number, batch in enumerate(batches):
            total = min(batch_size, num_examples - number * batch_size)
            start, stop = bounds(total)
            own = workers.worker_rank() < total
            latest = Share(stop - start, stop - start if own else 0, total, batch_size)
            workers.beat()
            yield batch
    finally:
        latest = before


@contextmanager
def whole() -> Iterator[None]:
    """While this lasts a pass that begins is over whole batches, in this worker alone."""
    global _whole
    before, _whole = _whole, True
    try:
        yield
    finally:
        _whole = before


def idle() -> bool:
    """Whether nothing of the latest batch is this worker's own, so that it counts for nothing."""
    return latest is not None and latest.count == 0


def count(num_examples: int) -> int:
    """How many of a batch's examples count in this worker."""
    return 0 if idle() else num_examples
