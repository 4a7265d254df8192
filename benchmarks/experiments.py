"""Every experiment of the comparison, at the book's size: ``python -m benchmarks.experiments --data DIR``.

Each in both precisions, with the book's epochs and learning rates, one after the other; prints a line for
each as it ends and then the table. Exit code 1 if a backend deviates or fails.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

from d2l_multi import BACKENDS
from d2l_multi.compare.experiments import EXPERIMENTS

HEADER = ("experiment", "dtype", *BACKENDS, "drift", "drift of rounding alone", "minutes")


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path, exists=True), required=True, help="Folder of the four files."
)
@click.option("--only", default="", help="Only experiments whose name contains this.")
@click.option("--dtypes", default="float32,float64", show_default=True)
def main(data: Path, only: str, dtypes: str) -> None:
    """Compare all backends in every experiment; print step errors and drift as a table in Markdown."""
    rows, agreed = [], True
    for dtype in dtypes.split(","):
        for experiment in EXPERIMENTS:
            if only in experiment:
                row, code = compared(experiment, dtype, data.resolve())
                print(*row, f"exit code {code}", flush=True)
                rows.append(row)
                agreed = agreed and code == 0
    for row in (HEADER, ["---"] * len(HEADER), *rows):
        print("|", " | ".join(row), "|")
    sys.exit(not agreed)


def compared(experiment: str, dtype: str, data: Path) -> tuple[list[str], int]:
    """A row of the table, and the exit code."""
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "d2l_multi.cli", "compare", experiment, "--dtype", dtype]
        command += ["--data", str(data), "--out", folder, "--quiet"]
        code = subprocess.run(command).returncode
        report = json.loads(Path(folder, "report.json").read_text())
    minutes = (time.perf_counter() - begun) / 60
    backends = report["backends"]
    drifts = [outcome["drift"] for outcome in backends.values() if outcome["drift"] is not None]
    cells = [told(backends[name]) if name in backends else "" for name in BACKENDS]
    drift = [f"{max(drifts):.1e}" if drifts else "", f"{report['reference']['drift']:.1e}"]
    return [experiment, dtype, *cells, *drift, f"{minutes:.1f}"], code


def told(outcome: dict) -> str:
    """The largest step error, with the verdict where it is another than ok."""
    if outcome["step_error"] is None:
        return outcome["status"]
    error = f"{outcome['step_error']:.2f}" if outcome["step_error"] < 100 else f"{outcome['step_error']:.1e}"
    return error if outcome["status"] == "ok" else f"{error}, {outcome['status']}"


if __name__ == "__main__":
    main()
