"""What a function yields, as something that can be sent and compared: named leaves in a nested structure."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from d2l_multi.arrays import to_host

PLAIN = (str, bytes, bool, type(None))  # compared for equality


class NotComparable(TypeError):
    """Something of a kind that two frameworks cannot have in common."""


def flatten(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (path, leaf) of nested mappings, lists and tuples; leaves are arrays, numbers and plain values.

    Python's own numbers stay themselves, for they do not say in which precision they were computed.
    """
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from flatten(item, f"{path}[{key!r}]")
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            yield from flatten(item, f"{path}[{number}]")
    elif isinstance(value, (*PLAIN, int, float, complex)) and not isinstance(value, np.generic):
        yield path, value
    else:
        array = to_host(value)
        if array.dtype.kind not in "biufc":
            raise NotComparable(
                f"{path or 'the value'} is of type {type(value).__name__}; tensors, arrays, numbers, strings "
                "and nested dicts, lists and tuples of them can be compared"
            )
        yield path, array


def kind(leaf: Any) -> str:
    """What two leaves must have in common before their values are compared."""
    if isinstance(leaf, np.ndarray):
        names = {"b": "bool", "i": "integer", "u": "integer"}
        return f"array {leaf.shape} of {names.get(leaf.dtype.kind, leaf.dtype.name)}"
    if isinstance(leaf, (int, float, complex)) and not isinstance(leaf, bool):
        return "number"
    return type(leaf).__name__
