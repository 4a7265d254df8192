"""Parameters that travel: the canonical names and layout, and the files.

A backend says what layers a net has, in order, and how each of their parameters lies in memory; from
that come the names (``dense0.weight``), the layout all backends share, and every check.

    dense         weight (in, out), bias (out,); inputs that were an image are ordered (c, h, w)
    conv          weight (out, in, h, w), or as many axes as the convolution has; bias (out,)
    batch_norm    gamma, beta, running_mean, running_var (channels,)
    embedding     weight (entries, dim)
    rnn           weight_ih (in, h), weight_hh (h, h), bias (h,): each layer and each direction by itself
    lstm          weight_ih (in, 4h), weight_hh (h, 4h), bias (4h,); gates i, f, g, o
    gru           weight_ih (in, 3h), weight_hh (h, 3h), gates r, z, n; bias (4h,): of r, of z, of n, and
                  the one in n that the reset gate multiplies
    parameter     value: a tensor of the user's own, as it is

Of two biases that a framework adds up, the canonical one is the sum; it comes back as the first, and 0.
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

SUPPORTED = (
    "dense, convolution, batch norm, embedding, RNN, LSTM and GRU layers, and tensors of a module's own"
)


@dataclass(frozen=True)
class Slot:
    """A parameter in a net and what turns its layout into the canonical one."""

    role: str
    param: Any
    axes: tuple[int, ...] | None = None  # of the canonical layout, as numbered in the native one
    image: tuple[int, ...] | None = None  # (h, w, c), or of other axes, that the first axis flattens

    @property
    def params(self) -> tuple[Any, ...]:
        """The tensors of the net that it is made of."""
        return (self.param,)

    def canonical(self, native: np.ndarray) -> np.ndarray:
        array = native if self.axes is None else native.transpose(self.axes)
        if self.image is not None:
            unflattened = array.reshape(*self.image, *array.shape[1:])
            array = np.moveaxis(unflattened, len(self.image) - 1, 0).reshape(array.shape)
        return np.array(array, order="C")  # a copy: what it came from will train on

    def native(self, canonical: np.ndarray) -> Sequence[np.ndarray]:
        """What its tensors become."""
        array = canonical
        if self.image is not None:
            *sides, channels = self.image
            array = array.reshape(channels, *sides, *array.shape[1:])
            array = np.moveaxis(array, 0, len(sides)).reshape(canonical.shape)
        return [np.asarray(array if self.axes is None else array.transpose(np.argsort(self.axes)), order="C")]


@dataclass(frozen=True)
class Gates:
    """A weight of a recurrent layer, whose gates lie one after the other, maybe in another order."""

    role: str
    param: Any
    order: tuple[int, ...]  # the canonical gates, as numbered in the native order
    transposed: bool  # whether the gates are the native first axis

    @property
    def params(self) -> tuple[Any, ...]:
        return (self.param,)

    def canonical(self, native: np.ndarray) -> np.ndarray:
        return self._ordered(native.T if self.transposed else native, self.order)

    def native(self, canonical: np.ndarray) -> Sequence[np.ndarray]:
        array = self._ordered(canonical, np.argsort(self.order))
        return [np.array(array.T if self.transposed else array, order="C")]

    def _ordered(self, array: np.ndarray, order: Any) -> np.ndarray:
        gates = array.reshape(len(array), len(self.order), -1)
        return np.array(gates[:, order].reshape(array.shape), order="C")


@dataclass(frozen=True)
class Biases:
    """The bias of a recurrent layer, of which a framework may have two, as two tensors or two rows of one."""

    role: str
    params: tuple[Any, ...]
    order: tuple[int, ...]
    reset: bool  # whether the last gate multiplies its second bias, which then stays apart

    def canonical(self, *natives: np.ndarray) -> np.ndarray:
        rows = np.concatenate([np.atleast_2d(native) for native in natives])
        gates = rows.reshape(len(rows), len(self.order), -1)[:, self.order]
        if self.reset:
            return np.concatenate([*gates.sum(axis=0)[:-1], *gates[:, -1]])
        return gates.sum(axis=0).reshape(-1)

    def native(self, canonical: np.ndarray) -> Sequence[np.ndarray]:
        shape = tuple(self.params[0].shape)
        in_one = len(shape) == 2  # with a row for each bias
        gates = canonical.reshape(len(self.order) + self.reset, -1)
        num_rows = shape[0] if in_one else len(self.params)
        rows = np.zeros((num_rows, len(self.order), gates.shape[1]), canonical.dtype)
        rows[0] = gates[: len(self.order)]
        if self.reset:
            rows[1, -1] = gates[-1]
        rows = rows[:, np.argsort(self.order)].reshape(num_rows, -1)
        return [rows] if in_one else list(rows)


GATES = {"rnn": (0,), "lstm": (0, 1, 2, 3), "gru": (0, 1, 2)}


def recurrent(
    kind: str, weights: Sequence[Any], biases: Sequence[Any], *, order: Any = None, transposed: bool = False
) -> tuple[str, Sequence[Any]]:
    """One layer, in one direction, of an RNN; ``order`` has its gates as `Gates` and `Biases` take them."""
    order = order or GATES[kind]
    slots: list[Any] = [
        Gates(role, weight, order, transposed) for role, weight in zip(("weight_ih", "weight_hh"), weights)
    ]
    biases = tuple(bias for bias in biases if bias is not None)
    return kind, slots + ([Biases("bias", biases, order, kind == "gru")] if biases else [])


Layers = Iterable[tuple[str, Sequence[Any]]]  # (kind, slots) of each layer with parameters, in order


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
    table: Iterable[tuple[Any, str, Any]],
    own_params: Callable[[Any], Iterable[Any]],
    *namespaces: Any,
    slot: Callable[[Any, str, Any, Any], Slot] = lambda layer, role, param, axes: Slot(role, param, axes),
) -> Iterator[tuple[str, Sequence[Any]]]:
    """The kind and the slots of each layer that has parameters, in the order of the layers.

    ``table`` has types, their kind, and for each role the attribute that holds it, or that and the axes of
    the canonical layout as numbered in the native one; or, instead of roles, a function of the kind and the
    layer that gives what this one has. ``own_params(layer)`` are the tensors that a layer of another type
    holds itself; types that are in the framework's ``namespaces`` have a layout nobody knows.
    """
    for layer in layers:
        known = next((row for row in table if isinstance(layer, row[0])), None)
        if known is not None:
            _, kind, attributes = known
            if callable(attributes):
                yield from attributes(kind, layer)
            else:
                yield kind, list(_slots(layer, attributes, slot))
            continue
        params = list(own_params(layer))
        name = type(layer).__name__
        if params and any(getattr(namespace, name, None) is type(layer) for namespace in namespaces):
            raise unsupported(layer)
        yield from own(params)


def _slots(layer: Any, attributes: Mapping[str, Any], slot: Callable[..., Slot]) -> Iterator[Slot]:
    for role, attribute in attributes.items():
        name, axes = attribute if isinstance(attribute, tuple) else (attribute, None)
        param = built(layer, name)
        if param is not None:
            yield slot(layer, role, param, axes)


def built(layer: Any, name: str) -> Any:
    """An attribute that Keras makes when a layer is built."""
    try:
        return getattr(layer, name)
    except AttributeError:
        raise uninitialised(f"build the layer {layer.name!r}") from None


def named(layers: Layers) -> dict[str, Any]:
    return {
        f"{kind}{number}.{slot.role}": slot for number, (kind, slots) in enumerate(layers) for slot in slots
    }


def get(layers: Layers, read: Callable[[Any], np.ndarray]) -> dict[str, np.ndarray]:
    """Copies of all parameters; ``read(param)`` gives one as a host array."""
    return {name: _canonical(slot, read) for name, slot in named(layers).items()}


def _canonical(slot: Any, read: Callable[[Any], np.ndarray]) -> np.ndarray:
    return slot.canonical(*(read(param) for param in slot.params))


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
    present = {name: _canonical(slot, read) for name, slot in slots.items()}
    problems = misfits(_shapes(present), _shapes(given), "those given")
    if problems:
        raise ValueError(f"the parameters do not fit the net: {problems}")
    wrong = [f"{name} is {array.dtype}" for name, array in given.items() if array.dtype.kind not in "biuf"]
    if wrong:
        raise TypeError(f"parameters are numbers: {'; '.join(wrong)}")
    new = {
        name: list(zip(slot.params, slot.native(given[name].astype(present[name].dtype))))
        for name, slot in slots.items()
    }
    _same_where_shared(new)
    before = [(param, np.array(read(param))) for pairs in new.values() for param, _ in pairs]
    try:
        for param, array in (pair for pairs in new.values() for pair in pairs):
            assign(param, array)
    except BaseException:
        for param, array in before:
            assign(param, array)
        raise


def _same_where_shared(new: Mapping[str, Sequence[tuple[Any, np.ndarray]]]) -> None:
    """Whether the values for a tensor that two layers share are the same."""
    first: dict[int, tuple[str, np.ndarray]] = {}
    for name, pairs in new.items():
        for param, array in pairs:
            other, earlier = first.setdefault(id(param), (name, array))
            if not np.array_equal(earlier, array, equal_nan=True):
                raise ValueError(
                    f"{other} and {name} are one tensor in the net, but their values given differ"
                )


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
