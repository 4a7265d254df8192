"""Parameters that travel: the canonical names and layout, and the files.

A backend says what layers a net has, in order, and how each of their parameters lies in memory; from
that come the names (``dense0.weight``), the layout all backends share, and every check.

    dense         weight (in, out), bias (out,); inputs that were an image are ordered (c, h, w)
    conv          weight (out, in, h, w), or as many axes as the convolution has; bias (out,)
    batch_norm    gamma, beta, running_mean, running_var (channels,)
    embedding     weight (entries, dim)
    parameter     value: a tensor of the user's own, as it is
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from d2l_multi.arrays import to_host
from d2l_multi.book.distribution import workers
from d2l_multi.files import replace

SUPPORTED = "dense, convolution, batch norm and embedding layers, and tensors of a module's own"


@dataclass(frozen=True)
class Slot:
    """A parameter in a net and what turns its layout into the canonical one."""

    role: str
    param: Any
    axes: tuple[int, ...] | None = None  # of the canonical layout, as numbered in the native one
    image: tuple[int, ...] | None = None  # (h, w, c), or of other axes, that the first axis flattens

    def canonical(self, native: np.ndarray) -> np.ndarray:
        array = native if self.axes is None else native.transpose(self.axes)
        if self.image is not None:
            unflattened = array.reshape(*self.image, *array.shape[1:])
            array = np.moveaxis(unflattened, len(self.image) - 1, 0).reshape(array.shape)
        return np.array(array, order="C")  # a copy: what it came from will train on

    def native(self, canonical: np.ndarray) -> np.ndarray:
        array = canonical
        if self.image is not None:
            *sides, channels = self.image
            array = array.reshape(channels, *sides, *array.shape[1:])
            array = np.moveaxis(array, 0, len(sides)).reshape(canonical.shape)
        return np.asarray(array if self.axes is None else array.transpose(np.argsort(self.axes)), order="C")


Layers = Iterable[tuple[str, Sequence[Slot]]]  # (kind, slots) of each layer with parameters, in order


def own(params: Iterable[Any]) -> Layers:
    """Each of a user's own tensors as a layer."""
    return [("parameter", [Slot("value", param)]) for param in params]


def listed(params: Any, tensor_type: Any) -> Layers:
    """The parameters of a net that is a plain function: a list of tensors."""
    if not isinstance(params, (list, tuple)) or not all(isinstance(param, tensor_type) for param in params):
        raise TypeError(
            f"parameters are taken from a net of the framework or a list of its tensors, got {params!r:.200}"
        )
    return own(params)


def walk(net: Any, children: Callable[[Any], Iterable[Any]]) -> Iterator[Any]:
    """A net and all layers in it, each once though the net may use it more often, outer before inner."""
    pending, seen = [net], set()
    while pending:
        layer = pending.pop()
        if id(layer) not in seen:
            seen.add(id(layer))
            yield layer
            pending.extend(reversed(list(children(layer))))


def of_layers(
    layers: Iterable[Any],
    table: Iterable[tuple[Any, str, Mapping[str, Any]]],
    own_params: Callable[[Any], Iterable[Any]],
    *namespaces: Any,
    slot: Callable[[Any, str, Any, Any], Slot] = lambda layer, role, param, axes: Slot(role, param, axes),
) -> Iterator[tuple[str, Sequence[Slot]]]:
    """The kind and the slots of each layer that has parameters, in the order of the layers.

    ``table`` has types, their kind, and for each role the attribute that holds it, or that and the axes of
    the canonical layout as numbered in the native one. ``own_params(layer)`` are the tensors that a layer of
    another type holds itself; types that are in the framework's ``namespaces`` have a layout nobody knows.
    """
    for layer in layers:
        known = next((row for row in table if isinstance(layer, row[0])), None)
        if known is not None:
            yield known[1], list(_slots(layer, known[2], slot))
            continue
        params = list(own_params(layer))
        name = type(layer).__name__
        if params and any(getattr(namespace, name, None) is type(layer) for namespace in namespaces):
            raise unsupported(layer)
        yield from own(params)


