"""Host arrays from whatever a user has: the one place where any framework's tensor becomes NumPy."""

from functools import singledispatch
from typing import Any

import numpy as np


@singledispatch
def to_host(x: Any) -> np.ndarray:
    """A NumPy array with the values of ``x``. Each backend registers its own tensor type here."""
    if isinstance(x, (list, tuple)):
        return np.asarray([to_host(item) for item in x])
    return np.asarray(x)


def host_values(data: Any, integers: type, dtype: Any) -> np.ndarray:
    """The host array that ``tensor(data, dtype)`` is made from; arrays and tensors keep their dtype."""
    leaf = data
    while isinstance(leaf, (list, tuple)) and leaf:
        leaf = leaf[0]
    array = to_host(data)
    return array if hasattr(leaf, "dtype") else by_default(array, integers, dtype)


def by_default(array: np.ndarray, integers: type, dtype: Any) -> np.ndarray:
    """Python's numbers in the dtypes that tensors have unless told otherwise: float32 and ``integers``."""
    if dtype is not None:
        return array
    defaults = {"f": np.float32, "i": integers, "u": integers}
    return array.astype(defaults.get(array.dtype.kind, array.dtype))


def host_range(start: Any, stop: Any, step: Any) -> np.ndarray:
    """``arange`` with one, two or three numbers, computed in NumPy so that all backends agree on its end."""
    return np.arange(start) if stop is None else np.arange(start, stop, step)


def shape_from(args: tuple, native: dict | None = None) -> tuple:
    """The shape meant by ``ones(2, 3)``, ``ones((2, 3))``, ``ones(shape=(2, 3))``, ``ones(size=[2, 3])``."""
    for name in ("shape", "size"):
        if native and not args and name in native:
            shape = native.pop(name)
            args = (shape,) if np.ndim(shape) == 0 else tuple(shape)
    if len(args) == 1 and not isinstance(args[0], int) and np.ndim(args[0]) == 1:
        args = tuple(args[0])
    for side in args:
        if int(side) != side or side < 0:
            raise ValueError(f"a shape is made of whole numbers >= 0, got {args}")
    return tuple(int(side) for side in args)


def normal_arguments(mean: Any, std: Any, shape: Any, native: dict) -> tuple:
    """Sort out ``normal(mean, std, shape)``, ``size=`` for ``shape=`` and TensorFlow's shape first."""
    if "size" in native:
        shape = native.pop("size")
    if isinstance(mean, (list, tuple)):
        mean, std, shape = (0.0, 1.0, mean) if shape == () else (std, shape, mean)
    return mean, std, shape_from((shape,) if isinstance(shape, int) else tuple(shape))


def axis_arguments(axis: Any, keepdims: bool, native: dict) -> dict:
    """``axis`` and ``keepdims`` under these names, whether or not PyTorch's were used."""
    return {"axis": native.pop("dim", axis), "keepdims": native.pop("keepdim", keepdims), **native}
