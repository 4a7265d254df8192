"""Data (book sections: Linear Regression; The Image Classification Dataset; Predicting House Prices)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from os import PathLike

from d2l_multi.book.types import ArrayLike, DeviceLike, Loader, Tensor

__all__ = [
    "DATA_HUB",
    "DATA_URL",
    "synthetic_data",
    "data_iter",
    "load_array",
    "load_data_fashion_mnist",
    "get_fashion_mnist_labels",
    "get_dataloader_workers",
    "download",
    "download_all",
    "download_extract",
]

DATA_HUB: dict[str, tuple[str, str]]
"""Names that `download` knows, the book's data sets first: ``DATA_HUB[name] = (address, SHA-1 sum)``."""
DATA_URL: str
"""The address of the book's own data files."""


def synthetic_data(
    w: ArrayLike, b: ArrayLike, num_examples: int, *, noise: float = 0.01, seed: int | None = None
) -> tuple[Tensor, Tensor]:
    """Draw ``X ~ N(0, 1)`` and ``y = Xw + b + N(0, noise²)``.

    Args:
        w: weights, a tensor, array or list of shape (d,) or (d, 1); its float dtype is that of the result.
        b: bias, a number or a tensor of one element.
        num_examples: number of rows n.
        noise: standard deviation of the noise.
        seed: an integer for the same bits in every backend; None for the framework's generator.

    Returns:
        ``X`` (n, d) and ``y`` (n, 1).

    Raises:
        ValueError: ``w`` of another shape, ``b`` of more than one element, ``num_examples`` below 1,
            ``noise`` or ``seed`` out of range.
    """


def data_iter(
    batch_size: int, features: ArrayLike, labels: ArrayLike, *, shuffle: bool = True, seed: int | None = None
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield ``(X, y)`` batches of two arrays of n examples, once, in random order.

    The last batch is the short rest. The same ``seed`` gives the same order in every backend; None
    follows the framework's generator.

    Raises:
        ValueError: ``features`` and ``labels`` of different lengths, ``batch_size`` below 1.
    """


def load_array(
    data_arrays: Sequence[ArrayLike], batch_size: int, is_train: bool = True, *, seed: int | None = None
) -> Loader:
    """A loader over arrays of n examples each: the framework's own loader type, with ``len()``.

    Every pass yields each example once, reshuffled if ``is_train``; the last batch is the short rest.
    Arrays are tensors or NumPy arrays; a ``numpy.memmap`` is read block by block, never whole.
    The same ``seed`` gives the same order, pass by pass, in every backend, and in other processes. Passes in
    several threads at once are passes of their own, each the next of the seed's.

    Raises:
        TypeError: ``data_arrays`` is not a tuple or list of arrays.
        ValueError: arrays of different lengths or empty, ``batch_size`` below 1, a memmap that is not read as
            it lies in its file, for its dtype or its byte order.
    """


def load_data_fashion_mnist(
    batch_size: int,
    resize: int | tuple[int, int] | None = None,
    *,
    root: str | PathLike[str] | None = None,
    seed: int | None = None,
    device: DeviceLike = None,
) -> tuple[Loader, Loader]:
    """Fashion-MNIST as two loaders, ``(train_iter, test_iter)``.

    Images are float32 in [0, 1], (b, 1, h, w), in TensorFlow (b, h, w, 1); labels (b,), int64, in
    TensorFlow and MXNet int32. Training examples are shuffled one by one every epoch, test examples
    keep the order of the file. The pixels stay in memory once, as bytes on ``device``.

    Args:
        resize: the new side in pixels (bilinear, antialiased, rounded to grey levels as Pillow does).
        root: folder of the files; by default ``D2L_MULTI_DATA``, else the user's cache folder. Copies of
            torchvision, Keras, MXNet and Paddle are found; what is nowhere is downloaded and verified,
            from the mirrors in ``D2L_MULTI_MIRROR`` (comma-separated) first.
        seed: as in `load_array`.
        device: where the data live; by default where the framework puts tensors.

    Raises:
        ValueError: ``batch_size`` or ``resize`` below 1, a damaged file (which is named).
        OSError: the files are nowhere and cannot be downloaded; the message says what to do.
    """


def get_fashion_mnist_labels(labels: ArrayLike) -> list[str]:
    """The names of classes 0 to 9, such as ``"ankle boot"`` for 9 (list of str)."""


def get_dataloader_workers() -> int:
    """How many processes suit a loader that reads examples one by one: up to 4, and 0 where none is safe.

    That is on Windows, where a notebook cannot start them; in Paddle, whose workers die of a segmentation
    fault now and then; and in TensorFlow, which has none of its own and does not survive a fork. With 0 the
    loader reads in the process that asks.
    """


def download(
    name_or_url: str,
    folder: str | PathLike[str] | None = None,
    sha1_hash: str | None = None,
    *,
    root: str | PathLike[str] | None = None,
) -> str:
    """Download a file, unless it is there; return its path (str).

    ``name_or_url`` is a name in ``DATA_HUB`` or an http(s) address. The file goes to ``folder`` (or
    ``root``), by default the cache folder, and appears there only when it is whole and has the SHA-1 sum.

    Raises:
        ValueError: neither a known name nor an address.
        OSError: the download failed or its checksum is wrong; nothing is left behind.
    """


def download_all() -> None:
    """Download every file of ``DATA_HUB`` to the cache folder; those that are there stay.

    Raises:
        OSError: as `download`, about all that could not be had, after the others were.
    """


def download_extract(name: str, folder: str | None = None) -> str:
    """Download a zip or tar file and unpack it beside itself; return the folder, or ``folder`` in it (str).

    Raises:
        ValueError: the archive is no archive, or has a member that would lie outside the folder.
        OSError: as `download`.
    """