def _slots(layer: Any, attributes: Mapping[str, Any], slot: Callable[..., Slot]) -> Iterator[Slot]:
    for role, attribute in attributes.items():
        name, axes = attribute if isinstance(attribute, tuple) else (attribute, None)
        try:
            param = getattr(layer, name)
        except AttributeError:  # Keras makes it when the layer is built
            raise uninitialised(f"build the layer {layer.name!r}") from None
        if param is not None:
            yield slot(layer, role, param, axes)


def named(layers: Layers) -> dict[str, Slot]:
    return {
        f"{kind}{number}.{slot.role}": slot for number, (kind, slots) in enumerate(layers) for slot in slots
    }


def get(layers: Layers, read: Callable[[Any], np.ndarray]) -> dict[str, np.ndarray]:
    """Copies of all parameters; ``read(param)`` gives one as a host array."""
    return {name: slot.canonical(read(slot.param)) for name, slot in named(layers).items()}


def put(
    layers: Layers,
    arrays: Mapping[str, Any],
    read: Callable[[Any], np.ndarray],
    assign: Callable[[Any, np.ndarray], None],
) -> None:
    """Give every parameter its new values, or none of them; ``assign(param, array)`` sets one."""
    slots = named(layers)
    if not isinstance(arrays, Mapping):
        raise TypeError(
            f"arrays must map names to arrays as get_parameters returns, got {type(arrays).__name__}"
        )
    given = {name: to_host(array) for name, array in arrays.items()}
    present = {name: slot.canonical(read(slot.param)) for name, slot in slots.items()}
    problems = misfits(_shapes(present), _shapes(given), "those given")
    if problems:
        raise ValueError(f"the parameters do not fit the net: {problems}")
    wrong = [f"{name} is {array.dtype}" for name, array in given.items() if array.dtype.kind not in "biuf"]
    if wrong:
        raise TypeError(f"parameters are numbers: {'; '.join(wrong)}")
    new = {name: slot.native(given[name].astype(present[name].dtype)) for name, slot in slots.items()}
    _same_where_shared(slots, new)
    try:
        for name, slot in slots.items():
            assign(slot.param, new[name])
    except BaseException:
        for name, slot in slots.items():
            assign(slot.param, slot.native(present[name]))
        raise


def _same_where_shared(slots: Mapping[str, Slot], new: Mapping[str, np.ndarray]) -> None:
    """Whether the values for a tensor that two layers share are the same."""
    first: dict[int, str] = {}
    for name, slot in slots.items():
        other = first.setdefault(id(slot.param), name)
        if not np.array_equal(new[other], new[name], equal_nan=True):
            raise ValueError(f"{other} and {name} are one tensor in the net, but their values given differ")


def _shapes(arrays: Mapping[str, np.ndarray]) -> dict[str, tuple]:
    return {name: array.shape for name, array in arrays.items()}


def misfits(present: Mapping[str, tuple], given: Mapping[str, tuple], among: str) -> str:
    """Every name whose shape in a net is not that given, or that only one of the two has."""
    return "; ".join(
        f"{name} is {present.get(name, 'missing')} in the net and {given.get(name, 'missing')} among {among}"
        for name in dict.fromkeys([*present, *given])
        if present.get(name) != given.get(name)
    )


def unsupported(layer: Any) -> TypeError:
    return TypeError(
        f"the parameters of {type(layer).__name__} have no layout that all frameworks share; those of "
        f"{SUPPORTED} have"
    )


def uninitialised(detail: str) -> ValueError:
    return ValueError(f"the net's parameters do not exist yet: {detail}, then call it once on a batch")


def save(arrays: Mapping[str, np.ndarray], path: str | PathLike) -> None:
    from safetensors.numpy import save as to_bytes

    if workers.is_first():
        replace(Path(path), to_bytes(dict(arrays)))
    workers.barrier()  # nobody reads it before it is there


def load(path: str | PathLike) -> dict[str, np.ndarray]:
    from safetensors import SafetensorError
    from safetensors.numpy import load as from_bytes

    try:
        return from_bytes(Path(path).read_bytes())
    except SafetensorError as error:
        raise ValueError(f"{path} is no safetensors file: {error}") from error
