"""Tensors and devices (book sections: Data Manipulation; GPUs).

*Tensor* means the framework's own tensor. Functions keep the dtype and the device of what they are given;
float32 is the default. Where a name accepts ``**native``, keywords that are not listed go on to the
framework's own function, and code that uses them is no longer portable.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, overload

from d2l_multi.book.types import (
    ArrayLike,
    Device,
    DeviceLike,
    DType,
    DTypeLike,
    HostArray,
    NativeModule,
    Parameter,
    Tensor,
    TensorLike,
)

__all__ = [
    "nn_Module",
    "int32",
    "int64",
    "float32",
    "float64",
    "cpu",
    "gpu",
    "num_gpus",
    "try_gpu",
    "try_all_gpus",
    "tensor",
    "ones",
    "zeros",
    "ones_like",
    "zeros_like",
    "arange",
    "linspace",
    "meshgrid",
    "eye",
    "normal",
    "rand",
    "randn",
    "sin",
    "cos",
    "sinh",
    "cosh",
    "tanh",
    "sigmoid",
    "exp",
    "log",
    "abs",
    "matmul",
    "batch_matmul",
    "concat",
    "stack",
    "reshape",
    "transpose",
    "expand_dims",
    "swapaxes",
    "repeat",
    "reduce_sum",
    "reduce_mean",
    "argmax",
    "astype",
    "size",
    "to",
    "numpy",
    "as_parameter",
]

nn_Module: type[NativeModule]
"""The framework's own base class of models and layers."""
int32: DType
"""The framework's 32-bit integer dtype."""
int64: DType
"""The framework's 64-bit integer dtype."""
float32: DType
"""The framework's single-precision dtype, the default."""
float64: DType
"""The framework's double-precision dtype."""


def cpu() -> Device:
    """The device of the host processor, as the framework describes it."""


def gpu(i: int = 0) -> Device:
    """The device of the ``i``-th GPU, as the framework describes it.

    Whether the machine has it is only known when something is put there; `try_gpu` asks first.

    Raises:
        ValueError: ``i`` is negative, or this build of the framework knows no GPUs.
    """


def num_gpus() -> int:
    """How many GPUs the framework can use on this machine (int)."""


def try_gpu(i: int = 0) -> Device:
    """``gpu(i)`` where the machine has that GPU, else ``cpu()``."""


def try_all_gpus() -> list[Device]:
    """A list of all GPUs, or ``[cpu()]`` where there is none."""


def tensor(data: ArrayLike, dtype: DTypeLike = None, device: DeviceLike = None, **native: Any) -> Tensor:
    """A new tensor with the values of ``data`` (numbers, nested lists, a NumPy array, a tensor).

    Without ``dtype``: NumPy arrays and tensors keep theirs, Python floats become float32, Python
    integers the framework's integer type for labels (int64; int32 in TensorFlow and MXNet), and beside
    tensors in a list they take that of the tensors. Arrays of a dtype that not every framework has take the
    next wider one: uint16 becomes int32, uint32 and uint64 int64, in MXNet int16 int32.
    ``dtype`` is one of the framework's, its name, such as ``"float64"``, or NumPy's or Python's type.

    Raises:
        ValueError: an integer that does not fit the dtype, as one beyond 32 bits in TensorFlow and MXNet
            without ``dtype="int64"``; nested lists of different lengths; a dtype that does not exist.
        TypeError: what is no number, such as text.
    """


def ones(
    *shape: int | Sequence[int],
    dtype: DTypeLike = None,
    device: DeviceLike = None,
    **native: Any,
) -> Tensor:
    """A tensor of ones; ``ones(2, 3)``, ``ones((2, 3))`` and ``ones(shape=(2, 3))`` are the same.

    float32 by default; ``size=`` means ``shape=``.
    """


def zeros(
    *shape: int | Sequence[int],
    dtype: DTypeLike = None,
    device: DeviceLike = None,
    **native: Any,
) -> Tensor:
    """A tensor of zeros; ``zeros(2, 3)``, ``zeros((2, 3))`` and ``zeros(shape=(2, 3))`` are the same.

    float32 by default; ``size=`` means ``shape=``.
    """


def ones_like(x: ArrayLike) -> Tensor:
    """Ones, with the shape, the dtype and the device of ``x``."""


