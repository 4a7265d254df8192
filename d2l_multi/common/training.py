"""The parts of training and evaluation that are the same in every framework."""

import math
from collections.abc import Callable, Iterable
from inspect import Parameter, Signature
from typing import Any

from d2l_multi.common import checks


def _signature(*names: str) -> Signature:
    return Signature([Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in names])


SGD_SHORT = _signature("params", "lr", "batch_size")
SGD_LONG = _signature("params", "grads", "lr", "batch_size")


def sgd_arguments(args: tuple, kwargs: dict) -> tuple[list, list | None, Any, int]:
    """``(params, grads, lr, batch_size)`` of either form of ``sgd``; ``grads`` is None in the short one."""
    form = SGD_LONG if len(args) + len(kwargs) == 4 else SGD_SHORT
    try:
        given = form.bind(*args, **kwargs).arguments
    except TypeError:
        names = [*(type(arg).__name__ for arg in args), *(f"{name}=" for name in kwargs)]
        raise TypeError(
            f"sgd takes (params, lr, batch_size) or (params, grads, lr, batch_size), got ({', '.join(names)})"
        ) from None
    params, grads = list(given["params"]), given.get("grads")
    grads = None if grads is None else list(grads)
    return (
        params,
        grads,
        checks.learning_rate(given["lr"]),
        checks.positive_int("batch_size", given["batch_size"]),
    )


class Updater:
    """Minibatch SGD as an object; a backend's subclass names its ``sgd``."""

    sgd: Callable[..., None]

    def __init__(self, params, lr):
        self.params = list(params)
        self.lr = checks.learning_rate(lr)

    def __call__(self, batch_size, grads=None):
        gradients = () if grads is None else (grads,)
        type(self).sgd(self.params, *gradients, self.lr, batch_size)


def weight(loss: Any, l: Any, num_examples: int) -> int:
    """What the sum of a batch's loss values is to be multiplied by to make it a sum over examples.

    A loss that is already a mean over the batch stands for all of its examples, so that a short
    last batch weighs less.
    """
    averaged = len(l.shape) == 0 and getattr(loss, "reduction", "mean") != "sum"
    return num_examples if averaged else 1


def num_values(l: Any, num_examples: int) -> int:
    """Over how many values the loss of a batch is averaged: its elements, or the examples behind a scalar."""
    return math.prod(l.shape) if len(l.shape) else num_examples


def mean(total: float, count: float, what: str) -> float:
    if not count:
        raise ValueError(f"{what} yielded no batch, so there is nothing to average")
    return total / count


def pairs(data: Iterable, what: str) -> Iterable:
    """The (X, y) batches of a loader, with an error that says so when they are something else."""
    for batch in data:
        if not isinstance(batch, (tuple, list)) or len(batch) != 2:
            raise ValueError(f"{what} must yield (X, y) batches, got {type(batch).__name__}")
        yield batch
