"""Libraries that crash the process when they are loaded after TensorFlow.

Defect: TensorFlow exports the symbols of the C++ libraries it was built with, and a library loaded
    later that has its own builds of them binds to TensorFlow's instead. Two of them cannot live with that:
    - PaddlePaddle (3.3.1 beside TensorFlow 2.21: segmentation fault while it loads). PaddlePaddle's
      tracker has no issue for the pair that we could find.
    - Triton's compiler, which PyTorch imports at the first ``torch.optim`` optimiser (Triton 3.9
      beside TensorFlow 2.21: "LLVM ERROR: inconsistency in registered CommandLine options", abort).
      The same clash of two LLVMs in pytorch/pytorch issue 90166.
Repair: when one of these libraries is loaded after TensorFlow, whoever imports it and whenever, it is
    loaded with ``RTLD_DEEPBIND``, which makes it prefer its own symbols. PaddlePaddle's OpenMP must not: it
    reads the C library's ``environ``, and where the interpreter has a copy of that, as Debian's own Python
    does, the C library's is empty (segmentation fault in omp_set_num_threads). So it is loaded first, as
    usual.
Can go: when ``python -c "import tensorflow, paddle"`` and ``python -c "import tensorflow,
    triton._C.libtriton"`` exit with 0 for every supported version.
"""

import ctypes
import os
import sys
import types
from collections.abc import Sequence
from importlib.machinery import ExtensionFileLoader, ModuleSpec, PathFinder
from pathlib import Path

LIBRARIES = ("paddle.base.libpaddle", "triton._C.libtriton")


class _Loader(ExtensionFileLoader):
    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        openmp = Path(self.path).parents[1] / "libs" / "libiomp5.so"
        if openmp.is_file():
            ctypes.CDLL(str(openmp))
        flags = sys.getdlopenflags()
        sys.setdlopenflags(os.RTLD_NOW | os.RTLD_DEEPBIND)
        try:
            return super().create_module(spec)
        finally:
            sys.setdlopenflags(flags)


class _Finder:
    """Finds the libraries, as the standard finder does, for `_Loader` to load."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in LIBRARIES or "tensorflow" not in sys.modules:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and type(spec.loader) is ExtensionFileLoader:
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


def install() -> None:
    """Make the libraries prefer their own symbols from now on (Linux; elsewhere they do already)."""
    if hasattr(os, "RTLD_DEEPBIND") and not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
