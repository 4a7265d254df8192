"""Several processes that train one net (book sections: Training on Multiple GPUs; Parameter Servers)."""

from __future__ import annotations

__all__ = [
    "num_workers",
    "worker_rank",
]


def num_workers() -> int:
    """How many processes train together (int): those of ``d2l-multi launch``, 1 without it."""


def worker_rank() -> int:
    """Which of the `num_workers` processes this is, counted from 0 (int).

    Worker 0 is the one that draws, writes files, and whose output is shown.
    """
