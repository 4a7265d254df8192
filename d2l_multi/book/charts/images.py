"""Images in a grid."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from d2l_multi.arrays import to_host
from d2l_multi.checks import positive_int


def show_images(imgs, num_rows, num_cols, titles=None, scale=1.5):
    import matplotlib.pyplot as plt

    positive_int("num_rows", num_rows)
    positive_int("num_cols", num_cols)
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
