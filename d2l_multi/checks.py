"""Arguments checked at the call, in every part: what was given, and what is accepted."""

import math
from collections.abc import Sequence
from typing import Any


def is_code_of(part: Any, *packages: str) -> bool:
    """Whether a function, or the class of an object that is none, was written in one of the packages.

    Of a function counts the module that it runs in: ``functools.wraps`` copies the name of another.
    """
    if hasattr(part, "__globals__"):
        module = part.__globals__.get("__name__", "")
    else:
        module = getattr(part, "__module__", None) or type(part).__module__
    return module.split(".")[0] in packages


def whole(name: str, value: Any, least: int) -> int:
    """A whole number of at least ``least``, as Python's own."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name} must be a whole number of at least {least}, got {value!r}")
    if value.__index__() < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, got {value!r}")
    return value.__index__()


def positive_int(name: str, value: Any) -> int:
    return whole(name, value, 1)


def deviation(name: str, value: Any) -> float:
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(f"{name} is a standard deviation, a finite number of at least 0, got {value!r}")
    return float(value)


def one_of(name: str, value: Any, accepted: Sequence[Any]) -> Any:
    if value not in accepted:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, accepted))}, got {value!r}")
    return value
