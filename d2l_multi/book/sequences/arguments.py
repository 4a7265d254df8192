"""The forms in which readers of the four frameworks write arguments, and the common one."""

import numbers
from inspect import Parameter, Signature
from typing import Any

from d2l_multi.checks import positive_int

# Of a model from scratch: the common form, and those without a device.
MODEL = ("vocab_size", "num_hiddens", "device", "get_params", "init_state", "forward_fn")
MODEL_WITHOUT_DEVICE = ("vocab_size", "num_hiddens", "get_params", "init_state", "forward_fn")
MODEL_IN_TENSORFLOW = ("vocab_size", "num_hiddens", "init_state", "forward_fn", "get_params")

LAYER = ("num_inputs", "num_hiddens")
LAYERS = ("num_inputs", "num_hiddens", "num_layers")


def bound(what: str, forms: list[tuple[str, ...]], args: tuple, kwargs: dict) -> dict[str, Any]:
    """Arguments by name, in the first form that they fit."""
    for names in forms:
        form = Signature([Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in names])
        try:
            return form.bind(*args, **kwargs).arguments
        except TypeError:
            continue
    given = ", ".join([*(type(arg).__name__ for arg in args), *(f"{name}=" for name in kwargs)])
    accepted = " or ".join(f"({', '.join(names)})" for names in forms)
    raise TypeError(f"{what} takes {accepted}, got ({given})")


def of_state(args: tuple, kwargs: dict) -> tuple[int, Any]:
    """``(batch_size, device)`` of ``begin_state``, in either order and under any reader's names."""
    given = {"device" if name == "ctx" else name: value for name, value in kwargs.items() if name != "dtype"}
    for arg in args:
        name = "batch_size" if isinstance(arg, numbers.Integral) else "device"
        if name in given:
            raise TypeError(f"begin_state takes a batch size and a device, got {name} twice")
        given[name] = arg
    if given.keys() - {"batch_size", "device"}:
        raise TypeError(f"begin_state takes batch_size and device, got {', '.join(given)}")
    return positive_int("batch_size", given.get("batch_size", 1)), given.get("device")


def of_rnn(args: tuple, kwargs: dict, infers: bool = False) -> tuple[int | None, int]:
    """``(num_inputs, num_hiddens)``; ``infers`` where readers leave out the inputs, which a layer infers."""
    given = bound("RNN", [LAYER[1:], LAYER] if infers else [LAYER], args, kwargs)
    return given.get("num_inputs"), positive_int("num_hiddens", given["num_hiddens"])


def of_gru(args: tuple, kwargs: dict, infers: bool = False) -> tuple[int | None, int, int, float]:
    """``(num_inputs, num_hiddens, num_layers, dropout)``, likewise."""
    forms = [LAYERS, (*LAYERS, "dropout")]
    if infers:
        short = [LAYERS[1:], (*LAYERS[1:], "dropout")]
        layers_last = len(args) == 3 and args[2] >= 1  # no dropout is as large
        forms = [*forms, *short] if layers_last else [*short, *forms]
    given = bound("GRU", forms, args, kwargs)
    num_hiddens, num_layers = (positive_int(name, given[name]) for name in LAYERS[1:])
    return given.get("num_inputs"), num_hiddens, num_layers, given.get("dropout", 0)
