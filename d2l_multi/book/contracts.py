"""What every backend offers, part by part: names, signatures and docstrings, stated once.

Each part's ``contract.py`` states its names, and lists them literally in ``__all__``; whoever defines one,
natively or for all frameworks at once, gives it the docstring that stands there.

What cannot be done right is refused at the call, in the same words in every framework: a ValueError for
shapes and values that do not fit, a TypeError for types. That holds for booleans, integers, float32 and
float64; float16, bfloat16 and complex numbers go as far as the framework computes with them.
"""

import ast
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from inspect import cleandoc
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

PARTS = (
    "tensors",
    "distribution",
    "charts",
    "data",
    "training",
    "parameters",
    "object_oriented",
    "convolution",
    "sequences",
)


def contracts() -> dict[str, ModuleType]:
    """The contract of each part, in the order of the parts."""
    return {part: import_module(f"d2l_multi.book.{part}.contract") for part in PARTS}


def stated() -> dict[str, Any]:
    """The functions and classes of all contracts, by name."""
    return {
        name: vars(contract)[name]
        for contract in contracts().values()
        for name in contract.__all__
        if name in vars(contract)
    }


def source(contract: ModuleType) -> ast.Module:
    """A contract's source, parsed."""
    return ast.parse(Path(str(contract.__file__)).read_text(encoding="utf-8"))


@cache
def values() -> dict[str, str]:
    """What stands below each value of all contracts, by name: a value has no docstring of its own."""
    found = {}
    for contract in contracts().values():
        statements = source(contract).body
        for statement, below in pairwise(statements):
            match statement, below:
                case ast.AnnAssign(target=ast.Name(name)), ast.Expr(ast.Constant(str(text))):
                    found[name] = cleandoc(text)
    return found


def names() -> list[str]:
    """Every public name, values of the frameworks and of Matplotlib included."""
    return sorted(name for contract in contracts().values() for name in contract.__all__)


def offered(contract: ModuleType, namespace: dict[str, Any]) -> list[str]:
    """Give what a module defines of a contract its docstrings; return those names, its ``__all__``."""
    found = [name for name in contract.__all__ if name in namespace]
    for name in found:
        if name not in vars(contract):  # a value
            continue
        stated, defined = vars(contract)[name], namespace[name]
        defined.__doc__ = stated.__doc__
        for method, stated_method in vars(stated).items() if isinstance(stated, type) else ():
            if callable(stated_method) and hasattr(defined, method):
                getattr(defined, method).__doc__ = stated_method.__doc__
    return found


def gathered(backend: str) -> dict[str, Any]:
    """All names of a backend: what each part offers in every framework, and natively."""
    found = {}
    for part in sorted(PARTS):
        module = import_module(f"d2l_multi.book.{part}")
        native = f"{module.__name__}.{backend}"
        for source in (module, import_module(native) if find_spec(native) else module):
            found.update({name: vars(source)[name] for name in getattr(source, "__all__", ())})
    return found
