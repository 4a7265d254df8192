"""What training LeNet and a small ResNet costs: ``python -m benchmarks.convolution --data DIR``.

Beside bare loops over the same nets, which train and evaluate for an epoch; each backend in a process of its
own, in which the two take turns.
"""

import os
import subprocess
import sys
import tempfile
import time
import warnings
from importlib import import_module
from pathlib import Path
from statistics import median

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.__main__ import ROOT
from d2l_multi import BACKENDS
from d2l_multi.book.data.fashion_mnist import read_folder
from d2l_multi.book.data.images import resize_weights

ALLOWED = 1.10  # against the bare loop
BATCH, SMALL, SIDE = 256, 64, 96
TASKS = {
    "train_ch6": "train_ch6, LeNet, 60,000 images by 256",
    "fit": "Trainer.fit, LeNet, the same",
    "resnet": "train_ch6, a small ResNet, 96×96, 60 batches of 64",
}


class Contest:
    """Ours and a bare loop in one framework, from the making of a net to its evaluation."""

    def __init__(self, backend, folder):
        self.backend = backend
        self.d2l = import_module(f"d2l_multi.{backend}")
        self.native = import_module(f"benchmarks.frameworks.{backend}")
        arrays = read_folder(folder)
        self.loaders = self.d2l.load_data_fashion_mnist(BATCH, root=folder)
        self.data = self.d2l.FashionMNIST(BATCH, root=folder)
        self.bare = self.native.Bare(arrays)
        few = {key: array[: 60 * SMALL if "train" in key else 10 * SMALL] for key, array in arrays.items()}
        self.small = tempfile.TemporaryDirectory()
        write(Path(self.small.name), few)
        self.resized = self.d2l.load_data_fashion_mnist(SMALL, SIDE, root=self.small.name)
        self.bare_resized = self.native.Bare({key: larger(array) for key, array in few.items()})

    def lenet(self):
        model = self.d2l.LeNet()
        model.apply_init([next(iter(self.loaders[1]))[0][:1]])
        return model

    def resnet(self):
        net = self.native.resnet(self.d2l)
        net(next(iter(self.resized[1]))[0][:1])
        return net

    def train_ch6(self):
        net = self.lenet().net
        self.d2l.train_ch6(net, *self.loaders, 1, 0.1, self.d2l.try_gpu())

    def fit(self):
        model = self.lenet()
        model.board.display = False
        self.d2l.Trainer(1).fit(model, self.data)

    def ours_resnet(self):
        self.d2l.train_ch6(self.resnet(), *self.resized, 1, 0.1, self.d2l.try_gpu())

    def loop(self, bare, net, batch):
        self.native.BATCH = batch
        getattr(bare, "compiled", {}).clear()  # TensorFlow's graphs, by nets that may be gone
        loss, optimiser = self.native.trained_by(net)
        bare.epoch(net, loss, optimiser)
        bare.validate(net, loss)

    def contenders(self, task):
        if task == "resnet":
            return self.ours_resnet, lambda: self.loop(self.bare_resized, self.resnet(), SMALL)
        ours = self.train_ch6 if task == "train_ch6" else self.fit
        return ours, lambda: self.loop(self.bare, self.lenet().net, BATCH)


def write(folder, arrays):
    """Files in Fashion-MNIST's format, not packed."""
    from d2l_multi.book.data.fashion_mnist import FILES

    for key, array in arrays.items():
        header = np.asarray([0x800 + array.ndim, *array.shape], ">i4").tobytes()
        (folder / FILES[key].removesuffix(".gz")).write_bytes(header + array.tobytes())


def larger(array):
    if array.ndim == 1:
        return array
    weights = resize_weights(28, SIDE).astype("float32")
    return np.floor(weights @ array.astype("float32") @ weights.T + 0.5).clip(0, 255).astype("uint8")


def contest(backend, folder, rounds):
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what trainings print is not an answer
    warnings.simplefilter("ignore")
    made = Contest(backend, folder)
    for task in TASKS:
        taken = [[], []]
        for number in range(1 + rounds):
            for i, run in enumerate(made.contenders(task)):
                start = time.perf_counter()
                run()
                if number:
                    taken[i].append(time.perf_counter() - start)
        print(task, median(taken[0]), median(taken[1]), file=answers, flush=True)


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path, exists=True), required=True, help="Folder of the four files."
)
@click.option("--backends", default=",".join(BACKENDS), show_default=True)
@click.option("--rounds", default=3, show_default=True, help="Measurements of each; the median counts.")
@click.option("--here", hidden=True, is_flag=True)
def main(data: Path, backends: str, rounds: int, here: bool) -> None:
    """Train and evaluate for an epoch, a new net each time."""
    if here:
        contest(backends, data.resolve(), rounds)
        return
    title = f"an epoch with evaluation, medians of {rounds}"
    table = Table("", "", "bare loop", "this package", "against bare loop", "allowed", title=title)
    for backend in backends.split(","):
        command = [sys.executable, "-m", "benchmarks.convolution", "--here", "--backends", backend]
        command += ["--data", str(data), "--rounds", str(rounds)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "D2L_MULTI_PROGRESS": "0"}
        run = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment, check=True)
        for line in run.stdout.splitlines():
            task, ours, bare = line.split()
            columns = f"{float(bare):.3g} s", f"{float(ours):.3g} s", f"{float(ours) / float(bare):.2f}×"
            table.add_row(backend, TASKS[task], *columns, f"{ALLOWED:.2f}×")
    Console(width=118).print(table)


if __name__ == "__main__":
    main()
