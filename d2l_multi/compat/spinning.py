"""Threads that wait for work by spinning take the cores from whoever has some.

Defect: the threads of OpenMP, with which PyTorch, MXNet and PaddlePaddle compute, look for work in a loop
    before they sleep: in GNU's library (libgomp) for about a tenth of a second, in Intel's (libiomp5) for a
    fifth. Where two programs share the cores, each waits for the other's waiting: an epoch of 0.4 seconds
    takes 3 to 24 with two neighbours (as designed: GCC's manual on ``GOMP_SPINCOUNT``).
Repair: they spin for some microseconds only, which is as good as always long enough for a program alone.
    Both libraries read how long when they are loaded, so it is said in the environment for that moment,
    and no process of the user's inherits it. Who set any of the variables himself is heeded.
Can go: when the libraries spin less where other programs run.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

# PyTorch and MXNet bring GNU's library and PaddlePaddle both; who is loaded first brings it for all.
SHORT = {"GOMP_SPINCOUNT": "4000", "KMP_BLOCKTIME": "0"}
CHOSEN = {*SHORT, "OMP_WAIT_POLICY", "KMP_LIBRARY"}


@contextmanager
def kept_short() -> Iterator[None]:
    """Surround the loading of OpenMP; later loadings find it there, and change nothing."""
    if CHOSEN & os.environ.keys():
        yield
        return
    os.environ.update(SHORT)
    try:
        yield
    finally:
        for name in SHORT:
            os.environ.pop(name, None)
