"""With OMP_DISPLAY_ENV=verbose GNU's library says on stderr what it has read."""

from d2l_multi.compat import spinning

with spinning.kept_short():
    import torch  # noqa: F401
