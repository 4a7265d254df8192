"""What tests must say in each framework's own words: the same names in the four files, side by side.

What the package itself runs is said in ``d2l_multi.compare.concise``, and not again here.
"""

from importlib import import_module
from types import ModuleType


def native(backend: str) -> ModuleType:
    return import_module(f"tests.native.{backend}")


def concise(backend: str) -> ModuleType:
    return import_module(f"d2l_multi.compare.concise.{backend}")
