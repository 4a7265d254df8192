"""Arguments checked at the call: what was given, and what is accepted."""

import inspect
import math
import numbers
from collections.abc import Sequence
from operator import eq
from os import PathLike
from typing import Any

import numpy as np


def whole(name: str, value: Any, least: int) -> int:
    """A whole number of at least ``least``, as Python's own."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name} must be a whole number of at least {least}, got {value!r}")
    if value.__index__() < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, got {value!r}")
    return value.__index__()


def positive_int(name: str, value: Any) -> int:
    return whole(name, value, 1)


def learning_rate(value: Any) -> Any:
    """A plain number must be finite and not negative; a tensor is taken as it is, unread."""
    if isinstance(value, numbers.Real) and not 0 <= float(value) < math.inf:
        raise ValueError(f"lr must be a finite number of at least 0, got {value!r}")
    return value


def deviation(name: str, value: Any) -> float:
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(f"{name} is a standard deviation, a finite number of at least 0, got {value!r}")
    return float(value)


def seed(value: Any) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"seed must be None or a whole number, got {value!r}")
    if not 0 <= value.__index__() < 2**32:
        raise ValueError(f"seed must lie between 0 and 2**32 - 1, got {value!r}")
    return value.__index__()


def same_length(arrays: Sequence[Any]) -> int:
    """The number of examples that all arrays share."""
    shapes = [tuple(array.shape) for array in arrays]
    if any(len(shape) == 0 for shape in shapes):
        raise ValueError(f"every array needs a first axis that counts examples, got shapes {shapes}")
    lengths = [shape[0] for shape in shapes]
    if len(set(lengths)) > 1:
        raise ValueError(f"arrays must have the same number of examples, got {lengths} (shapes {shapes})")
    if lengths[0] == 0:
        raise ValueError(f"arrays must hold at least one example, got shapes {shapes}")
    return lengths[0]


def weight_length(shape: Sequence[int]) -> int:
    """The number of features that a ``w`` of shape (d,) or (d, 1) describes."""
    shape = tuple(shape)
    if (len(shape) == 1 or (len(shape) == 2 and shape[1] == 1)) and shape[0] > 0:
        return shape[0]
    raise ValueError(f"w must have shape (d,) or (d, 1) with d >= 1, got shape {shape}")


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


def device_index(i: Any) -> int:
    if isinstance(i, bool) or not hasattr(i, "__index__"):
        raise TypeError(f"a GPU is chosen by a whole number, got {i!r}")
    if i.__index__() < 0:
        raise ValueError(f"GPUs are counted from 0, got {i!r}")
    return i.__index__()


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


def array_list(data_arrays: Any) -> Sequence[Any]:
    if not isinstance(data_arrays, (list, tuple)) or not data_arrays:
        raise TypeError(f"data_arrays must be a tuple or list of arrays, got {type(data_arrays).__name__}")
    return data_arrays


def tensors(params: Any, tensor_type: Any) -> Sequence[Any]:
    """The parameters of a net that is a plain function, as a list of tensors."""
    if not isinstance(params, (list, tuple)) or not all(isinstance(param, tensor_type) for param in params):
        raise TypeError(
            f"parameters are taken from a net of the framework or a list of its tensors, got {params!r:.200}"
        )
    return params


def one_of(name: str, value: Any, accepted: Sequence[Any]) -> Any:
    if value not in accepted:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, accepted))}, got {value!r}")
    return value


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


def rows(indices: Any, num_rows: int) -> Any:
    """Which of so many rows: a slice as it is, numbers and masks as numbers counted from 0."""
    chosen = np.arange(num_rows)[indices] if isinstance(indices, slice) else np.asarray(indices)
    if chosen.dtype == bool and chosen.shape == (num_rows,):
        chosen = np.flatnonzero(chosen)
    if not chosen.size:
        raise ValueError(f"indices must choose at least one of {num_rows} rows, got {indices!r:.200}")
    if isinstance(indices, slice):
        return indices
    if chosen.ndim != 1 or chosen.dtype.kind not in "iu":
        raise TypeError(f"indices are a slice, a list of whole numbers or a mask, got {indices!r:.200}")
    absent = chosen[(chosen >= num_rows) | (chosen < -num_rows)]
    if absent.size:
        raise ValueError(f"there are {num_rows} rows, and none is number {absent[0]}")
    return np.where(chosen < 0, chosen + num_rows, chosen).astype(np.int64)


def mapped(array: np.memmap) -> np.memmap:
    """Whether a memmap can be read as it lies in its file."""
    if not array.dtype.isnative or array.dtype.name not in MAPPED:
        raise ValueError(
            f"a memmap is read as it lies in its file, as {', '.join(MAPPED)} in this machine's byte order; "
            f"got dtype {array.dtype.str}: convert the file once, or load it into memory"
        )
    return array


MAPPED = ("bool", "uint8", "int8", "int32", "int64", "float16", "float32", "float64")


def ours(function: Any) -> bool:
    """Whether a method is this package's, not one of the user's."""
    return getattr(function, "__module__", "").startswith("d2l_multi.")


def not_a_method(cls: type, name: str) -> None:
    """Whether an attribute of that name leaves the methods and properties of a class as they are."""
    there = inspect.getattr_static(cls, name, None)
    wrapped = isinstance(there, (classmethod, staticmethod))
    read_only = isinstance(there, property) and there.fset is None
    if inspect.isroutine(there) or wrapped or read_only:
        raise ValueError(
            f"the hyperparameter {name!r} would hide {cls.__name__}.{name}: give it another name, or "
            f"leave it out with save_hyperparameters(ignore=[{name!r}])"
        )


def per_epoch(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < math.inf:
        raise ValueError(f"{name} is how many points to draw in each epoch, a number above 0, got {value!r}")


def clipping(value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        raise ValueError(
            "gradient_clip_val is the largest norm of all gradients together, or 0 for no limit, "
            f"got {value!r}"
        )


def gpus_to_use(asked: Any, available: int) -> int:
    """How many GPUs a `Trainer` uses of those that are there."""
    if isinstance(asked, bool) or not hasattr(asked, "__index__"):
        raise TypeError(f"num_gpus must be a whole number, got {asked!r}")
    if asked.__index__() < 0:
        raise ValueError(f"num_gpus must be a whole number of at least 0, got {asked!r}")
    used = min(asked.__index__(), available)
    if used > 1:
        raise ValueError(f"num_gpus must be 0 or 1, a Trainer uses one GPU at most, got {asked!r}")
    return used


def resume(value: Any) -> Any:
    """Whether to go on, as a plain bool, or the path of a checkpoint."""
    if value is None or isinstance(value, (bool, np.bool_)):
        return bool(value)
    if not isinstance(value, (str, PathLike)):
        raise TypeError(f"resume must be True, False or the path of a checkpoint, got {value!r}")
    return value


def loaders(data: Any) -> tuple[Any, Any]:
    """The training loader of a data module, and the validation loader or None."""
    if not hasattr(data, "train_dataloader") or not hasattr(data, "val_dataloader"):
        raise TypeError(
            f"fit(model, data) takes a DataModule as data, with train_dataloader() and val_dataloader(), "
            f"got {type(data).__name__}"
        )
    train = data.train_dataloader()
    if train is None:
        raise ValueError(
            f"{type(data).__name__} has no training loader: get_dataloader(train=True) returned None"
        )
    return train, data.val_dataloader()


def num_batches(kind: str, loader: Any) -> int:
    try:
        number = len(loader)
    except TypeError:
        raise ValueError(
            f"the {kind} loader must know how many batches it yields, len(loader); "
            f"this {type(loader).__name__} does not"
        ) from None
    if number < 1:
        raise ValueError(f"the {kind} loader yields no batch")
    return number


def batch(value: Any) -> int:
    """How many examples are in a batch of inputs and labels."""
    if not isinstance(value, (tuple, list)) or len(value) < 2:
        raise ValueError(f"a loader must yield batches (X, ..., y), got {type(value).__name__}")
    shape: Sequence[int] = getattr(value[-1], "shape", ())
    return shape[0] if len(shape) else 1


def trainable(model: Any, default_loss: Any) -> None:
    """Whether a model has what a `Trainer` asks of it; ``default_loss`` is the one that only complains."""
    if not all(hasattr(model, name) for name in ("training_step", "configure_optimizers", "board")):
        raise TypeError(
            f"fit(model, data) takes a subclass of d2l.Module as model, got {type(model).__name__}; "
            "its __init__ must call super().__init__() first"
        )
    name, given = type(model).__name__, type(model)
    if getattr(given, "loss", None) is default_loss:
        raise ValueError(f"{name} has no loss: define loss(self, y_hat, y)")
    configure = getattr(given, "configure_optimizers", None)
    default = getattr(configure, "__qualname__", "") == "Module.configure_optimizers"
    if default and ours(configure) and not hasattr(model, "lr"):
        raise ValueError(
            f"{name} has no optimiser: define configure_optimizers(self), or set self.lr for plain SGD"
        )


def optimiser(model: Any, made: Any) -> Any:
    if made is None:
        raise ValueError(
            f"{type(model).__name__} has no optimiser: its configure_optimizers() returned None; "
            "it must return the optimiser it makes"
        )
    return made
