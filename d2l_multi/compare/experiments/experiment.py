"""What an experiment is, and what its training starts from."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from d2l_multi.book.data import sampling
from d2l_multi.compare.models.ways import ByTrainer, Functional
from d2l_multi.compare.reference.model import Model

INITIAL_STD = 0.01


@dataclass
class Problem:
    """Everything a training run starts from, as host arrays."""

    X: np.ndarray
    y: np.ndarray
    params: list[np.ndarray]
    X_test: np.ndarray | None = None
    y_test: np.ndarray | None = None


@dataclass(frozen=True)
class Experiment:
    summary: str
    epochs: int
    batch_size: int
    lr: float
    problem: Callable[[str, int, Path | None], Problem]  # from dtype, seed and data folder
    model: Callable[..., Functional | ByTrainer]  # of (d2l, params, lr, device, seed)
    reference: type[Model]
    by_batch: bool = (
        False  # whether an example counts differently in another batch, or at another place in it
    )


def initial_params(widths: list[int], dtype: str, seed: int, std: float = INITIAL_STD) -> list[np.ndarray]:
    """Weights from N(0, std²) and zero biases for each layer, as the book starts."""
    random = sampling.stream(seed, sampling.PARAMETERS)
    params = []
    for num_inputs, num_outputs in pairwise(widths):
        weights = std * random.standard_normal((num_inputs, num_outputs))
        params += [weights.astype(dtype), np.zeros(num_outputs, dtype)]
    return params
