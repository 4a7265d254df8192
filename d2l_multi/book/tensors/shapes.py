"""The shapes of tensors: what fits what, said once for all frameworks, in NumPy's terms.

Every function takes shapes and returns what the framework's own function is to be told. Sides that a graph
does not know yet (None) are left to it.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from d2l_multi.arrays import one_number
from d2l_multi.checks import deviation, whole


def sides(args: tuple, native: dict | None = None) -> tuple[int, ...]:
    """The shape meant by ``ones(2, 3)``, ``ones((2, 3))``, ``ones(shape=(2, 3))``, ``ones(size=[2, 3])``."""
    for name in ("shape", "size"):
        if native and not args and name in native:
            shape = native.pop(name)
            args = (shape,)
    if len(args) == 1 and hasattr(args[0], "__iter__") and not hasattr(args[0], "__index__"):
        args = tuple(args[0])
    for side in args:
        if not hasattr(side, "__index__") and not isinstance(side, float):
            raise TypeError(f"a shape is made of whole numbers >= 0, got {args}")
        if int(side) != side or side < 0:
            raise ValueError(f"a shape is made of whole numbers >= 0, got {args}")
    return tuple(int(side) for side in args)


def reshaped(shape: Sequence[Any], given: tuple) -> tuple[int, ...]:
    """The shape that ``reshape(x, *given)`` asks for, with -1 replaced."""
    if len(given) == 1 and hasattr(given[0], "__len__"):
        given = tuple(given[0])
    if None in shape or not all(hasattr(side, "__index__") for side in given):
        return given  # a graph's
    sides = tuple(side.__index__() for side in given)
    size, rest = math.prod(shape), math.prod(side for side in sides if side != -1)
    if sides.count(-1) == 1 and min(sides) == -1 and rest and size % rest == 0:
        return tuple(size // rest if side == -1 else side for side in sides)
    if min(sides, default=0) < 0 or rest != size:
        raise ValueError(
            f"a tensor of shape {tuple(shape)} has {size} elements and cannot be reshaped to {sides}"
        )
    return sides


def _axis(axis: Any, ndim: int) -> int:
    if isinstance(axis, bool) or not hasattr(axis, "__index__"):
        raise TypeError(f"an axis is a whole number, got {axis!r}")
    if not -ndim <= axis.__index__() < ndim:
        raise ValueError(f"a tensor of {ndim} axes has no axis {axis}")
    return axis.__index__() % ndim


def permutation(shape: Sequence[Any], axes: Any) -> tuple[int, ...]:
    """The order of axes that ``transpose`` asks for."""
    ndim = len(shape)
    if axes is None:
        return tuple(reversed(range(ndim)))
    order = tuple(_axis(axis, ndim) for axis in axes)
    if sorted(order) != list(range(ndim)):
        raise ValueError(f"axes must name each axis of a tensor of shape {tuple(shape)} once, got {axes}")
    return order


def new_axis(shape: Sequence[Any], axis: Any) -> int:
    """The position, counted from 0, of the axis that ``expand_dims`` adds."""
    return _axis(axis, len(shape) + 1)


def swapped(shape: Sequence[Any], axis1: Any, axis2: Any) -> tuple[int, int]:
    """The axes, counted from 0, that ``swapaxes`` exchanges."""
    return _axis(axis1, len(shape)), _axis(axis2, len(shape))


def repeated(shape: Sequence[Any], repeats: Any, axis: Any) -> tuple[int, int | None]:
    """How often ``repeat`` repeats, and along which axis, counted from 0; None for the flattened tensor."""
    return whole("repeats", repeats, 0), None if axis is None else _one(axis, shape)


def reduced(shape: Sequence[Any], axis: Any, keepdims: Any, native: dict) -> dict:
    """``axis`` and ``keepdims`` under these names, whether or not PyTorch's were used; axes count from 0."""
    axis, keepdims = native.pop("dim", axis), native.pop("keepdim", keepdims)
    if isinstance(axis, (list, tuple)):
        axes = tuple(_axis(one, len(shape)) for one in axis)
        if not axes or len(set(axes)) < len(axes):
            raise ValueError(f"axis must name one axis or several different ones, or be None, got {axis}")
        axis = axes
    elif axis is not None:
        axis = _one(axis, shape)
    return {"axis": axis, "keepdims": bool(keepdims), **native}


