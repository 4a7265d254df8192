"""What models, data and trainers need of a backend's functions, in one record."""

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
    no_grad: Callable = nullcontext
