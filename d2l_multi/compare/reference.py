"""The oracle: each experiment in plain NumPy, float64, with gradients derived by hand.

It shares no code with any framework. The only things it has in common with a backend are the data,
the start values, the order of the batches and the masks of dropout.

The formulas take arrays, or `rounding.Rounded`, which add to every number how far rounding may lead from it.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from d2l_multi.book.data import sampling


class Model:
    """Dense layers with relu between them. Subclasses say what comes after the last, and the loss."""

    has_bias = True
    decay = 0.0  # λ of the penalty λ|W|²/2 on every weight
    dropout: Sequence[float] = ()  # the share dropped after each hidden layer while training
    # Multiply the gradients of scores, and probabilities: 1, or `Rounded` by what a framework does not keep.
    rescaling: Any = 1.0
    blur: Any = 1.0

    def __init__(self, params: Sequence[np.ndarray], seed: int = 0) -> None:
        self.params: list[Any] = [param.astype(np.float64) for param in params]
        self.seed = seed
        self.num_steps = 0

    def layers(self) -> list[tuple[Any, Any]]:
        """The weight (in, out) and the bias (out,) of each layer."""
        if not self.has_bias:
            return [(weight, 0.0) for weight in self.params]
        return list(zip(self.params[::2], self.params[1::2]))

    def forward(self, X: Any, kept: Sequence) -> tuple[list, list, Any]:
        """The inputs of each layer, the slopes of what lies between the layers, and the outputs.

        ``kept`` multiplies the hidden units: a mask over the share that dropout keeps, or 1.
        """
        *hidden, (weight, bias) = self.layers()
        inputs, slopes = [X], []
        for (hidden_weight, hidden_bias), factor in zip(hidden, kept):
            Z = inputs[-1] @ hidden_weight + hidden_bias
            slopes.append((Z > 0) * factor)  # of relu, then dropout
            inputs.append(Z * slopes[-1])
        return inputs, slopes, self.link(inputs[-1] @ weight + bias)

    def outputs(self, X: Any) -> Any:
        """What the model says of X when it does not train."""
        return self.forward(X, [1.0] * len(self.params))[-1]

    def link(self, scores: Any) -> Any:
        return scores

    def loss(self, outputs: Any, y: np.ndarray) -> Any:
        """The mean loss over the examples."""
        raise NotImplementedError

    def score_gradient(self, outputs: Any, y: np.ndarray) -> Any:
        """The gradient of the *summed* loss with respect to the last layer's ``XW + b``."""
        raise NotImplementedError

    def gradients(self, inputs: list, slopes: list, delta: Any) -> list:
        """The gradients of the parameters: d(XW + b)/dW = X, d/db = 1, d/dX = W, from the last layer back."""
        gradients: list = []
        for number, (weight, _) in reversed(list(enumerate(self.layers()))):
            of_weight = inputs[number].T @ delta + len(delta) * self.decay * weight
            gradients = [of_weight, *([delta.sum(axis=0)] if self.has_bias else []), *gradients]
            if number:
                delta = (delta @ weight.T) * slopes[number - 1]
        return gradients

    def kept(self, num_examples: int) -> Sequence:
        """What multiplies the hidden units in the step that comes."""
        if not self.dropout:
            return [1.0] * len(self.params)
        widths = [weight.shape[1] for weight, _ in self.layers()]
        masks = sampling.dropout_masks(num_examples, widths, self.dropout, self.seed, self.num_steps)
        return [mask / (1 - rate) for mask, rate in zip(masks, self.dropout)]

    def step(self, X: Any, y: np.ndarray, lr: Any) -> Any:
        """One step of minibatch SGD; returns the loss before it."""
        inputs, slopes, outputs = self.forward(X, self.kept(len(X)))
        loss = self.loss(outputs, y)
        delta = self.score_gradient(outputs, y) * self.rescaling
        gradients = self.gradients(inputs, slopes, delta)
        self.params = [param - lr * grad / len(X) for param, grad in zip(self.params, gradients)]
        self.num_steps += 1
        return loss


class HalfSquares(Model):
    """The loss (ŷ - y)²/2; d loss / d ŷ = ŷ - y."""

    def loss(self, outputs, y):
        return ((outputs - y) ** 2 / 2).sum() / len(y)

    def score_gradient(self, outputs, y):
        return outputs - y


class Squares(Model):
    """The loss (ŷ - y)², as frameworks have it; d loss / d ŷ = 2(ŷ - y)."""

    def loss(self, outputs, y):
        return ((outputs - y) ** 2).sum() / len(y)

    def score_gradient(self, outputs, y):
        return 2 * (outputs - y)


class SquaresWithoutBias(Squares):
    has_bias = False


class CrossEntropy(Model):
    """p = softmax(scores), the loss -log p[y]; d loss / d scores = p - onehot(y)."""

    def link(self, scores):
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        return scores / scores.sum(axis=1, keepdims=True) * self.blur

    def loss(self, outputs, y):
        return -np.log(outputs[np.arange(len(y)), y]).sum() / len(y)

    def score_gradient(self, outputs, y):
        return outputs - np.eye(outputs.shape[1])[y]


class CrossEntropyWithDropout(CrossEntropy):
    dropout = (0.2, 0.5)


class PenalisedHalfSquares(HalfSquares):
    """The penalty is part of the loss, as where it is written by hand."""

    decay = 3.0

    def loss(self, outputs, y):
        return super().loss(outputs, y) + self.decay * (self.params[0] ** 2).sum() / 2


class DecayedSquares(Squares):
    """The optimiser shrinks the weights; the loss does not know."""

    decay = 3.0


class Batches:
    """The batches of a training run, as every backend gets them for the same seed."""

    def __init__(self, X: np.ndarray, y: np.ndarray, *, epochs: int, batch_size: int, seed: int) -> None:
        self.X, self.y = X, y
        self.epochs, self.batch_size, self.seed = epochs, batch_size, seed

    def __len__(self) -> int:
        """The number of steps."""
        return self.epochs * -(-len(self.X) // self.batch_size)

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for epoch in range(self.epochs):
            order = sampling.order(len(self.X), self.seed, epoch)
            for start in range(0, len(self.X), self.batch_size):
                rows = order[start : start + self.batch_size]
                yield self.X[rows].astype(np.float64), self.y[rows]


def trajectory(model: Model, batches: Batches, lr: float) -> Iterator[list[np.ndarray]]:
    """After each step: the loss before it and the parameters after it."""
    for X, y in batches:
        with np.errstate(all="ignore"):  # a learning rate that diverges is reported, not printed
            loss = model.step(X, y, lr)
        yield [np.asarray(loss), *model.params]
