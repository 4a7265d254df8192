"""Gradients of all workers' examples, put together from those of each worker's share.

``summed(tensors, numbers)`` is the engine's: the sums of both over all workers.
"""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from d2l_multi.book.distribution import sharing, workers

Summed = Callable[[Sequence[Any], Sequence[float]], tuple[list[Any], list[float]]]


class NotDistributed(RuntimeError):
    """A loop that would train each worker on its own share alone."""


def averaged(grads: Sequence[Any], num_examples: int, summed: Summed) -> list[Any]:
    """Gradients of means over each worker's examples, as those of the mean over all workers'."""
    weight = sharing.count(num_examples)
    sums, (total,) = summed([grad * weight for grad in grads], [weight])
    _now_averaged()
    return [grad / total for grad in sums]


def added(grads: Sequence[Any], num_examples: int, summed: Summed) -> tuple[list[Any], float]:
    """Gradients of sums over each worker's examples, as those of the sum over all; and their number."""
    sums, (total,) = summed([grad * sharing.count(1) for grad in grads], [sharing.count(num_examples)])
    _now_averaged()
    return sums, total


def _now_averaged() -> None:
    if sharing.latest is not None:
        sharing.latest.averaged = True


def of_batch(grads: Sequence[Any], batch_size: int, summed: Summed) -> tuple[Sequence[Any], float]:
    """What ``sgd`` divides by what: gradients summed over a batch, and its number of examples.

    The book's loops give the batch size that they gave the loader, or the length of the batch that they
    got, which is this worker's share.
    """
    share = sharing.latest
    if workers.alone() or (share is not None and share.averaged):
        return grads, batch_size
    own = share is None or batch_size == share.rows
    if share is not None and not own and batch_size not in (share.batch_size, share.total):
        raise NotDistributed(
            f"sgd was given batch_size {batch_size} for a batch of {share.total} examples, of which this "
            f"worker has {share.rows}: gradients summed over the batch are needed, and its size or len(X)"
        )
    sums, (total,) = summed([grad * sharing.count(1) for grad in grads], [sharing.count(batch_size)])
    return sums, total if own else batch_size


def check_averaged(optimiser: Any) -> None:
    """Whether an optimiser may step: not on what a share of a batch alone has yielded."""
    share = sharing.latest
    if share is not None and not share.averaged and not workers.alone():
        raise NotDistributed(
            f"{type(optimiser).__name__} would train each of the {workers.num_workers()} workers on its own "
            "share of the batch: a loop with an optimiser of the framework is not distributed. Train with "
            "train_epoch_ch3, train_ch3, a Trainer or d2l.sgd, which sum gradients over all workers"
        )


def steps(value: Any) -> bool:
    """Whether a value is a class that says itself how to step."""
    return isinstance(value, type) and "step" in vars(value)


def guard(optimiser: type, method: str) -> None:
    """Let a method of a framework's optimiser look first whether it may step."""
    step = getattr(optimiser, method)

    @wraps(step)
    def checked(self, *args, **kwargs):
        check_averaged(self)
        return step(self, *args, **kwargs)

    setattr(optimiser, method, checked)


class Known:
    """Lists of parameters that are known to be alike in all workers: the latest few."""

    MOST = 16

    def __init__(self) -> None:
        self._lists: list[list[Any]] = []

    def new(self, params: Sequence[Any]) -> bool:
        """Whether these are seen for the first time."""
        for known in self._lists:
            if len(known) == len(params) and all(a is b for a, b in zip(known, params)):
                return False
        self._lists = [*self._lists[1 - self.MOST :], list(params)]
        return True
