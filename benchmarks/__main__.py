"""Measure, interleaved in one run, and print ratios: ``python -m benchmarks --data DIR``."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median

import click
from rich.console import Console
from rich.table import Table

from d2l_multi import BACKENDS
from d2l_multi.book.data.fashion_mnist import read_folder

ROOT = Path(__file__).resolve().parents[1]
ORIGINAL = "d2l==0.17.6"
# What the originals import beside a framework, at the versions that go with what is installed.
BESIDE = ("pandas", "requests", "ipython", "matplotlib-inline", "pillow", "scipy")
CONTENDERS = ("ours", "original", "bare")
# At least so many times as fast as the original, per framework in the order of BACKENDS.
FLOORS = {
    "iterate": (45, 2, 16, 50),
    "softmax": (14, 5, 7, 8),
    "mlp": (7.5, 4, 2.8, 3),
    "load_array": (2.2, 30, 2, 2),
    "few_rows": (2.2, 8, 2, 2),
}
TASKS = {
    "iterate": "iterate the training set",
    "softmax": "train_epoch_ch3, softmax",
    "mlp": "train_epoch_ch3, MLP 784-256-10",
    "load_array": "load_array, 20,000 rows by 10",
    "few_rows": "load_array, 100 rows by 10",
}
WARM_UP = 3  # rounds not counted: compiling, first allocations, worker processes

IMPORTS = {
    "framework": "import {name}",
    "ours": "from d2l_multi import {name}",
    "original": "import sys; sys.path.append({original!r}); from d2l import {name}",
}
MEASURE_IMPORT = """
import time; start = time.perf_counter()
{statement}
print(time.perf_counter() - start)
"""


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path, exists=True), required=True, help="Folder of the four files."
)
@click.option("--backends", default=",".join(BACKENDS), show_default=True)
@click.option("--rounds", default=7, show_default=True, help="Measurements of each; the median counts.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write the numbers here too.")
def main(data: Path, backends: str, rounds: int, json_file: Path | None) -> None:
    """Compare this package, the original and a bare loop on Fashion-MNIST-sized data."""
    data = data.resolve()
    images = len(read_folder(data)["train_labels"])
    console = Console(width=118)
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        original = install_original(Path(folder) / "original")
        for name in backends.split(","):
            seconds = measure(name, data, original, Path(folder) / name, rounds)
            results[name] = {"seconds": seconds, "imports": measure_imports(name, original, rounds)}
            console.print(table(name, images, results[name]))
    if json_file:
        json_file.write_text(json.dumps({"images": images, "rounds": rounds, "backends": results}, indent=2))


def install_original(folder: Path, original: str = ORIGINAL) -> str:
    """The original in a folder of its own, without the pins of its dependencies."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder)]
    pins = folder.parent / "constraints.txt"
    pins.write_text(f"numpy=={version('numpy')}\n")
    subprocess.run([*pip, "-c", str(pins), *BESIDE], check=True)
    subprocess.run([*pip, "--no-deps", original, "torchvision"], check=True)
    return str(folder)


def measure(
    name: str,
    data: Path,
    original: str,
    folder: Path,
    rounds: int,
    tasks: Iterable[str] = TASKS,
    contenders: Sequence[str] = CONTENDERS,
) -> dict[str, dict[str, list[float]]]:
    """Seconds of each contender at each task, one after the other in every round."""
    cwd = folder / "work"  # the original keeps its data in ../data
    cwd.mkdir(parents=True)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "KERAS_HOME": str(folder / "keras"),
        "MXNET_HOME": str(folder / "mxnet"),
        "TF_CPP_MIN_LOG_LEVEL": "2",
    }
    workers, logs = {}, {}
    try:
        for contender in contenders:
            command = [sys.executable, "-m", "benchmarks.worker", name, contender, str(data), original]
            log = (folder / f"{contender}.log").open("w+")
            workers[contender] = worker = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=cwd,
                env=environment,
            )
            logs[contender] = log
            answer(worker, log)
        seconds = {task: {contender: [] for contender in contenders} for task in tasks}
        for task, taken in seconds.items():
            for number in range(WARM_UP + rounds):
                for turn in range(len(contenders)):
                    contender = contenders[(number + turn) % len(contenders)]  # nobody is always first
                    worker = workers[contender]
                    worker.stdin.write(task + "\n")
                    worker.stdin.flush()
                    elapsed = float(answer(worker, logs[contender]))
                    if number >= WARM_UP:
                        taken[contender].append(elapsed)
        return seconds
    finally:
        for worker in workers.values():
            worker.kill()
            worker.wait()


def answer(worker: subprocess.Popen, log) -> str:
    line = worker.stdout.readline()
    if not line:
        log.seek(0)
        print(log.read()[-3000:], file=sys.stderr)
        raise SystemExit(f"a worker ended with exit code {worker.wait()}: {' '.join(worker.args[2:5])}")
    return line


def measure_imports(name: str, original: str, rounds: int) -> dict[str, list[float]]:
    """Seconds to import the framework, this package and the original, each in fresh processes."""
    taken = {contender: [] for contender in IMPORTS}
    for _ in range(rounds):
        for contender, statement in IMPORTS.items():
            if name == "mxnet" and contender != "ours":  # it imports only when repaired
                repair = "from d2l_multi.compat import framework\nwith framework('mxnet'): import mxnet\n"
                statement = repair + (statement if contender == "original" else "")
            program = MEASURE_IMPORT.format(statement=statement.format(name=name, original=original))
            run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
            taken[contender].append(float(run.stdout.split()[-1]))
    return taken


def table(name: str, images: int, result: dict) -> Table:
    report = Table(title=f"{name} {installed_version(name)}, {images:,} images, batch 256, medians")
    report.add_column("task")
    for header in (
        "original",
        "bare loop",
        "this package",
        "faster than original",
        "floor",
        "against bare loop",
    ):
        report.add_column(header, justify="right")
    for task, description in TASKS.items():
        ours, original, bare = (median(result["seconds"][task][contender]) for contender in CONTENDERS)
        report.add_row(
            description,
            f"{original:.3g} s",
            f"{bare:.3g} s",
            f"{ours:.3g} s",
            f"{original / ours:.1f}×",
            f"{FLOORS[task][BACKENDS.index(name)]:g}×",
            f"{ours / bare:.2f}×",
        )
    own, ours, original = (median(result["imports"][key]) for key in ("framework", "ours", "original"))
    report.add_row("import, beyond the framework's", f"{original - own:.2f} s", "", f"{ours - own:.2f} s")
    return report


def installed_version(name: str) -> str:
    return version("paddlepaddle" if name == "paddle" else name)


if __name__ == "__main__":
    main()
