"""Character language models, whose state goes on from batch to batch while they train."""

from typing import Any

from d2l_multi.compare.models.ways import Concise, Scratch, parts
from d2l_multi.compare.reference.recurrent import CLIP


class RNN(Scratch):
    """In tensors and functions. Scores are (n, characters, t), for labels (n, t)."""

    def __init__(self, d2l, params, lr, device, seed):
        *params, state = params
        super().__init__(d2l, params, lr, device, seed)
        self.updater = clipped(d2l)(self.params, lr)
        self.state = d2l.tensor(state, device=device)
        self.training_net = self._training_net

    def net(self, X):
        state = self.d2l.zeros((len(X), self.state.shape[1]), dtype=self.state.dtype, device=self.device)
        return self._through(X, state)[0]

    def _training_net(self, X):
        scores, state = self._through(X, self.state)
        self.state = self.d2l.tensor(self.d2l.numpy(state), device=self.device)  # no gradient goes beyond
        return scores

    def _through(self, X, state):
        d2l, scores = self.d2l, []
        W_xh, W_hh, b_h, W_hq, b_q = self.params
        for time in range(X.shape[1]):
            x = d2l.astype(self.one_hot(d2l.reshape(X[:, time], (-1, 1)), (1, -1)), state.dtype)
            state = d2l.tanh(d2l.matmul(x, W_xh) + d2l.matmul(state, W_hh) + b_h)
            scores.append(d2l.matmul(state, W_hq) + b_q)
        return d2l.stack(scores, 2), state

    def one_hot(self, numbers, shape):
        """Whether numbers, which have one axis of length 1, are each of the characters."""
        characters = self.d2l.arange(self.params[0].shape[0], dtype=numbers.dtype, device=self.device)
        return numbers == self.d2l.reshape(characters, shape)

    def loss(self, scores, y):
        """The cross-entropy of each row, the mean over its characters."""
        d2l = self.d2l
        labels = d2l.reshape(y, (y.shape[0], 1, y.shape[1]))
        chosen = d2l.astype(self.one_hot(labels, (1, -1, 1)), scores.dtype)
        losses = d2l.log(d2l.reduce_sum(d2l.exp(scores), 1)) - d2l.reduce_sum(scores * chosen, 1)
        return d2l.reduce_mean(losses, 1)

    def values(self):
        return [*super().values(), self.d2l.numpy(self.state)]


def clipped(d2l):
    """An ``Updater`` that makes all gradients together as long as `CLIP` where they are longer."""

    class Clipped(d2l.Updater):  # type: ignore[name-defined]
        def __call__(self, batch_size, grads=None):
            super().__call__(batch_size, parts(d2l).clip(self.params, grads, CLIP * batch_size))

    return Clipped


class ConciseLanguageModel(Concise):
    """The framework's layer, which makes of t characters as many states, and a dense one."""

    net: Any
    loss_name = "cross_entropy_over_time"
    limit = CLIP
    layer: str
    num_states = 1

    def __init__(self, d2l, params, lr, device, seed):
        states = params[-self.num_states :]
        super().__init__(d2l, params[: -self.num_states], lr, device, seed)
        self.net.states = tuple(d2l.tensor(state, device=device) for state in states)

    def make(self, params, device):
        num_hiddens, num_characters = params[-2].shape
        made = parts(self.d2l).language_model
        return made(self.layer, num_characters, num_hiddens, params[0].dtype.name, device)

    def values(self):
        return [*super().values(), *(self.d2l.numpy(state) for state in self.net.states)]


class ConciseRNN(ConciseLanguageModel):
    layer = "rnn"


class ConciseGRU(ConciseLanguageModel):
    layer = "gru"


class ConciseLSTM(ConciseLanguageModel):
    layer = "lstm"
    num_states = 2
