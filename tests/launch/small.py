"""The book's loop, small: BACKEND. Each worker prints how it ended; of several, one is heard."""

import sys
from importlib import import_module

from tests.launch.train import from_scratch

backend = sys.argv[1]
d2l = import_module(f"d2l_multi.{backend}")
found = from_scratch(d2l, import_module(f"tests.native.{backend}"), len)
print(d2l.num_workers(), *(value for array in found for value in array.reshape(-1).tolist()))
