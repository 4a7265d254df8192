"""Text becomes numbers: lines, tokens, and a vocabulary that counts them."""

import re
from collections import Counter
from itertools import chain
from pathlib import Path

from d2l_multi.arrays import to_host
from d2l_multi.book.data import download
from d2l_multi.book.sequences import checks
from d2l_multi.checks import one_of

UNKNOWN = "<unk>"


def read_text(name, root=None):
    """A text of ``DATA_HUB``, which is UTF-8 whatever the machine's own encoding is."""
    return Path(download(name, root)).read_text(encoding="utf-8")


def letters(text):
    """Lower-case letters; whatever lies between two of them is one space."""
    return re.sub("[^A-Za-z]+", " ", text).lower()


def read_time_machine():
    return [letters(line).strip() for line in read_text("time_machine").removesuffix("\n").split("\n")]


def tokenize(lines, token="word"):
    by_word = one_of("token", token, ("word", "char")) == "word"
    return [line.split() if by_word else list(line) for line in checks.lines(lines)]


def count_corpus(tokens):
    if tokens is not None and len(tokens) and isinstance(tokens[0], list):
        tokens = chain.from_iterable(tokens)
    try:
        return Counter(tokens)
    except TypeError:
        raise TypeError(
            f"tokens are a list of tokens, or a list of such lists, got {tokens!r:.200}"
        ) from None


class Vocab:
    def __init__(self, tokens=None, min_freq=0, reserved_tokens=None):
        counted = count_corpus(tokens)
        self.token_freqs = sorted(counted.items(), key=lambda pair: pair[1], reverse=True)
        frequent = (token for token, freq in self.token_freqs if freq >= min_freq)
        self.idx_to_token = list(dict.fromkeys([UNKNOWN, *(reserved_tokens or []), *frequent]))
        self.token_to_idx = {token: idx for idx, token in enumerate(self.idx_to_token)}

    def __len__(self):
        return len(self.idx_to_token)

    def __iter__(self):
        return iter(self.idx_to_token)

    def __contains__(self, token):
        return token in self.token_to_idx

    def __getitem__(self, tokens):
        if isinstance(tokens, (list, tuple)):
            return [self[token] for token in tokens]
        return self.token_to_idx.get(tokens, self.unk)

    def to_tokens(self, indices):
        if isinstance(indices, (list, tuple)):
            return [self.to_tokens(index) for index in indices]
        found = to_host(indices)
        if found.ndim:
            return [self.to_tokens(index) for index in found]
        return self.idx_to_token[checks.token_index(found, len(self))]

    @property
    def unk(self):
        return self.token_to_idx.get(UNKNOWN, 0)


def load_corpus_time_machine(max_tokens=-1):
    checks.max_tokens(max_tokens)
    text = "".join(read_time_machine())
    vocab = Vocab(text)
    return [vocab[token] for token in (text[:max_tokens] if max_tokens > 0 else text)], vocab
