"""Fashion-MNIST: found where any of the four frameworks keeps it, else downloaded, and always checked."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from d2l_multi.book.data.data_files import DataFileError, cache_folder, read_idx
from d2l_multi.book.data.downloads import Checksum, DownloadError, retrieve
from d2l_multi.book.data.images import resize_matrices

FILES = {
    "train_images": "train-images-idx3-ubyte.gz",
    "train_labels": "train-labels-idx1-ubyte.gz",
    "test_images": "t10k-images-idx3-ubyte.gz",
    "test_labels": "t10k-labels-idx1-ubyte.gz",
}
MD5 = {
    "train_images": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    "train_labels": "25c81989df183df01b3e8a0aad5dffbe",
    "test_images": "bef4ecab320f06d8554ea6380940ec79",
    "test_labels": "bb300cfdad3c16e7a12a480ee83cd310",
}
# Where the files have been published under these names: by their authors, Keras, Paddle and MXNet.
MIRRORS = (
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    "https://dataset.bj.bcebos.com/fashion_mnist/",
    "https://apache-mxnet.s3-accelerate.dualstack.amazonaws.com/gluon/dataset/fashion-mnist/",
)
NUM_CLASSES = 10
LARGEST = 1 << 25  # bytes; the largest of the files has 26 million


def load(root=None) -> dict[str, np.ndarray]:
    """The four arrays of `FILES`: images (n, h, w) and labels (n,), all uint8."""
    home = Path(root) if root is not None else cache_folder()
    if (folder := _holding_all(home, home / "FashionMNIST" / "raw")) is not None:
        try:
            return read_folder(folder)
        except DataFileError as error:
            raise DataFileError(f"{error}. Delete that file, and it is downloaded again") from error
    if root is None:
        for folder in filter(_holding_all, frameworks_folders()):
            try:
                return read_folder(folder)
            except DataFileError:  # somebody else's damaged copy: as good as none
                continue
    fetch(home)
    return read_folder(home)


def frameworks_folders() -> list[Path]:
    """Where torchvision (as the book calls it), Keras, MXNet and Paddle keep their copies."""
    home = Path(os.path.expanduser("~"))  # which stays as it is for an account without one
    return [
        Path("..", "data", "FashionMNIST", "raw"),
        Path("data", "FashionMNIST", "raw"),
        Path(os.environ.get("KERAS_HOME", home / ".keras")) / "datasets" / "fashion-mnist",
        Path(os.environ.get("MXNET_HOME", home / ".mxnet")) / "datasets" / "fashion-mnist",
        home / ".cache" / "paddle" / "dataset" / "fashion-mnist",
    ]


def _file(folder: Path, key: str) -> Path | None:
    """The packed file, or the unpacked one that torchvision leaves beside it."""
    packed = folder / FILES[key]
    return next((path for path in (packed, packed.with_suffix("")) if path.is_file()), None)


def _holding_all(*folders: Path) -> Path | None:
    return next((folder for folder in folders if all(_file(folder, key) for key in FILES)), None)


def fetch(folder: Path) -> None:
    """Download what the folder lacks, from the user's mirrors first, each file verified."""
    own = [base.strip() for base in os.environ.get("D2L_MULTI_MIRROR", "").split(",") if base.strip()]
    for key, name in FILES.items():
        if _file(folder, key) is None:
            urls = [f"{base.rstrip('/')}/{name}" for base in (*own, *MIRRORS)]
            try:
                retrieve(urls, folder / name, Checksum("md5", MD5[key]), LARGEST)
            except DownloadError as error:
                raise DownloadError(
                    f"Fashion-MNIST could not be downloaded. Put its four files "
                    f"({', '.join(FILES.values())}) into {folder}, or name a mirror that you can reach "
                    f"in D2L_MULTI_MIRROR. Tried: {error}"
                ) from error


def read_folder(folder: Path) -> dict[str, np.ndarray]:
    """The four arrays from the files of a folder, checked against each other."""
    paths = {key: _file(folder, key) for key in FILES}
    absent = [FILES[key] for key, path in paths.items() if path is None]
    if absent:
        raise DataFileError(
            f"{folder} lacks {', '.join(absent)}; a Fashion-MNIST folder holds {', '.join(FILES.values())}"
        )
    arrays = {key: read_idx(path, ndim=3 if "images" in key else 1) for key, path in paths.items() if path}
    for part in ("train", "test"):
        images, labels = arrays[f"{part}_images"], arrays[f"{part}_labels"]
        if len(images) != len(labels) or not len(images):
            raise DataFileError(
                f"{paths[f'{part}_images']} holds {len(images)} images but {FILES[f'{part}_labels']} "
                f"{len(labels)} labels; there must be as many labels as images, and at least 1"
            )
        if labels.max() >= NUM_CLASSES:
            raise DataFileError(
                f"{paths[f'{part}_labels']} holds label {labels.max()}; "
                f"labels run from 0 to {NUM_CLASSES - 1}"
            )
    return arrays


def datasets(dataset: Callable, resize: Any, root: Any) -> tuple:
    """The training set and the test set, made of host arrays by ``dataset(images, labels, matrices)``.

    ``matrices`` are those that resize rows and columns; there are none if the size stays.
    """
    arrays = load(root)
    matrices = resize_matrices(arrays["train_images"].shape[1:], resize)
    return tuple(
        dataset(arrays[f"{part}_images"], arrays[f"{part}_labels"], matrices) for part in ("train", "test")
    )
