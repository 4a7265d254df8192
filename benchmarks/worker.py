"""One contender in one framework: answers each task named on stdin with the seconds it took.

Arguments: framework, contender (ours, original or bare), folder of the data files, folder of the original.
"""

import contextlib
import json
import os
import sys
import time
import warnings
from importlib import import_module
from pathlib import Path

from d2l_multi.book.data.fashion_mnist import FILES, read_folder

BATCH, SMALL = 256, 10
ROWS, FEW = 20_000, 100  # of small batches
SHORT = 0.5  # seconds
ATTEMPTS = 5


FIT_EPOCHS = 5


class Package:
    """Ours or the original: the same calls in both."""

    def __init__(self, native, framework, contender, files):
        self.native, self.framework, self.folder = native, framework, files[0].parent
        if contender == "original":
            native.offline(files)
            self.d2l = import_module(f"d2l.{framework}")
            self.train_iter, _ = self.d2l.load_data_fashion_mnist(BATCH)
        else:
            self.d2l = import_module(f"d2l_multi.{framework}")
            self.train_iter, _ = self.d2l.load_data_fashion_mnist(BATCH, root=files[0].parent)
        d2l = self.d2l
        w = d2l.tensor([0.1] * 10)
        X, y = d2l.synthetic_data(w, 0.0, ROWS)
        self.small = {rows: d2l.load_array((X[:rows], y[:rows]), SMALL) for rows in (ROWS, FEW)}

    def iterate(self):
        for X, _ in self.train_iter:
            pass
        self.native.wait(X)

    def epoch(self, net, loss, optimiser):
        return self.d2l.train_epoch_ch3(net, self.train_iter, loss, optimiser)

    def small_batches(self, rows):
        for X, _ in self.small[rows]:
            pass
        self.native.wait(X)

    def fit(self):
        """Training and validation of a perceptron on our trainer, from the model's making to its history."""
        parts = import_module(f"d2l_multi.compare.concise.{self.framework}")
        data = self.d2l.FashionMNIST(batch_size=BATCH, root=self.folder)
        model = parts.mlp(self.d2l, [784, 256, 10], 0.1)
        self.d2l.Trainer(max_epochs=FIT_EPOCHS).fit(model, data)


def bare_fit(native, bare):
    net, loss, optimiser = native.model(hidden=True)
    for _ in range(FIT_EPOCHS):
        bare.epoch(net, loss, optimiser)
        bare.validate(net, loss)


def main():
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what frameworks print is not an answer
    warnings.simplefilter("ignore")
    framework, contender, data, original = sys.argv[1:]
    if contender == "original":
        sys.path.append(original)
    if contender == "ours":
        import_module(f"d2l_multi.{framework}")  # its repairs and threads, as its users have them
    native = import_module(f"benchmarks.frameworks.{framework}")
    files = [Path(data) / name for name in FILES.values()]
    package = (
        native.Bare(read_folder(Path(data)))
        if contender == "bare"
        else Package(native, framework, contender, files)
    )
    models = {"softmax": native.model(hidden=False), "mlp": native.model(hidden=True)}
    tasks = {
        "iterate": package.iterate,
        "softmax": lambda: package.epoch(*models["softmax"]),
        "mlp": lambda: package.epoch(*models["mlp"]),
        "load_array": lambda: package.small_batches(ROWS),
        "few_rows": lambda: package.small_batches(FEW),
        "fit": package.fit if contender != "bare" else lambda: bare_fit(native, package),
    }
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(persistently(tasks[line.strip()])), file=answers, flush=True)


def persistently(task):
    """Time a task; the worker processes of the original's Paddle loader now and then die, so try again."""
    for _ in range(ATTEMPTS - 1):
        with contextlib.suppress(SystemError):
            return seconds(task)
    return seconds(task)


def seconds(task):
    """The time of one call; of short tasks, the mean over half a second, after one that is not counted."""
    start = time.perf_counter()
    task()
    once = time.perf_counter() - start
    calls = int(SHORT / once)
    if not calls:
        return once
    start = time.perf_counter()
    for _ in range(calls):
        task()
    return (time.perf_counter() - start) / calls


if __name__ == "__main__":
    main()
