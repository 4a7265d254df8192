"""The names of a facade, written out: no tool follows the stars that gather them."""

import re

from d2l_multi.book import contracts


def literal(names: list[str]) -> str:
    return "\n".join(["__all__ = [", *(f'    "{name}",' for name in names), "]"])


def with_names(facade: str) -> str:
    """A facade's source with the names of all contracts as its ``__all__``."""
    text, found = re.subn(r"^__all__ = \[\n.*?^\]", literal(contracts.names()), facade, flags=re.M | re.S)
    if found != 1:
        raise ValueError("a facade has one list __all__, over several lines")
    return text
