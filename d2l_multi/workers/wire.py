"""How a worker speaks to the process that started it: a line of JSON, then the bytes of its arrays.

Each message is a frame with a mark, its length and a checksum, since others write to the same stream: what
a framework prints while Python starts is passed over, and a message that somebody wrote into is told of.
"""

import json
import math
import re
import zlib
from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np

MARK = b"\x1ed2l-multi "  # after a line break, so that it begins a line whatever came before
HEADER = re.compile(re.escape(MARK) + rb"(\d{1,15}) ([0-9a-f]{8})\n")
LONGEST_LINE = 1 << 16  # bytes of somebody else's that are read at once
LARGEST = 1 << 28  # bytes of a message


class Malformed(ValueError):
    """What arrived is no message."""


def write_frame(stream: BinaryIO, content: bytes) -> None:
    stream.write(b"\n%b%d %08x\n" % (MARK, len(content), zlib.crc32(content)))
    stream.write(content)
    stream.flush()


def read_frame(stream: BinaryIO, largest: int = LARGEST) -> bytes | None:
    """The next message's bytes, or None where the stream ends, in the middle of a message included."""
    line = stream.readline(LONGEST_LINE)
    while line and not line.startswith(MARK):
        line = stream.readline(LONGEST_LINE)
    if not line.endswith(b"\n") and len(line) < LONGEST_LINE:
        return None
    header = HEADER.fullmatch(line)
    if not header or int(header[1]) > largest:
        raise Malformed(f"it sent what is no message: {line[:80]!r}")
    content = bytearray()
    while missing := int(header[1]) - len(content):
        part = stream.read(min(missing, 1 << 20))  # no more memory than has really arrived
        if not part:
            return None
        content += part
    if zlib.crc32(content) != int(header[2], 16):
        raise Malformed("something else wrote to its stdout in the middle of a message")
    return bytes(content)


def send(stream: BinaryIO, kind: str, arrays: Sequence[np.ndarray] = (), **fields: Any) -> None:
    layout = [[array.dtype.str, list(array.shape)] for array in arrays]
    header = json.dumps({"kind": kind, "arrays": layout, **fields}).encode()
    write_frame(stream, b"\n".join([header, b"".join(array.tobytes() for array in arrays)]))


def receive(stream: BinaryIO) -> tuple[dict[str, Any], list[np.ndarray]] | None:
    """The next message, or None where the stream ends; `Malformed` if it is none that `send` writes."""
    frame = read_frame(stream)
    if frame is None:
        return None
    line, _, content = frame.partition(b"\n")
    try:
        header = json.loads(line)
        arrays, start = [], 0
        for dtype_name, shape in header.pop("arrays"):
            dtype = np.dtype(dtype_name)
            if dtype.kind not in "biufc":
                raise Malformed(f"it sent an array of {dtype}")
            end = start + dtype.itemsize * math.prod(shape)
            arrays.append(np.frombuffer(content[start:end], dtype).reshape(shape))
            start = end
    except Malformed:
        raise
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise Malformed(f"it sent a message that cannot be read ({error})") from error
    return header, arrays
