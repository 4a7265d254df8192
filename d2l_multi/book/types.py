"""The types that contracts speak of, as a tool sees them that knows no framework.

A backend's stub binds those of the first group to its framework's own (``tools/stubs/bindings``).
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    import numpy as np

BACKEND: str = ""
"""In a stub the backend's name: a contract asks for it where only some frameworks have a name."""

Tensor: TypeAlias = Any  # what functions return
TensorLike: TypeAlias = Any  # what they take for a tensor: in TensorFlow a Variable, too
Parameter: TypeAlias = Any  # what training changes
Device: TypeAlias = Any
DeviceLike: TypeAlias = Any
DType: TypeAlias = Any
DTypeLike: TypeAlias = Any
Loader: TypeAlias = Any
Optimizer: TypeAlias = Any


class NativeModule:
    """The framework's own base class of models and layers."""


class Shaped(Protocol):
    """An array of NumPy or of any framework."""

    @property
    def shape(self) -> Any: ...
    @property
    def dtype(self) -> Any: ...


ArrayLike: TypeAlias = "Shaped | complex | list[Any] | tuple[Any, ...]"
HostArray: TypeAlias = "np.ndarray[Any, Any]"
DTypeName: TypeAlias = "str | type[Any] | np.dtype[Any] | None"
Net: TypeAlias = Callable[..., Any]
Loss: TypeAlias = Callable[[Any, Any], Any]
Batches: TypeAlias = Iterable[Any]
Limits: TypeAlias = "tuple[float, float] | list[float] | None"

Defined = TypeVar("Defined", bound=Callable[..., Any])


def of_subclasses(method: Defined) -> Defined:
    """Mark a method that subclasses define with parameters of their own; a stub lets them."""
    return method


def not_in(backend: str) -> Callable[[Defined], Defined]:
    """Mark a form of a function that a backend does not have; its stub leaves it out."""
    return lambda form: form
