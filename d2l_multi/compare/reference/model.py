"""What every reference is: parameters, outputs, a loss of these, and steps that make it smaller."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from d2l_multi.compare.rounding import Rounded


class Model:
    """``step`` is minibatch SGD; subclasses say what the outputs are, the loss, and its gradients."""

    # Multiply the gradients of scores, and probabilities: 1, or `Rounded` by what a framework does not keep.
    rescaling: Any = 1.0
    blur: Any = 1.0
    rounded: type[Rounded] = Rounded  # how its errors add up

    def __init__(self, params: Sequence[np.ndarray], seed: int = 0, backend: str | None = None) -> None:
        """Of the rules that frameworks do not share, those of ``backend``; by default the book's."""
        self.params: list[Any] = [param.astype(np.float64) for param in params]
        self.seed, self.backend = seed, backend
        self.num_steps = 0

    @classmethod
    def has_rules_of(cls, backend: str) -> bool:
        """Whether this backend's training is another than the book's."""
        return False

    def outputs(self, X: Any) -> Any:
        """What the model says of X when it does not train."""
        raise NotImplementedError

    def training_outputs(self, X: Any) -> Any:
        """What it says of X in the step that comes."""
        raise NotImplementedError

    def loss(self, outputs: Any, y: np.ndarray) -> Any:
        """The mean loss over the examples."""
        raise NotImplementedError

    def score_gradient(self, outputs: Any, y: np.ndarray) -> Any:
        """The gradient of the *summed* loss with respect to what the last layer gave."""
        raise NotImplementedError

    def step(self, X: Any, y: np.ndarray, lr: Any) -> Any:
        """One step of minibatch SGD; returns the loss before it."""
        raise NotImplementedError


class Softmax(Model):
    """p = softmax(scores), the loss -log p[y]; d loss / d scores = p - onehot(y). Scores are (n, classes)."""

    def link(self, scores: Any) -> Any:
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        return scores / scores.sum(axis=1, keepdims=True) * self.blur

    def loss(self, outputs, y):
        return -np.log(outputs[np.arange(len(y)), y]).sum() / len(y)

    def score_gradient(self, outputs, y):
        return outputs - np.eye(outputs.shape[1])[y]
