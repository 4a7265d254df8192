"""The batches of a training, and the reference's course through them."""

from collections.abc import Iterator

import numpy as np

from d2l_multi.book.data import sampling
from d2l_multi.compare.reference.model import Model


class Batches:
    """The batches of a training run, as every backend gets them for the same seed."""

    def __init__(
        self, X: np.ndarray, y: np.ndarray, *, epochs: int, batch_size: int, seed: int, shuffle: bool = True
    ) -> None:
        self.X, self.y, self.shuffle = X, y, shuffle
        self.epochs, self.batch_size, self.seed = epochs, batch_size, seed

    def __len__(self) -> int:
        """The number of steps."""
        return self.epochs * -(-len(self.X) // self.batch_size)

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for epoch in range(self.epochs):
            order = sampling.order(len(self.X), self.seed, epoch) if self.shuffle else np.arange(len(self.X))
            for start in range(0, len(self.X), self.batch_size):
                rows = order[start : start + self.batch_size]
                yield self.X[rows].astype(np.float64), self.y[rows]


def trajectory(model: Model, batches: Batches, lr: float) -> Iterator[list[np.ndarray]]:
    """After each step: the loss before it and the parameters after it."""
    for X, y in batches:
        with np.errstate(all="ignore"):  # a learning rate that diverges is reported, not printed
            loss = model.step(X, y, lr)
        yield [np.asarray(loss), *model.params]
