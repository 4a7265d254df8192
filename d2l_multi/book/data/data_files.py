"""The cache folder, and IDX files (the format of MNIST and its kin) read with their structure checked."""

import gzip
import math
import os
import struct
import zlib
from contextlib import suppress
from pathlib import Path
from typing import IO

import numpy as np
import platformdirs

UNSIGNED_BYTE = 8  # the type code of IDX files that hold uint8
LARGEST = 1 << 30  # bytes of an array; Fashion-MNIST's largest has 47 million
MOST_PACKED = 1032  # bytes that a byte of a gzip file can stand for, at most
CHUNK = 1 << 20


class DataFileError(ValueError):
    """A file of a data set is missing or is not what its name says."""


def cache_folder() -> Path:
    """``D2L_MULTI_DATA`` if it is set, else the user's cache folder; without a home folder ``data`` here."""
    if named := os.environ.get("D2L_MULTI_DATA"):
        return Path(named).expanduser()
    with suppress(RuntimeError):  # newer releases of platformdirs say it, older ones leave a "~"
        if (folder := platformdirs.user_cache_path("d2l-multi")).is_absolute():
            return folder
    return Path("data").absolute()


def read_idx(path: Path, ndim: int) -> np.ndarray:
    """An IDX file of unsigned bytes with ``ndim`` axes, packed or not.

    Memory is taken for the declared size, and only if a file of this length can hold that much.
    """
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
            if declared > LARGEST:
                raise DataFileError(
                    f"{path} declares {declared:,} bytes (shape {shape}), and {LARGEST:,} are read at most"
                )
            if declared > (most := path.stat().st_size * (MOST_PACKED if _is_packed(path) else 1)):
                raise DataFileError(
                    f"{path} declares {declared:,} bytes (shape {shape}) but cannot hold more than {most:,}"
                )
            content = np.empty(declared, np.uint8)
            found = _fill(file, content)
            more = file.read(1)  # to the end, where a packed file has its checksum
    except (OSError, EOFError, zlib.error) as error:
        raise DataFileError(f"{path} cannot be read: {error}") from error
    if found < declared or more:
        holds = "more" if more else f"{found:,}"
        raise DataFileError(f"{path} declares {declared:,} bytes (shape {shape}) but holds {holds}")
    return content.reshape(shape)


def _fill(file: IO[bytes], content: np.ndarray) -> int:
    """Read into an array until it is full or the file ends; how many bytes were read."""
    found = 0
    while found < len(content) and (chunk := file.read(min(CHUNK, len(content) - found))):
        content[found : found + len(chunk)] = np.frombuffer(chunk, np.uint8)
        found += len(chunk)
    return found


def _opened(path: Path) -> IO[bytes]:
    return gzip.open(path) if _is_packed(path) else path.open("rb")  # type: ignore[return-value]


def _is_packed(path: Path) -> bool:
    return path.suffix == ".gz"
