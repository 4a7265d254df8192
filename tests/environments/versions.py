"""Which versions work: ``python -m tests.environments.versions`` builds an environment for each row.

The oldest version of each framework that its extra admits, and the newest there is, on Pythons from 3.10
to 3.13 and NumPys from 1.26. In each the experiments of data of their own agree with NumPy, or the row
says what happened. It takes half an hour and some gigabytes at a time.
"""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

import click

from d2l_multi import BACKENDS

PROJECT = Path(__file__).resolve().parents[2]
OLDEST = {"torch": "torch==2.2.*", "tensorflow": "tensorflow==2.16.*", "paddle": "paddlepaddle==3.0.*"}
NEWEST = {"torch": "torch", "tensorflow": "tensorflow", "paddle": "paddlepaddle"}
PLACES = (  # Python, NumPy, versions
    ("3.10", "numpy==1.26.*", OLDEST),
    ("3.11", "numpy==1.26.*", NEWEST),
    ("3.12", "numpy>=2", NEWEST),
    ("3.13", "numpy>=2", NEWEST),
)
EXPERIMENTS = ("linear-regression", "linear-regression-concise", "trainer-linear-regression-concise")


class Row(NamedTuple):
    """What one environment came to."""

    framework: str
    python: str
    numpy: str
    verdict: str


@click.command()
@click.option("--backends", default=",".join(BACKENDS), show_default=True)
@click.option("--pythons", default=",".join(place[0] for place in PLACES), show_default=True)
def main(backends: str, pythons: str) -> None:
    """Print a Markdown table, a row as soon as it is known."""
    print("| framework | Python | NumPy | largest drift, float64 |\n| --- | --- | --- | --- |", flush=True)
    for backend in backends.split(","):
        for python, numpy, versions in PLACES:
            if python in pythons.split(","):
                print("| " + " | ".join(tried(backend, python, numpy, versions)) + " |", flush=True)


def tried(backend: str, python: str, numpy: str, versions: dict[str, str]) -> Row:
    interpreter = shutil.which(f"python{python}")
    if interpreter is None:
        return Row(backend, python, numpy, f"not run: there is no python{python} here")
    with tempfile.TemporaryDirectory() as folder:
        environment = Path(folder, "environment")
        subprocess.run([interpreter, "-m", "venv", str(environment)], check=True)
        if backend == "mxnet":  # its metadata forbids most of these: it is installed regardless
            installs = [[str(PROJECT), numpy], ["--no-deps", "mxnet==1.9.1"]]
        else:
            installs = [[str(PROJECT), versions[backend], numpy]]
        for arguments in installs:
            command = [str(environment / "bin" / "pip"), "install", "--quiet", *arguments]
            install = subprocess.run(command, capture_output=True, text=True)
            if install.returncode:
                return Row(backend, python, numpy, f"does not install: {install.stderr.strip()[-300:]}")
        return compared(environment, backend, python)


def compared(environment: Path, backend: str, python: str) -> Row:
    largest, version = 0.0, ""
    for experiment in EXPERIMENTS:
        out = environment / experiment
        command = ["compare", experiment, "--backends", backend, "--dtype", "float64", "--quiet"]
        subprocess.run([str(environment / "bin" / "d2l-multi"), *command, "--out", str(out)])
        outcome = json.loads((out / "report.json").read_text())["backends"][backend]
        version = outcome["version"] or version
        if outcome["status"] != "ok":
            verdict = f"{experiment} {outcome['status']}: {outcome.get('error', '').partition(chr(10))[0]}"
            return Row(f"{backend} {version}", python, numpy_version(environment), verdict)
        largest = max(largest, outcome["drift"])
    return Row(f"{backend} {version}", python, numpy_version(environment), f"{largest:.1e}")


def numpy_version(environment: Path) -> str:
    code = "import numpy; print(numpy.__version__)"
    command = [str(environment / "bin" / "python"), "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    main()
