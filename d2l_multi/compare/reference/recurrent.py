"""Character language models: an RNN, a GRU and an LSTM, with gradients through time.

A batch goes on where the one before ended: the state it ended in is where this one starts, and no gradient
goes back beyond (truncated backpropagation through time). So states are among the parameters.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from d2l_multi.compare.reference.model import Softmax
from d2l_multi.compare.rounding import Probable, joined, value

CLIP = 0.25  # the largest norm of all gradients together

# From the gradients of states to those of the states before, and of the parameters.
Back = Callable[[Sequence[Any]], tuple[list, list]]


def sigmoid(Z: Any) -> Any:
    return 1 / (1 + np.exp(-Z))


class LanguageModel(Softmax):
    """A recurrent cell, and dense scores (n, characters) of what comes next after each of t characters."""

    rounded = Probable
    num_states = 1
    two_biases_in: Sequence[str] = ()  # where both biases of a layer, of which one does nothing, are trained

    @classmethod
    def has_rules_of(cls, backend):
        return backend in cls.two_biases_in

    def cell(self, x: Any, states: Sequence[Any], params: Sequence[Any]) -> tuple[list, Back]:
        """The states after a character, one-hot, and the way back."""
        raise NotImplementedError

    def copies(self) -> Any:
        """How many biases of a framework each of the cell's is the sum of."""
        return 2.0 if self.backend in self.two_biases_in else 1.0

    def forward(self, X: Any, states: Sequence[Any]) -> tuple[list, list, list]:
        """The outputs at each time, the states after each, and the ways back."""
        *cell, weight, bias = self.params[:5]
        outputs, course, backs = [], [list(states)], []
        for x in np.eye(len(cell[0]))[value(X).T.astype(int)]:
            states, back = self.cell(x, course[-1], cell)
            course.append(states)
            backs.append(back)
            outputs.append(self.link(states[0] @ weight + bias))
        return outputs, course, backs

    def outputs(self, X):
        beginning = np.zeros((len(X), len(self.params[1])))
        return self.forward(X, [beginning] * self.num_states)[0]

    def training_outputs(self, X):
        return self.forward(X, self.params[5:])[0]

    def loss(self, outputs, y):
        losses = (
            super(LanguageModel, self).loss(at_time, y[:, time]) for time, at_time in enumerate(outputs)
        )
        return sum(losses) / len(outputs)

    def gradients(self, outputs: list, course: list, backs: list, y: np.ndarray) -> list:
        """Those of the loss, summed over examples and times."""
        *_, weight, _ = self.params[:5]
        sums: list[Any] = [0.0] * 5
        of_states: list[Any] = [0.0] * self.num_states
        for time in reversed(range(len(outputs))):
            delta = self.score_gradient(outputs[time], y[:, time]) * self.rescaling
            H = course[time + 1][0]
            of_states[0] = of_states[0] + delta @ weight.T
            of_states, of_cell = backs[time](of_states)
            found = [*of_cell, H.T @ delta, delta.sum(axis=0)]
            sums = [before + now for before, now in zip(sums, found)]
        return sums

    def step(self, X, y, lr):
        outputs, course, backs = self.forward(X, self.params[5:])
        gradients = [each / y.size for each in self.gradients(outputs, course, backs, y)]
        copies = [1.0, 1.0, self.copies(), 1.0, 1.0]
        norm = np.sqrt(sum((number * grad**2).sum() for number, grad in zip(copies, gradients)))
        scale = CLIP / np.maximum(norm, CLIP)
        params = [
            param - lr * (number * grad * scale)
            for param, number, grad in zip(self.params, copies, gradients)
        ]
        self.params = params + course[-1]
        self.num_steps += 1
        return self.loss(outputs, y)


class Rnn(LanguageModel):
    """H' = tanh(xW + HU + b)."""

    def cell(self, x, states, params):
        (H,), (weight_ih, weight_hh, bias) = states, params
        new = np.tanh(x @ weight_ih + H @ weight_hh + bias)

        def back(of_states):
            delta = of_states[0] * (1 - new**2)
            return [delta @ weight_hh.T], [x.T @ delta, H.T @ delta, delta.sum(axis=0)]

        return [new], back


class RnnOfLayers(Rnn):
    two_biases_in = ("torch", "mxnet", "paddle")


class Lstm(LanguageModel):
    """Gates i, f, g, o: C' = fC + ig and H' = o tanh(C')."""

    num_states = 2
    two_biases_in = ("torch", "mxnet", "paddle")

    def cell(self, x, states, params):
        (H, C), (weight_ih, weight_hh, bias) = states, params
        Z, h = x @ weight_ih + H @ weight_hh + bias, H.shape[1]
        i, f, g, o = (
            sigmoid(Z[:, :h]),
            sigmoid(Z[:, h : 2 * h]),
            np.tanh(Z[:, 2 * h : 3 * h]),
            sigmoid(Z[:, 3 * h :]),
        )
        new = f * C + i * g
        T = np.tanh(new)

        def back(of_states):
            of_H, of_C = of_states
            of_C = of_C + of_H * o * (1 - T**2)
            of_i, of_f, of_g = of_C * g * (i * (1 - i)), of_C * C * (f * (1 - f)), of_C * i * (1 - g**2)
            delta = joined([of_i, of_f, of_g, of_H * T * (o * (1 - o))])
            grads = [x.T @ delta, H.T @ delta, delta.sum(axis=0)]
            return [delta @ weight_hh.T, of_C * f], grads

        return [o * T, new], back


class Gru(LanguageModel):
    """Gates r, z, n: n = tanh(xW + b + r(HU + c)) and H' = (1 - z)n + zH; r acts after the matrix U.

    The bias is those of r, z and n, then c. All frameworks have two of r and of z.
    """

    def copies(self):
        h = len(self.params[1])
        return np.repeat([2.0, 2.0, 1.0, 1.0], h)

    def cell(self, x, states, params):
        (H,), (weight_ih, weight_hh, bias) = states, params
        h = H.shape[1]
        of_x, of_H = x @ weight_ih + bias[: 3 * h], H @ weight_hh
        r, z = sigmoid(of_x[:, :h] + of_H[:, :h]), sigmoid(of_x[:, h : 2 * h] + of_H[:, h : 2 * h])
        inner = of_H[:, 2 * h :] + bias[3 * h :]
        n = np.tanh(of_x[:, 2 * h :] + r * inner)

        def back(of_states):
            (of_new,) = of_states
            of_n = of_new * (1 - z) * (1 - n**2)
            of_r, of_z = of_n * inner * (r * (1 - r)), of_new * (H - n) * (z * (1 - z))
            outer, through = joined([of_r, of_z, of_n]), joined([of_r, of_z, of_n * r])
            of_bias = joined([outer.sum(axis=0), through[:, 2 * h :].sum(axis=0)])
            return [of_new * z + through @ weight_hh.T], [x.T @ outer, H.T @ through, of_bias]

        return [(1 - z) * n + z * H], back
