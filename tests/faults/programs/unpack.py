"""Unpack the archive that the argument names, or say why not."""

import sys
from pathlib import Path

from d2l_multi.book.data.archives import unpack

try:
    print("ready", flush=True)
    unpack(Path(sys.argv[1]))
except (OSError, ValueError) as error:
    print(type(error).__name__, error)
