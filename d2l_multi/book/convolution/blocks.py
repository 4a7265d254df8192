"""What the blocks of residual networks are made with, in both editions' forms."""

from inspect import Parameter, Signature
from typing import Any, NamedTuple

from d2l_multi.checks import positive_int


class Block(NamedTuple):
    input_channels: int | None  # None if they are to be inferred
    num_channels: int
    use_1x1conv: bool
    strides: int


class ResNeXt(NamedTuple):
    input_channels: int | None
    num_channels: int
    bot_channels: int  # between the outer convolutions
    num_groups: int
    use_1x1conv: bool
    strides: int


def _form(*names: str) -> Signature:
    needed = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in names]
    flag = Parameter("use_1x1conv", Parameter.POSITIONAL_OR_KEYWORD, default=False)
    return Signature([*needed, flag, flag.replace(name="strides", default=1)])


_RESIDUAL = _form("num_channels"), _form("input_channels", "num_channels")
_RESNEXT = (
    _form("num_channels", "groups", "bot_mul"),
    _form("input_channels", "num_channels", "groups", "bot_mul"),
)


def _bound(what: str, forms: tuple[Signature, Signature], args: tuple, kwargs: dict) -> dict[str, Any]:
    """The arguments by name; of the form with the input's channels if a number is where its last one is."""
    inferred, told = forms
    last = len(told.parameters) - 3
    a_number = len(args) > last and not isinstance(args[last], bool)
    form = told if a_number or "input_channels" in kwargs or (args and "num_channels" in kwargs) else inferred
    try:
        bound = form.bind(*args, **kwargs)
    except TypeError as error:
        raise TypeError(f"{what} takes {inferred} or {told}: {error}") from None
    bound.apply_defaults()
    return {"input_channels": None, **bound.arguments}


def residual(args: tuple, kwargs: dict) -> Block:
    """The arguments of ``Residual``: the second is the number of channels if it is an int, not a bool."""
    given = _bound("Residual", _RESIDUAL, args, kwargs)
    return Block(
        _channels(given),
        positive_int("num_channels", given["num_channels"]),
        bool(given["use_1x1conv"]),
        positive_int("strides", given["strides"]),
    )


def resnext(args: tuple, kwargs: dict) -> ResNeXt:
    """The arguments of ``ResNeXtBlock``, with how many channels and groups come of them."""
    given = _bound("ResNeXtBlock", _RESNEXT, args, kwargs)
    num_channels, groups = (positive_int(name, given[name]) for name in ("num_channels", "groups"))
    bot_channels = round(num_channels * given["bot_mul"])
    if bot_channels < groups or bot_channels % groups:
        raise ValueError(
            f"groups must divide num_channels * bot_mul, which is {bot_channels}, into groups of as many "
            f"channels each, got {groups}"
        )
    return ResNeXt(
        _channels(given),
        num_channels,
        bot_channels,
        bot_channels // groups,
        bool(given["use_1x1conv"]),
        positive_int("strides", given["strides"]),
    )


def _channels(given: dict[str, Any]) -> int | None:
    channels = given["input_channels"]
    return None if channels is None else positive_int("input_channels", channels)
