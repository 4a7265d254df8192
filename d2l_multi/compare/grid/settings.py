"""``--grid``: what varies, as it is written and as the settings that it makes."""

from itertools import product
from typing import Any

from d2l_multi.compare.verdict import DTYPES

VALUES = {"lr": float, "seed": int, "batch_size": int, "epochs": int, "dtype": str}
MOST = 10_000  # settings of one experiment
EXAMPLE = '"lr=0.01,0.1 seed=0..4 batch_size=64"'


class GridError(ValueError):
    """What was given is no grid: the reason in one line."""


def settings(text: str) -> list[dict[str, Any]]:
    """Every combination, of which the last name varies fastest; one of nothing if the text is empty."""
    axes: dict[str, list[Any]] = {}
    for word in text.split():
        name, equals, values = word.partition("=")
        name = name.replace("-", "_")
        if not equals or name not in VALUES:
            raise GridError(
                f"{word!r} is not one of {', '.join(VALUES)}, an equals sign and values: {EXAMPLE}"
            )
        if name in axes:
            raise GridError(f"{name} is given twice")
        found = [value for part in values.split(",") for value in span(name, part)]
        axes[name] = list(dict.fromkeys(found))
    number = 1
    for values_of_one in axes.values():
        number *= len(values_of_one)
        if number > MOST:
            raise GridError(f"that is more than {MOST:,} settings")
    return [dict(zip(axes, values)) for values in product(*axes.values())]


def span(name: str, part: str) -> list[Any]:
    """The values of one part: itself, or from a whole number to another, both included."""
    kind = VALUES[name]
    first, dots, last = part.partition("..")
    try:
        if not dots:
            return [checked(name, kind(part))]
        if kind is not int:
            raise GridError(
                f"{name}={part}: .. is between whole numbers; write every value with commas between"
            )
        low, high = int(first), int(last)
    except ValueError as error:
        if isinstance(error, GridError):
            raise
        needed = "a whole number, or two with .. between" if kind is int else "a number"
        raise GridError(f"{name}={part}: {needed} is needed, as in {EXAMPLE}") from error
    if low > high:
        raise GridError(f"{name}={part}: the smaller number comes first")
    if high - low >= MOST:
        raise GridError(f"{name}={part}: that is more than {MOST:,} settings")
    return list(range(low, high + 1))


def checked(name: str, value: Any) -> Any:
    if name == "dtype" and value not in DTYPES:
        raise GridError(f"dtype={value}: it is not one of {', '.join(DTYPES)}")
    return value


def written(setting: dict[str, Any]) -> str:
    """A setting in words: ``lr=0.1 seed=0``."""
    return " ".join(
        f"{name}={value:g}" if name == "lr" else f"{name}={value}" for name, value in setting.items()
    )
