"""Arguments checked at the call, in every part: what was given, and what is accepted."""

import math
from collections.abc import Sequence
from typing import Any


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
