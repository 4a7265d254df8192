"""How many processes suit a loader that reads examples one by one, where a framework has safe ones."""

import sys

from d2l_multi.compat.cores import num_cores


def some() -> int:
    if sys.platform == "win32":
        return 0  # starting processes from a notebook fails there
    return min(4, num_cores())