def zeros_like(x: ArrayLike) -> Tensor:
    """Zeros, with the shape, the dtype and the device of ``x``."""


def arange(
    start: float,
    stop: float | None = None,
    step: float = 1,
    dtype: DTypeLike = None,
    device: DeviceLike = None,
    **native: Any,
) -> Tensor:
    """Evenly spaced values from ``start`` (0 if only one number is given) up to, not including, ``stop``.

    Integers give the framework's integer type for labels, floats float32, unless ``dtype`` says otherwise.

    Raises:
        ValueError: a ``step`` of 0, an integer that does not fit the dtype.
    """


def linspace(
    start: float,
    stop: float,
    num: int = 50,
    dtype: DTypeLike = None,
    device: DeviceLike = None,
    **native: Any,
) -> Tensor:
    """``num`` evenly spaced values from ``start`` to ``stop``, both included; float32 by default."""


def meshgrid(*tensors: ArrayLike, indexing: Literal["xy", "ij"] = "xy") -> Sequence[Tensor]:
    """Coordinate matrices from coordinate vectors, laid out as NumPy does (``"xy"`` or ``"ij"``).

    Raises:
        ValueError: no tensor, one of more than one axis, another ``indexing``.
    """


def eye(
    n: int,
    m: int | None = None,
    dtype: DTypeLike = None,
    device: DeviceLike = None,
    **native: Any,
) -> Tensor:
    """A matrix (n, m), square by default, with ones on the diagonal; float32 by default."""


@overload
def normal(
    mean: float = 0.0,
    std: float = 1.0,
    shape: int | Sequence[int] = (),
    *,
    dtype: DTypeLike = None,
    device: DeviceLike = None,
    **native: Any,
) -> Tensor: ...
@overload
def normal(
    shape: Sequence[int],
    mean: float = 0.0,
    std: float = 1.0,
    *,
    dtype: DTypeLike = None,
    device: DeviceLike = None,
    **native: Any,
) -> Tensor: ...
def normal(
    mean: Any = 0.0,
    std: Any = 1.0,
    shape: Any = (),
    *,
    dtype: DTypeLike = None,
    device: DeviceLike = None,
    **native: Any,
) -> Tensor:
    """Draws from N(mean, std²) of the given shape, by the framework's generator; float32 by default.

    ``size=`` means ``shape=``, and a shape as the first argument is understood as TensorFlow's order.

    Raises:
        ValueError: ``std`` is negative or not finite, ``dtype`` is none of floats.
    """


def rand(
    *shape: int | Sequence[int],
    dtype: DTypeLike = None,
    device: DeviceLike = None,
    **native: Any,
) -> Tensor:
    """Uniform draws from [0, 1) by the framework's generator; the shape as in `ones`, float32 by default."""


def randn(
    *shape: int | Sequence[int],
    dtype: DTypeLike = None,
    device: DeviceLike = None,
    **native: Any,
) -> Tensor:
    """Draws from N(0, 1) by the framework's generator; the shape as in `ones`, float32 by default."""


def sin(x: ArrayLike) -> Tensor:
    """Sine of each element (radians). Integers are taken as float32, as in all functions of this kind."""


def cos(x: ArrayLike) -> Tensor:
    """Cosine of each element (radians)."""


def sinh(x: ArrayLike) -> Tensor:
    """Hyperbolic sine of each element."""


def cosh(x: ArrayLike) -> Tensor:
    """Hyperbolic cosine of each element."""


def tanh(x: ArrayLike) -> Tensor:
    """Hyperbolic tangent of each element."""


def sigmoid(x: ArrayLike) -> Tensor:
    """The logistic function of each element, ``1 / (1 + exp(-x))``."""


def exp(x: ArrayLike) -> Tensor:
    """e to the power of each element."""


def log(x: ArrayLike) -> Tensor:
    """Natural logarithm of each element."""


def abs(x: ArrayLike) -> Tensor:
    """Absolute value of each element; integers stay integers."""


def matmul(x: ArrayLike, y: ArrayLike) -> Tensor:
    """Matrix product (n, d) @ (d, m) -> (n, m), or matrix by vector (n, d) @ (d,) -> (n,).

    Further axes in front are stacks of matrices. Of two dtypes the result has the wider one, floats before
    integers; products of integers are int64.

    Raises:
        ValueError: shapes that do not fit; both are named.
    """


