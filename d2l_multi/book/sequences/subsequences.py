"""Minibatches of subsequences of a long text: where they begin, the same in every framework."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from d2l_multi.book.sequences import checks
from d2l_multi.book.sequences.text import load_corpus_time_machine
from d2l_multi.checks import positive_int


def at_random(
    corpus: Any, batch_size: int, num_steps: int, permutation: Callable, tokens: Callable
) -> Iterator[tuple]:
    """Batches (X, Y) of subsequences in random order, each token of Y the one after that of X.

    ``permutation(n)`` draws an order of ``range(n)``; ``tokens`` makes tensors of numbers.
    """
    batch_size, num_steps = positive_int("batch_size", batch_size), positive_int("num_steps", num_steps)
    needed = batch_size * num_steps + num_steps  # wherever the first one begins
    what = f"{batch_size} subsequences of {num_steps} steps at random"
    corpus = checks.corpus(corpus, needed, what)[permutation(num_steps)[0] :]
    num_subsequences = (len(corpus) - 1) // num_steps
    num_batches = num_subsequences // batch_size
    first = permutation(num_subsequences)[: num_batches * batch_size] * num_steps
    rows = tokens(corpus[first[:, None] + np.arange(num_steps + 1)])  # all at once: one copy to the device

    def batches():
        for start in range(0, num_batches * batch_size, batch_size):
            batch = rows[start : start + batch_size]
            yield batch[:, :-1], batch[:, 1:]

    return batches()


def in_sequence(
    corpus: Any, batch_size: int, num_steps: int, permutation: Callable, tokens: Callable
) -> Iterator[tuple]:
    """Batches (X, Y), each row of which goes on where that of the batch before ended."""
    batch_size, num_steps = positive_int("batch_size", batch_size), positive_int("num_steps", num_steps)
    needed = batch_size * num_steps + num_steps + 1
    what = f"{batch_size} subsequences of {num_steps} steps one after the other"
    corpus = checks.corpus(corpus, needed, what)[permutation(num_steps + 1)[0] :]
    length = (len(corpus) - 1) // batch_size
    first = np.arange(batch_size) * length
    rows = tokens(corpus[first[:, None] + np.arange(length + 1)])

    def batches():
        for start in range(0, length // num_steps * num_steps, num_steps):
            yield rows[:, start : start + num_steps], rows[:, start + 1 : start + num_steps + 1]

    return batches()


class SeqDataLoader:
    """A backend's subclass names its ``iterators``, at random and in sequence."""

    iterators: tuple[Callable, Callable]

    def __init__(self, batch_size, num_steps, use_random_iter, max_tokens, *, seed=None):
        positive_int("batch_size", batch_size)
        positive_int("num_steps", num_steps)
        at_random, in_sequence = self.iterators
        self.data_iter_fn = at_random if use_random_iter else in_sequence
        self.corpus, self.vocab = load_corpus_time_machine(max_tokens)
        self.batch_size, self.num_steps, self.seed = batch_size, num_steps, seed
        self.epoch = 0

    def __iter__(self):
        arguments = self.corpus, self.batch_size, self.num_steps
        if self.seed is None:
            return self.data_iter_fn(*arguments)
        epoch, self.epoch = self.epoch, self.epoch + 1
        return self.data_iter_fn(*arguments, seed=self.seed, epoch=epoch)
