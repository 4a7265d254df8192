"""Repairs of other people's bugs, so that four frameworks can live in one process.

Each module answers one defect, names the upstream issue and says when it can go.
"""

from d2l_multi.compat.loading import framework

__all__ = ["framework"]
