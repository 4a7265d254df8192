"""A backend in a process of its own, and what is left to say of one that ended."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import IO, BinaryIO

# A file of the user's own called torch.py in the current folder is not what we mean by torch.
START = (
    "import sys; sys.path[:] = [folder for folder in sys.path if folder]; from {module} import main; main()"
)
STDERR_LINES = 12  # of a worker that failed, kept for the report


def installed(backend: str) -> bool:
    """Whether the framework is there, found out without importing it."""
    return find_spec(backend) is not None


@contextmanager
def worker(module: str, *arguments: str) -> Iterator[tuple[subprocess.Popen, IO[bytes]]]:
    """A process that runs ``main`` of a module; whatever interrupts us, it does not outlive this block."""
    command = [sys.executable, "-c", START.format(module=module), *arguments]
    with tempfile.TemporaryFile() as stderr:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr)
        try:
            yield process, stderr
        finally:
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()


def epitaph(returncode: int, stderr: IO[bytes]) -> str:
    """How a worker ended that could not say so itself, with the end of its stderr."""
    if returncode < 0:
        end = f"the process was killed by {signal.Signals(-returncode).name}"
    else:
        end = f"the process ended with exit code {returncode}"
    stderr.seek(0)
    lines = stderr.read().decode(errors="replace").strip().splitlines()[-STDERR_LINES:]
    return "\n".join([end, *lines])


def private_stdout() -> BinaryIO:
    """What was stdout, for messages only; from now on file descriptor 1 leads to stderr."""
    channel = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return channel


def prepare_for(device: str) -> None:
    """Before a framework is imported: what it must know of the device, "cpu" or "gpu", it will use."""
    if device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"  # TensorFlow and Paddle would use a GPU unasked
    else:
        os.environ["NVIDIA_TF32_OVERRIDE"] = "0"  # TensorFlow would round float32 products to ten bits
