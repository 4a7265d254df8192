"""Convolutional nets on images of Fashion-MNIST."""

import math
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from d2l_multi.book.data import sampling
from d2l_multi.book.data.fashion_mnist import NUM_CLASSES, load, read_folder
from d2l_multi.compare.experiments.experiment import Experiment, Problem
from d2l_multi.compare.models import convolution as models
from d2l_multi.compare.reference import convolution as reference

# Of all images so many that NumPy, which bounds what rounding does to each step, takes minutes.
NUM_IMAGES, NUM_TEST_IMAGES = 3200, 1000
BATCH_SIZE = 64
# The shapes of weights, and the number of channels of a batch norm, before which there is no bias.
LENET = [(6, 1, 5, 5), (16, 6, 5, 5), (400, 120), (120, 84), (84, NUM_CLASSES)]
BATCH_NORM_LENET = [(6, 1, 5, 5), 6, (16, 6, 5, 5), 16, (400, 84), 84, (84, NUM_CLASSES)]
RESNET = [(8, 1, 3, 3), 8, (16, 8, 3, 3), 16, (16, 16, 3, 3), 16, (16, 8, 1, 1), (16, NUM_CLASSES)]


def images_problem(shapes: list, dtype: str, seed: int, folder: Path | None) -> Problem:
    """Images (n, 1, 28, 28), whole batches of the size that is the default."""
    arrays = load() if folder is None else read_folder(folder)
    num_batches = max(1, min(len(arrays["train_images"]), NUM_IMAGES) // BATCH_SIZE)
    parts = (("train", num_batches * BATCH_SIZE), ("test", NUM_TEST_IMAGES))
    X, X_test = (
        (arrays[f"{part}_images"][:count, None] / np.float64(255)).astype(dtype) for part, count in parts
    )
    y, y_test = (arrays[f"{part}_labels"][:count].astype(np.int32) for part, count in parts)
    return Problem(X, y, initial_params(shapes, dtype, seed), X_test, y_test)


def initial_params(shapes: list, dtype: str, seed: int) -> list[np.ndarray]:
    """Weights by Xavier's rule, with zero biases; gamma and variance 1, beta and mean 0."""
    random = sampling.stream(seed, sampling.PARAMETERS)
    params: list[np.ndarray] = []
    for shape, following in zip(shapes, [*shapes[1:], ()]):
        if isinstance(shape, int):
            params += [np.ones(shape), np.zeros(shape), np.zeros(shape), np.ones(shape)]
            continue
        outputs = shape[0] if len(shape) == 4 else shape[1]
        bound = math.sqrt(6 / (math.prod(shape) / shape[0] + math.prod(shape) / shape[1]))
        params += [bound * (2 * random.random_sample(shape) - 1)]
        params += [] if isinstance(following, int) else [np.zeros(outputs)]
    return [param.astype(dtype) for param in params]


# The learning rates, in float32 exact, are near the book's; so MXNet, which rounds them to it, keeps them.
IMAGES: dict[str, Any] = {"epochs": 2, "batch_size": BATCH_SIZE, "lr": 0.875}

EXPERIMENTS = {
    "convolution": Experiment(
        summary="LeNet with sigmoids and average pooling in the framework's layers, on 3,200 images",
        **IMAGES,
        problem=partial(images_problem, LENET),
        model=models.LeNet,
        reference=reference.LeNet,
    ),
    "batch-normalisation": Experiment(
        summary="LeNet with batch normalisation, its running mean and variance too, on 3,200 images",
        **IMAGES,
        problem=partial(images_problem, BATCH_NORM_LENET),
        model=models.BatchNormLeNet,
        by_batch=True,
        reference=reference.BatchNormLeNet,
    ),
    "residual": Experiment(
        summary="the start of a ResNet and a block of it with a 1×1 branch, on 3,200 images",
        **{**IMAGES, "lr": 0.125},
        problem=partial(images_problem, RESNET),
        model=models.ResNet,
        by_batch=True,
        reference=reference.ResNet,
    ),
}
