"""Writing files so that nobody ever finds half of one, and one process at a time."""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

LOCK = ".d2l-multi.lock"  # in a folder while only one process may work in it
PATIENCE = 5  # seconds of waiting without a word


def replace(path: Path, content: bytes) -> None:
    """Write a file so that under its name there is the old one or the whole new one, never a part.

    Whoever is killed meanwhile leaves two hidden files; the next one takes them over, and they are gone.
    """
    part = path.with_name(f".{path.name}.part")
    with one_at_a_time(path.parent, f"a save to {path.name}", f".{path.name}.lock"):
        try:
            part.write_bytes(content)
            os.replace(part, path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def replace_together(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write files that belong together: whole, once all found room, never mixed with another run's."""
    parts = folder / ".d2l-multi.parts"
    with one_at_a_time(folder, "a report"):
        shutil.rmtree(parts, ignore_errors=True)  # of one that was killed
        try:
            parts.mkdir()
            for name, content in contents.items():
                Path(parts, name).write_bytes(content)
            for name in contents:
                os.replace(Path(parts, name), folder / name)
        finally:
            shutil.rmtree(parts, ignore_errors=True)


@contextmanager
def one_at_a_time(folder: Path, what: str, name: str = LOCK) -> Iterator[None]:
    """While this lasts no other process is in it for this folder, or this name; one that dies leaves it.

    The lock is a hidden file in the folder, because several machines may share that; it goes afterwards.
    """
    from filelock import FileLock, Timeout  # it takes a while to import

    lock = FileLock(folder / name)
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
            os.unlink(folder / name)
        lock.release()
