"""Writing files so that nobody ever finds half of one, and one process at a time."""

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

LOCK = ".d2l-multi.lock"  # in a folder while only one process may work in it
PATIENCE = 5  # seconds of waiting without a word


def replace(path: Path, content: bytes) -> None:
    """Write a file so that under its name there is the old one or the whole new one, never a part."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        part = Path(folder, "part")
        part.write_bytes(content)
        os.replace(part, path)


def replace_together(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write files that belong together: whole, once all found room, never mixed with another run's."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=".d2l-multi.") as parts:
        for name, content in contents.items():
            Path(parts, name).write_bytes(content)
        with one_at_a_time(folder, "a report"):
            for name in contents:
                os.replace(Path(parts, name), folder / name)


@contextmanager
def one_at_a_time(folder: Path, what: str) -> Iterator[None]:
    """While this lasts no other process is in it for this folder; one that dies leaves it.

    The lock is a hidden file in the folder, because several machines may share that; it goes afterwards.
    """
    from filelock import FileLock, Timeout  # it takes a while to import

    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=PATIENCE)
    except Timeout:
        print(f"waiting for {what} of another process in {folder}", file=sys.stderr, flush=True)
        lock.acquire()
    try:
        yield
    finally:
        # While we hold it: who waits for a file that is gone makes a new one (filelock from 3.21 on).
        with suppress(OSError):  # Windows removes it itself, afterwards
            os.unlink(folder / LOCK)
        lock.release()
