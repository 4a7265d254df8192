"""Training and evaluation (book sections: Linear Regression; Softmax Regression; Model Selection)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, overload

from d2l_multi.book.types import ArrayLike, Batches, Loss, Net, Optimizer, Shaped, Tensor, TensorLike, not_in

if TYPE_CHECKING:
    from d2l_multi.book.training.history import History

__all__ = [
    "Timer",
    "Accumulator",
    "linreg",
    "squared_loss",
    "sgd",
    "Updater",
    "ConvergenceWarning",
    "InterruptedWarning",
    "DivergenceWarning",
    "accuracy",
    "evaluate_loss",
    "train_epoch_ch3",
    "evaluate_accuracy",
    "train_ch3",
    "predict_ch3",
]


class Timer:
    """Records durations in seconds. It starts when it is made; ``times`` lists what was recorded."""

    times: list[float]
    """The recorded durations in seconds."""

    def start(self) -> None:
        """Start anew."""

    def stop(self) -> float:
        """Record the seconds since the last start, and return them."""

    def avg(self) -> float:
        """The mean of the recorded times in seconds. ValueError if there is none."""

    def sum(self) -> float:
        """The sum of the recorded times in seconds."""

    def cumsum(self) -> list[float]:
        """The running sums of the recorded times (list of float)."""


class Accumulator:
    """Running sums of ``n`` quantities.

    Tensors are kept on their device, detached, and read when a sum is asked for (``metric[i]`` or
    ``metric.data``), so a training loop does not wait for the device at every batch. Sums are float64.
    """

    data: list[float]
    """All sums."""

    def __init__(self, n: int) -> None:
        """``n``: how many sums to keep.

        Raises:
            ValueError: ``n`` below 1.
            TypeError: ``n`` is no whole number.
        """

    def add(self, *args: Shaped | float) -> None:
        """Add one value to each sum: plain numbers or tensors of one element.

        Raises:
            ValueError: not ``n`` values, or a tensor of more than one element.
        """

    def reset(self) -> None:
        """Set all sums to zero."""

    def __getitem__(self, idx: int) -> float:
        """The ``idx``-th sum (float)."""


def linreg(X: TensorLike, w: TensorLike, b: TensorLike | float) -> Tensor:
    """The linear model ``Xw + b``.

    ``X``: (n, d); ``w``: (d, m) or (d,); ``b``: (m,) or a number. Returns (n, m), or (n,) for a ``w`` (d,).

    Raises:
        ValueError: ``X`` and ``w`` disagree on the number of features, or ``b`` has not one number for each
            output; the shapes are named.
    """


def squared_loss(y_hat: TensorLike, y: TensorLike) -> Tensor:
    """Half the squared error of each element, ``(ŷ - y)² / 2``, in the shape and the dtype of ``y_hat``.

    Raises:
        ValueError: the two do not have the same number of elements.
    """


@not_in("tensorflow")
@overload
def sgd(params: Iterable[TensorLike], lr: float, batch_size: int) -> None: ...
@overload
def sgd(params: Iterable[TensorLike], grads: Iterable[TensorLike], lr: float, batch_size: int) -> None: ...
def sgd(*args: Any, **kwargs: Any) -> None:
    """One step of minibatch stochastic gradient descent, in place: ``p -= lr * grad / batch_size``.

    ``sgd(params, lr, batch_size)`` uses the gradients that the framework stored on the parameters and
    clears them; ``sgd(params, grads, lr, batch_size)`` uses those it is given. TensorFlow stores none,
    so there the short form raises a ValueError that names the long one.

    Args:
        params: the tensors to update.
        grads: their gradients, summed over the batch.
        lr: learning rate, a finite number of at least 0.
        batch_size: examples in the batch.

    Raises:
        TypeError: the arguments fit neither form, or a tensor stands where a list of them belongs.
        ValueError: a learning rate or batch size out of range, a parameter without a gradient, or with one of
            another shape.
    """


class Updater:
    """`sgd` with its parameters and learning rate bound (book section: Softmax Regression from Scratch).

    Called as the book calls it: ``updater(batch_size)``, or with gradients ``updater(batch_size, grads)``.
    """

    params: list[Any]
    """The tensors to update."""
    lr: float
    """The learning rate."""

    def __init__(self, params: Iterable[TensorLike], lr: float) -> None:
        """``params``: the list of tensors to update; ``lr``: the learning rate. Raises what `sgd` does."""

    def __call__(self, batch_size: int, grads: Iterable[TensorLike] | None = None) -> None:
        """Update the parameters once."""


class ConvergenceWarning(UserWarning):
    """Training ended short of what the book expects; the message says which bound was missed."""


class InterruptedWarning(UserWarning):
    """Training was stopped by Ctrl-C or a notebook's stop button; the message names the epoch."""


