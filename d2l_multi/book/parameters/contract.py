"""Parameters that travel between frameworks (book section: File I/O)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

from d2l_multi.book.types import HostArray, Net, TensorLike

__all__ = [
    "get_parameters",
    "set_parameters",
    "save_parameters",
    "load_parameters",
]


def get_parameters(net: Net | Sequence[TensorLike]) -> OrderedDict[str, HostArray]:
    """The parameters of ``net`` as an ordered dict of NumPy arrays, alike in every backend.

    Names number the layers that have parameters in their order, such as ``"dense0.weight"``. The layout:
    dense ``weight`` (in, out), ``bias`` (out,); convolution ``weight`` (out, in, h, w), ``bias``; batch norm
    ``gamma``, ``beta``, ``running_mean``, ``running_var``; embedding ``weight`` (entries, dim); RNN, LSTM and
    GRU ``weight_ih`` (in, gates * h), ``weight_hh`` (h, gates * h), ``bias``, each layer and direction by
    itself (``"lstm1.bias"``), with gates i, f, g, o and r, z, n; tensors that a module of one's own holds, as
    they are (``"parameter2.value"``). Two biases that are only added up travel as their sum, and come back as
    it and 0. A dense layer after ``Flatten`` takes images in the order (c, h, w), in TensorFlow too, where
    memory has (h, w, c). A layer that a net uses more than once counts once.

    ``net``: a module of the framework, or the list of tensors of a net that is a function.

    Raises:
        TypeError: a layer whose parameters have no common layout (which is named).
        ValueError: parameters that do not exist yet, as in a net that must see a batch first.
    """


def set_parameters(net: Net | Sequence[TensorLike], arrays: Mapping[str, Any]) -> None:
    """Give ``net`` the parameters that `get_parameters` returned, in this backend or another.

    ``arrays`` maps names to arrays or tensors. Their dtype becomes that of the net. All are set or none.

    Raises:
        ValueError: names or shapes that do not fit, each named with both shapes; two values for one tensor.
        TypeError: ``arrays`` is no mapping, or holds what is no number, and as `get_parameters`.
    """


def save_parameters(net: Net | Sequence[TensorLike], path: str | PathLike[str]) -> None:
    """Save what `get_parameters` returns as a safetensors file, which any backend loads.

    The file appears under its name only when it is whole; a file of that name is replaced.
    """


def load_parameters(net: Net | Sequence[TensorLike], path: str | PathLike[str]) -> None:
    """Give ``net`` the parameters saved in a file by `save_parameters`, in this backend or another.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no safetensors file; names or shapes that do not fit, as `set_parameters`.
    """
