from collections.abc import Iterator
from typing import Any, TypeAlias

import paddle

from d2l_multi.book.types import DTypeName

_Tensor: TypeAlias = paddle.Tensor
_TensorLike: TypeAlias = paddle.Tensor
_Parameter: TypeAlias = paddle.Tensor
_Device: TypeAlias = paddle.CPUPlace | paddle.CUDAPlace
_DeviceLike: TypeAlias = paddle.CPUPlace | paddle.CUDAPlace | str | None
_DType: TypeAlias = paddle.dtype
_DTypeLike: TypeAlias = paddle.dtype | DTypeName
_Optimizer: TypeAlias = paddle.optimizer.Optimizer
_NativeModule: TypeAlias = paddle.nn.Layer

class _Loader(paddle.io.DataLoader):
    """Paddle's loader, which says nothing of what it yields."""

    def __iter__(self) -> Iterator[Any]: ...
