"""Checks of training: outputs beside labels, losses, gradients."""

import math
import numbers
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from operator import eq
from typing import Any

import numpy as np


def learning_rate(value: Any) -> Any:
    """A plain number must be finite and not negative; a tensor is taken as it is, unread.

    Whole numbers become floats: optimisers of Keras and Paddle take no others.
    """
    if isinstance(value, numbers.Real) and not 0 <= float(value) < math.inf:
        raise ValueError(f"lr must be a finite number of at least 0, got {value!r}")
    return float(value) if isinstance(value, numbers.Integral) else value


def same_size(y_hat_shape: Sequence[Any], y_shape: Sequence[Any]) -> None:
    """Whether ``y`` can be laid out like ``y_hat``; sides unknown until run time pass."""
    sides = (*y_hat_shape, *y_shape)
    if None not in sides and math.prod(y_hat_shape) != math.prod(y_shape):
        raise ValueError(
            f"y_hat and y must have the same number of elements, got shapes "
            f"{tuple(y_hat_shape)} and {tuple(y_shape)}"
        )


def linear_shapes(X: Sequence[Any], w: Sequence[Any], b: Any) -> None:
    """Whether shapes ``X`` and ``w`` agree on the features, and ``b`` has a number for each output or all."""
    if len(X) and len(w) and X[-1] != w[0] and None not in (X[-1], w[0]):
        raise ValueError(
            f"X and w must agree on the number of features, got shapes {tuple(X)} and {tuple(w)}"
        )
    shape = b.shape if hasattr(b, "shape") else np.shape(b)
    axes, outputs = len(shape), w[1:]
    each = (
        len(outputs) == 1
        and axes
        and shape[-1] == outputs[0]
        and (axes == 1 or (axes == 2 and shape[0] == 1))
    )
    one = axes <= len(w) and all(side == 1 for side in shape)
    if not each and not one and None not in (*shape, *outputs):
        raise ValueError(
            f"b must be a number or have one for each output, {tuple(outputs) or (1,)}, got shape "
            f"{tuple(shape)} for w of shape {tuple(w)}"
        )


def gradients(params: Sequence[Any], grads: Sequence[Any], hint: str) -> Sequence[Any]:
    """Every parameter has a gradient, or nothing is updated."""
    if len(params) != len(grads):
        raise ValueError(f"sgd needs one gradient per parameter, got {len(grads)} for {len(params)}")
    for number, (param, grad) in enumerate(zip(params, grads)):
        if grad is None:
            raise ValueError(f"parameter {number} of shape {tuple(param.shape)} has no gradient: {hint}")
        if tuple(param.shape) != tuple(grad.shape):
            raise ValueError(
                f"the gradient of parameter {number} must have its shape, {tuple(param.shape)}, "
                f"got {tuple(grad.shape)}"
            )
    return grads


def tensor_list(name: str, value: Any) -> list[Any]:
    """Several tensors; one alone would be taken for as many as it has rows."""
    if hasattr(value, "shape") or not hasattr(value, "__iter__"):
        raise TypeError(f"{name} must be a list of tensors, got {value!r:.200}")
    return list(value)


def outputs_fit(y_hat: Any, y: Any) -> tuple[Sequence[Any], Sequence[Any]]:
    """The shapes of outputs and labels, where a net gave one output, or one row of scores, for each label."""
    outputs, labels = _shape("a net must give", y_hat), _shape("labels must be", y)
    if not len(outputs) or not len(labels) or outputs[0] != labels[0]:
        raise ValueError(
            f"the net must give one output for each label, got outputs of shape {tuple(outputs)} "
            f"for labels of shape {tuple(labels)}"
        )
    return outputs, labels


def _shape(what: str, value: Any) -> Sequence[Any]:
    shape = getattr(value, "shape", None)
    if shape is None:
        raise TypeError(f"{what} one tensor, got {type(value).__name__}")
    return shape


@contextmanager
def takes(what: str, shape: Sequence[Any], kinds: tuple[type[Exception], ...]) -> Iterator[None]:
    """Say of a framework's error about shapes what did not take which input; other errors are as they are."""
    try:
        yield
    except kinds as error:
        if type(error) not in kinds:  # such as that memory is full
            raise
        raise ValueError(f"{what} does not take inputs of shape {tuple(shape)}: {_gist(error)}") from error


def _gist(error: BaseException) -> str:
    """The first line of an error that is neither empty nor about where it happened."""
    lines = re.sub(r"\x1b\[\d*m", "", str(error)).splitlines()
    place = re.compile(r"\s*($|Traceback|File |Exception encountered)")
    told = [line.strip() for line in lines if not place.match(line)]
    return told[0][:300] if told else type(error).__name__


def not_empty(shape: Sequence[Any]) -> None:
    """Whether a layer made something of its input; of an image smaller than its kernel some make nothing."""
    if any(side is not None and side < 1 for side in shape[1:]):
        raise ValueError(f"nothing is left of them, shape {tuple(shape)}")


def not_broadcast(outputs: Sequence[Any], labels: Sequence[Any]) -> None:
    """Whether a loss of the user's own would compare each output with each label, as (n, 1) with (n,)."""
    if len(outputs) == len(labels) and all(map(eq, outputs, labels)):
        return
    if None not in (*outputs, *labels) and math.prod(outputs) == math.prod(labels):
        raise ValueError(
            f"outputs of shape {tuple(outputs)} and labels of shape {tuple(labels)} would be compared each "
            f"with each: give the labels the shape {tuple(outputs)}, or let the net give {tuple(labels)}"
        )


def loss_fits(l: Any, labels: Sequence[Any]) -> None:
    """Whether a loss has one value for each label at most; more come of broadcasting."""
    values = _shape("a loss must give", l)
    if len(values) and None not in (*values, *labels) and math.prod(values) > math.prod(labels):
        raise ValueError(
            f"a loss must be a mean or have one value for each label at most, got shape {tuple(values)} for "
            f"labels of shape {tuple(labels)}"
        )


def rows_of_scores(Y_hat_shape: Sequence[Any], Y_shape: Sequence[Any]) -> None:
    """Whether there is one class for each row of scores (..., classes), and a row at least."""
    known = None not in (*Y_hat_shape, *Y_shape)
    rows = math.prod(Y_hat_shape[:-1]) if known and len(Y_hat_shape) else 1
    if not len(Y_hat_shape) or (known and rows != math.prod(Y_shape)) or not rows:
        raise ValueError(
            f"there must be one label for each row of scores, and a row at least: got scores of shape "
            f"{tuple(Y_hat_shape)} and labels of shape {tuple(Y_shape)}"
        )


def classes(labels: np.ndarray, num_classes: int) -> None:
    """Whether labels are numbers of classes that exist. It is asked of each batch, so it must be quick."""
    unsigned = _UNSIGNED.get(labels.dtype)
    if unsigned is not None and labels.size:
        if np.maximum.reduce(labels.view(unsigned), None) < num_classes:  # negative ones are large so
            return
    elif labels.dtype.kind not in "biuf":
        raise TypeError(f"labels must be numbers of classes, got dtype {labels.dtype}")
    for label in labels.flat:
        if not (0 <= label < num_classes and label == int(label)):
            raise ValueError(
                f"labels must be classes, whole numbers from 0 to {num_classes - 1}, got {label}"
            )


_UNSIGNED = {np.dtype(f"{kind}{size}"): np.dtype(f"u{size}") for kind in "iu" for size in (1, 2, 4, 8)}
