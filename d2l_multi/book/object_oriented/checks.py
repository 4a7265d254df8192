"""Checks of models, data and trainers."""

import inspect
import math
from collections.abc import Callable, Sequence
from os import PathLike
from typing import Any

import numpy as np

from d2l_multi.checks import is_code_of


def ours(function: Any) -> bool:
    """Whether a method is this package's, not one of the user's."""
    return is_code_of(function, "d2l_multi")


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
    """How many GPUs a `Trainer` uses of those that it can have."""
    if isinstance(asked, bool) or not hasattr(asked, "__index__"):
        raise TypeError(f"num_gpus must be a whole number, got {asked!r}")
    if asked.__index__() < 0:
        raise ValueError(f"num_gpus must be a whole number of at least 0, got {asked!r}")
    return min(asked.__index__(), available)


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


def num_examples(value: Any) -> int:
    """How many examples are in a batch of inputs and labels."""
    if not isinstance(value, (tuple, list)) or len(value) < 2:
        raise ValueError(f"a loader must yield batches (X, ..., y), got {type(value).__name__}")
    shape: Sequence[int] = getattr(value[-1], "shape", ())
    return shape[0] if len(shape) else 1


def trainable(model: Any, base: Any) -> None:
    """Whether a model has what a `Trainer` asks of it.

    ``base`` is what each backend's Module is directly derived from: its loss only complains, and the
    optimiser that such a Module makes wants a learning rate.
    """
    if not all(hasattr(model, name) for name in ("training_step", "configure_optimizers", "board")):
        raise TypeError(
            f"fit(model, data) takes a subclass of d2l.Module as model, got {type(model).__name__}; "
            "its __init__ must call super().__init__() first"
        )
    name, given = type(model).__name__, type(model)
    if getattr(given, "loss", None) is base.loss:
        raise ValueError(f"{name} has no loss: define loss(self, y_hat, y)")
    maker: Any = next((cls for cls in given.__mro__ if "configure_optimizers" in vars(cls)), object)
    default = base in maker.__bases__ and ours(maker.configure_optimizers)
    if default and not hasattr(model, "lr"):
        raise ValueError(
            f"{name} has no optimiser: define configure_optimizers(self), or set self.lr for plain SGD"
        )


def in_sequence(model: Any, layers_of: Callable[[Any], Any]) -> Any:
    """The layers of ``model.net``, which must be a sequence of them."""
    layers = layers_of(getattr(model, "net", None))
    if layers is None:
        raise TypeError(
            f"layer_summary goes through the layers of self.net, a Sequential; that of "
            f"{type(model).__name__} is {type(getattr(model, 'net', None)).__name__}"
        )
    return layers


def optimiser(model: Any, made: Any) -> Any:
    if made is None:
        raise ValueError(
            f"{type(model).__name__} has no optimiser: its configure_optimizers() returned None; "
            "it must return the optimiser it makes"
        )
    return made
