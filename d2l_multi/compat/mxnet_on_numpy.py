"""MXNet 1.9.1, the last release of a retired project, does not import on NumPy >= 1.24.

Defect: it uses names that NumPy has removed: ``np.bool`` and its like in 1.24
    (apache/mxnet issues 21165 and 21224), ``np.PZERO``, ``np.msort`` and others in 2.0. It also
    imports ``distutils``, which Python 3.12 removed.
Repair: MXNet's own modules, and nobody else, are given a *view* of NumPy that has those names. An
    import hook hands the view to ``import numpy`` statements inside ``mxnet.*``; the real
    ``numpy`` module is never touched. Likewise ``distutils.version`` is answered by ``packaging``.
Can go: when a release of MXNet imports on NumPy 2, or when this project drops MXNet.
"""

import builtins
import functools
import sys
import types
from collections.abc import Mapping, Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from typing import Any

import numpy
from packaging.version import Version

# What MXNet means by names of NumPy that are gone, or that NumPy 2 gives to something else.
BUILTIN_NAMES = ("bool", "object", "int", "float", "complex", "str")
RENAMED_IN_2 = {
    "PINF": numpy.inf,
    "NINF": -numpy.inf,
    "PZERO": 0.0,
    "NZERO": -0.0,
    "NAN": numpy.nan,
    "NaN": numpy.nan,
    "Inf": numpy.inf,
    "Infinity": numpy.inf,
    "infty": numpy.inf,
    "product": numpy.prod,
    "cumproduct": numpy.cumprod,
    "sometrue": numpy.any,
    "alltrue": numpy.all,
    "float_": numpy.float64,
    "complex_": numpy.complex128,
    "string_": numpy.bytes_,
    "unicode_": numpy.str_,
    "row_stack": numpy.vstack,
    "round_": numpy.round,
    "in1d": getattr(numpy, "isin", None),
    "trapz": getattr(numpy, "trapezoid", None),
    "msort": functools.partial(numpy.sort, axis=0),
    "asscalar": lambda a: a.item(),
}
# MXNet lists these for its fallback to NumPy but NumPy has nothing to fall back to any more.
GONE = ("find_common_type", "mirr", "npv", "pmt", "ppmt", "pv", "rate")


class NumPyForMXNet(types.ModuleType):
    """NumPy as MXNet 1.9.1 knew it: everything NumPy has now, and the names it had then."""

    def __init__(self) -> None:
        super().__init__("numpy", "NumPy with the names that MXNet 1.9.1 expects.")
        old = {name: getattr(builtins, name) for name in BUILTIN_NAMES}
        old.update({name: functools.partial(_gone, name) for name in GONE if name not in vars(numpy)})
        old.update({name: value for name, value in RENAMED_IN_2.items() if name not in vars(numpy)})
        self.__dict__.update(vars(numpy))
        self.__dict__.update(old)

    def __getattr__(self, name: str) -> Any:
        return getattr(numpy, name)  # submodules that NumPy loads when first asked for


def _gone(name: str, *args: Any, **kwargs: Any) -> None:
    raise NotImplementedError(f"numpy.{name} does not exist in NumPy {numpy.__version__}")


class _Loader(SourceFileLoader):
    """Loads a module of MXNet whose ``import`` statements see the view."""

    module_builtins: dict[str, Any]

    def exec_module(self, module: types.ModuleType) -> None:
        module.__dict__["__builtins__"] = self.module_builtins
        super().exec_module(module)


class _Finder:
    """Finds ``mxnet`` and its submodules, as the standard finder does, for `_Loader` to load."""

    def __init__(self) -> None:
        view = NumPyForMXNet()
        distutils_version = types.SimpleNamespace(LooseVersion=Version, StrictVersion=Version)

        def import_for_mxnet(
            name: str,
            globals: Mapping[str, object] | None = None,
            locals: Mapping[str, object] | None = None,
            fromlist: Sequence[str] | None = (),
            level: int = 0,
        ) -> Any:
            if level == 0 and name == "distutils.version":
                return distutils_version
            module = builtins.__import__(name, globals, locals, fromlist or (), level)
            return view if module is numpy else module

        self.module_builtins = {**vars(builtins), "__import__": import_for_mxnet}

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        if name.partition(".")[0] != "mxnet":
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and type(spec.loader) is SourceFileLoader:
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
            spec.loader.module_builtins = self.module_builtins
        return spec


def install() -> None:
    """Make MXNet importable. The hook stays, for the modules that MXNet imports later."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
