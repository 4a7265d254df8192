"""Checks of data: seeds, arrays, rows."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


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


def examples(
    data_arrays: Any, as_tensor: Callable[[Any], Any], of_memmap: Callable[[Any], Any] = lambda array: array
) -> list[Any]:
    """Arrays of as many examples each: tensors, and memmaps, which are not read yet."""
    if not isinstance(data_arrays, (list, tuple)) or not data_arrays:
        raise TypeError(f"data_arrays must be a tuple or list of arrays, got {type(data_arrays).__name__}")
    arrays = [
        of_memmap(memmap(array)) if isinstance(array, np.memmap) else as_tensor(array)
        for array in data_arrays
    ]
    same_length(arrays)
    return arrays


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


def memmap(array: np.memmap) -> np.memmap:
    """Whether a memmap can be read as it lies in its file."""
    if not array.dtype.isnative or array.dtype.name not in IN_MEMMAPS:
        raise ValueError(
            f"a memmap is read as it lies in its file, as {', '.join(IN_MEMMAPS)} in this machine's byte "
            "order; "
            f"got dtype {array.dtype.str}: convert the file once, or load it into memory"
        )
    return array


IN_MEMMAPS = ("bool", "uint8", "int8", "int32", "int64", "float16", "float32", "float64")
