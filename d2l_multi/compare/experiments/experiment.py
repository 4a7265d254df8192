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

    def in_turn(self, batch_size: int, num_states: int) -> "Problem":
        """The rows, which follow one another, so that each row of a batch goes on in that of the next one.

        States start at 0; they stand after the parameters, of which the second is (h, gates * h).
        """
        num_batches = len(self.X) // batch_size
        if not num_batches:
            raise BatchTooLarge(
                f"{batch_size} given; the text has {len(self.X)} rows, of which a batch is made"
            )
        order = np.arange(num_batches * batch_size).reshape(batch_size, num_batches).T.ravel()
        state = np.zeros((batch_size, len(self.params[1])), self.params[1].dtype)
        return Problem(self.X[order], self.y[order], [*self.params, *[state] * num_states])


class BatchTooLarge(ValueError):
    """A batch has more rows than there are."""


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
    num_states: int = 0  # that each batch hands on to the next

    def start(self, dtype: str, seed: int, folder: Path | None, batch_size: int) -> Problem:
        """The problem for batches of this size."""
        problem = self.problem(dtype, seed, folder)
        return problem.in_turn(batch_size, self.num_states) if self.num_states else problem


def initial_params(widths: list[int], dtype: str, seed: int, std: float = INITIAL_STD) -> list[np.ndarray]:
    """Weights from N(0, std²) and zero biases for each layer, as the book starts."""
    random = sampling.stream(seed, sampling.PARAMETERS)
    params = []
    for num_inputs, num_outputs in pairwise(widths):
        weights = std * random.standard_normal((num_inputs, num_outputs))
        params += [weights.astype(dtype), np.zeros(num_outputs, dtype)]
    return params
