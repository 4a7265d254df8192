from typing import Any, Protocol, TypeAlias

import tensorflow
from typing_extensions import Self

from d2l_multi.book.types import DTypeName

_Tensor: TypeAlias = tensorflow.Tensor
_TensorLike: TypeAlias = tensorflow.Tensor | tensorflow.Variable
_Parameter: TypeAlias = tensorflow.Variable
_DeviceLike: TypeAlias = _Device | str | None
_DType: TypeAlias = tensorflow.DType
_DTypeLike: TypeAlias = tensorflow.DType | DTypeName
_Loader: TypeAlias = tensorflow.data.Dataset[tuple[tensorflow.Tensor, ...]]

class _Device(Protocol):
    """A scope that places on a device what is made in it, such as ``tf.device`` gives."""

    def __enter__(self) -> Any: ...
    def __exit__(self, *args: Any) -> Any: ...

class _Optimizer(Protocol):
    """An optimiser of Keras, or one that has its method."""

    @property
    def apply_gradients(self) -> Any: ...

class _NativeModule(tensorflow.keras.Model[Any, Any]):
    """Keras's model, with what static tools are not told of it."""

    loss: Any
    def __new__(cls, *args: Any, **kwargs: Any) -> Self: ...
    def __init__(self, *args: Any, **kwargs: Any) -> None: ...
    def __call__(self, *inputs: Any, **kwargs: Any) -> Any: ...
    def call(self, *inputs: Any, **kwargs: Any) -> Any: ...