class DivergenceWarning(UserWarning):
    """The loss became infinite or NaN; the message names the epoch."""


def accuracy(y_hat: ArrayLike, y: ArrayLike) -> float:
    """The number of correct predictions (float).

    ``y_hat``: scores (n, classes), or predicted classes (n,); ``y``: classes (n,).

    Raises:
        ValueError: not as many labels as predictions.
    """


def evaluate_loss(net: Net, data_iter: Batches, loss: Loss) -> float:
    """The mean loss per example of ``net`` over the batches of ``data_iter`` (float).

    ``net``: a module of the framework (put in evaluation mode meanwhile) or any callable. ``loss``: a
    loss object of the framework or a function ``(y_hat, y)``, per example or averaged over the batch.
    Labels are held against outputs as in `train_epoch_ch3`.

    Raises:
        TypeError: ``net`` gives no tensor.
        ValueError: ``data_iter`` yields no batch, or as `train_epoch_ch3`.
    """


def train_epoch_ch3(
    net: Net, train_iter: Batches, loss: Loss, updater: Optimizer | Callable[..., Any]
) -> tuple[float, float]:
    """Train for one pass over ``train_iter``; return ``(mean loss, accuracy)``, both float.

    ``loss``: a loss object of the framework, or a function ``(y_hat, y)``, per example or averaged
    over the batch. ``updater``: an optimiser of the framework, or a callable as in the book
    (``updater(batch_size)``; in TensorFlow an `Updater`).

    Labels (n,) for outputs (n, 1), or the other way round, are laid out like the outputs for `squared_loss`
    and the framework's losses of single outputs, such as its mean squared error. A function of one's own
    would compare each output with each label; that is refused.

    Raises:
        TypeError: ``net`` gives no tensor.
        ValueError: ``train_iter`` yields no batch, outputs that do not fit the labels, or a loss with more
            values than labels.
    """


def evaluate_accuracy(net: Net, data_iter: Batches) -> float:
    """The share of correct predictions over the batches of ``data_iter`` (float), ``net`` in evaluation mode.

    Raises:
        TypeError: ``net`` gives no tensor.
        ValueError: ``data_iter`` yields no batch, or the net's output does not fit the labels.
    """


def train_ch3(
    net: Net,
    train_iter: Batches,
    test_iter: Batches,
    loss: Loss,
    num_epochs: int,
    updater: Optimizer | Callable[..., Any],
) -> History:
    """Train with `train_epoch_ch3` for ``num_epochs`` epochs and draw the metrics as they come.

    Returns the history: a list with ``(train_loss, train_acc, test_acc)`` for each epoch, whose fields
    have these names; ``history.column("train_loss")`` is one of them over all epochs, ``history.fig`` the
    chart. Ctrl-C, or a notebook's stop button, ends training after the step that runs: the history of the
    epochs before is returned and the net is as that step left it. A second one does not wait. An error,
    such as one of a loader's, comes through as it is, with the history so far in its attribute ``history``.

    Warns:
        DivergenceWarning: the loss became infinite or NaN, at the end of the epoch in which it did. If the
            training data hold such a value, it names the first example; a loader that is not of `load_array`
            or its kind is looked at only where its next pass stays the same, a list of batches for one.
        InterruptedWarning: training was interrupted.
        ConvergenceWarning: the last epoch misses what the book expects: loss below 0.5, accuracies above 0.7.

    Raises:
        ValueError: ``num_epochs`` below 1, and all that `train_epoch_ch3` raises.
    """


def predict_ch3(net: Net, test_iter: Batches, n: int = 6) -> None:
    """Show the first ``n`` images of ``test_iter`` with their true class and, below it, the predicted one."""
