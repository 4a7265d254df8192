"""Convolutional networks, and the devices they run on (book sections: Convolutions for Images; LeNet;
Residual Networks; Designing Convolution Network Architectures; Compilers and Interpreters; Training on
Multiple GPUs; Image Augmentation).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, overload

from d2l_multi.book.object_oriented.contract import Classifier
from d2l_multi.book.types import (
    ArrayLike,
    Batches,
    Device,
    DeviceLike,
    Loss,
    NativeModule,
    Net,
    Optimizer,
    Tensor,
    TensorLike,
)

__all__ = [
    "corr2d",
    "init_cnn",
    "LeNet",
    "Residual",
    "ResNeXtBlock",
    "resnet18",
    "evaluate_accuracy_gpu",
    "train_ch6",
    "TrainCallback",
    "Benchmark",
    "split_batch",
    "evaluate_accuracy_gpus",
    "train_batch_ch13",
    "train_ch13",
]


def corr2d(X: ArrayLike, K: ArrayLike) -> Tensor:
    """The two-dimensional cross-correlation of an image ``X`` (h, w) with a kernel ``K`` (a, b).

    Returns (h - a + 1, w - b + 1): at each place the sum of the kernel times what lies under it. Gradients
    pass through it. Of two dtypes the result has the wider one; integers are added up as int64.

    Raises:
        ValueError: one of the two is no matrix, or the kernel is larger than the image.
    """


def init_cnn(module: Any) -> None:
    """Draw the weights of a dense layer or a two-dimensional convolution anew, as Xavier has it.

    Other layers are left as they are.

    The distribution is uniform within ``sqrt(6 / (inputs + outputs))`` of zero. Made to be applied to every
    layer of a net: ``model.apply_init([X], d2l.init_cnn)``. Layers that have not seen a batch yet are left.
    """


class LeNet(Classifier):
    """LeNet-5 with sigmoids and average pooling, for images of 28 by 28 or more.

    The layers infer their sizes.
    """

    net: Any
    lr: float
    num_classes: int

    def __init__(self, lr: float = 0.1, num_classes: int = 10) -> None:
        """``lr``: learning rate, a finite number of at least 0, else a ValueError."""


class Residual(NativeModule):
    """A residual block: two convolutions 3×3 with batch normalisation, added to the input.

    Both editions' forms: ``Residual(num_channels, use_1x1conv=False, strides=1)`` infers the channels of
    its input; ``Residual(input_channels, num_channels, use_1x1conv=False, strides=1)`` is told them. The
    second argument tells the two apart, an int that is no bool. Layers are ``conv1``, ``bn1``, ``conv2``,
    ``bn2``, and ``conv3``, which is None without ``use_1x1conv``.
    """

    conv1: Any
    conv2: Any
    conv3: Any
    bn1: Any
    bn2: Any

    @overload
    def __init__(self, num_channels: int, use_1x1conv: bool = False, strides: int = 1) -> None: ...
    @overload
    def __init__(
        self, input_channels: int, num_channels: int, use_1x1conv: bool = False, strides: int = 1
    ) -> None: ...
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """``use_1x1conv``: whether a convolution 1×1 fits the input to the output; ``strides`` of both paths.

        Raises:
            TypeError: the arguments fit neither form.
            ValueError: a number below 1. When it is called: an input that cannot be added to the output.
        """


class ResNeXtBlock(NativeModule):
    """A ResNeXt block: convolutions 1×1, 3×3 in groups and 1×1 with batch normalisation, added to the input.

    Between the outer convolutions are ``num_channels * bot_mul`` channels. ``groups`` is, as in the book's
    code, how many of them are in each group. Where the book passes the channels of the input first,
    ``ResNeXtBlock(num_channels, num_channels, groups, bot_mul)``, they are taken as that: a fourth argument
    that is no bool tells it. Layers are ``conv1`` to ``conv3`` with ``bn1`` to ``bn3``, and ``conv4`` with
    ``bn4``, which are None without ``use_1x1conv``.
    """

    conv1: Any
    conv2: Any
    conv3: Any
    conv4: Any
    bn1: Any
    bn2: Any
    bn3: Any
    bn4: Any

    @overload
    def __init__(
        self, num_channels: int, groups: int, bot_mul: float, use_1x1conv: bool = False, strides: int = 1
    ) -> None: ...
    @overload
    def __init__(
        self,
        input_channels: int,
        num_channels: int,
        groups: int,
        bot_mul: float,
        use_1x1conv: bool = False,
        strides: int = 1,
    ) -> None: ...
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """``use_1x1conv`` and ``strides`` as in `Residual`.

        Raises:
            TypeError: the arguments fit neither form.
            ValueError: a number below 1, or channels that ``groups`` does not divide. When it is called: as
                `Residual`.
        """


def resnet18(num_classes: int, in_channels: int = 1) -> Any:
    """ResNet-18 for small images: a convolution 3×3, four stages of two `Residual` blocks, one dense layer.

    ``in_channels``: those of the images. In MXNet the net is not initialised yet.
    """


def evaluate_accuracy_gpu(net: Net, data_iter: Batches, device: DeviceLike = None) -> float:
    """The share of correct predictions over the batches of ``data_iter`` (float), computed on a device.

    ``device``: where to, by default where the net's parameters are. Batches are ``(X, y)``; ``X`` may be a
    list of tensors. A module is put in evaluation mode meanwhile.

    Raises:
        TypeError: ``net`` gives no tensor. ValueError: ``data_iter`` yields no batch, the net's output does
            not fit the labels, or this machine does
            not have the device.
    """


def train_ch6(
    net: Any, train_iter: Batches, test_iter: Batches, num_epochs: int, lr: float, device: DeviceLike
) -> Any:
    """Train a classifier on a device, from Xavier's weights and with plain SGD, and draw the metrics.

    ``net``: a module of the framework; dense layers and convolutions are initialised anew. In TensorFlow also
    a function that makes the net, which is called here. Five points are drawn in an epoch, and in the end
    loss, accuracies and examples per second are printed.

    Returns the history as `train_ch3` does; in TensorFlow the net, whose ``history`` it is, since the book's
    cells go on with the net. Interrupts and errors are as there.

    Warns:
        DivergenceWarning, InterruptedWarning: as `train_ch3`.

    Raises:
        ValueError: ``num_epochs`` below 1, a learning rate out of range, a device that this machine does not
            have,
            images that the net does not take, such as some smaller than a kernel, outputs that do not fit the
            labels, a loader without batches.
        TypeError: ``net`` is no module.
    """


class TrainCallback:
    """Draws the progress of a training, epoch by epoch, and prints what it came to (book section: LeNet).

    In TensorFlow it is a callback for Keras: ``net.fit(…, callbacks=[TrainCallback(…)])``. The other
    frameworks have no such ``fit``; there a loop of one's own calls the two methods.
    """

    net: Any
    train_iter: Any
    test_iter: Any
    num_epochs: int
    device_name: Any
    timer: Any
    animator: Any

    def __init__(
        self, net: Any, train_iter: Batches, test_iter: Batches, num_epochs: int, device_name: Any
    ) -> None:
        """``device_name`` is printed in the end."""

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """An epoch, counted from 0, begins: the clock runs."""

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """An epoch is over: draw ``logs["loss"]``, ``logs["accuracy"]`` and the accuracy on ``test_iter``."""


class Benchmark:
    """Measures and prints how long a block takes: ``with Benchmark("ten products"): …``.

    What a framework computes on behind the block's back is not waited for: that is what the book shows with
    it.
    """

    description: str
    timer: Any

    def __init__(self, description: str = "Done") -> None:
        """``description`` is printed before the seconds."""

    def __enter__(self) -> Benchmark:
        """Start the clock."""

    def __exit__(self, *args: Any) -> None:
        """Stop it, and print the description and the seconds."""


def split_batch(
    X: TensorLike | list[Any], y: TensorLike, devices: Sequence[Device]
) -> tuple[Sequence[Any], Sequence[Any]]:
    """Divide a batch among devices: ``(X_shards, y_shards)``, a shard on each, in the order of the examples.

    Shards are as equal as can be, the longer ones first. ``X`` may be a list of tensors, and its shards are
    then lists.

    Raises:
        ValueError: no device, fewer examples than devices, or not as many labels as inputs.
    """


def evaluate_accuracy_gpus(net: Net, data_iter: Batches, split_f: Callable[..., Any] | None = None) -> float:
    """The share of correct predictions (float), computed on all devices that hold the net's parameters.

    In MXNet these may be several; a net of the other frameworks is on one. ``split_f``: how to divide a
    batch, `split_batch` by default. Raises what `evaluate_accuracy_gpu` does.
    """


def train_batch_ch13(
    net: Net,
    X: TensorLike | list[Any],
    y: TensorLike,
    loss: Loss,
    trainer: Optimizer,
    devices: Sequence[Device],
    split_f: Callable[..., Any] | None = None,
) -> tuple[Tensor, Tensor]:
    """Train once on a batch, a part of it on each device.

    Returns the sum of the losses and how many predictions are right.

    Both are 0-d tensors, which nobody has waited for. The loss is summed over the batch, as the book has it,
    so that one per example asks for a small learning rate; in MXNet ``trainer.step`` averages it. A loss that
    is a mean stays one over the whole batch. ``net``, ``loss`` and ``trainer`` are of the framework, the net
    on the first device (in MXNet on all of them); ``split_f`` as in `evaluate_accuracy_gpus`. In Paddle,
    which trains on one device in a process, the first is used.

    Raises:
        ValueError: no device, one that this machine does not have, or outputs that do not fit the labels.
    """


def train_ch13(
    net: Any,
    train_iter: Batches,
    test_iter: Batches,
    loss: Loss,
    trainer: Optimizer,
    num_epochs: int,
    devices: Sequence[Device] | None = None,
    split_f: Callable[..., Any] | None = None,
) -> Any:
    """Train with `train_batch_ch13` on several devices, and draw the metrics as they come.

    ``devices``: by default `try_all_gpus`. The net is moved to the first of them (in MXNet it must have been
    initialised on all). The batch is as large as the loader makes it, however many devices there are; one
    with fewer examples than devices leaves some without work. Returns the history as `train_ch3` does, and
    prints as `train_ch6`; interrupts, errors and warnings are as there.

    Warns:
        UserWarning: in Paddle, where there is more than one device; once in a process.

    Raises:
        ValueError: ``num_epochs`` below 1, a loader without batches, and what `train_batch_ch13` raises.
    """
