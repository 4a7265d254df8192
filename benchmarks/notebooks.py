"""How long each notebook takes on the whole of Fashion-MNIST: ``python -m benchmarks.notebooks --data DIR``.

In a real kernel each, one after the other, its start included.
"""

import os
import tempfile
import time
from pathlib import Path

import click
from nbclient import NotebookClient
from rich.console import Console
from rich.table import Table

from d2l_multi import BACKENDS
from notebooks import build

ALLOWED = 60  # seconds, on two cores


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path, exists=True), required=True, help="Folder of the four files."
)
@click.option("--backends", default=",".join(BACKENDS), show_default=True)
@click.option("--topics", default="", help="Only those whose name contains this, such as 05.")
def main(data: Path, backends: str, topics: str) -> None:
    """Run the notebooks on the files in DIR and print their seconds."""
    os.environ["D2L_MULTI_DATA"] = str(data.resolve())
    table = Table(title=f"Seconds of each notebook, at most {ALLOWED}")
    table.add_column("notebook")
    columns = [*backends.split(","), build.TOGETHER]
    for column in columns:
        table.add_column(column, justify="right")
    for topic in build.topics(build.FOLDER):
        if topics in topic.name:
            taken = {backend: seconds(topic, backend) for backend in columns if backend in topic.backends}
            table.add_row(topic.name, *[f"{taken[name]:.0f}" if name in taken else "" for name in columns])
            print(topic.name, {name: round(value) for name, value in taken.items()}, flush=True)
    Console().print(table)


def seconds(topic: build.Topic, backend: str) -> float:
    book = build.notebook(topic, "en", backend)
    with tempfile.TemporaryDirectory() as folder:
        resources = {"metadata": {"path": folder}}
        begun = time.perf_counter()
        NotebookClient(book, timeout=600, resources=resources).execute()
        return time.perf_counter() - begun


if __name__ == "__main__":
    main()
