"""The oracle: each experiment in plain NumPy, float64, with gradients derived by hand.

It shares no code with any framework. The only things it has in common with a backend are the data,
the start values, the order of the batches and the masks of dropout.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from d2l_multi.common import sampling


class Model:
    """Dense layers with relu between them. Subclasses say what comes after the last, and the loss."""

    has_bias = True
    decay = 0.0  # λ of the penalty λ|W|²/2 on every weight
    dropout: Sequence[float] = ()  # the share dropped after each hidden layer while training

    def __init__(self, params: Sequence[np.ndarray], seed: int = 0) -> None:
        self.params = [param.astype(np.float64) for param in params]
        self.seed = seed
        self.num_steps = 0

    def layers(self) -> list[tuple[np.ndarray, np.ndarray | float]]:
        """The weight (in, out) and the bias (out,) of each layer."""
        if not self.has_bias:
            return [(weight, 0.0) for weight in self.params]
        return list(zip(self.params[::2], self.params[1::2]))

    def forward(self, X: np.ndarray, kept: Sequence) -> tuple[list, list, np.ndarray]:
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

    def outputs(self, X: np.ndarray) -> np.ndarray:
        """What the model says of X when it does not train."""
        return self.forward(X, [1.0] * len(self.params))[-1]

    def link(self, scores: np.ndarray) -> np.ndarray:
        return scores

    def loss(self, outputs: np.ndarray, y: np.ndarray) -> float:
        """The mean loss over the examples."""
        raise NotImplementedError

    def score_gradient(self, outputs: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The gradient of the *summed* loss with respect to the last layer's ``XW + b``."""
        raise NotImplementedError

    def gradients(self, inputs: list, slopes: list, delta: np.ndarray) -> list[np.ndarray]:
        """The gradients of the parameters: d(XW + b)/dW = X, d/db = 1, d/dX = W, from the last layer back."""
        gradients: list[np.ndarray] = []
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

    def step(self, X: np.ndarray, y: np.ndarray, lr: float) -> float:
        """One step of minibatch SGD; returns the loss before it."""
        inputs, slopes, outputs = self.forward(X, self.kept(len(X)))
        loss = self.loss(outputs, y)
        gradients = self.gradients(inputs, slopes, self.score_gradient(outputs, y))
        self.params = [param - lr * grad / len(X) for param, grad in zip(self.params, gradients)]
        self.num_steps += 1
        return loss


class HalfSquares(Model):
    """The loss (ŷ - y)²/2; d loss / d ŷ = ŷ - y."""

    def loss(self, outputs, y):
        return float(np.mean((outputs - y) ** 2 / 2))

    def score_gradient(self, outputs, y):
        return outputs - y


class Squares(Model):
    """The loss (ŷ - y)², as frameworks have it; d loss / d ŷ = 2(ŷ - y)."""

    def loss(self, outputs, y):
        return float(np.mean((outputs - y) ** 2))

    def score_gradient(self, outputs, y):
        return 2 * (outputs - y)


class SquaresWithoutBias(Squares):
    has_bias = False


class CrossEntropy(Model):
    """p = softmax(scores), the loss -log p[y]; d loss / d scores = p - onehot(y)."""

    def link(self, scores):
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        return scores / scores.sum(axis=1, keepdims=True)

    def loss(self, outputs, y):
        return float(-np.mean(np.log(outputs[np.arange(len(y)), y])))

    def score_gradient(self, outputs, y):
        return outputs - np.eye(outputs.shape[1])[y]


class CrossEntropyWithDropout(CrossEntropy):
    dropout = (0.2, 0.5)


class PenalisedHalfSquares(HalfSquares):
    """The penalty is part of the loss, as where it is written by hand."""

    decay = 3.0

    def loss(self, outputs, y):
        return super().loss(outputs, y) + self.decay * float(np.sum(self.params[0] ** 2)) / 2


class DecayedSquares(Squares):
    """The optimiser shrinks the weights; the loss does not know."""

    decay = 3.0


def trajectory(
    model: Model, X: np.ndarray, y: np.ndarray, *, epochs: int, batch_size: int, lr: float, seed: int
) -> Iterator[list[np.ndarray]]:
    """After each step: the loss before it and the parameters after it."""
    X = X.astype(np.float64)
    with np.errstate(all="ignore"):  # a learning rate that diverges is reported, not printed
        for epoch in range(epochs):
            order = sampling.order(len(X), seed, epoch)
            for start in range(0, len(X), batch_size):
                rows = order[start : start + batch_size]
                loss = model.step(X[rows], y[rows], lr)
                yield [np.asarray(loss), *model.params]
