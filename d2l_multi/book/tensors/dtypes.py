"""Dtypes by name, the same in every framework, and host arrays of a dtype that all of them take."""

import re
from collections.abc import Container, Iterable
from typing import Any

import numpy as np

from d2l_multi.arrays import one_number, to_host
from d2l_multi.checks import whole

FLOATS = ("float16", "bfloat16", "float32", "float64")
NAMES = ("bool", "uint8", "int8", "int16", "int32", "int64", *FLOATS, "complex64", "complex128")

# What not every framework has, and the next one that holds its values.
WIDER = {"int16": "int32", "uint16": "int32", "uint32": "int64", "uint64": "int64", "float128": "float64"}


def of(native: Any) -> dict[str, Any]:
    """The dtypes that a framework's module has, by name."""
    return {name: getattr(native, name) for name in NAMES if hasattr(native, name)}


def name(dtype: Any, known: Container[str] = NAMES) -> str:
    """The name of a dtype given as a name, as Python's or NumPy's type, or as the framework's own."""
    found = dtype
    if isinstance(dtype, (type, np.dtype)):
        try:
            found = np.dtype(dtype).name
        except TypeError:  # a class that is no dtype
            found = ""
    elif not isinstance(dtype, str):
        found = re.findall(r"\w+", str(dtype))[-1]  # torch.int32, paddle.int32, <dtype: 'int32'>
    if found not in known:
        accepted = ", ".join(name for name in NAMES if name in known)
        raise ValueError(f"dtype must be one of {accepted}, got {dtype!r}")
    return found


def floating(dtype: Any) -> None:
    """Whether random numbers can be drawn in a dtype."""
    if dtype is not None and name(dtype) not in FLOATS:
        raise ValueError(f"random numbers are drawn as {', '.join(FLOATS)}, got dtype {dtype!r}")


def trainable(dtype: Any) -> None:
    """Whether a parameter of this dtype can be trained."""
    if "float" not in name(dtype) and "complex" not in name(dtype):
        raise TypeError(f"a trainable tensor holds floats, such as {', '.join(FLOATS)}, got {name(dtype)}")


def common(dtypes: Iterable[Any], known: Container[str] = NAMES) -> str:
    """The dtype of several tensors together: floats win over integers, and wider ones over narrower."""
    found = list(dict.fromkeys(name(dtype) for dtype in dtypes))
    if any(one.startswith("complex") for one in found):
        found = [one for one in found if one in FLOATS or one.startswith("complex")]
    elif any(one in FLOATS for one in found):
        found = [one for one in found if one in FLOATS]
    if len(found) == 1:
        return found[0]
    # NumPy lacks bfloat16; no two kinds of 16 bits hold each other's values.
    joint = np.result_type(*("float32" if one == "bfloat16" else one for one in found)).name
    return joint if joint in known else "int32"


def host_array(data: Any, dtype: Any, integers: str, known: Container[str]) -> np.ndarray:
    """Numbers, nested lists, arrays or tensors as an array that the framework takes as it is.

    ``known`` are the dtypes that the framework has, ``integers`` is that of Python's integers.
    """
    strong = {to_host(leaf).dtype for leaf in _leaves(data) if hasattr(leaf, "dtype")}
    try:
        array = to_host(data) if strong else np.asarray(data)
    except ValueError as error:
        raise ValueError(f"nested lists must be equally long at each depth: {error}") from None
    # NumPy makes objects or floats of integers that none of its dtypes holds.
    if not strong and array.size and array.dtype.kind in "fO" and all(type(x) is int for x in _leaves(data)):
        raise ValueError(f"integers have 64 bits at most, got {data!r:.200}")
    if array.dtype.kind not in "biufc":
        raise TypeError(f"a tensor holds numbers, got {data!r:.200}")
    return _as(array, _joint(array.dtype, strong), dtype, integers, known)


def host_numbers(array: np.ndarray, dtype: Any, integers: str, known: Container[str]) -> np.ndarray:
    """`host_array` of numbers that NumPy computed of Python's, which have no dtype of their own."""
    return _as(array, None, dtype, integers, known)


def host_range(start: Any, stop: Any, step: Any) -> np.ndarray:
    """``arange`` with one, two or three numbers, computed in NumPy so that all backends agree on its end."""
    start, stop, step = (None if number is None else to_host(number)[()] for number in (start, stop, step))
    if step == 0:
        raise ValueError("arange takes a step other than 0")
    return np.arange(start) if stop is None else np.arange(start, stop, step)


def host_linspace(start: Any, stop: Any, num: Any, dtype: Any) -> np.ndarray:
    """``linspace`` in NumPy, which rounds down where integers are asked for."""
    integral = dtype is not None and "int" in name(dtype)
    values = np.linspace(one_number("start", start), one_number("stop", stop), whole("num", num, 0))
    return np.floor(values) if integral else values


def _as(
    array: np.ndarray, own: np.dtype | None, dtype: Any, integers: str, known: Container[str]
) -> np.ndarray:
    """An array in the dtype asked for, else its own, else that of Python's numbers."""
    if dtype is not None:
        return fitted(array, name(dtype, known))
    chosen = own.name if own is not None else _OF_NUMBERS.get(array.dtype.kind, integers)
    if chosen not in known:
        chosen = WIDER.get(chosen, chosen)
    if chosen not in known:
        raise TypeError(f"this framework has no numbers of {array.dtype}")
    return fitted(array, chosen)


_OF_NUMBERS = {"b": "bool", "f": "float32", "c": "complex64"}


def _leaves(data: Any) -> Iterable[Any]:
    if isinstance(data, (list, tuple)):
        for item in data:
            yield from _leaves(item)
    else:
        yield data


def _joint(found: np.dtype, strong: set[np.dtype]) -> np.dtype | None:
    """The dtype that arrays and tensors give a list, which Python's numbers beside them do not widen."""
    kinds = "iu" if found.kind in "iu" else found.kind
    alike = [dtype for dtype in strong if dtype.kind in kinds]
    return np.result_type(*alike) if alike else None


def fitted(array: np.ndarray, dtype: str) -> np.ndarray:
    """An array in another dtype, contiguous and in this machine's byte order; nothing wraps around."""
    if dtype == "bfloat16":  # NumPy has none; the framework makes it of these
        dtype = "float32"
    target = np.dtype(dtype)
    if array.dtype.kind == "c" and target.kind in "iuf":
        raise TypeError(f"complex numbers have no value in {dtype}")
    if target.kind in "iu" and array.size and not np.can_cast(array.dtype, target, "safe"):
        limits = np.iinfo(target)
        low, high = array.min(), array.max()
        # Compared as Python's numbers: the largest int64 is no float. NaN is neither.
        if not (limits.min <= low.item() and high.item() <= limits.max):
            wrong = low if not limits.min <= low.item() else high
            raise ValueError(
                f"{wrong} does not fit {dtype}, which holds {limits.min} to {limits.max}: "
                'ask for a wider dtype, such as dtype="int64", or give other values'
            )
    # A copy: an array of one element may be contiguous and have a negative stride, which PyTorch refuses.
    return np.array(array, dtype=target, order="C")
