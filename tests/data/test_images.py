"""Resizing against Pillow, class names, and the grid of images."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from d2l_multi.book.data.images import resize_weights


@pytest.mark.parametrize("size", [1, 7, 14, 20, 28, 32, 64, 96, 224])
def test_weights_resize_as_pillow_does(size):
    image = np.random.default_rng(0).integers(0, 256, (28, 28)).astype(np.uint8)
    weights = resize_weights(28, size)
    columns = np.floor(image @ weights.T + 0.5)
    resized = np.floor(weights @ columns + 0.5)
    expected = np.asarray(Image.fromarray(image).resize((size, size), Image.Resampling.BILINEAR))
    assert np.abs(resized - expected).max() <= 1


def test_class_names(d2l):
    assert d2l.get_fashion_mnist_labels(d2l.tensor([0, 9])) == ["t-shirt", "ankle boot"]
    assert d2l.get_fashion_mnist_labels([3]) == ["dress"]
    with pytest.raises(ValueError, match="from 0 to 9, got 10"):
        d2l.get_fashion_mnist_labels([10])


@pytest.mark.parametrize("shape", [(5, 28, 20), (5, 1, 28, 20), (5, 28, 20, 1), (5, 28, 20, 3)])
def test_images_of_every_layout(d2l, shape):
    images = np.random.default_rng(0).random(shape).astype("float32")
    for given in (d2l.tensor(images), list(d2l.tensor(images)), images):
        axes = d2l.show_images(given, 2, 4, titles=list("abcde"))
        assert len(axes) == 8
        shown = [ax.get_images()[0].get_array() for ax in axes if ax.get_images()]
        assert len(shown) == 5 and shown[0].shape[:2] == (28, 20)
        assert [ax.get_title() for ax in axes] == [*"abcde", "", "", ""]
        plt.close("all")


def test_more_images_than_cells_and_wrong_ones(d2l):
    assert len(d2l.show_images(d2l.ones(9, 4, 4), 1, 2)) == 2
    plt.close("all")
    with pytest.raises(ValueError, match=r"got \(2, 4, 5\)"):
        d2l.show_images([np.zeros((2, 4, 5))], 1, 1)
    with pytest.raises(ValueError, match=r"got shape \(3,\)"):
        d2l.show_images(d2l.ones(3), 1, 1)
    with pytest.raises(ValueError, match="num_rows"):
        d2l.show_images(d2l.ones(9, 4, 4), 0, 2)
    plt.close("all")
