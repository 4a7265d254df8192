"""Softmax regression and multilayer perceptrons on Fashion-MNIST."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from d2l_multi.book.data.fashion_mnist import NUM_CLASSES, load, read_folder
from d2l_multi.compare.experiments.experiment import Experiment, Problem, initial_params
from d2l_multi.compare.models import classification as models
from d2l_multi.compare.reference import dense as reference

NUM_HIDDENS = 256


def fashion_problem(widths: list[int], dtype: str, seed: int, folder: Path | None) -> Problem:
    """Fashion-MNIST for layers of the given widths."""
    arrays = load() if folder is None else read_folder(folder)
    X, X_test = (
        (arrays[f"{part}_images"].reshape(len(arrays[f"{part}_images"]), -1) / np.float64(255)).astype(dtype)
        for part in ("train", "test")
    )
    y, y_test = (arrays[f"{part}_labels"].astype(np.int32) for part in ("train", "test"))
    return Problem(X, y, initial_params([X.shape[1], *widths], dtype, seed), X_test, y_test)


SOFTMAX_REGRESSION: dict[str, Any] = {
    "epochs": 10,
    "batch_size": 256,
    "lr": 0.1,
    "problem": partial(fashion_problem, [NUM_CLASSES]),
}
MLP: dict[str, Any] = {
    **SOFTMAX_REGRESSION,
    "problem": partial(fashion_problem, [NUM_HIDDENS, NUM_CLASSES]),
}

EXPERIMENTS = {
    "softmax-regression": Experiment(
        summary="softmax regression from scratch on Fashion-MNIST",
        **SOFTMAX_REGRESSION,
        model=models.SoftmaxRegression,
        reference=reference.CrossEntropy,
    ),
    "softmax-regression-concise": Experiment(
        summary="the same with the framework's own layer, loss and optimiser",
        **SOFTMAX_REGRESSION,
        model=models.ConciseClassifier,
        reference=reference.CrossEntropy,
    ),
    "mlp": Experiment(
        summary="multilayer perceptron 784-256-10 from scratch on Fashion-MNIST",
        **MLP,
        model=models.MLP,
        reference=reference.CrossEntropy,
    ),
    "mlp-concise": Experiment(
        summary="the same with the framework's own layers, loss and optimiser",
        **MLP,
        model=models.ConciseClassifier,
        reference=reference.CrossEntropy,
    ),
    "dropout": Experiment(
        summary="multilayer perceptron 784-256-256-10 with dropout, the masks given, on Fashion-MNIST",
        epochs=10,
        batch_size=256,
        lr=0.5,
        problem=partial(fashion_problem, [NUM_HIDDENS, NUM_HIDDENS, NUM_CLASSES]),
        model=models.DropoutMLP,
        by_batch=True,
        reference=reference.CrossEntropyWithDropout,
    ),
    "trainer-softmax-regression": Experiment(
        summary="SoftmaxRegression on Trainer, Fashion-MNIST",
        **{**SOFTMAX_REGRESSION, "lr": 1 / 8},
        model=models.TrainerSoftmaxRegression,
        reference=reference.CrossEntropy,
    ),
    "trainer-mlp": Experiment(
        summary="a user's multilayer perceptron 784-256-10 on Trainer, Fashion-MNIST",
        **{**MLP, "lr": 1 / 8},
        model=models.TrainerMLP,
        reference=reference.CrossEntropy,
    ),
}
