"""What models, data and trainers need of a backend's functions, in one record."""

import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Native:
    name: str  # of the backend
    tensor: Callable
    to: Callable
    gpu: Callable
    num_gpus: Callable[[], int]
    kept: Callable[[Any], Any]  # a detached copy of a number or of a tensor of one element
    rows: Callable[[Any, Any], Any]  # of a tensor, those that a slice or an array of numbers names
    load_array: Callable
    synthetic_data: Callable
    get_dataloader_workers: Callable[[], int]
    read_fashion_mnist: Callable  # (resize, root, device): the training set and the test set
    load_images: Callable  # (one of these, batch_size, shuffle, seed): its loader
    randn: Callable
    layers: Callable[[Any], Any]  # of a net that is a sequence of them, else None
    errors_of_shape: tuple[
        type[Exception], ...
    ]  # the types that errors have of which a layer's input is the reason
    evaluation: Callable[[Any], Any] = lambda model: nullcontext()  # where a model predicts, learns nothing
    no_grad: Callable = nullcontext
    most_gpus: int = sys.maxsize  # that one process can train on
