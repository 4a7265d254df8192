"""A backend in a process of its own, kept within limits, and what is left to say of one that ended."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO, BinaryIO, Literal

from d2l_multi.workers.texts import plain

# A file of the user's own called torch.py in the current folder is not what we mean by torch.
START = (
    "import sys; sys.path[:] = [folder for folder in sys.path if folder]; "
    "from d2l_multi.workers.processes import end_with_parent; end_with_parent(); "
    "from {module} import main; main()"
)
# For Windows, which knows no sessions.
NEW_GROUP = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
STDERR_LINES = 12  # of a worker that failed, kept for the report
STDERR_BYTES = 1 << 16  # that these lines are looked for in


def installed(backend: str) -> bool:
    """Whether the framework is there, found out without importing it."""
    return find_spec(backend) is not None


def command(module: str, *arguments: str) -> list[str]:
    """What starts a process that runs ``main`` of a module and ends with the one that started it."""
    return [sys.executable, "-c", START.format(module=module), *arguments]


@contextmanager
def worker(
    module: str, *arguments: str, stdout: int | IO[bytes] = subprocess.PIPE, stderr: IO[bytes] | None = None
) -> Iterator[tuple[subprocess.Popen, IO[bytes]]]:
    """A process that runs ``main`` of a module; whatever becomes of us, it does not outlive this block.

    It has a session of its own, so that a terminal's Ctrl-C comes to us alone, who end it in good order,
    and a pipe for its stdin, whose end tells it that we are gone (`end_with_parent`).
    """
    with tempfile.TemporaryFile() if stderr is None else nullcontext(stderr) as errors:
        process = subprocess.Popen(
            command(module, *arguments),
            stdin=subprocess.PIPE,
            stdout=stdout,
            stderr=errors,
            start_new_session=True,
            creationflags=NEW_GROUP,
        )
        try:
            yield process, errors
        finally:
            kill(process)
            process.wait()
            for pipe in filter(None, (process.stdin, process.stdout)):
                pipe.close()


def kill(process: subprocess.Popen) -> None:
    """End a worker and, where systems know groups of processes, whatever it started."""
    if hasattr(os, "killpg"):
        with suppress(OSError):  # nobody of the group is left
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()


Cause = Literal["silence", "memory", "stop"]


class Watchdog:
    """A thread that ends a worker that has been silent for too long, takes too much memory, or is to stop.

    Memory is what the worker really holds, looked at ten times a second. The system's own limit
    (RLIMIT_AS) is one on reserved addresses, of which frameworks take many times what they use.
    """

    PERIOD = 0.1  # seconds

    def __init__(
        self,
        process: subprocess.Popen,
        *,
        timeout: float,
        memory_mib: float = float("inf"),
        stop: Callable[[], bool] = lambda: False,
        family: bool = False,
    ) -> None:
        """``family``: whether what the worker has started counts as its own."""
        self.process, self.timeout, self.memory_mib, self.stop = process, timeout, memory_mib, stop
        self.family = family
        self.cause: Cause | None = None  # why it was ended
        self._silence = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Watchdog":
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._over.set()
        self._thread.join()

    def feed(self) -> None:
        """The worker gave a sign of life."""
        self._silence = 0.0

    def _watch(self) -> None:
        while not self._over.wait(self.PERIOD):
            # Counted, not read from a clock: while all of us are suspended (Ctrl-Z) nobody is silent.
            self._silence += self.PERIOD
            if self.process.poll() is not None:
                kill(self.process)  # what it started may still hold its end of the channel
                return
            self.cause = self._cause()
            if self.cause:
                kill(self.process)
                return

    def _cause(self) -> Cause | None:
        if self.stop():
            return "stop"
        if self._silence > self.timeout:
            return "silence"
        return "memory" if memory_mib(self.process.pid, self.family) > self.memory_mib else None


def memory_mib(pid: int, family: bool = False) -> float:
    """The memory that a process holds, with or without what it has started; 0 if there is none such."""
    import psutil

    try:
        process = psutil.Process(pid)
        # A virtual environment's python.exe is a small program that starts the real one.
        children = process.children(recursive=family) if family or os.name == "nt" else []
        return sum(each.memory_info().rss for each in (process, *children)) / 2**20
    except psutil.Error:
        return 0.0


def machine_memory_mib(root: Path = Path("/")) -> float:
    """The memory of this machine, or the limit of a control group around us, such as a container's.

    ``root``: where the files are in which Linux says it.
    """
    import psutil

    return min([psutil.virtual_memory().total, *_group_limits(root)]) / 2**20


def _group_limits(root: Path) -> Iterator[int]:
    """The limits in bytes of our control groups and the groups around them, of both versions of these."""
    try:
        groups = Path(root, "proc/self/cgroup").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:  # no Linux
        return
    for line in groups:
        controllers, _, name = line.partition(":")[2].partition(":")
        if controllers == "":
            base, file = Path(root, "sys/fs/cgroup"), "memory.max"
        elif "memory" in controllers.split(","):
            base, file = Path(root, "sys/fs/cgroup/memory"), "memory.limit_in_bytes"
        else:
            continue
        # Seen from inside a container, its group may be at the top, whatever the name says.
        inner = base / os.path.normpath(name).lstrip("/")
        for folder in (inner, *inner.parents):
            with suppress(OSError, ValueError):  # it is not there, or says "max"
                yield int(Path(folder, file).read_text(encoding="ascii"))
            if folder == base:
                break


def epitaph(returncode: int, stderr: IO[bytes]) -> str:
    """How a worker ended that could not say so itself, with the end of its stderr."""
    if returncode < 0:
        try:
            name = signal.Signals(-returncode).name
        except ValueError:  # a real-time signal has no name
            name = f"signal {-returncode}"
        end = f"the process was killed by {name}"
        if name == "SIGKILL":
            end += " (by hand, or by the system because memory ran out)"
    else:
        end = f"the process ended with exit code {returncode}"
    return "\n".join([end, *last_words(stderr)])


def last_words(stderr: IO[bytes]) -> list[str]:
    """The last lines of a worker's stderr, however much there is of it."""
    stderr.seek(max(0, stderr.seek(0, os.SEEK_END) - STDERR_BYTES))
    lines = stderr.read().decode(errors="replace").strip().splitlines()[-STDERR_LINES:]
    return plain("\n".join(lines)).splitlines()


# --- In the worker --------------------------------------------------------------------------------


def end_with_parent() -> None:
    """End when the process that started us does, even one that was killed; to others stdin is empty."""
    lifeline = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)

    def wait() -> None:
        while os.read(lifeline, 1):  # nothing is ever written to it
            pass
        if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
            os.killpg(0, signal.SIGKILL)
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


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
