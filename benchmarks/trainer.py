"""What ``Trainer.fit`` costs: ``python -m benchmarks.trainer --data DIR``.

Beside a bare loop in each framework, which trains and validates the same perceptron; and beside the
original's trainer in PyTorch, both in a real kernel of Jupyter, where the original redraws at every point.
"""

import json
import os
import tempfile
from pathlib import Path
from statistics import median

import click
import nbformat
from nbclient import NotebookClient
from rich.console import Console
from rich.table import Table

from benchmarks.__main__ import ROOT, install_original, measure
from benchmarks.worker import BATCH, FIT_EPOCHS
from d2l_multi import BACKENDS
from d2l_multi.book.data.fashion_mnist import FILES

ORIGINAL = "d2l==1.0.3"
ALLOWED = 1.15  # against the bare loop
FLOOR = 10  # times as fast as the original
PREPARE = """
import json, sys, time
from pathlib import Path
sys.path.append({original!r})
from benchmarks.frameworks import torch as native
from {package} import torch as d2l
from d2l_multi.compare.concise.torch import mlp
native.offline([Path(name) for name in {files!r}])
data = d2l.FashionMNIST(batch_size={batch})
"""
FIT = """
begun = time.perf_counter()
d2l.Trainer(max_epochs={epochs}).fit(mlp(d2l, [784, 256, 10], 0.1), data)
taken = time.perf_counter() - begun
"""


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path, exists=True), required=True, help="Folder of the four files."
)
@click.option("--backends", default=",".join(BACKENDS), show_default=True)
@click.option("--rounds", default=5, show_default=True, help="Measurements of each; the median counts.")
def main(data: Path, backends: str, rounds: int) -> None:
    """Train and validate the perceptron 784-256-10 for some epochs, each time a new one."""
    data = data.resolve()
    title = f"Trainer.fit, {FIT_EPOCHS} epochs of training and validation, medians of {rounds}"
    table = Table("", "bare loop", "this package", "against bare loop", "allowed", title=title)
    with tempfile.TemporaryDirectory() as folder:
        for name in backends.split(","):
            place = Path(folder, name)
            taken = measure(name, data, "", place, rounds, ["fit"], ["ours", "bare"])["fit"]
            ours, bare = median(taken["ours"]), median(taken["bare"])
            table.add_row(name, f"{bare:.3g} s", f"{ours:.3g} s", f"{ours / bare:.2f}×", f"{ALLOWED}×")
        Console(width=100).print(table)
        if "torch" in backends.split(","):
            original = install_original(Path(folder, "original"), ORIGINAL)
            ours, theirs = (in_notebook(package, original, data, folder) for package in ("d2l_multi", "d2l"))
            print(
                f"In a notebook, PyTorch: {ORIGINAL} {theirs:.3g} s, this package {ours:.3g} s, "
                f"{theirs / ours:.1f} times as fast (floor {FLOOR})"
            )


def in_notebook(package: str, original: str, data: Path, folder: str) -> float:
    """Seconds of a training in a kernel; of two, the second counts."""
    work = Path(folder, "notebook", package)
    work.mkdir(parents=True)
    os.environ.update(PYTHONPATH=str(ROOT), IPYTHONDIR=str(Path(folder, "ipython")), D2L_MULTI_DATA=str(data))
    files = [str(data / name) for name in FILES.values()]
    cells = [PREPARE.format(original=original, package=package, files=files, batch=BATCH)]
    cells += [FIT.format(epochs=1), FIT.format(epochs=FIT_EPOCHS), "print(json.dumps(taken))"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=1200, resources={"metadata": {"path": str(work)}}).execute()
    return json.loads(notebook.cells[-1].outputs[0]["text"])


if __name__ == "__main__":
    main()
