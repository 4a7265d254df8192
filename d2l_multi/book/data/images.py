"""The names of Fashion-MNIST's classes, and the matrices that resize images."""

from typing import Any

import numpy as np

from d2l_multi.arrays import to_host
from d2l_multi.checks import positive_int

FASHION_MNIST_LABELS = (
    "t-shirt",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)


def get_fashion_mnist_labels(labels):
    names = []
    for label in to_host(labels).reshape(-1):
        if not 0 <= label < len(FASHION_MNIST_LABELS) or label != int(label):
            raise ValueError(f"labels of Fashion-MNIST are whole numbers from 0 to 9, got {label}")
        names.append(FASHION_MNIST_LABELS[int(label)])
    return names


def resize_weights(size: int, new_size: int) -> np.ndarray:
    """The matrix (new_size, size) that resizes one side by antialiased bilinear interpolation.

    Each new pixel is a mean of the old ones under a triangle as wide as two of the coarser pixels,
    centred on it, as Pillow's ``BILINEAR`` filter has it. A backend applies it to the columns and then
    to the rows, rounding to whole grey levels after each, which makes the result the same everywhere.
    """
    scale = size / new_size
    support = max(scale, 1.0)
    centres = (np.arange(new_size) + 0.5) * scale
    pixels = np.arange(size) + 0.5
    weights = np.maximum(0.0, 1.0 - np.abs(pixels - centres[:, None]) / support)
    return weights / weights.sum(axis=1, keepdims=True)


def resize_matrices(shape: tuple, resize: Any) -> tuple[np.ndarray, ...]:
    """The float32 matrices that resize rows and columns of images (h, w); none if their size stays."""
    if resize is None:
        return ()
    sides = tuple(resize) if isinstance(resize, (list, tuple)) else (resize, resize)
    if len(sides) != 2:
        raise ValueError(f"resize must be a side in pixels or a pair (h, w), got {resize!r}")
    sides = tuple(positive_int("resize", side) for side in sides)
    if sides == tuple(shape):
        return ()
    return tuple(resize_weights(old, new).astype(np.float32) for old, new in zip(shape, sides))
