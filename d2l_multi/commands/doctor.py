"""``d2l-multi doctor``: what a bug report needs. What is heavy is imported when it runs."""

import platform
import sys

import click

from d2l_multi import BACKENDS, __version__


@click.command()
def doctor() -> None:
    """Print what a bug report needs: versions, devices, the cache folder, and why an import fails."""
    from d2l_multi.book.data.data_files import cache_folder
    from d2l_multi.compare.runner import probe
    from d2l_multi.compare.table import numpy_version
    from d2l_multi.workers.processes import installed

    print(f"d2l-multi   {__version__}")
    print(f"Python      {platform.python_version()} ({sys.executable})")
    print(f"System      {platform.platform()}")
    print(f"NumPy       {numpy_version()}")
    for name in BACKENDS:
        if not installed(name):
            from d2l_multi.compat.loading import install_command

            print(f"{name:<11} not installed; install it with: {install_command(name)}")
            continue
        found = probe(name)
        if found["kind"] == "started":
            gpus = f"{found['num_gpus']} GPU{'' if found['num_gpus'] == 1 else 's'}"
            print(f"{name:<11} {found['version']}, cpu and {gpus}")
        else:
            print(f"{name:<11} does not import: {found['error']}")
    print(f"Cache       {cache_folder()} ({'there' if cache_folder().is_dir() else 'not made yet'})")
