"""``python -m tests.mutation``: plant the faults one at a time and see whether the suite catches each.

Every fault gets a copy of the package and the tests of its own; nothing in the working tree changes. Prints a
table, and with ``--markdown FILE`` writes it. Exit code 1 if a fault survives.

With ``--data FOLDER`` it is ``d2l-multi compare`` that must catch those a training shows, in float32.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from d2l_multi import BACKENDS
from tests.mutation.faults import COMPARED, FAULTS, Fault
from tests.mutation.planting import Moved, changed

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("d2l_multi", "tests", "pyproject.toml")
# Without a fault the suite must pass, or a test that fails anyway would seem to have caught one.
SOUND = [Fault(f"(no fault, {name})", "", "", "", name) for name in BACKENDS]
FIRST_FAILURE = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


@click.command()
@click.option("--only", default="", help="Faults whose name contains this.")
@click.option("--jobs", default=os.cpu_count(), show_default=True, help="Faults tried at the same time.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True),
    help="Fashion-MNIST's files: let d2l-multi compare find what a training shows, instead of the suite.",
)
@click.option("--markdown", type=click.Path(path_type=Path), help="Write the table here too.")
def main(only: str, jobs: int, data: Path | None, markdown: Path | None) -> None:
    """Plant each fault and report which test caught it, or what the comparison says of it."""
    chosen = [fault for fault in FAULTS if only in fault.name]
    try_it: Callable[[Fault], str | None] = first_failure
    if data is not None:
        chosen = [fault for fault in chosen if fault.name in COMPARED]
        try_it = partial(remark, data=data.resolve())
    faults = [*SOUND, *chosen]
    console = Console(width=None if sys.stdout.isatty() else 150)
    caught = {}
    with ThreadPoolExecutor(jobs) as pool:
        for fault, test in zip(faults, pool.map(try_it, faults)):
            caught[fault] = test
            console.print(f"{len(caught)}/{len(faults)} {fault.name}: {test or 'passes'}", highlight=False)
    rows = [(fault.name, fault.where, caught[fault] or "NOTHING") for fault in faults[len(SOUND) :]]
    show(console, rows)
    if markdown:
        lines = ["| fault | in | caught by |", "| --- | --- | --- |"]
        lines += [f"| {name} | `{where}` | `{test}` |" for name, where, test in rows]
        markdown.write_text("\n".join(lines) + "\n")
    survived = sum(test == "NOTHING" for *_, test in rows)
    console.print(f"{len(rows) - survived} of {len(rows)} faults caught")
    unsound = [f"{fault.backend}: {caught[fault]}" for fault in SOUND if caught[fault]]
    if unsound:
        console.print(f"but the suite fails without a fault, too: {', '.join(unsound)}")
    sys.exit(bool(survived or unsound))


def first_failure(fault: Fault) -> str | None:
    """The first test that fails with the fault planted, or None if all pass."""
    with planted(fault) as folder:
        options = ["-x", "-n0", "-p", "no:cacheprovider", "--hypothesis-profile", "quick", "-rfE"]
        run = subprocess.run(
            [sys.executable, "-m", "pytest", fault.tests, *options, "--d2l-backends", fault.backend],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": folder},
            capture_output=True,
            text=True,
        )
    if run.returncode == 0:
        return None
    found = FIRST_FAILURE.search(run.stdout)
    if not found:
        raise click.ClickException(f"{fault.name}: pytest did not run\n{run.stdout}{run.stderr}")
    return found[1].removeprefix("tests/")


def remark(fault: Fault, data: Path) -> str | None:
    """What the comparison has against the backend with the fault planted, or None if it agrees."""
    experiment = COMPARED.get(fault.name, "mlp")
    arguments = ["compare", experiment, "--backends", fault.backend, "--epochs", "2", "--dtype", "float32"]
    arguments += ["--quiet", "--data", str(data)]
    with planted(fault) as folder:
        run = subprocess.run(
            [sys.executable, "-m", "d2l_multi.cli", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": folder},
            capture_output=True,
            text=True,
        )
        report = Path(folder, "d2l-multi-report", "report.json")
        if not report.exists():
            raise click.ClickException(f"{fault.name}: nothing was compared\n{run.stdout}{run.stderr}")
        found = json.loads(report.read_text())["backends"][fault.backend]
    if run.returncode == 0:
        return None
    if found["status"] == "deviates":
        error = "no finite step" if found["step_error"] is None else f"step error {found['step_error']:.3g}"
        return f"{experiment}: {error} at {found['step_error_at']}"
    return f"{experiment}: {found['status']}, {found['error'].splitlines()[0]}"


@contextmanager
def planted(fault: Fault) -> Iterator[str]:
    """A folder with a copy of the package and the tests, and the fault in it."""
    with tempfile.TemporaryDirectory() as folder:
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, Path(folder, name), ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, folder)
        if fault.where:
            try:
                file, text = changed(Path(folder, "d2l_multi"), fault)
            except Moved as error:
                raise click.ClickException(str(error)) from None
            file.write_text(text)
        yield folder


def show(console: Console, rows: list[tuple[str, str, str]]) -> None:
    table = Table("fault", "in", "caught by")
    for name, where, test in rows:
        table.add_row(name, where, test.rpartition("::")[2])  # markdown has the file, too
    console.print(table)


if __name__ == "__main__":
    main()
