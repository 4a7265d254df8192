"""The oracle: each experiment in plain NumPy, float64, with gradients derived by hand.

It shares no code with any framework. The only things it has in common with a backend are the data,
the start values and the order of the batches.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from d2l_multi.common import sampling


class Model:
    """Parameters and the two formulas of an experiment."""

    def __init__(self, params: Sequence[np.ndarray]) -> None:
        self.params = [param.astype(np.float64) for param in params]

    def outputs(self, X: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def loss(self, outputs: np.ndarray, y: np.ndarray) -> float:
        """The mean loss over the examples."""
        raise NotImplementedError

    def output_gradient(self, outputs: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The gradient of the *summed* loss with respect to the linear outputs ``Xw + b``."""
        raise NotImplementedError

    def gradients(self, X: np.ndarray, delta: np.ndarray) -> list[np.ndarray]:
        """The gradients of the parameters from that of the linear outputs: d(Xw + b)/dw = X, d/db = 1."""
        return [X.T @ delta, delta.sum(axis=0)]

    def step(self, X: np.ndarray, y: np.ndarray, lr: float) -> float:
        """One step of minibatch SGD; returns the loss before it."""
        outputs = self.outputs(X)
        gradients = self.gradients(X, self.output_gradient(outputs, y))
        self.params = [param - lr * grad / len(X) for param, grad in zip(self.params, gradients)]
        return self.loss(outputs, y)


class LinearRegression(Model):
    """ŷ = Xw + b, loss (ŷ - y)²/2; d loss / d ŷ = ŷ - y."""

    def outputs(self, X):
        weight, bias = self.params
        return X @ weight + bias

    def loss(self, outputs, y):
        return float(np.mean((outputs - y) ** 2 / 2))

    def output_gradient(self, outputs, y):
        return outputs - y


class SoftmaxRegression(Model):
    """p = softmax(XW + b), loss -log p[y]; d loss / d (XW + b) = p - onehot(y)."""

    def scores(self, X):
        weight, bias = self.params
        return X @ weight + bias

    def outputs(self, X):
        scores = self.scores(X)
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        return scores / scores.sum(axis=1, keepdims=True)

    def loss(self, outputs, y):
        return float(-np.mean(np.log(outputs[np.arange(len(y)), y])))

    def output_gradient(self, outputs, y):
        return outputs - np.eye(outputs.shape[1])[y]


class MLP(SoftmaxRegression):
    """p = softmax(relu(XW₁ + b₁)W₂ + b₂); the gradient passes relu where its input is positive."""

    def hidden(self, X):
        weight, bias = self.params[:2]
        return np.maximum(X @ weight + bias, 0)

    def scores(self, X):
        weight, bias = self.params[2:]
        return self.hidden(X) @ weight + bias

    def gradients(self, X, delta):
        hidden = self.hidden(X)
        hidden_delta = (delta @ self.params[2].T) * (hidden > 0)
        return [*super().gradients(X, hidden_delta), *super().gradients(hidden, delta)]


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
