"""Writing files so that nobody ever finds half of one."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

LOCK = ".d2l-multi.lock"  # in a folder while files that belong together are put there
LOCK_SECONDS = 60  # a run needs milliseconds


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
        with alone_in(folder):
            for name in contents:
                os.replace(Path(parts, name), folder / name)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """While this lasts no other process is in it; no lock file is left behind."""
    from filelock import FileLock  # it takes a while to import, and nobody else here needs it

    with FileLock(folder / LOCK, timeout=LOCK_SECONDS):
        yield
        # While we hold it: who waits for a file that is gone makes a new one (filelock from 3.21 on).
        with suppress(OSError):  # Windows removes it itself, afterwards
            os.unlink(folder / LOCK)
