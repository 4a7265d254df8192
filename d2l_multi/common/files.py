"""Writing files so that nobody ever finds half of one."""

import os
import tempfile
from pathlib import Path


def replace(path: Path, content: bytes) -> None:
    """Write a file so that under its name there is the old one or the whole new one, never a part."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        part = Path(folder, "part")
        part.write_bytes(content)
        os.replace(part, path)
