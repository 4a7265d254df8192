"""Tests of one program in several frameworks: a pytest plugin, and `assert_parity`.

The plugin is registered when d2l-multi is installed; it imports nothing heavy until a test asks for it.
"""

from typing import Any


def __getattr__(name: str) -> Any:
    if name == "assert_parity":
        from d2l_multi.testing.parity import assert_parity

        return assert_parity
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
