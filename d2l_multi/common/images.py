"""Images: the names of Fashion-MNIST's classes, resizing, and laying images out in a grid."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from d2l_multi.common import checks
from d2l_multi.common.arrays import to_host

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


def show_images(imgs, num_rows, num_cols, titles=None, scale=1.5):
    import matplotlib.pyplot as plt

    checks.positive_int("num_rows", num_rows)
    checks.positive_int("num_cols", num_cols)
    images = [_picture(image) for image in _each(imgs)]
    _, axes = plt.subplots(num_rows, num_cols, figsize=(num_cols * scale, num_rows * scale), squeeze=False)
    axes = axes.reshape(-1)
    for i, ax in enumerate(axes):
        ax.axis("off")
        if i < len(images):
            ax.imshow(images[i])
            if titles is not None and i < len(titles):
                ax.set_title(titles[i])
    return axes


def _each(imgs: Any) -> Iterable[Any]:
    """The images of a list, or of an array whose first axis counts them."""
    if isinstance(imgs, (list, tuple)):
        return imgs
    array = to_host(imgs)
    if array.ndim < 3:
        raise ValueError(f"show_images takes a list of images or an array (n, h, w), got shape {array.shape}")
    return array


def _picture(image: Any) -> np.ndarray:
    """An image as Matplotlib shows it, (h, w) or (h, w, channels)."""
    array = to_host(image)
    if array.ndim == 3 and array.shape[0] == 1:
        array = array[0]
    elif array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4)):
        return array
    raise ValueError(f"an image has shape (h, w), (1, h, w), (h, w, 1) or (h, w, 3), got {array.shape}")


def resize_matrices(shape: tuple, resize: Any) -> tuple[np.ndarray, ...]:
    """The float32 matrices that resize rows and columns of images (h, w); none if their size stays."""
    if resize is None:
        return ()
    sides = tuple(resize) if isinstance(resize, (list, tuple)) else (resize, resize)
    if len(sides) != 2:
        raise ValueError(f"resize must be a side in pixels or a pair (h, w), got {resize!r}")
    sides = tuple(checks.positive_int("resize", side) for side in sides)
    if sides == tuple(shape):
        return ()
    return tuple(resize_weights(old, new).astype(np.float32) for old, new in zip(shape, sides))
