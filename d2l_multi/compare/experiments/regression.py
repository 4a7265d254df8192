"""Lines, cubics and weight decay, on data of their own."""

import math
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from d2l_multi.book.data import sampling
from d2l_multi.compare.experiments.experiment import Experiment, Problem, initial_params
from d2l_multi.compare.models import regression as models
from d2l_multi.compare.reference import dense as reference

TRUE_W, TRUE_B = (2.0, -3.4), 4.2
NUM_EXAMPLES = 1000
CUBIC = (5.0, 1.2, -3.4, 5.6)
NUM_POLYNOMIAL = 100
NUM_DECAY_INPUTS, NUM_DECAY_EXAMPLES = 200, 20


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
}
