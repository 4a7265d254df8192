"""PaddlePaddle 3.x imported after TensorFlow 2.x ends in a segmentation fault.

Defect: both ship their own builds of the same C++ libraries (protobuf and abseil among them) and
    export the symbols, so Paddle's library binds to TensorFlow's copies and crashes while it loads.
    Seen with TensorFlow 2.21 and PaddlePaddle 3.3.1 on Linux; PaddlePaddle's tracker has no issue
    for this pair that we could find. The other direction loads cleanly.
Repair: load Paddle with ``RTLD_DEEPBIND``, which makes a library prefer its own symbols.
Can go: when ``python -c "import tensorflow, paddle"`` exits with 0 for every supported pair.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def own_symbols_first() -> Iterator[None]:
    """Load shared libraries inside this block so that each prefers its own symbols (Linux only)."""
    if not hasattr(os, "RTLD_DEEPBIND"):  # macOS and Windows bind per library already
        yield
        return
    flags = sys.getdlopenflags()
    sys.setdlopenflags(os.RTLD_NOW | os.RTLD_DEEPBIND)
    try:
        yield
    finally:
        sys.setdlopenflags(flags)
