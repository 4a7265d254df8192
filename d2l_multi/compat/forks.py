"""A forked process has none of the threads of its parent, and a framework that waits for them hangs.

Defect: PyTorch, once it has computed, waits for threads of OpenMP in processes forked afterwards
    (pytorch/pytorch issues 17199 and 41197). TensorFlow, once it has been used, cannot be used in them
    at all (tensorflow/tensorflow issues 2448, 5448 and 51832: it is not meant to be). MXNet and Paddle can.
Repair: PyTorch computes with one thread in a forked process, as in the workers of its own DataLoader;
    ``torch.set_num_threads`` chooses again. For TensorFlow there is none: what would hang is an error that
    names the ways out.
Can go: when a framework survives a fork.
"""

import os
from collections.abc import Callable

_hopeless = False


def in_child(callback: Callable[[], None]) -> None:
    """Call in every process forked from this one; where there is no fork there is nothing to do."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=callback)


def refuse_if(used: Callable[[], bool]) -> None:
    """From now on `check` refuses processes forked when TensorFlow had been used."""

    def note() -> None:
        global _hopeless
        _hopeless = _hopeless or used()

    in_child(note)


def check() -> None:
    if _hopeless:
        raise RuntimeError(
            "this process was forked from one that had used TensorFlow, which would wait here for ever: make "
            'it with multiprocessing.get_context("spawn"), or before TensorFlow is first used'
        )
