"""Fashion-MNIST's files: read exactly, or refused with a reason."""

import gzip
import struct

import numpy as np
import pytest

from d2l_multi.book.data import data_files, fashion_mnist
from tests.fashion import write_folder, write_idx


@pytest.fixture
def folder(tmp_path):
    return write_folder(tmp_path, train=30, test=12)


def test_what_was_written_is_read(folder):
    arrays = fashion_mnist.read_folder(folder)
    assert arrays["train_images"].shape == (30, 28, 28) and arrays["test_images"].shape == (12, 28, 28)
    assert arrays["train_labels"].dtype == np.uint8 and arrays["test_labels"].shape == (12,)
    rewritten = folder / "again.gz"
    write_idx(rewritten, arrays["train_images"])
    np.testing.assert_array_equal(data_files.read_idx(rewritten, 3), arrays["train_images"])


def test_the_images_that_the_suite_trains_on(images_folder):
    arrays = fashion_mnist.read_folder(images_folder)
    for part in ("train", "test"):
        images, labels = arrays[f"{part}_images"], arrays[f"{part}_labels"]
        assert images.shape == (len(labels), 28, 28) and set(labels) == set(range(10))


IMAGES, LABELS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (IMAGES, b"<html>log in</html>", "cannot be read"),
        (IMAGES, b"", "begins with nothing"),
        (IMAGES, gzip.compress(struct.pack(">HBB3I", 0, 13, 3, 30, 28, 28)), "no IDX file of unsigned bytes"),
        (IMAGES, gzip.compress(struct.pack(">HBB3I", 0, 8, 3, 30, 28, 28) + b"12"), "declares 23,520 bytes"),
        (LABELS, gzip.compress(struct.pack(">HBBI", 0, 8, 1, 30) + bytes(31)), "holds more"),
        (LABELS, gzip.compress(struct.pack(">HBBI", 0, 8, 1, 29) + bytes(29)), "30 images but .* 29 labels"),
        (LABELS, gzip.compress(struct.pack(">HBBI", 0, 8, 1, 30) + bytes([10] * 30)), "label 10; labels run"),
        (LABELS, gzip.compress(bytes(30))[:-4], "cannot be read|no IDX file"),
    ],
    ids=["web page", "empty", "floats", "short", "long", "too few labels", "label 10", "cut off"],
)
def test_damaged_files_are_refused_and_left_alone(folder, name, content, message):
    (folder / name).write_bytes(content)
    with pytest.raises(data_files.DataFileError, match=message) as caught:
        fashion_mnist.read_folder(folder)
    assert name in str(caught.value)
    assert (folder / name).read_bytes() == content


def test_missing_files_are_named(folder):
    (folder / IMAGES).unlink()
    with pytest.raises(data_files.DataFileError, match=f"lacks {IMAGES}; .*t10k-labels"):
        fashion_mnist.read_folder(folder)


def test_cache_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("D2L_MULTI_DATA", str(tmp_path))
    assert data_files.cache_folder() == tmp_path
    monkeypatch.delenv("D2L_MULTI_DATA")
    assert data_files.cache_folder().name == "d2l-multi"
