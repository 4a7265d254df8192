"""The same perceptron on what else users train with: ``python -m benchmarks.peers --data DIR``.

Each peer as its own documentation begins: arrays in memory, its own loader, no validation, and nothing shown,
logged or saved.
"""

import subprocess
import sys
import tempfile
from contextlib import ExitStack
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from statistics import median

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.neighbours import answer, epoch, trainer
from benchmarks.worker import BATCH
from d2l_multi.book.data.fashion_mnist import read_folder

PEERS = {"torch": ["Lightning", "skorch"], "tensorflow": ["Keras fit"], "paddle": ["Paddle Model.fit"]}
# Of Lightning and skorch, without what they share with PyTorch.
PACKAGES = ("lightning", "pytorch-lightning", "torchmetrics", "lightning-utilities", "pyyaml")
PACKAGES += ("skorch", "scikit-learn", "scipy", "joblib", "threadpoolctl", "narwhals", "tabulate", "tqdm")
EPOCHS = 5  # a call
OURS = "train_epoch_ch3"


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path, exists=True), required=True, help="Folder of the four files."
)
@click.option("--rounds", default=5, show_default=True, help="Measurements of each; the median counts.")
def main(data: Path, rounds: int) -> None:
    """Train the perceptron 784-256-10 with this package and with its peers."""
    title = f"Seconds of an epoch, MLP 784-256-10, batch {BATCH}, medians of {rounds} times {EPOCHS} epochs"
    table = Table("framework", "with", "an epoch", "against this package", title=title)
    with tempfile.TemporaryDirectory() as folder:
        install(folder)
        for name, peers in PEERS.items():
            with ExitStack() as stack:
                arguments = ["benchmarks.peers", "--train", str(data.resolve()), folder, name]
                processes = {who: stack.enter_context(trainer(*arguments, who)) for who in [OURS, *peers]}
                taken = {who: [] for who in processes}
                for _ in range(rounds):
                    for who, process in processes.items():
                        taken[who].append(epoch(process))
            for who, seconds in taken.items():
                ratio = median(seconds) / median(taken[OURS])
                table.add_row(name, who, f"{median(seconds):.3g} s", "" if who == OURS else f"{ratio:.2f}×")
        sys.path.append(folder)
        versions = [f"{package} {version(package)}" for package in ("lightning", "skorch", "keras")]
    Console(width=118).print(table)
    print(", ".join(versions))


def install(folder: str) -> None:
    """The peers in a folder of their own, beside the frameworks that are there."""
    pins = Path(folder, "constraints.txt")
    pins.write_text(f"numpy=={version('numpy')}\n")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder]
    subprocess.run([*pip, "-c", str(pins), *PACKAGES], check=True)


def train(data: str, folder: str, name: str, who: str) -> None:
    """Make ready, then train whenever asked."""
    sys.path.append(folder)
    d2l = import_module(f"d2l_multi.{name}")
    native = import_module(f"benchmarks.frameworks.{name}")
    net, loss, optimiser = native.model(hidden=True)
    if who == OURS:
        train_iter, _ = d2l.load_data_fashion_mnist(BATCH, root=data)
        answer(lambda: [d2l.train_epoch_ch3(net, train_iter, loss, optimiser) for _ in range(EPOCHS)], EPOCHS)
        return
    arrays = read_folder(Path(data))
    X = arrays["train_images"].astype("float32")[:, None] / 255
    y = arrays["train_labels"].astype("int64")
    make = {"Lightning": lightning, "skorch": skorch, "Keras fit": keras, "Paddle Model.fit": paddle}[who]
    answer(make(net, optimiser, X, y), EPOCHS)


def lightning(net, optimiser, X, y):
    import logging

    import lightning as L
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    class MLP(L.LightningModule):
        def __init__(self):
            super().__init__()
            self.net = net

        def training_step(self, batch, batch_idx):
            X, y = batch
            return torch.nn.functional.cross_entropy(self.net(X), y)

        def configure_optimizers(self):
            return optimiser

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    model = MLP()
    loader = DataLoader(TensorDataset(torch.from_numpy(X), torch.from_numpy(y)), BATCH, shuffle=True)
    shown = ("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary")
    return lambda: L.Trainer(accelerator="cpu", max_epochs=EPOCHS, **dict.fromkeys(shown, False)).fit(
        model, loader
    )


def skorch(net, optimiser, X, y):
    import torch
    from skorch import NeuralNetClassifier

    classifier = NeuralNetClassifier(
        net,
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=torch.optim.SGD,
        lr=0.1,
        batch_size=BATCH,
        max_epochs=EPOCHS,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
    ).initialize()
    return lambda: classifier.partial_fit(X, y)


def keras(net, optimiser, X, y):
    import tensorflow as tf

    X = np.moveaxis(X, 1, -1)
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    net.compile(optimiser, loss, metrics=["accuracy"])
    return lambda: net.fit(X, y, batch_size=BATCH, epochs=EPOCHS, verbose=0)


def paddle(net, optimiser, X, y):
    from paddle import Model, nn, to_tensor
    from paddle.io import TensorDataset
    from paddle.metric import Accuracy

    model = Model(net)
    model.prepare(optimiser, nn.CrossEntropyLoss(), Accuracy())
    data = TensorDataset([to_tensor(X), to_tensor(y)[:, None]])
    return lambda: model.fit(data, batch_size=BATCH, epochs=EPOCHS, verbose=0)


if __name__ == "__main__":
    if sys.argv[1] == "--train":
        train(*sys.argv[2:])
    else:
        main()
