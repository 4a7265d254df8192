"""Character language models, on a text."""

import re
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from d2l_multi.book.data import sampling
from d2l_multi.compare.experiments.experiment import Experiment, Problem
from d2l_multi.compare.models import recurrent as models
from d2l_multi.compare.reference import recurrent as reference

CHARACTERS = " abcdefghijklmnopqrstuvwxyz"
NUM_CHARACTERS = 10_000  # of the text that are read
NUM_STEPS = 16  # characters after which gradients go no further back
NUM_HIDDENS = 32
TEXT = "timemachine.txt"  # in the reader's folder, or else sentences of these words
SUBJECTS = ("a gate", "the state", "one layer", "every letter", "the old word", "a long memory")
VERBS = ("opens", "forgets", "keeps", "repeats", "almost finds", "hands over")
OBJECTS = ("the next letter", "what came before", "a small change", "the end of a line", "nothing at all")


def text_problem(num_gates: int, num_biases: int, dtype: str, seed: int, folder: Path | None) -> Problem:
    """Rows of characters, as numbers, and of those that follow; start values of a cell and a dense layer."""
    text = read(folder / TEXT) if folder and (folder / TEXT).exists() else written(seed)
    numbers = np.asarray([CHARACTERS.index(character) for character in text[:NUM_CHARACTERS]], np.int32)
    num_rows = (len(numbers) - 1) // NUM_STEPS
    X, y = (numbers[start : start + num_rows * NUM_STEPS].reshape(-1, NUM_STEPS) for start in (0, 1))
    random, h, size = sampling.stream(seed, sampling.PARAMETERS), NUM_HIDDENS, len(CHARACTERS)
    shapes = [(size, num_gates * h), (h, num_gates * h), (num_biases * h,), (h, size), (size,)]
    params = [random.standard_normal(shape) / np.sqrt(h) * (len(shape) == 2) for shape in shapes]
    return Problem(X, y, [param.astype(dtype) for param in params])


def read(path: Path) -> str:
    """A text in small letters, with a space for all else."""
    return re.sub("[^a-z]+", " ", path.read_text(encoding="utf-8", errors="replace").lower()).strip()


def written(seed: int) -> str:
    random, sentences = sampling.stream(seed, sampling.DATA), []
    for _ in range(NUM_CHARACTERS // len("a gate opens a line")):
        words = [choices[random.randint(len(choices))] for choices in (SUBJECTS, VERBS, OBJECTS)]
        sentences.append(" ".join(words))
    return " ".join(sentences)


# The learning rate is the book's.
TEXTS: dict[str, Any] = {"epochs": 4, "batch_size": 32, "lr": 1.0}

EXPERIMENTS = {
    "rnn": Experiment(
        summary="a character language model, its RNN from scratch, with clipped gradients, on a text",
        **TEXTS,
        problem=partial(text_problem, 1, 1),
        model=models.RNN,
        reference=reference.Rnn,
        num_states=1,
    ),
    "rnn-concise": Experiment(
        summary="the same with the framework's own RNN, loss and optimiser",
        **TEXTS,
        problem=partial(text_problem, 1, 1),
        model=models.ConciseRNN,
        reference=reference.RnnOfLayers,
        num_states=1,
    ),
    "gru": Experiment(
        summary="the same with the framework's GRU",
        **TEXTS,
        problem=partial(text_problem, 3, 4),
        model=models.ConciseGRU,
        reference=reference.Gru,
        num_states=1,
    ),
    "lstm": Experiment(
        summary="the same with the framework's LSTM",
        **TEXTS,
        problem=partial(text_problem, 4, 4),
        model=models.ConciseLSTM,
        reference=reference.Lstm,
        num_states=2,
    ),
}
