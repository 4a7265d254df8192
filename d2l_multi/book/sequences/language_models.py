"""What the object-oriented edition's text and language models share in every framework."""

from collections.abc import Callable
from typing import Any

import numpy as np

from d2l_multi.book.object_oriented import modules
from d2l_multi.book.sequences import checks, loops
from d2l_multi.book.sequences.text import Vocab, letters, read_text
from d2l_multi.checks import positive_int, whole

SIZES = ("batch_size", "num_steps", "num_train", "num_val")


class TimeMachine(modules.DataModule):
    """Before a backend's ``DataModule`` in the MRO."""

    tokens: Callable  # of numbers, the framework's tensor
    num_train: int
    num_val: int

    def __init__(self, batch_size, num_steps, num_train=10000, num_val=5000, *, root=None, seed=None):
        super().__init__(root)
        self.save_hyperparameters(ignore=["root"])
        for name in SIZES:
            positive_int(name, getattr(self, name))
        corpus, self.vocab = self.build(self._download())
        what = f"{num_train} subsequences of {num_steps} steps to train on and {num_val} to validate on"
        corpus = checks.corpus(corpus, num_train + num_val + num_steps, what)
        array = self.tokens(np.lib.stride_tricks.sliding_window_view(corpus, num_steps + 1))
        self.X, self.Y = array[:, :-1], array[:, 1:]

    def _download(self):
        return read_text("time_machine", self.root)

    def _preprocess(self, text):
        return letters(text)

    def _tokenize(self, text):
        return list(text)

    def build(self, raw_text, vocab=None):
        tokens = self._tokenize(self._preprocess(raw_text))
        vocab = Vocab(tokens) if vocab is None else vocab
        return vocab[tokens], vocab

    def get_dataloader(self, train):
        after = self.num_train + self.num_val
        rows = slice(0, self.num_train) if train else slice(self.num_train, after)
        return self.get_tensorloader([self.X, self.Y], train, rows)


class RNNLMScratch(modules.Classifier):
    """Before a backend's ``Classifier`` in the MRO."""

    exp: Callable  # the framework's
    rnn: Any
    one_hot: Callable
    output_layer: Callable

    def training_step(self, batch):
        l = self.loss(self._outputs(batch), batch[-1])
        self.plot("ppl", self.exp(l), train=True)
        return l

    def validation_step(self, batch):
        l = self.loss(self._outputs(batch), batch[-1])
        self.plot("ppl", self.exp(l), train=False)

    def forward(self, X, state=None):
        rnn_outputs, _ = self.rnn(self.one_hot(X), state)
        return self.output_layer(rnn_outputs)

    def predict(self, prefix, num_preds, vocab, device=None):
        checks.prefix(prefix, vocab)
        whole("num_preds", num_preds, 0)

        def step(token, state):
            X = self._native.tensor([[token]], device=device)
            rnn_outputs, state = self.rnn(self.one_hot(X), state)
            return self.output_layer(rnn_outputs), state

        with self._native.no_grad():
            return loops.written(prefix, num_preds, vocab, None, step)
