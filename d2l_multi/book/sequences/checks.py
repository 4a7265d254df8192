"""Checks of text, tokens, batches of them, and states."""

import math
from typing import Any

import numpy as np

from d2l_multi.arrays import to_host
from d2l_multi.checks import whole


def check_len(a, n):
    if len(a) != n:
        raise AssertionError(f"the length must be {n}, got {len(a)}")


def check_shape(a, shape):
    if tuple(a.shape) != tuple(shape):
        raise AssertionError(f"the shape must be {tuple(shape)}, got {tuple(a.shape)}")


def lines(value: Any) -> Any:
    """Several lines; a text would be taken for lines of one character."""
    if isinstance(value, str) or not all(isinstance(line, str) for line in value):
        raise TypeError(f"lines must be a list of str, got {value!r:.200}")
    return value


def max_tokens(value: Any) -> int:
    """How many tokens to read; -1, or 0, for all."""
    return whole("max_tokens", value, -1)


def token_index(value: np.ndarray, num_tokens: int) -> int:
    """The number of a token that exists."""
    if value.dtype.kind not in "iuf" or value != np.floor(value):
        raise TypeError(f"a token has a whole number, got {value.item()!r}")
    if not 0 <= value < num_tokens:
        raise ValueError(
            f"the vocabulary has tokens 0 to {num_tokens - 1}, and none is number {value.item()}"
        )
    return int(value)


def corpus(value: Any, needed: int, what: str) -> np.ndarray:
    """The numbers of tokens, one after the other, and as many as ``what`` takes."""
    array = to_host(value)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise TypeError(f"corpus must be a list of the numbers of tokens, got {value!r:.200}")
    if len(array) < needed:
        raise ValueError(f"{what} take {needed} tokens, and the corpus has {len(array)}")
    return array


def prefix(value: Any, vocab: Any) -> None:
    """Whether there is a token to begin with, and the vocabulary knows all of them."""
    if not len(value):
        raise ValueError("prefix must have at least one token to begin with, got none")
    unknown = [token for token in dict.fromkeys(value) if token not in vocab.token_to_idx]
    if unknown:
        raise ValueError(
            f"the vocabulary does not know {', '.join(map(repr, unknown))} in the prefix {value!r:.200}; "
            f"it has {len(vocab)} tokens, such as {', '.join(map(repr, vocab.idx_to_token[1:6]))}"
        )


def net(value: Any) -> None:
    """Whether a language model has what training and prediction ask of it."""
    if not callable(value) or not hasattr(value, "begin_state"):
        raise TypeError(
            "net must be called as net(X, state) and have begin_state(batch_size), as RNNModel and "
            f"RNNModelScratch do, got {type(value).__name__}"
        )


def gives_all(layer: Any) -> None:
    """Whether a layer of Keras's gives the outputs of all steps, and its state."""
    if not (getattr(layer, "return_sequences", False) and getattr(layer, "return_state", False)):
        raise ValueError(
            "rnn_layer must give the outputs of all steps and its state: make it with "
            "return_sequences=True, return_state=True"
        )


def batch(shape: Any) -> None:
    """Whether a batch of tokens has the axes of one."""
    if len(shape) != 2:
        raise ValueError(f"X must be a batch of tokens (examples, steps), got shape {tuple(shape)}")


def tokens(X: np.ndarray, vocab_size: int) -> None:
    """Whether a batch has tokens that exist; others would be vectors of zeros. It must be quick."""
    if X.dtype.kind not in "iuf":
        raise TypeError(f"X must hold the numbers of tokens, got dtype {X.dtype}")
    for token in (X.min(), X.max()) if X.size else ():
        if not 0 <= token < vocab_size:
            raise ValueError(f"X must hold tokens 0 to {vocab_size - 1}, got {token}")


def state(value: Any, batch_size: int, num_hiddens: int | None, axis: int) -> None:
    """Whether a state of so many hidden units, or any, is one for a batch of this size, along ``axis``."""
    if isinstance(value, (list, tuple)):
        for part in value:
            state(part, batch_size, num_hiddens, axis)
        return
    shape = tuple(getattr(value, "shape", ()))
    if len(shape) != axis + 2 or shape[-1] != (num_hiddens or shape[-1]):
        return
    if batch_size is not None and shape[axis] not in (batch_size, None):
        raise ValueError(
            f"the state is one for a batch of {shape[axis]}, and X is a batch of {batch_size}: "
            f"begin_state(batch_size={batch_size}) makes one"
        )


def hidden(value: Any, batch_size: int, num_hiddens: int) -> Any:
    """A hidden state (batch_size, num_hiddens), by itself or alone in a tuple or list."""
    if isinstance(value, (list, tuple)) and len(value) == 1:
        value = value[0]
    shape = tuple(getattr(value, "shape", ()))
    if shape != (batch_size, num_hiddens) and None not in shape:
        raise ValueError(
            f"state must be a tensor ({batch_size}, {num_hiddens}), of as many examples as the inputs, got "
            f"{f'shape {shape}' if shape else type(value).__name__}"
        )
    return value


def clipping(theta: Any) -> float:
    """The largest norm of all gradients together."""
    if isinstance(theta, bool) or not isinstance(theta, (int, float)) or not 0 < theta < math.inf:
        raise ValueError(
            f"theta is the largest norm of all gradients, a finite number above 0, got {theta!r}"
        )
    return theta