def _one(axis: Any, shape: Sequence[Any]) -> int | None:
    """An axis counted from 0; a number by itself may be said to have one."""
    return _axis(axis, len(shape)) if len(shape) else _axis(axis, 1) or None


def averaged(shape: Sequence[Any], axis: Any, keepdims: Any, native: dict) -> dict:
    """`reduced`, where there must be something to average."""
    axes = reduced(shape, axis, keepdims, native)
    _of_something("mean", shape, axes["axis"])
    return axes


def indexed(shape: Sequence[Any], axis: Any) -> int | None:
    """The axis, counted from 0, along which ``argmax`` looks; None for all elements."""
    found = None if axis is None else _one(axis, shape)
    _of_something("argmax", shape, found)
    return found


def _of_something(what: str, shape: Sequence[Any], axis: Any) -> None:
    axes = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    if any(shape[i] == 0 for i in axes):
        raise ValueError(f"there is no {what} of no elements, got shape {tuple(shape)} and axis {axis}")


def product(x: Sequence[Any], y: Sequence[Any]) -> None:
    """Whether two tensors can be multiplied as matrices, stacks of them, or vectors."""
    if len(x) == len(y) == 2 and x[1] == y[0]:
        return
    if None in tuple(x) or None in tuple(y):
        return
    fits = len(x) and len(y) and x[-1] == y[-2 if len(y) > 1 else 0]
    stacks = zip(reversed(x[:-2]), reversed(y[:-2]))
    if not fits or any(a != b and 1 not in (a, b) for a, b in stacks):
        raise ValueError(f"matmul takes (..., n, d) and (..., d, m), got shapes {tuple(x)} and {tuple(y)}")


def batches(x: Sequence[Any], y: Sequence[Any]) -> None:
    """Whether two tensors are stacks of as many matrices, which can be multiplied pair by pair."""
    stacks = len(x) == len(y) == 3 and (x[0] == y[0] or None in (x[0], y[0]))
    if not stacks or (x[2] != y[1] and None not in (x[2], y[1])):
        raise ValueError(f"batch_matmul takes (b, n, d) and (b, d, m), got shapes {tuple(x)} and {tuple(y)}")


def joined(what: str, shapes: Sequence[Sequence[Any]], axis: Any) -> int:
    """The axis, counted from 0, along which ``concat`` or ``stack`` joins tensors of these shapes."""
    if not shapes:
        raise ValueError(f"{what} takes at least one tensor, got none")
    ndim = len(shapes[0])
    found = _axis(axis, ndim + (what == "stack"))
    without = [[side for i, side in enumerate(shape) if what == "stack" or i != found] for shape in shapes]
    if any(len(shape) != ndim or rest != without[0] for shape, rest in zip(shapes, without)):
        allowed = "of equal shape" if what == "stack" else f"that differ along axis {axis} only"
        raise ValueError(f"{what} takes tensors {allowed}, got {', '.join(str(tuple(s)) for s in shapes)}")
    return found


def shards(num_rows: int, number: int) -> list[slice]:
    """Rows cut into so many pieces, as equal as can be and the longer ones first; none of them is empty."""
    ends = [num_rows // number * i + min(i, num_rows % number) for i in range(number + 1)]
    return [slice(start, end) for start, end in pairwise(ends) if start < end]


def vectors(shapes: Sequence[Sequence[Any]]) -> None:
    """Whether ``meshgrid`` can span a grid of tensors of these shapes."""
    if not shapes or any(len(shape) > 1 for shape in shapes):
        raise ValueError(f"meshgrid takes one vector or more, got {', '.join(str(tuple(s)) for s in shapes)}")


def normal_arguments(mean: Any, std: Any, shape: Any, native: dict) -> tuple:
    """Sort out ``normal(mean, std, shape)``, ``size=`` for ``shape=`` and TensorFlow's shape first."""
    if "size" in native:
        shape = native.pop("size")
    if isinstance(mean, (list, tuple)):
        mean, std, shape = (0.0, 1.0, mean) if shape == () else (std, shape, mean)
    shape = sides((shape,) if isinstance(shape, int) else tuple(shape))
    return one_number("mean", mean), deviation("std", one_number("std", std)), shape
