"""What a point on a chart costs, here and in the original: ``python -m benchmarks.charts``.

Both draw in a real kernel of Jupyter, where the original redraws everything at every point.
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

from benchmarks.__main__ import ROOT, install_original

EPOCHS = 300
# The same cell for both; a training step of a millisecond is what passes between two points.
CELL = """
import json, sys, time
sys.path.append({original!r})
from {package} import torch as d2l
legend = ["train loss", "train acc", "test acc"]
chart = d2l.Animator(xlabel="epoch", xlim=[1, {epochs}], ylim=[0, 1], legend=legend)
costs = []
for epoch in range(1, {epochs} + 1):
    time.sleep(0.001)
    begun = time.perf_counter()
    chart.add(epoch, (1 / epoch, 1 - 1 / epoch, 0.9 - 1 / epoch))
    costs.append(time.perf_counter() - begun)
"""


@click.command()
def main() -> None:
    """Add 300 points to an animator, as 300 epochs of training do."""
    with tempfile.TemporaryDirectory() as folder:
        original = install_original(Path(folder) / "original")
        os.environ.update(PYTHONPATH=str(ROOT), IPYTHONDIR=str(Path(folder) / "ipython"))
        costs = {name: measure(package, original, folder) for name, package in PACKAGES.items()}
    table = Table("", *PACKAGES, title=f"{EPOCHS} points on a chart in Jupyter, seconds")
    rows = {
        "all points": sum,
        "the 10th to 30th, each": lambda values: median(values[9:30]),
        "the last 20, each": lambda values: median(values[-20:]),
        "the dearest": max,
    }
    for name, summarise in rows.items():
        table.add_row(name, *(f"{summarise(values):.3g}" for values in costs.values()))
    Console(width=100).print(table)
    ours, theirs = (sum(values) for values in costs.values())
    print(f"{theirs / ours:.0f} times as fast")


PACKAGES = {"this package": "d2l_multi", "original": "d2l"}


def measure(package: str, original: str, folder: str) -> list[float]:
    cells = [CELL.format(package=package, original=original, epochs=EPOCHS), "print(json.dumps(costs))"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": folder}}).execute()
    return json.loads(notebook.cells[1].outputs[0]["text"])


if __name__ == "__main__":
    main()
