"""What tests must say in each framework's own words: the same names in the four files, side by side."""

from importlib import import_module
from types import ModuleType


def native(backend: str) -> ModuleType:
    return import_module(f"tests.native.{backend}")
