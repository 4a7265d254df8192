"""What is compared: each experiment's data, start values, model and reference, with the book's numbers."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from d2l_multi.book.data import sampling
from d2l_multi.book.data.fashion_mnist import NUM_CLASSES, load, read_folder
from d2l_multi.compare import models, reference

TRUE_W, TRUE_B = (2.0, -3.4), 4.2
NUM_EXAMPLES = 1000
INITIAL_STD = 0.01
NUM_HIDDENS = 256
CUBIC = (5.0, 1.2, -3.4, 5.6)
NUM_POLYNOMIAL = 100
NUM_DECAY_INPUTS, NUM_DECAY_EXAMPLES = 200, 20


@dataclass
class Problem:
    """Everything a training run starts from, as host arrays."""

    X: np.ndarray
    y: np.ndarray
    params: list[np.ndarray]
    X_test: np.ndarray | None = None
    y_test: np.ndarray | None = None


@dataclass(frozen=True)
class Experiment:
    summary: str
    epochs: int
    batch_size: int
    lr: float
    problem: Callable[[str, int, Path | None], Problem]  # from dtype, seed and data folder
    model: Callable[..., models.Functional | models.ByTrainer]  # of (d2l, params, lr, device, seed)
    reference: type[reference.Model]


def linear_problem(dtype: str, seed: int, folder: Path | None = None) -> Problem:
    w = np.asarray(TRUE_W, dtype)
    X, y = sampling.regression_data(w, TRUE_B, NUM_EXAMPLES, 0.01, seed)
    return Problem(X, y, initial_params([len(w), 1], dtype, seed))


def polynomial_problem(num_features: int, dtype: str, seed: int, folder: Path | None = None) -> Problem:
    """A noisy cubic; the features are the powers x^i / i!."""
    random = sampling.stream(seed, sampling.DATA)
    x = random.standard_normal(NUM_POLYNOMIAL)
    powers = np.stack([x**i / math.factorial(i) for i in range(max(num_features, len(CUBIC)))], axis=1)
    y = powers[:, : len(CUBIC)] @ CUBIC + 0.1 * random.standard_normal(NUM_POLYNOMIAL)
    weights, _ = initial_params([num_features, 1], dtype, seed)
    return Problem(powers[:, :num_features].astype(dtype), y.astype(dtype).reshape(-1, 1), [weights])


def decay_problem(dtype: str, seed: int, folder: Path | None = None) -> Problem:
    """Ten times as many features as examples; the weights start from N(0, 1)."""
    w = np.full(NUM_DECAY_INPUTS, 0.01, dtype)
    X, y = sampling.regression_data(w, 0.05, NUM_DECAY_EXAMPLES, 0.01, seed)
    return Problem(X, y, initial_params([len(w), 1], dtype, seed, std=1.0))


def fashion_problem(widths: list[int], dtype: str, seed: int, folder: Path | None) -> Problem:
    """Fashion-MNIST for layers of the given widths."""
    arrays = load() if folder is None else read_folder(folder)
    X, X_test = (
        (arrays[f"{part}_images"].reshape(len(arrays[f"{part}_images"]), -1) / np.float64(255)).astype(dtype)
        for part in ("train", "test")
    )
    y, y_test = (arrays[f"{part}_labels"].astype(np.int32) for part in ("train", "test"))
    return Problem(X, y, initial_params([X.shape[1], *widths], dtype, seed), X_test, y_test)


def initial_params(widths: list[int], dtype: str, seed: int, std: float = INITIAL_STD) -> list[np.ndarray]:
    """Weights from N(0, std²) and zero biases for each layer, as the book starts."""
    random = sampling.stream(seed, sampling.PARAMETERS)
    params = []
    for num_inputs, num_outputs in pairwise(widths):
        weights = std * random.standard_normal((num_inputs, num_outputs))
        params += [weights.astype(dtype), np.zeros(num_outputs, dtype)]
    return params


# What an experiment from scratch, its concise twin and those on Trainer have in common. On Trainer the
# learning rates of frameworks' optimisers are powers of 2, because MXNet's round them to float32.
LINEAR_REGRESSION: dict[str, Any] = {"epochs": 3, "batch_size": 10, "lr": 0.03, "problem": linear_problem}
POLYNOMIAL: dict[str, Any] = {
    "epochs": 400,
    "batch_size": 10,
    "lr": 0.01,
    "model": models.ConciseRegression,
    "reference": reference.SquaresWithoutBias,
}
WEIGHT_DECAY: dict[str, Any] = {"epochs": 100, "batch_size": 5, "lr": 0.003, "problem": decay_problem}
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
    "linear-regression": Experiment(
        summary="linear regression from scratch on 1,000 synthetic examples",
        **LINEAR_REGRESSION,
        model=models.LinearRegression,
        reference=reference.HalfSquares,
    ),
    "linear-regression-concise": Experiment(
        summary="the same with the framework's own layer, loss and optimiser",
        **LINEAR_REGRESSION,
        model=models.ConciseRegression,
        reference=reference.Squares,
    ),
    "polynomial": Experiment(
        summary="a cubic, fitted with its own four powers",
        **POLYNOMIAL,
        problem=partial(polynomial_problem, 4),
    ),
    "polynomial-underfitting": Experiment(
        summary="a cubic, fitted with a straight line",
        **POLYNOMIAL,
        problem=partial(polynomial_problem, 2),
    ),
    "polynomial-overfitting": Experiment(
        summary="a cubic, fitted with twenty powers",
        **POLYNOMIAL,
        problem=partial(polynomial_problem, 20),
    ),
    "weight-decay": Experiment(
        summary="200 features and 20 examples, the penalty written by hand",
        **WEIGHT_DECAY,
        model=models.WeightDecay,
        reference=reference.PenalisedHalfSquares,
    ),
    "weight-decay-concise": Experiment(
        summary="the same with the decay of the framework's optimiser",
        **WEIGHT_DECAY,
        model=models.ConciseWeightDecay,
        reference=reference.DecayedSquares,
    ),
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
        reference=reference.CrossEntropyWithDropout,
    ),
    "trainer-linear-regression": Experiment(
        summary="LinearRegressionScratch on Trainer, 1,000 synthetic examples",
        **LINEAR_REGRESSION,
        model=models.TrainerLinearRegression,
        reference=reference.HalfSquares,
    ),
    "trainer-linear-regression-concise": Experiment(
        summary="LinearRegression on Trainer, 1,000 synthetic examples",
        **{**LINEAR_REGRESSION, "lr": 1 / 32},
        model=models.TrainerConciseRegression,
        reference=reference.Squares,
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
