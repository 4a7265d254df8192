"""Dense layers: linear regression, softmax regression, multilayer perceptrons."""

from collections.abc import Sequence
from typing import Any

from d2l_multi.book.data import sampling
from d2l_multi.compare.reference.model import Model, Softmax


class Dense(Model):
    """Dense layers with relu between them. Subclasses say what comes after the last, and the loss."""

    has_bias = True
    decay = 0.0  # λ of the penalty λ|W|²/2 on every weight
    dropout: Sequence[float] = ()  # the share dropped after each hidden layer while training

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

    def outputs(self, X):
        return self.forward(X, [1.0] * len(self.params))[-1]

    def training_outputs(self, X):
        return self.forward(X, self.kept(len(X)))[-1]

    def link(self, scores: Any) -> Any:
        return scores

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

    def step(self, X, y, lr):
        inputs, slopes, outputs = self.forward(X, self.kept(len(X)))
        loss = self.loss(outputs, y)
        delta = self.score_gradient(outputs, y) * self.rescaling
        gradients = self.gradients(inputs, slopes, delta)
        self.params = [param - lr * grad / len(X) for param, grad in zip(self.params, gradients)]
        self.num_steps += 1
        return loss


class HalfSquares(Dense):
    """The loss (ŷ - y)²/2; d loss / d ŷ = ŷ - y."""

    def loss(self, outputs, y):
        return ((outputs - y) ** 2 / 2).sum() / len(y)

    def score_gradient(self, outputs, y):
        return outputs - y


class Squares(Dense):
    """The loss (ŷ - y)², as frameworks have it; d loss / d ŷ = 2(ŷ - y)."""

    def loss(self, outputs, y):
        return ((outputs - y) ** 2).sum() / len(y)

    def score_gradient(self, outputs, y):
        return 2 * (outputs - y)


class SquaresWithoutBias(Squares):
    has_bias = False


class CrossEntropy(Softmax, Dense):
    """Scores for each class."""


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
