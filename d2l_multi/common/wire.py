"""How a worker speaks to the process that started it: a line of JSON, then the bytes of its arrays."""

import json
from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np


def send(stream: BinaryIO, kind: str, arrays: Sequence[np.ndarray] = (), **fields: Any) -> None:
    layout = [[array.dtype.str, list(array.shape)] for array in arrays]
    stream.write(json.dumps({"kind": kind, "arrays": layout, **fields}).encode() + b"\n")
    for array in arrays:
        stream.write(array.tobytes())
    stream.flush()


def receive(stream: BinaryIO) -> tuple[dict[str, Any], list[np.ndarray]] | None:
    """The next message, or None where the stream ends, in the middle of a message included."""
    line = stream.readline()
    if not line.endswith(b"\n"):
        return None
    header = json.loads(line)
    arrays = []
    for dtype_name, shape in header.pop("arrays"):
        dtype = np.dtype(dtype_name)
        content = stream.read(dtype.itemsize * int(np.prod(shape)))
        if len(content) < dtype.itemsize * int(np.prod(shape)):
            return None
        arrays.append(np.frombuffer(content, dtype).reshape(shape))
    return header, arrays
