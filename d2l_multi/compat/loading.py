"""How a backend imports its framework: repaired, silent, and with a helpful error when it is missing."""

import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from d2l_multi.compat import libraries_beside_tensorflow, mxnet_on_numpy, spinning, start

_started: set[str] = set()

# Warnings of frameworks about nothing that a user did, or could change.
NOISE = {
    # From every batch normalisation that trains, as it does everywhere. Can go when Paddle no longer says so.
    "paddle": ["When training, we now always track global mean and variance"],
}


@contextmanager
def framework(name: str) -> Iterator[None]:
    """Surround ``import <framework>`` in every file that imports it; the first one loads it.

    Installs the repairs, keeps the framework's start-up lines off the user's screen, tells it what it needs
    to know, and turns an import that fails into an ImportError that says what to do.
    """
    if name in _started:
        yield
        return
    libraries_beside_tensorflow.install()
    mxnet_on_numpy.install()
    # TensorFlow logs from C++ whenever a device is first used, long after its import.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if os.path.expanduser("~") == "~":
        # Keras would make a folder of that name in the current one, which nobody dares to delete.
        os.environ.setdefault("KERAS_HOME", os.path.join(tempfile.gettempdir(), "keras"))
    try:
        # What is told within that block is the first to use OpenMP.
        with silence(), spinning.kept_short(), getattr(start, name)():
            yield
    except ImportError as error:
        raise ImportError(explain(name, error), name=error.name, path=error.path) from error
    for message in NOISE.get(name, ()):
        warnings.filterwarnings("ignore", message)
    _started.add(name)


def explain(name: str, error: ImportError) -> str:
    """Say whether the framework is missing or broken, and give the one command that installs it."""
    if isinstance(error, ModuleNotFoundError) and error.name == name:
        reason = f"d2l_multi.{name} needs {name}, which is not installed."
    else:
        reason = f"d2l_multi.{name} needs {name}, which is installed but does not import ({error})."
    return f"{reason} Install it with:  {install_command(name)}"


def install_command(name: str) -> str:
    command = f'pip install "d2l-multi[{name}]"'
    if name == "mxnet" and sys.version_info >= (3, 13):
        # MXNet's metadata forbids NumPy 2, the only NumPy of Python 3.13; repaired, it runs there.
        command += " && pip install --no-deps mxnet==1.9.1"
    return command


@contextmanager
def silence() -> Iterator[None]:
    """Keep native output, warnings and log lines off the screen; show what was written if an error follows.

    The root logger, which some frameworks set up for everyone, is left as it was found.
    """
    streams = [stream for stream in (sys.stdout, sys.stderr) if stream is not None]
    for stream in streams:
        stream.flush()
    with tempfile.TemporaryFile() as caught, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        level, handlers, disabled = logging.root.level, logging.root.handlers[:], logging.root.manager.disable
        logging.disable(logging.INFO)
        saved = _redirect(caught.fileno())
        try:
            yield
        except BaseException:
            _restore(saved)
            caught.seek(0)
            os.write(2, caught.read())
            raise
        else:
            for stream in streams:
                stream.flush()
            _restore(saved)
        finally:
            logging.disable(disabled)
            logging.root.setLevel(level)
            logging.root.handlers[:] = handlers


def _redirect(target: int) -> dict[int, int]:
    """Point file descriptors 1 and 2 at ``target``; return copies of those that were open."""
    saved = {}
    for descriptor in (1, 2):
        try:
            saved[descriptor] = os.dup(descriptor)
        except OSError:  # a program without a console may have them closed
            continue
        os.dup2(target, descriptor)
    return saved


def _restore(saved: dict[int, int]) -> None:
    while saved:
        descriptor, copy = saved.popitem()
        os.dup2(copy, descriptor)
        os.close(copy)
