"""An epoch alone and beside others who train: ``python -m benchmarks.neighbours --data DIR``.

As the package has it, and with OpenMP's threads left to spin as they would (``d2l_multi.compat.spinning``).
"""

import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from statistics import median

import click
import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.__main__ import ROOT
from benchmarks.worker import BATCH
from d2l_multi import BACKENDS
from d2l_multi.compat import spinning

SETTINGS = {
    "as it is": {},
    # Intel's own default, which changes nothing; but who says anything about waiting is heeded in all.
    "left to spin": {"KMP_LIBRARY": "throughput"},
    "Intel's left to spin": {"GOMP_SPINCOUNT": spinning.SHORT["GOMP_SPINCOUNT"]},
}
Settings = dict[str, dict[str, str]]


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path, exists=True), required=True, help="Folder of the four files."
)
@click.option("--backends", default=",".join(BACKENDS), show_default=True)
@click.option("--rounds", default=3, show_default=True, help="Measurements of each; the median counts.")
@click.option("--spin", default="2000,10000", show_default=True, help="Other GOMP_SPINCOUNTs to try.")
@click.option("--beside", default=3, show_default=True, help="Neighbours at most.")
def main(data: Path, backends: str, rounds: int, spin: str, beside: int) -> None:
    """Train the perceptron 784-256-10 for an epoch, alone and with others that do the same."""
    settings = SETTINGS | {
        f"GNU's {n} rounds": {**spinning.SHORT, "GOMP_SPINCOUNT": n} for n in spin.split(",")
    }
    title = f"Seconds of train_epoch_ch3, MLP 784-256-10, {os.cpu_count()} cores, medians of {rounds}"
    table = Table("", "threads", "alone", title=title)
    for number in range(1, beside + 1):
        table.add_column(f"{number} beside", justify="right")
    table.add_column("all beside / alone", justify="right")
    table.add_column("slowest", justify="right")
    for name in backends.split(","):
        for setting, seconds in measure(name, data.resolve(), settings, rounds, beside).items():
            medians = [median(taken) for taken in seconds]
            ratio = medians[-1] / medians[0]
            slowest = max(map(max, seconds))
            table.add_row(
                name, setting, *(f"{taken:.3g} s" for taken in medians), f"{ratio:.1f}×", f"{slowest:.3g} s"
            )
    Console(width=118).print(table)


def measure(
    name: str, data: Path, settings: Settings, rounds: int, most: int
) -> dict[str, list[list[float]]]:
    """For each setting the seconds of an epoch by the number of neighbours, in turns."""
    with ExitStack() as stack:
        trainers = {
            setting: [
                stack.enter_context(
                    trainer("benchmarks.neighbours", "--train", name, str(data), **environment)
                )
                for _ in range(most + 1)
            ]
            for setting, environment in settings.items()
        }
        for _, *neighbours in trainers.values():
            for neighbour in neighbours:
                neighbour.suspend()
                neighbour.stdin.write(10_000 * "\n")
                neighbour.stdin.flush()
        seconds: dict[str, list[list[float]]] = {
            setting: [[] for _ in range(most + 1)] for setting in settings
        }
        for _ in range(rounds):
            for setting, (measured, *neighbours) in trainers.items():
                for number, column in enumerate(seconds[setting]):
                    column.append(epoch(measured, neighbours[:number]))
    return seconds


@contextmanager
def trainer(*arguments: str, **environment: str) -> Iterator[psutil.Popen]:
    """A module's process that trains for each line it is sent, and says how many seconds an epoch took."""
    process = psutil.Popen(
        [sys.executable, "-m", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environment},
    )
    try:
        for _ in range(2):  # compiling, first allocations
            epoch(process)
        yield process
    finally:
        process.kill()
        process.wait()


def epoch(process: psutil.Popen, neighbours: Sequence[psutil.Popen] = ()) -> float:
    """Seconds of an epoch while the neighbours train, who have more to do than they will ever finish."""
    for neighbour in neighbours:
        neighbour.resume()
    process.stdin.write("\n")
    process.stdin.flush()
    taken = float(process.stdout.readline())
    for neighbour in neighbours:
        neighbour.suspend()
    return taken


def train(name: str, data: str) -> None:
    d2l = import_module(f"d2l_multi.{name}")
    net, loss, optimiser = import_module(f"benchmarks.frameworks.{name}").model(hidden=True)
    train_iter, _ = d2l.load_data_fashion_mnist(BATCH, root=data)
    answer(lambda: d2l.train_epoch_ch3(net, train_iter, loss, optimiser))


def answer(train: Callable[[], object], epochs: int = 1) -> None:
    """Call for each line that is sent, and say how many seconds one of the epochs took."""
    warnings.simplefilter("ignore")
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what frameworks print is not an answer
    for _ in sys.stdin:
        begun = time.perf_counter()
        train()
        print((time.perf_counter() - begun) / epochs, file=answers, flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "--train":
        train(*sys.argv[2:])
    else:
        main()
