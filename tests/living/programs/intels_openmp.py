"""How long Intel's library lets threads spin."""

import ctypes
import sys
from pathlib import Path

from d2l_multi import paddle as d2l  # noqa: F401

path = Path(sys.modules["paddle"].__file__).with_name("libs") / "libiomp5.so"
print(ctypes.CDLL(str(path)).kmp_get_blocktime())
