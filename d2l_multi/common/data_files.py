"""The cache folder, and IDX files (the format of MNIST and its kin) read with their structure checked."""

import gzip
import math
import os
import struct
import zlib
from pathlib import Path
from typing import IO

import numpy as np
import platformdirs

UNSIGNED_BYTE = 8  # the type code of IDX files that hold uint8


class DataFileError(ValueError):
    """A file of a data set is missing or is not what its name says."""


def cache_folder() -> Path:
    """``D2L_MULTI_DATA`` if it is set, else the user's cache folder."""
    return Path(os.environ.get("D2L_MULTI_DATA") or platformdirs.user_cache_path("d2l-multi"))


def read_idx(path: Path, ndim: int) -> np.ndarray:
    """An IDX file of unsigned bytes with ``ndim`` axes, packed or not, read to its declared size at most."""
    try:
        with _opened(path) as file:
            header = file.read(4 + 4 * ndim)
            if len(header) < 4 + 4 * ndim or header[:4] != bytes((0, 0, UNSIGNED_BYTE, ndim)):
                raise DataFileError(
                    f"{path} is no IDX file of unsigned bytes with {ndim} axes "
                    f"(it begins with {header[:4].hex() or 'nothing'})"
                )
            shape = struct.unpack(f">{ndim}I", header[4:])
            declared = math.prod(shape)
            content = bytearray()
            while len(content) <= declared and (
                chunk := file.read(min(1 << 20, declared + 1 - len(content)))
            ):
                content += chunk
    except (OSError, EOFError, zlib.error) as error:
        raise DataFileError(f"{path} cannot be read: {error}") from error
    if len(content) != declared:
        more = "more" if len(content) > declared else f"{len(content):,}"
        raise DataFileError(f"{path} declares {declared:,} bytes (shape {shape}) but holds {more}")
    return np.frombuffer(content, np.uint8).reshape(shape)


def _opened(path: Path) -> IO[bytes]:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]
