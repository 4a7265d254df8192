"""Host arrays from whatever a user has: the one place where any framework's tensor becomes NumPy."""

from functools import singledispatch
from typing import Any

import numpy as np

from d2l_multi.common import checks, shapes


@singledispatch
def to_host(x: Any) -> np.ndarray:
    """A NumPy array with the values of ``x``. Each backend registers its own tensor type here."""
    if isinstance(x, (list, tuple)):
        return np.asarray([to_host(item) for item in x])
    return np.asarray(x)


def host_range(start: Any, stop: Any, step: Any) -> np.ndarray:
    """``arange`` with one, two or three numbers, computed in NumPy so that all backends agree on its end."""
    start, stop, step = (None if number is None else to_host(number)[()] for number in (start, stop, step))
    if step == 0:
        raise ValueError("arange takes a step other than 0")
    return np.arange(start) if stop is None else np.arange(start, stop, step)


def one_number(name: str, value: Any) -> float:
    """A number, or what a tensor or an array of one element holds."""
    array = to_host(value)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must be a number or a tensor of one element, got {value!r:.200}")
    if array.size != 1:
        raise ValueError(f"{name} must be a number or a tensor of one element, got shape {array.shape}")
    return float(array.item())


def normal_arguments(mean: Any, std: Any, shape: Any, native: dict) -> tuple:
    """Sort out ``normal(mean, std, shape)``, ``size=`` for ``shape=`` and TensorFlow's shape first."""
    if "size" in native:
        shape = native.pop("size")
    if isinstance(mean, (list, tuple)):
        mean, std, shape = (0.0, 1.0, mean) if shape == () else (std, shape, mean)
    sides = shapes.sides((shape,) if isinstance(shape, int) else tuple(shape))
    return one_number("mean", mean), checks.deviation("std", one_number("std", std)), sides
