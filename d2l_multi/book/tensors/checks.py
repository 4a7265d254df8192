"""Checks of devices."""

from typing import Any


def device_index(i: Any) -> int:
    if isinstance(i, bool) or not hasattr(i, "__index__"):
        raise TypeError(f"a GPU is chosen by a whole number, got {i!r}")
    if i.__index__() < 0:
        raise ValueError(f"GPUs are counted from 0, got {i!r}")
    return i.__index__()
