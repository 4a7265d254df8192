"""Checks of kernels, devices and the batches that are divided among them."""

import warnings
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any


def kernel(X: Sequence[Any], K: Sequence[Any]) -> tuple[int, int]:
    """How many rows and columns the cross-correlation of an image with a kernel has."""
    if len(X) != 2 or len(K) != 2:
        raise ValueError(f"corr2d takes an image (h, w) and a kernel, got shapes {tuple(X)} and {tuple(K)}")
    if not 1 <= K[0] <= X[0] or not 1 <= K[1] <= X[1]:
        raise ValueError(
            f"a kernel must have an element, and fit into the image: got shape {tuple(K)} for an image of "
            f"shape {tuple(X)}"
        )
    return X[0] - K[0] + 1, X[1] - K[1] + 1


def added(X: Sequence[Any], Y: Sequence[Any], what: str) -> None:
    """Whether a residual block can add its input to its output; broadcast they would be in silence."""
    if any(a != b and None not in (a, b) for a, b in zip(X, Y)):
        raise ValueError(
            f"a {what} adds its input, shape {tuple(X)}, to its output, shape {tuple(Y)}: use_1x1conv=True "
            "makes it fit"
        )


def present(device: Any, index: int | None, there: int) -> Any:
    """A device that this machine has; ``index`` is that of a GPU, None for other devices."""
    if index is not None and index >= there:
        found = "no GPU" if not there else "1 GPU" if there == 1 else f"{there} GPUs"
        raise ValueError(
            f"this machine has no {device}: the framework finds {found}; try_gpu() takes what there is"
        )
    return device


def devices(given: Any) -> list[Any]:
    """A list of devices, one at least."""
    if not isinstance(given, (list, tuple)):
        raise TypeError(f"devices must be a list, such as try_all_gpus(), got {given!r:.200}")
    if not given:
        raise ValueError("devices must name at least one device, got none")
    return list(given)


def several(devices: list[Any], is_gpu: Callable[[Any], bool]) -> list[Any]:
    """Devices, all of them GPUs if there is more than one."""
    if len(devices) > 1 and not all(map(is_gpu, devices)):
        raise ValueError(f"a batch is divided among GPUs, which these devices are not: {devices}")
    return devices


def initialised_on(devices: list[Any], homes: list[Any]) -> None:
    """Whether an MXNet net has its parameters on each device: its trainer has been made for those."""
    if set(devices) != set(homes):
        raise ValueError(
            f"the net must be initialised on the devices it is trained on, net.initialize(ctx=devices): got "
            f"{devices} for a net on {homes}"
        )


@cache
def used(number: int, most: int, reason: str) -> None:
    """Warn, once in a process, of devices that are given and not used."""
    if number > most:
        warnings.warn(f"{number} devices are given, but {reason}: the first is used", stacklevel=3)


def divisible(num_inputs: Sequence[int], num_labels: int, num_devices: int) -> None:
    """Whether there is an example for each device, and a label for each example."""
    if set(num_inputs) != {num_labels}:
        raise ValueError(
            f"a batch has as many inputs as labels, got {', '.join(map(str, num_inputs))} for {num_labels}"
        )
    if num_labels < num_devices:
        raise ValueError(f"a batch of {num_labels} cannot be split among {num_devices} devices")


def has_batches(what: str, loader: Any) -> int | None:
    """How many batches a loader says it yields, one at least; None if it does not say."""
    try:
        number = len(loader)
    except TypeError:
        return None
    if not number:
        raise ValueError(f"{what} yields no batch")
    return number


def module(net: Any, kind: type, told: str) -> None:
    if not isinstance(net, kind):
        raise TypeError(f"net must be {told}, got {type(net).__name__}")


def parameters_hold_something(shapes: Sequence[Sequence[Any]], images: Sequence[Any]) -> None:
    """Whether every layer got inputs: of images smaller than a kernel some layers make nothing."""
    if any(0 in shape for shape in shapes):
        raise ValueError(
            f"the net does not take images of shape {tuple(images)}: nothing is left of them for its last "
            "layers"
        )
