"""What is compared: data, start values, and each model once, in the vocabulary all backends share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from d2l_multi.common import sampling
from d2l_multi.common.fashion_mnist import NUM_CLASSES, load, read_folder
from d2l_multi.compare import reference

TRUE_W, TRUE_B = (2.0, -3.4), 4.2
NUM_EXAMPLES = 1000
INITIAL_STD = 0.01
NUM_HIDDENS = 256


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
    model: Callable[[ModuleType, Sequence[Any]], tuple[Callable, Callable]]  # (d2l, params) -> net, loss
    reference: type[reference.Model]


def linear_problem(dtype: str, seed: int, folder: Path | None = None) -> Problem:
    w = np.asarray(TRUE_W, dtype)
    X, y = sampling.regression_data(w, TRUE_B, NUM_EXAMPLES, 0.01, seed)
    return Problem(X, y, initial_params([len(w), 1], dtype, seed))


def fashion_problem(widths: list[int], dtype: str, seed: int, folder: Path | None) -> Problem:
    """Fashion-MNIST for layers of the given widths."""
    arrays = load() if folder is None else read_folder(folder)
    X, X_test = (
        (arrays[f"{part}_images"].reshape(len(arrays[f"{part}_images"]), -1) / np.float64(255)).astype(dtype)
        for part in ("train", "test")
    )
    y, y_test = (arrays[f"{part}_labels"].astype(np.int32) for part in ("train", "test"))
    return Problem(X, y, initial_params([X.shape[1], *widths], dtype, seed), X_test, y_test)


def initial_params(widths: list[int], dtype: str, seed: int) -> list[np.ndarray]:
    """Weights from N(0, 0.01²) and zero biases for each layer, as the book starts."""
    random = sampling.stream(seed, sampling.PARAMETERS)
    params = []
    for num_inputs, num_outputs in pairwise(widths):
        weights = INITIAL_STD * random.standard_normal((num_inputs, num_outputs))
        params += [weights.astype(dtype), np.zeros(num_outputs, dtype)]
    return params


def linear_model(d2l: ModuleType, params: Sequence[Any]) -> tuple[Callable, Callable]:
    w, b = params
    return lambda X: d2l.linreg(X, w, b), d2l.squared_loss


def softmax_model(d2l: ModuleType, params: Sequence[Any]) -> tuple[Callable, Callable]:
    W, b = params
    return lambda X: softmax(d2l, d2l.matmul(X, W) + b), cross_entropy(d2l)


def mlp_model(d2l: ModuleType, params: Sequence[Any]) -> tuple[Callable, Callable]:
    W1, b1, W2, b2 = params

    def net(X):
        Z = d2l.matmul(X, W1) + b1
        H = (Z + d2l.abs(Z)) / 2  # relu, exactly, in the shared vocabulary
        return softmax(d2l, d2l.matmul(H, W2) + b2)

    return net, cross_entropy(d2l)


def softmax(d2l: ModuleType, scores: Any) -> Any:
    exponentials = d2l.exp(scores)
    return exponentials / d2l.reduce_sum(exponentials, 1, keepdims=True)


def cross_entropy(d2l: ModuleType) -> Callable:
    def loss(y_hat, y):
        classes = d2l.arange(NUM_CLASSES, dtype=y.dtype)
        chosen = d2l.astype(d2l.reshape(y, (-1, 1)) == classes, y_hat.dtype)
        return -d2l.log(d2l.reduce_sum(y_hat * chosen, 1))

    return loss


EXPERIMENTS = {
    "linear-regression": Experiment(
        summary="linear regression from scratch on 1,000 synthetic examples",
        epochs=3,
        batch_size=10,
        lr=0.03,
        problem=linear_problem,
        model=linear_model,
        reference=reference.LinearRegression,
    ),
    "softmax-regression": Experiment(
        summary="softmax regression from scratch on Fashion-MNIST",
        epochs=10,
        batch_size=256,
        lr=0.1,
        problem=partial(fashion_problem, [NUM_CLASSES]),
        model=softmax_model,
        reference=reference.SoftmaxRegression,
    ),
    "mlp": Experiment(
        summary="multilayer perceptron 784-256-10 from scratch on Fashion-MNIST",
        epochs=10,
        batch_size=256,
        lr=0.1,
        problem=partial(fashion_problem, [NUM_HIDDENS, NUM_CLASSES]),
        model=mlp_model,
        reference=reference.MLP,
    ),
}