def batch_matmul(x: ArrayLike, y: ArrayLike) -> Tensor:
    """Products of as many pairs of matrices, (b, n, d) @ (b, d, m) -> (b, n, m); dtypes as in `matmul`.

    Raises:
        ValueError: shapes that do not fit; both are named.
    """


def concat(tensors: Sequence[ArrayLike], axis: int = 0, **native: Any) -> Tensor:
    """Join tensors along an axis they already have; of several dtypes the result has the widest.

    Raises:
        ValueError: no tensor, no such axis, or shapes that differ along another.
    """


def stack(tensors: Sequence[ArrayLike], axis: int = 0, **native: Any) -> Tensor:
    """Join tensors of equal shape along a new axis; of several dtypes the result has the widest.

    Raises:
        ValueError: no tensor, no such axis, or shapes that differ.
    """


def reshape(x: ArrayLike, *shape: int | Sequence[int]) -> Tensor:
    """``x`` with another shape of the same size; one side may be -1. Shape as numbers or as a tuple.

    Raises:
        ValueError: the sizes differ.
    """


def transpose(x: ArrayLike, axes: Sequence[int] | None = None) -> Tensor:
    """``x`` with its axes reversed, or in the order of ``axes``.

    Raises:
        ValueError: ``axes`` does not name each axis once.
    """


def expand_dims(x: ArrayLike, axis: int) -> Tensor:
    """``x`` with a new axis of length 1 at the position ``axis`` of the result.

    Raises:
        ValueError: the result has no such axis.
    """


def swapaxes(x: ArrayLike, axis1: int, axis2: int) -> Tensor:
    """``x`` with two axes exchanged.

    Raises:
        ValueError: no such axis.
    """


def repeat(x: ArrayLike, repeats: int, axis: int | None = None) -> Tensor:
    """Each element ``repeats`` times, one after the other, along ``axis``; as NumPy has it, ``[1, 1, 2, 2]``.

    Without ``axis`` the flattened ``x`` is repeated. To lay whole tensors end to end, as PyTorch's ``repeat``
    and TensorFlow's ``tile`` do, there is `concat`.

    Raises:
        ValueError: no such axis, or ``repeats`` below 0.
        TypeError: ``repeats`` is no whole number.
    """


def reduce_sum(
    x: ArrayLike, axis: int | Sequence[int] | None = None, keepdims: bool = False, **native: Any
) -> Tensor:
    """Sum over one axis, several, or all (0-d tensor). Integers and booleans are added up as int64.

    Where a value is infinite, sums and means may be NaN in MXNet.

    Raises:
        ValueError: no such axis, or the same one twice.
    """


def reduce_mean(
    x: ArrayLike, axis: int | Sequence[int] | None = None, keepdims: bool = False, **native: Any
) -> Tensor:
    """Mean over one axis, several, or all (0-d tensor).

    Raises:
        ValueError: no such axis, the same one twice, or no elements to average.
    """


def argmax(x: ArrayLike, axis: int | None = None, **native: Any) -> Tensor:
    """Index of the largest element along ``axis``, or in the flattened tensor (integer tensor).

    Of equal ones it is the first; NaN counts as larger than any number, as in NumPy.

    Raises:
        ValueError: no such axis, or no elements.
    """


def astype(x: ArrayLike, dtype: DTypeLike) -> Tensor:
    """``x`` converted to a dtype of the framework, or to one named, such as ``"float64"``."""


def size(x: ArrayLike) -> int:
    """The number of elements (int)."""


def to(x: TensorLike, device: DeviceLike) -> Tensor:
    """``x`` on the given device."""


def numpy(x: ArrayLike) -> HostArray:
    """A NumPy array on the host with the values of ``x``: a copy, which no later step changes.

    Wherever ``x`` lives, and whether or not it is part of a graph. bfloat16, which NumPy lacks,
    becomes float32. Lists of tensors are stacked.
    """


def as_parameter(array: ArrayLike, device: DeviceLike = None) -> Parameter:
    """A trainable tensor with the values and the dtype of a NumPy array, made for the framework's autograd.

    In PyTorch it requires a gradient, in Paddle it does not stop one, in MXNet it has one attached, and in
    TensorFlow it is a Variable.

    Raises:
        TypeError: integers, which have no gradients.
    """
