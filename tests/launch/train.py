"""A script for one process or for several: BACKEND OUT IMAGES. It writes what came of it to OUT.

It knows of its workers only where it writes: each of them has a file of its own, so that all can be compared.
"""

import random
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np

from d2l_multi.compare.experiments import EXPERIMENTS
from d2l_multi.compare.worker import Training
from tests.objects.models import clusters, mlp

EXPERIMENT_NAMES = (
    *("linear-regression", "softmax-regression", "mlp", "linear-regression-concise"),
    *("softmax-regression-concise", "mlp-concise", "trainer-linear-regression"),
    *("trainer-linear-regression-concise", "trainer-softmax-regression", "trainer-mlp"),
)
# Batches of 16, 16, 16 and 1 example: the last has less than one for each of two workers.
BOOK = {"epochs": 1, "batch_size": 16, "seed": 0}
LR = 1 / 32  # which MXNet's optimisers, too, keep as it is


def problem(name, images):
    whole = EXPERIMENTS[name].problem("float64", 0, images)
    return replace(whole, X=whole.X[:49], y=whole.y[:49])


def steps(d2l, name, images):
    """The loss and the parameters of each step."""
    training = Training(d2l, d2l.cpu(), problem(name, images), {"experiment": name, "lr": LR, **BOOK})
    return list(training.steps())


def from_scratch(d2l, native, batch_size_of, seed=0):
    """The book's loop over `load_array`, with `sgd`; how it ends."""
    X, y = d2l.synthetic_data(d2l.tensor([2.0, -3.4], dtype=d2l.float64), 4.2, 49, seed=1)
    w = d2l.as_parameter(d2l.tensor([[0.01], [0.02]], dtype=d2l.float64))
    b = d2l.as_parameter(d2l.zeros(1, dtype=d2l.float64))
    loader = d2l.load_array((X, y), 16, seed=seed)
    for _ in range(2):
        for X_batch, y_batch in loader:
            grads = native.gradients(
                [w, b], lambda X=X_batch, y=y_batch: d2l.squared_loss(d2l.linreg(X, w, b), y)
            )
            given = () if grads is None else (grads,)
            d2l.sgd([w, b], *given, 0.1, batch_size_of(X_batch))
    loss = d2l.evaluate_loss(lambda X: d2l.linreg(X, w, b), loader, d2l.squared_loss)
    return [d2l.numpy(w), d2l.numpy(b), np.asarray(loss)]


def functional(d2l, images):
    """`train_ch3` on images: the history, which is of all examples."""
    train_iter, test_iter = d2l.load_data_fashion_mnist(16, root=images, seed=0)
    W = d2l.as_parameter(d2l.zeros(784, 10))
    b = d2l.as_parameter(d2l.zeros(10))

    def net(X):
        return d2l.matmul(d2l.reshape(X, (-1, 784)), W) + b

    def loss(y_hat, y):
        classes = d2l.astype(d2l.reshape(y, (-1, 1)) == d2l.arange(10, dtype=y.dtype), y_hat.dtype)
        return d2l.log(d2l.reduce_sum(d2l.exp(y_hat), 1)) - d2l.reduce_sum(y_hat * classes, 1)

    history = d2l.train_ch3(net, train_iter, test_iter, loss, 2, d2l.Updater([W, b], 0.1))
    return [np.asarray(history), d2l.numpy(W)]


def object_oriented(d2l, backend, checkpoint, max_epochs=3, resume=False):
    """A `Trainer` that clips and validates: history, board, parameters."""
    model = mlp(d2l, backend)
    trainer = d2l.Trainer(max_epochs, gradient_clip_val=0.5)
    history = trainer.fit(model, clusters(d2l), resume=resume, checkpoint=checkpoint)
    curves = [np.asarray(points) for points in model.board.data.values()]
    return [np.asarray(history), *curves, *d2l.get_parameters(model).values()]


def convolution(d2l, native, images):
    """`train_ch6` on images: the accuracy, and the parameters."""
    random.seed(0)  # from which Keras draws the seeds of initial parameters
    native.set_seed(0)
    train_iter, test_iter = d2l.load_data_fashion_mnist(16, root=images, seed=0)
    net = d2l.LeNet().net
    d2l.train_ch6(net, train_iter, test_iter, 1, 0.1, d2l.cpu())
    accuracy = d2l.evaluate_accuracy(net, test_iter)
    return [np.asarray(accuracy), *d2l.get_parameters(net).values()]


def everything(d2l, backend, images, folder):
    """What is to be the same however many workers there are."""
    native = import_module(f"tests.native.{backend}")
    return {
        "share": from_scratch(d2l, native, len),
        "batch size": from_scratch(d2l, native, lambda X: 16),
        "functional": functional(d2l, images),
        "convolution": convolution(d2l, native, images),
        "object-oriented": object_oriented(d2l, backend, folder / "run"),
        "first epochs": object_oriented(d2l, backend, folder / "first", max_epochs=1),
    }


def main():
    backend, out, images = sys.argv[1:]
    d2l = import_module(f"d2l_multi.{backend}")
    found = everything(d2l, backend, Path(images), Path(out))
    found["no seed"] = from_scratch(d2l, import_module(f"tests.native.{backend}"), len, seed=None)
    for name in EXPERIMENT_NAMES:  # last: some of them set their framework's default dtype
        found |= {f"{name} {step}": values for step, values in enumerate(steps(d2l, name, Path(images)))}
    arrays = {f"{name}/{i}": value for name, values in found.items() for i, value in enumerate(values)}
    np.savez(Path(out, f"worker-{d2l.worker_rank()}"), **arrays)


if __name__ == "__main__":
    main()
