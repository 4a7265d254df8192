"""What a worker leaves in its folder for the process that watches it: signs of life, its state, its end."""

import json
import mmap
import os
import struct
from pathlib import Path
from typing import Any

LAYOUT = struct.Struct("qq")  # signs of life so far; whether this worker waits for the others


class Pulse:
    """Signs of life in a file that both sides have in memory: a few tenths of a microsecond each."""

    def __init__(self, path: Path) -> None:
        with open(path, "w+b") as file:
            file.write(bytes(LAYOUT.size))
            file.flush()
            self._memory = mmap.mmap(file.fileno(), LAYOUT.size)
        self._beats = 0
        self.waiting = False

    def beat(self) -> None:
        self._beats += 1
        LAYOUT.pack_into(self._memory, 0, self._beats, self.waiting)

    def wait(self, waiting: bool) -> None:
        self.waiting = waiting
        LAYOUT.pack_into(self._memory, 0, self._beats, waiting)


def write(folder: Path, name: str, **content: Any) -> None:
    """A record, which is there as a whole or not at all."""
    part = folder / f".{name}"
    part.write_text(json.dumps(content), encoding="utf-8")
    os.replace(part, folder / name)


def read(folder: Path, name: str) -> dict[str, Any]:
    try:
        return json.loads((folder / name).read_text(encoding="utf-8"))
    except OSError:
        return {}


def read_pulse(folder: Path) -> tuple[int, bool]:
    try:
        beats, waiting = LAYOUT.unpack((folder / "pulse").read_bytes())
    except (OSError, struct.error):  # not begun
        return 0, False
    return beats, bool(waiting)
