"""The parts of training and evaluation that are the same in every framework."""

import math
import warnings
from collections.abc import Callable, Iterable
from contextlib import suppress
from inspect import Parameter, Signature
from typing import Any, NamedTuple

from d2l_multi.common import checks, divergence, interrupts


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
        checks.positive_int("batch_size", given["batch_size"]),
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
        interrupts.check()
        yield batch
    interrupts.check()


class ConvergenceWarning(UserWarning):
    pass


class DivergenceWarning(UserWarning):
    pass


class InterruptedWarning(UserWarning):
    pass


class Epoch(NamedTuple):
    """What one epoch came to."""

    train_loss: float
    train_acc: float
    test_acc: float


class History(list):
    """A named tuple per epoch trained, and the chart (``fig``); a notebook that echoes it shows one line."""

    chart: Any = None

    @property
    def fig(self) -> Any:
        """The figure of the chart, up to date; None if nothing was drawn."""
        return None if self.chart is None else self.chart.fig

    def __repr__(self) -> str:
        if not self:
            return "History of 0 epochs"
        last = ", ".join(f"{name} {value:.3g}" for name, value in self[-1]._asdict().items())
        return f"History of {len(self)} epochs: {last}"

    def column(self, name: str) -> list[float]:
        """One quantity over all epochs, such as ``"train_loss"``."""
        checks.one_of("name", name, self[-1]._fields if self else Epoch._fields)
        return [getattr(epoch, name) for epoch in self]


def interrupted(history: History, num_epochs: int) -> str:
    """When an interrupt came; during the last drawing, or the last checkpoint, all epochs are over."""
    done = len(history)
    return f"interrupted in epoch {done + 1}" if done < num_epochs else f"interrupted after epoch {done}"


def hand_over(history: History, error: Exception, hint: str = "") -> None:
    """Let an error that ends training, such as one of a loader's, take the history so far with it."""
    with suppress(AttributeError):  # an exception may say no to attributes
        error.history = history  # type: ignore[attr-defined]
    if hasattr(error, "add_note"):  # from Python 3.11 on
        error.add_note(
            f"It ended training in epoch {len(history) + 1}. The net is as the last step left it, and this "
            f"error's attribute `history` holds the {len(history)} epochs before{hint}."
        )


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
    checks.positive_int("num_epochs", num_epochs)
    legend = ["train loss", "train acc", "test acc"]
    chart = animator(xlabel="epoch", xlim=[1, max(2, num_epochs)], ylim=[0.3, 0.9], legend=legend)
    history = History()
    history.chart = chart
    diverged = None
    try:
        with interrupts.between_steps():
            for number in range(1, num_epochs + 1):
                history.append(Epoch(*train_epoch(), test_accuracy()))
                chart.add(number, history[-1])
                if diverged is None and not math.isfinite(history[-1].train_loss):
                    diverged = number
                    what = f"the loss became {history[-1].train_loss}"
                    message = divergence.reason(what, number, {"training": train_iter})
                    warnings.warn(message, DivergenceWarning, stacklevel=3)
    except KeyboardInterrupt:
        message = f"{interrupted(history, num_epochs)}; the net is as the last step left it"
        warnings.warn(message, InterruptedWarning, stacklevel=3)
        return history
    except Exception as error:
        hand_over(history, error)
        raise
    finally:
        chart.finish()
    missed = [
        f"{name} is {value:.3f}, expected {low:g} to {high:g}"
        for (name, (low, high)), value in zip(EXPECTED.items(), history[-1])
        if not low <= value <= high
    ]
    if missed and diverged is None:
        message = f"after {num_epochs} epochs {'; '.join(missed)}"
        warnings.warn(message, ConvergenceWarning, stacklevel=3)
    return history


def first_batch(data: Iterable, what: str) -> Any:
    """The first (X, y) of a loader."""
    for batch in pairs(data, what):
        return batch
    raise ValueError(f"{what} yielded no batch")
