"""What a point on a chart costs, here and in the original packages: ``python -m benchmarks.charts``.

All draw in a real kernel of Jupyter, where the originals redraw everything at every point.
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

from benchmarks.__main__ import ORIGINAL as FUNCTIONAL
from benchmarks.__main__ import ROOT, install_original
from benchmarks.trainer import ORIGINAL as OBJECT_ORIENTED

POINTS = 300
# The same cells for both; a training step of a millisecond is what passes between two points.
ANIMATOR = """
legend = ["train loss", "train acc", "test acc"]
chart = d2l.Animator(xlabel="epoch", xlim=[1, {points}], ylim=[0, 1], legend=legend)
def add(x):
    chart.add(x, (1 / x, 1 - 1 / x, 0.9 - 1 / x))
"""
BOARD = """
board = d2l.ProgressBoard("epoch", xlim=[1, {points}])
def add(x):
    board.draw(x, 1 / x, "loss")
"""
CELL = """
import json, sys, time
sys.path.append({original!r})
from {package} import torch as d2l
{chart}
costs = []
for x in range(1, {points} + 1):
    time.sleep(0.001)
    begun = time.perf_counter()
    add(x)
    costs.append(time.perf_counter() - begun)
"""
ROWS = {
    "all points": sum,
    "the 10th to 30th, each": lambda values: median(values[9:30]),
    "the last 20, each": lambda values: median(values[-20:]),
    "the dearest": max,
}


@click.command()
def main() -> None:
    """Add 300 points to an animator, as 300 epochs of training do, and to a board, as 300 steps do."""
    for title, chart, original in (
        ("Animator.add, three curves", ANIMATOR, FUNCTIONAL),
        ("ProgressBoard.draw at every step", BOARD, OBJECT_ORIENTED),
    ):
        with tempfile.TemporaryDirectory() as folder:
            place = install_original(Path(folder) / "original", original)
            os.environ.update(PYTHONPATH=str(ROOT), IPYTHONDIR=str(Path(folder) / "ipython"))
            ours, theirs = (measure(package, place, chart, folder) for package in ("d2l_multi", "d2l"))
        table = Table("", "this package", original, title=f"{title}: {POINTS} points in Jupyter, seconds")
        for name, summarise in ROWS.items():
            table.add_row(name, f"{summarise(ours):.3g}", f"{summarise(theirs):.3g}")
        Console(width=100).print(table)
        print(f"{sum(theirs) / sum(ours):.0f} times as fast")


def measure(package: str, original: str, chart: str, folder: str) -> list[float]:
    """Seconds of each point."""
    cell = CELL.format(package=package, original=original, chart=chart.format(points=POINTS), points=POINTS)
    notebook = nbformat.v4.new_notebook(
        cells=list(map(nbformat.v4.new_code_cell, [cell, "print(json.dumps(costs))"]))
    )
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": folder}}).execute()
    return json.loads(notebook.cells[1].outputs[0]["text"])


if __name__ == "__main__":
    main()
