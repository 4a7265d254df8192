"""The parts of training and evaluation that are the same in every framework."""

import math
import warnings
from collections.abc import Callable, Iterable, Sequence
from inspect import Parameter, Signature
from typing import Any

from d2l_multi.book.distribution import sharing, workers
from d2l_multi.book.training import checks, divergence, interrupts
from d2l_multi.book.training.history import (
    ConvergenceWarning,
    DivergenceWarning,
    Epoch,
    History,
    InterruptedWarning,
    hand_over,
    interrupted,
)
from d2l_multi.checks import positive_int


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
    params, grads = checks.tensor_list("params", given["params"]), given.get("grads")
    grads = None if grads is None else checks.tensor_list("grads", grads)
    return (
        params,
        grads,
        checks.learning_rate(given["lr"]),
        positive_int("batch_size", given["batch_size"]),
    )


class Updater:
    """Minibatch SGD as an object; a backend's subclass names its ``sgd``."""

    sgd: Callable[..., None]

    def __init__(self, params, lr):
        self.params = checks.tensor_list("params", params)
        self.lr = checks.learning_rate(lr)

    def __call__(self, batch_size, grads=None):
        gradients = () if grads is None else (grads,)
        type(self).sgd(self.params, *gradients, self.lr, batch_size)


def loss(call: Callable, y_hat: Any, y: Any, by_element: bool, lay_out: Callable) -> Any:
    """The loss of outputs and labels, ``call(y_hat, y)``, unless it compares each with each.

    Subtracted, outputs (n, 1) and labels (n,) would be (n, n). To a loss ``by_element`` the labels are given
    in the shape of the outputs, by ``lay_out(y, y_hat)``; what a function of the user's does is not known.
    """
    outputs, labels = checks.outputs_fit(y_hat, y)
    if by_element:
        y = lay_out(y, y_hat)
    else:
        checks.not_broadcast(outputs, labels)
    l = call(y_hat, y)
    checks.loss_fits(l, labels)
    return l


def multiplier(loss: Any, l: Any, num_examples: int) -> int:
    """The multiplier that makes the sum of a batch's loss values a sum over its examples.

    A loss that is already a mean over the batch stands for all of its examples, so that a short
    last batch weighs less.
    """
    averaged = len(l.shape) == 0 and getattr(loss, "reduction", "mean") != "sum"
    return num_examples if averaged else 1


def num_values(l: Any, num_examples: int) -> int:
    """Over how many values the loss of a batch is averaged: its elements, or the examples behind a scalar."""
    return math.prod(l.shape) if len(l.shape) else num_examples


def is_sum(loss: Any, l: Any) -> bool:
    """Whether a loss is one sum over the batch, of which an optimiser gets the gradient as it is."""
    return len(l.shape) == 0 and getattr(loss, "reduction", "mean") == "sum"


def epoch(sums: Sequence[float], what: str) -> tuple[float, float]:
    """The mean loss and the accuracy of a pass, from this worker's sums of losses, values, hits, examples."""
    loss_sum, num_values, num_correct, num_examples = workers.total(sums)
    return _mean(loss_sum, num_values, what), num_correct / num_examples


def mean(total: float, count: float, what: str) -> float:
    """The mean over all workers of what each has summed up."""
    total, count = workers.total([total, count])
    return _mean(total, count, what)


def _mean(total: float, count: float, what: str) -> float:
    if not count:
        raise ValueError(f"{what} yielded no batch, so there is nothing to average")
    return total / count


def pairs(data: Iterable, what: str) -> Iterable:
    """The (X, y) batches of a loader, with an error that says so when they are something else."""
    for batch in data:
        if not isinstance(batch, (tuple, list)) or len(batch) != 2:
            raise ValueError(f"{what} must yield (X, y) batches, got {type(batch).__name__}")
        interrupts.check()
        yield batch
    interrupts.check()


LEGEND = ["train loss", "train acc", "test acc"]


def epochs(
    num_epochs: int,
    chart: Any,
    train_epoch: Callable[[int], Any],
    show: Callable[[int, Any], None],
    data: dict[str, Iterable],
    loss: str = "loss",
) -> History:
    """Epochs of training, shown as they come, until all are over or somebody interrupts.

    ``train_epoch(epoch)`` gives a named tuple, whose first field is what is made small, ``loss`` in words;
    ``show(number, epoch)`` shows it on the chart. ``data`` are the loaders by kind, looked at only if the
    loss becomes infinite or NaN. Warnings are of the line that called the caller's caller.
    """
    history = History()
    history.chart = chart
    try:
        with interrupts.between_steps():
            for epoch in range(num_epochs):
                history.append(train_epoch(epoch))
                show(epoch + 1, history[-1])
                if not history.diverged and not math.isfinite(history[-1][0]):
                    history.diverged = True
                    message = divergence.reason(f"the {loss} became {history[-1][0]}", epoch + 1, data)
                    warnings.warn(message, DivergenceWarning, stacklevel=4)
    except KeyboardInterrupt:
        message = f"{interrupted(history, num_epochs)}; the net is as the last step left it"
        warnings.warn(message, InterruptedWarning, stacklevel=4)
    except Exception as error:
        hand_over(history, error)
        raise
    finally:
        chart.finish()
    return history


# What the book expects of a finished run on Fashion-MNIST.
EXPECTED = {"train_loss": (0.0, 0.5), "train_acc": (0.7, 1.0), "test_acc": (0.7, 1.0)}


def train_ch3(
    num_epochs: int,
    animator: Callable[..., Any],
    train_epoch: Callable[[], tuple[float, float]],
    test_accuracy: Callable[[], float],
    train_iter: Iterable,
) -> History:
    """The epochs of ``train_ch3``, drawn as they come; ``train_epoch`` gives ``(loss, accuracy)``.

    ``train_iter`` is looked at only if the loss becomes infinite or NaN.
    """
    positive_int("num_epochs", num_epochs)
    chart = animator(xlabel="epoch", xlim=[1, max(2, num_epochs)], ylim=[0.3, 0.9], legend=LEGEND)
    history = epochs(
        num_epochs,
        chart,
        train_epoch=lambda _: Epoch(*train_epoch(), test_accuracy()),
        show=chart.add,
        data={"training": train_iter},
    )
    missed = [
        f"{name} is {value:.3f}, expected {low:g} to {high:g}"
        for (name, (low, high)), value in zip(EXPECTED.items(), history[-1] if history else ())
        if not low <= value <= high
    ]
    if missed and not history.diverged and len(history) == num_epochs:
        message = f"after {num_epochs} epochs {'; '.join(missed)}"
        warnings.warn(message, ConvergenceWarning, stacklevel=3)
    return history


def first_batch(data: Iterable, what: str) -> Any:
    """The first (X, y) of a loader."""
    with sharing.whole():
        for batch in pairs(data, what):
            return batch
    raise ValueError(f"{what} yielded no batch")
