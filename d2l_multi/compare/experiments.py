"""What is compared: data, start values, and each model once, in the vocabulary all backends share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from d2l_multi.common import sampling
from d2l_multi.common.data_files import NUM_CLASSES, load_fashion_mnist
from d2l_multi.compare import reference

TRUE_W, TRUE_B = (2.0, -3.4), 4.2
NUM_EXAMPLES = 1000
INITIAL_STD = 0.01


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
    needs_data: bool
    problem: Callable[[str, int, Path | None], Problem]  # from dtype, seed and data folder
    model: Callable[[ModuleType, Sequence[Any]], tuple[Callable, Callable]]  # (d2l, params) -> net, loss
    reference: type[reference.Model]


def linear_problem(dtype: str, seed: int, folder: Path | None = None) -> Problem:
    w = np.asarray(TRUE_W, dtype)
    X, y = sampling.regression_data(w, TRUE_B, NUM_EXAMPLES, 0.01, seed)
    return Problem(X, y, initial_params(len(w), 1, dtype, seed))


def fashion_problem(dtype: str, seed: int, folder: Path | None) -> Problem:
    assert folder is not None
    arrays = load_fashion_mnist(folder)
    X, X_test = (
        (arrays[f"{part}_images"].reshape(len(arrays[f"{part}_images"]), -1) / np.float64(255)).astype(dtype)
        for part in ("train", "test")
    )
    y, y_test = (arrays[f"{part}_labels"].astype(np.int32) for part in ("train", "test"))
    return Problem(X, y, initial_params(X.shape[1], NUM_CLASSES, dtype, seed), X_test, y_test)


def initial_params(num_inputs: int, num_outputs: int, dtype: str, seed: int) -> list[np.ndarray]:
    """Weights from N(0, 0.01²) and zero biases, as the book starts."""
    random = sampling.stream(seed, sampling.PARAMETERS)
    weights = INITIAL_STD * random.standard_normal((num_inputs, num_outputs))
    return [weights.astype(dtype), np.zeros(num_outputs, dtype)]


def linear_model(d2l: ModuleType, params: Sequence[Any]) -> tuple[Callable, Callable]:
    w, b = params
    return lambda X: d2l.linreg(X, w, b), d2l.squared_loss


def softmax_model(d2l: ModuleType, params: Sequence[Any]) -> tuple[Callable, Callable]:
    W, b = params

    def net(X):
        scores = d2l.exp(d2l.matmul(X, W) + b)
        return scores / d2l.reduce_sum(scores, 1, keepdims=True)

    def cross_entropy(y_hat, y):
        classes = d2l.arange(NUM_CLASSES, dtype=y.dtype)
        chosen = d2l.astype(d2l.reshape(y, (-1, 1)) == classes, y_hat.dtype)
        return -d2l.log(d2l.reduce_sum(y_hat * chosen, 1))

    return net, cross_entropy


EXPERIMENTS = {
    "linear-regression": Experiment(
        summary="linear regression from scratch on 1,000 synthetic examples",
        epochs=3,
        batch_size=10,
        lr=0.03,
        needs_data=False,
        problem=linear_problem,
        model=linear_model,
        reference=reference.LinearRegression,
    ),
    "softmax-regression": Experiment(
        summary="softmax regression from scratch on Fashion-MNIST",
        epochs=10,
        batch_size=256,
        lr=0.1,
        needs_data=True,
        problem=fashion_problem,
        model=softmax_model,
        reference=reference.SoftmaxRegression,
    ),
}
