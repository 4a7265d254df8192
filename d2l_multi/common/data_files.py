"""Fashion-MNIST's files: where they lie, and reading them with their structure checked."""

import gzip
import math
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import platformdirs

FASHION_MNIST_FILES = {
    "train_images": "train-images-idx3-ubyte.gz",
    "train_labels": "train-labels-idx1-ubyte.gz",
    "test_images": "t10k-images-idx3-ubyte.gz",
    "test_labels": "t10k-labels-idx1-ubyte.gz",
}
NUM_CLASSES = 10
UNSIGNED_BYTE = 8  # the type code of IDX files that hold uint8


class DataFileError(ValueError):
    """A file of a data set is missing or is not what its name says."""


def cache_folder() -> Path:
    """``D2L_MULTI_DATA`` if it is set, else the user's cache folder."""
    return Path(os.environ.get("D2L_MULTI_DATA") or platformdirs.user_cache_path("d2l-multi"))


def load_fashion_mnist(folder: Path) -> dict[str, np.ndarray]:
    """The four arrays of `FASHION_MNIST_FILES`: images (n, h, w) and labels (n,), all uint8."""
    paths = {key: folder / name for key, name in FASHION_MNIST_FILES.items()}
    absent = [path.name for path in paths.values() if not path.is_file()]
    if absent:
        raise DataFileError(
            f"{folder} lacks {', '.join(absent)}; a Fashion-MNIST folder holds "
            f"{', '.join(FASHION_MNIST_FILES.values())}"
        )
    arrays = {key: read_idx(path, ndim=3 if "images" in key else 1) for key, path in paths.items()}
    for part in ("train", "test"):
        images, labels = arrays[f"{part}_images"], arrays[f"{part}_labels"]
        if len(images) != len(labels) or not len(images):
            raise DataFileError(
                f"{paths[f'{part}_images']} holds {len(images)} images but {paths[f'{part}_labels'].name} "
                f"{len(labels)} labels; there must be as many labels as images, and at least 1"
            )
        if labels.max() >= NUM_CLASSES:
            raise DataFileError(
                f"{paths[f'{part}_labels']} holds label {labels.max()}; "
                f"labels run from 0 to {NUM_CLASSES - 1}"
            )
    return arrays


def read_idx(path: Path, ndim: int) -> np.ndarray:
    """A gzip'ed IDX file of unsigned bytes with ``ndim`` axes, unpacked no further than its declared size."""
    try:
        with gzip.open(path) as file:
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
        raise DataFileError(f"{path} cannot be read as a gzip file: {error}") from error
    if len(content) != declared:
        more = "more" if len(content) > declared else f"{len(content):,}"
        raise DataFileError(f"{path} declares {declared:,} bytes (shape {shape}) but holds {more}")
    return np.frombuffer(content, np.uint8).reshape(shape)
