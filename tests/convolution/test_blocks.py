"""Kernels, LeNet and the blocks of residual networks beyond what the differential test draws."""

import contextlib
import io

import numpy as np
import pytest

from tests.convolution.nets import images
from tests.native import native


def shaped(backend, n, channels, side):
    return (n, side, side, channels) if backend == "tensorflow" else (n, channels, side, side)


def made(d2l, backend, name, *args, **kwargs):
    block = getattr(d2l, name)(*args, **kwargs)
    if backend == "mxnet":
        block.initialize()
    return block


def test_a_kernel_can_be_learned_through_corr2d(d2l, backend):
    """The book's layer of one's own: the gradient of the kernel is the correlation with the image."""
    X, K = np.arange(12.0).reshape(3, 4), np.asarray([[1.0, -1.0]])
    kernel = d2l.as_parameter(K)
    loss = lambda: d2l.reduce_sum(d2l.corr2d(d2l.tensor(X), kernel) ** 2)  # noqa: E731
    grads = native(backend).gradients([kernel], loss)
    grad = kernel.grad if grads is None else grads[0]
    Y = X[:, :-1] - X[:, 1:]
    right = [[(2 * Y * X[:, :-1]).sum(), (2 * Y * X[:, 1:]).sum()]]
    np.testing.assert_allclose(d2l.numpy(grad), right)


def test_lenet_is_the_books(d2l, backend):
    model = d2l.LeNet(lr=0.2, num_classes=7)
    assert (model.lr, model.num_classes) == (0.2, 7)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        model.layer_summary(shaped(backend, 1, 1, 28))
    assert "output shape:\t" in printed.getvalue() and "(1, 7)" in printed.getvalue().replace(
        "[", "("
    ).replace("]", ")")
    arrays = d2l.get_parameters(model)
    assert [array.shape for name, array in arrays.items() if name.endswith("weight")] == [
        (6, 1, 5, 5),
        (16, 6, 5, 5),
        (400, 120),
        (120, 84),
        (84, 7),
    ]


def test_every_form_of_a_residual_block(d2l, backend):
    X = d2l.randn(*shaped(backend, 2, 3, 6))
    for args, kwargs, channels, side in (
        ((3,), {}, 3, 6),
        ((3, 3), {}, 3, 6),
        ((6, True, 2), {}, 6, 3),
        ((3, 6, True, 2), {}, 6, 3),
        ((3, 6), {"use_1x1conv": True, "strides": 2}, 6, 3),
        ((6,), {"use_1x1conv": True, "strides": 2}, 6, 3),
        ((), {"num_channels": 6, "use_1x1conv": True}, 6, 6),
        ((), {"input_channels": 3, "num_channels": 6, "use_1x1conv": True}, 6, 6),
        ((3,), {"num_channels": 6, "use_1x1conv": True}, 6, 6),
    ):
        block = made(d2l, backend, "Residual", *args, **kwargs)
        assert tuple(block(X).shape) == shaped(backend, 2, channels, side), (args, kwargs)
        assert (block.conv3 is None) == (side == 6 and channels == 3)
    for wrong in ((), (3, 3, True, 2, 1)):
        with pytest.raises(TypeError, match=r"Residual takes \(num_channels, .* or \(input_channels"):
            d2l.Residual(*wrong)
    with pytest.raises(ValueError, match="num_channels must be a whole number of at least 1, got 0"):
        d2l.Residual(0)


def test_a_block_that_cannot_add_its_input(d2l, backend):
    """Of one channel it would be broadcast in silence."""
    block = made(d2l, backend, "Residual", 4)
    with pytest.raises(ValueError, match=r"a Residual adds its input, shape .*use_1x1conv=True"):
        block(d2l.randn(*shaped(backend, 2, 1, 6)))


def test_the_books_argument_too_many_is_the_inputs_channels(d2l, backend):
    X = d2l.randn(*shaped(backend, 2, 8, 4))
    blocks = [made(d2l, backend, "ResNeXtBlock", *args) for args in ((8, 4, 0.5), (8, 8, 4, 0.5))]
    shapes = []
    for block in blocks:
        assert tuple(block(X).shape) == shaped(backend, 2, 8, 4)
        shapes.append([array.shape for array in d2l.get_parameters(block).values()])
    assert shapes[0] == shapes[1]
    with pytest.raises(ValueError, match=r"groups must divide num_channels \* bot_mul, which is 8, .*got 3"):
        d2l.ResNeXtBlock(8, 3, 1)


def test_resnet18_has_eighteen_layers(d2l, backend):
    net = made(d2l, backend, "resnet18", 10, 3)
    X, _ = images(d2l, backend, 2, side=32)
    Y = net(d2l.concat([X, X, X], -1 if backend == "tensorflow" else 1))
    assert tuple(Y.shape) == (2, 10)
    arrays = d2l.get_parameters(net)
    with_weights = [name for name in arrays if name.endswith(".weight")]
    assert len(with_weights) == 18 + 3  # and three convolutions 1×1
    assert sum(array.size for array in arrays.values()) == 11_184_778


def test_a_layer_that_does_not_take_what_it_is_given(d2l, backend):
    model = d2l.LeNet()
    with pytest.raises(ValueError, match="does not take inputs of shape"):
        model.layer_summary(shaped(backend, 1, 1, 5))
    model = d2l.Classifier()
    with pytest.raises(TypeError, match="layer_summary goes through the layers of self"):
        model.layer_summary((1, 1))
