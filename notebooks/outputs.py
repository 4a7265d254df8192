"""What the cells of a notebook have shown: it stays while their code does, and is known to be old when not.

A cell that has run remembers in its metadata a digest of its code and all the code before it.
"""

import re
from collections.abc import Iterator
from copy import deepcopy
from hashlib import sha1
from pathlib import Path

import nbformat
from nbformat import NotebookNode

SPACE = "d2l_multi"  # of this project in the metadata of notebooks and cells
LARGEST_PICTURE = 40 * 1024  # bytes


def cells(book: NotebookNode) -> list[NotebookNode]:
    """Those whose outputs matter: all code but the cell that installs."""
    return [
        cell
        for cell in book.cells
        if cell.cell_type == "code" and "setup" not in cell.metadata.get("tags", [])
    ]


def read(path: Path) -> NotebookNode | None:
    """A notebook that may not be there yet."""
    return nbformat.read(path, 4) if path.exists() else None


def remember(book: NotebookNode, **facts: str) -> None:
    """Its cells have run as they are, with these facts about the run."""
    for cell, digest in _digests(book):
        cell.metadata[SPACE] = {"ran": digest}
    book.metadata[SPACE] = facts


def facts(book: NotebookNode | None) -> dict[str, str]:
    return book.metadata.get(SPACE, {}) if book else {}


def keep(book: NotebookNode, ran: NotebookNode) -> None:
    """Cells have the outputs of those in ``ran`` with the same code, whatever has changed before them."""
    known = {cell.id: cell for cell in cells(ran) if SPACE in cell.metadata}
    for number, cell in enumerate(cells(book), 1):
        if old := known.get(cell.id):
            cell.outputs, cell.metadata[SPACE] = deepcopy(old.outputs), old.metadata[SPACE]
            cell.execution_count = number
            for output in cell.outputs:
                if output.output_type == "execute_result":
                    output.execution_count = number
    if facts(ran):
        book.metadata[SPACE] = facts(ran)


def old(book: NotebookNode) -> list[NotebookNode]:
    """The cells whose outputs are older than their code, or not there at all."""
    return [cell for cell, digest in _digests(book) if cell.metadata.get(SPACE, {}).get("ran") != digest]


def _digests(book: NotebookNode) -> Iterator[tuple[NotebookNode, str]]:
    before = sha1()
    for cell in cells(book):
        before.update(cell.source.encode() + b"\0")
        yield cell, before.hexdigest()[:12]


def text(output: NotebookNode) -> str:
    return output.text if output.output_type == "stream" else output.data["text/plain"]


def picture(output: NotebookNode) -> str | None:
    """A PNG in base64, if the output is one."""
    return output.get("data", {}).get("image/png")


def pictures(cell: NotebookNode) -> list[str]:
    """Those that a cell shows."""
    return [found for output in cell.outputs if (found := picture(output))]


# Where files are on the machine that ran a notebook is nobody's business.
CELL = re.compile(r"\S*[/\\]ipykernel_\d+[/\\]\d+\.py")
PACKAGE = re.compile(r"\S*[/\\](?:site|dist)-packages[/\\]")


def without_paths(text: str) -> str:
    return PACKAGE.sub("", CELL.sub("cell", text))
