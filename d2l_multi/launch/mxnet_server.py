"""MXNet's scheduler and server: what DMLC_ROLE says, until the workers have left."""

from d2l_multi.compat import framework


def main() -> None:
    with framework("mxnet"):
        import mxnet  # noqa: F401 - serves while it is imported, and then ends the process
