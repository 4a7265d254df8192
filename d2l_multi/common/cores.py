"""The processor cores that this process may use."""

import os
import sys


def num_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def get_dataloader_workers():
    if sys.platform == "win32":
        return 0  # starting processes from a notebook fails there
    return min(4, num_cores())


def no_dataloader_workers():
    """For Paddle, whose workers crash (PaddlePaddle/PaddleClas issue 1149), and TensorFlow (see forks)."""
    return 0
