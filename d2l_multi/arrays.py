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


def one_number(name: str, value: Any) -> float:
    """A number, or what a tensor or an array of one element holds."""
    array = to_host(value)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must be a number or a tensor of one element, got {value!r:.200}")
    if array.size != 1:
        raise ValueError(f"{name} must be a number or a tensor of one element, got shape {array.shape}")
    return float(array.item())
