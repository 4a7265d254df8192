"""Write the notebooks from their sources: ``python -m notebooks.build``; with ``--check`` only compare.

A source holds one topic in every language and every framework; ``sources/README.md`` describes the format.
What a notebook has shown stays in it while its code does: see ``notebooks.run``.
"""

import base64
import os
import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from hashlib import sha1
from itertools import groupby, product
from pathlib import Path
from urllib.parse import quote

import click
import nbformat
from markdown_it import MarkdownIt
from markdown_it.token import Token
from nbformat import NotebookNode, v4

from notebooks import outputs

REPOSITORY = "d2l-multi/d2l-multi"  # on GitHub
BRANCH = "main"

FOLDER = Path(__file__).resolve().parent
LANGUAGES = {"en": "English", "zh": "中文"}
BACKENDS = {"torch": "PyTorch", "tensorflow": "TensorFlow", "mxnet": "MXNet", "paddle": "PaddlePaddle"}
TOGETHER = "together"  # where other notebooks have the name of a backend, one over all four has this
TAGS = {"cover", "warns"}
# Between Chinese characters, where browsers would show it as a space.
LINE_BREAK = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef])\n(?=[\u3000-\u9fff\uff00-\uffef]|`[^`]|\$[^$])")
# Below the title of a notebook that has shown some of Fashion-MNIST's images in the place of all.
SOME_IMAGES = {
    "en": "*What is shown below comes from a part of Fashion-MNIST, whose images are repeated, shifted and "
    "mirrored, up to its size. With the whole data set accuracies are others.*",
    "zh": "*下面的输出来自 Fashion-MNIST 的一部分图像：经平移、翻转并重复，凑成与完整数据集同样的数量。"
    "用完整的数据集，准确率会有所不同。*",
}
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


class SourceError(Exception):
    """A source is not as it should be; the message names file and line."""

    def __init__(self, path: Path, line: int, message: str) -> None:
        super().__init__(f"{os.path.relpath(path)}:{line}: {message}")


@dataclass(frozen=True)
class Block:
    """Prose in ``languages``, or code, which has none; of all notebooks or of those of some ``backends``."""

    line: int
    text: str
    languages: frozenset[str]
    backends: frozenset[str]
    check: bool = False
    tags: tuple[str, ...] = ()

    @property
    def is_prose(self) -> bool:
        return bool(self.languages)

    def belongs(self, language: str, backend: str) -> bool:
        return language in (self.languages or LANGUAGES) and backend in (self.backends or {backend})


@dataclass(frozen=True)
class Topic:
    """A source that has been read."""

    name: str
    blocks: list[Block]

    @property
    def backends(self) -> list[str]:
        """Those that have a notebook each. Where nothing is of one backend, one notebook is over all four."""
        return list(BACKENDS) if any(block.backends for block in self.blocks) else [TOGETHER]

    def title(self, language: str) -> str:
        """The heading that a source begins with, in each language."""
        first = next(block.text for block in self.blocks if language in block.languages)
        return first.splitlines()[0].removeprefix("# ")

    def checks(self, backend: str) -> list[str]:
        """The code that tests run after the notebook."""
        return [block.text for block in self.blocks if block.check and block.belongs("en", backend)]


# --- Reading ----------------------------------------------------------------------------------------


def read(path: Path) -> Topic:
    """A source as a topic. SourceError where it breaks the format."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    borders = [token for token in MarkdownIt().parse(text) if _is_code(token) or _is_comment(token)]
    starts = [token.map[0] for token in borders if token.map] + [len(lines)]
    _no_prose(path, lines, 0, starts[0])
    blocks = []
    for token, start, end in zip(borders, starts, starts[1:]):
        after = token.map[1] if token.map else start
        if _is_code(token):
            blocks.append(_code(path, start + 1, token))
            _no_prose(path, lines, after, end)
        else:
            languages, backends = _marker(path, start + 1, token)
            prose = LINE_BREAK.sub("", "\n".join(lines[after:end]).strip())
            if not prose:
                raise SourceError(path, start + 1, "no prose after this marker")
            blocks.append(Block(start + 1, prose, languages, backends))
    _complete(path, [block for block in blocks if not block.check])
    return Topic(path.stem, blocks)


def _is_code(token: Token) -> bool:
    return token.type == "fence" and token.level == 0 and token.info.split()[:1] == ["python"]


def _is_comment(token: Token) -> bool:
    return token.type == "html_block" and token.content.startswith("<!--")


def _no_prose(path: Path, lines: list[str], start: int, end: int) -> None:
    for number in range(start, end):
        if lines[number].strip():
            raise SourceError(
                path, number + 1, "prose of no language: <!-- en --> or <!-- zh --> goes before it"
            )


def _code(path: Path, line: int, token: Token) -> Block:
    words = token.info.split()[1:]
    unknown = [word for word in words if word not in {"check", *TAGS, *BACKENDS}]
    if unknown:
        known = ", ".join(["check", *sorted(TAGS), *BACKENDS])
        raise SourceError(path, line, f"after ```python: {unknown[0]!r} is none of {known}")
    return Block(
        line,
        token.content.strip("\n"),
        frozenset(),
        frozenset(BACKENDS.keys() & words),
        "check" in words,
        tuple(sorted(TAGS.intersection(words))),
    )


def _marker(path: Path, line: int, token: Token) -> tuple[frozenset[str], frozenset[str]]:
    found = re.fullmatch(r"<!--(.*?)-->", token.content.strip(), re.DOTALL)
    words = set(found[1].split()) if found else set()
    if not words & LANGUAGES.keys() or words - LANGUAGES.keys() - BACKENDS.keys():
        known = f"languages ({', '.join(LANGUAGES)}), then perhaps backends ({', '.join(BACKENDS)})"
        raise SourceError(path, line, f"a comment names {known}, and stands on a line of its own")
    return frozenset(words & LANGUAGES.keys()), frozenset(words & BACKENDS.keys())


def _complete(path: Path, blocks: list[Block]) -> None:
    """Every notebook has a title, and prose and cells wherever another language or framework has them."""
    for language in LANGUAGES:
        first = next((block for block in blocks if language in (block.languages or LANGUAGES)), None)
        if first is None or not first.is_prose or not first.text.startswith("# "):
            line = first.line if first else 1
            raise SourceError(path, line, f"a source begins with a heading '# ...' in {language}, too")
    for is_prose, run in groupby(blocks, key=lambda block: block.is_prose):
        if is_prose:
            _all_languages(path, list(run))
        else:
            _all_backends(path, list(run))


def _all_languages(path: Path, run: list[Block]) -> None:
    for backend in BACKENDS:
        here = [block for block in run if block.backends <= {backend} or backend in block.backends]
        counts = Counter(language for block in here for language in block.languages)
        if len({counts[language] for language in LANGUAGES}) > 1:
            fewest = min(LANGUAGES, key=lambda language: counts[language])
            raise SourceError(path, here[0].line, f"this prose lacks {fewest} in the notebook of {backend}")


def _all_backends(path: Path, run: list[Block]) -> None:
    group: list[Block] = []
    for block in [*run, None]:
        given = {backend for member in group for backend in member.backends}
        if group and (block is None or not block.backends or block.backends & given):
            missing = [backend for backend in BACKENDS if backend not in given]
            if missing:
                raise SourceError(path, group[0].line, f"the cells from here on lack {', '.join(missing)}")
            group = []
        if block is not None and block.backends:
            group.append(block)


# --- Writing ----------------------------------------------------------------------------------------


def notebook(topic: Topic, language: str, backend: str, ran: NotebookNode | None = None) -> NotebookNode:
    """The notebook of a topic in one language and one framework, with what it has shown when it ``ran``."""
    blocks = [block for block in topic.blocks if not block.check and block.belongs(language, backend)]
    cells: list[NotebookNode] = []
    for is_prose, run in groupby(blocks, key=lambda block: block.is_prose):
        if is_prose:
            text = "\n\n".join(block.text for block in run)
            if not cells:
                title, _, rest = text.partition("\n")
                header = _header(topic, language, backend)
                if outputs.facts(ran).get("images") == "some":
                    header += f"\n\n{SOME_IMAGES[language]}"
                text = "\n\n".join([title, header, rest.strip()])
            cells.append(v4.new_markdown_cell(text))
        else:
            given = [block for block in run if block.text]
            cells += [v4.new_code_cell(block.text, metadata=_tags(*block.tags)) for block in given]
    first = next((number for number, cell in enumerate(cells) if cell.cell_type == "code"), len(cells))
    cells.insert(first, _setup(backend))
    _identify(cells)
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    book = v4.new_notebook(cells=cells, metadata=metadata)
    if ran:
        outputs.keep(book, ran)
    return book


def kept(topic: Topic, language: str, backend: str, folder: Path) -> NotebookNode:
    """The notebook with the outputs that the folder has for it, which are those of the English one."""
    return notebook(topic, language, backend, outputs.read(folder / path(topic, "en", backend)))


def path(topic: Topic, language: str, backend: str) -> Path:
    """Of a notebook, below ``notebooks``."""
    return Path(language, backend, f"{topic.name}.ipynb")


def cover(topic: Topic, folder: Path) -> bytes | None:
    """The picture that stands for a topic: that of the cell with this tag, or the last one that is shown."""
    cells = outputs.cells(kept(topic, "en", topic.backends[0], folder))
    chosen = [cell for cell in cells if "cover" in cell.metadata.get("tags", [])]
    pictures = [picture for cell in chosen or cells for picture in outputs.pictures(cell)]
    return base64.b64decode(pictures[-1]) if pictures else None


def _tags(*tags: str) -> dict:
    return {"tags": list(tags)} if tags else {}


def _identify(cells: list[NotebookNode]) -> None:
    """Cells are identified by what they hold, so that a change leaves the others alone."""
    seen: Counter[str] = Counter()
    for cell in cells:
        digest = sha1(cell.source.encode()).hexdigest()[:8]
        cell.id = f"{digest}-{seen[digest]}" if seen[digest] else digest
        seen[digest] += 1


def _setup(backend: str) -> NotebookNode:
    """A cell that installs what is missing. MXNet goes without its metadata, which would drag NumPy back."""
    extras = f"[{backend}]" if backend in BACKENDS else "[torch,tensorflow,paddle]"
    source = f"@ git+https://github.com/{REPOSITORY}"
    if backend == "mxnet":
        install = [f'%pip install -q "d2l-multi {source}" requests', "%pip install -q --no-deps mxnet==1.9.1"]
    else:
        install = [f'%pip install -q "d2l-multi{extras} {source}"']
    if backend == TOGETHER:
        install += ["%pip install -q requests", "%pip install -q --no-deps mxnet==1.9.1"]
    wanted = ["d2l_multi", *([backend] if backend in BACKENDS else BACKENDS)]
    lines = [
        "# @title Install what is missing, as in Colab",
        "from importlib.util import find_spec",
        "",
        f"if not all(map(find_spec, {wanted})):".replace("'", '"'),
        *(f"    {line}" for line in install),
    ]
    metadata = {"cellView": "form", "jupyter": {"source_hidden": True}, **_tags("setup")}
    return v4.new_code_cell("\n".join(lines), metadata=metadata)


def _header(topic: Topic, language: str, backend: str) -> str:
    """Badges, and the way to the same lesson in other frameworks and languages."""
    path = f"notebooks/{language}/{backend}/{topic.name}.ipynb"
    colab = f"https://colab.research.google.com/github/{REPOSITORY}/blob/{BRANCH}/{path}"
    binder = f"https://mybinder.org/v2/gh/{REPOSITORY}/{BRANCH}?labpath={quote(path, safe='')}"
    badges = [
        f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({colab})",
        f"[![Open in Binder](https://mybinder.org/badge_logo.svg)]({binder})",
    ]
    others = [
        f"**{BACKENDS[name]}**" if name == backend else f"[{BACKENDS[name]}](../{name}/{topic.name}.ipynb)"
        for name in topic.backends
        if name in BACKENDS
    ]
    others += [
        f"[{LANGUAGES[other]}](../../{other}/{backend}/{topic.name}.ipynb)"
        for other in LANGUAGES
        if other != language
    ]
    return " ".join(badges) + "\n\n" + " · ".join(others)


def index(topics: list[Topic], covers: Collection[Path]) -> str:
    """``notebooks/README.md``: every notebook, by topic, framework and language, with a picture."""
    rows = [["", "", *BACKENDS.values()], ["---"] * (2 + len(BACKENDS))]
    for topic in topics:
        titles = " · ".join(topic.title(language) for language in LANGUAGES)
        links = {
            backend: " · ".join(
                f"[{name}]({language}/{backend}/{topic.name}.ipynb)" for language, name in LANGUAGES.items()
            )
            for backend in topic.backends
        }
        cells = [links.get(backend, "") for backend in BACKENDS]
        if TOGETHER in links:
            cells[0] = f"{links[TOGETHER]} (all four at once)"
        picture = Path(COVERS, f"{topic.name}.png")
        image = f'<img src="{picture.as_posix()}" alt="" width="160">' if picture in covers else ""
        rows.append([image, f"{int(topic.name[:2])}. {titles}", *cells])
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return PAGE.format(table=table)


INDEX = Path("README.md")
COVERS = "covers"  # the folder of the pictures that stand for topics
PAGE = """\
# Notebooks

Each teaches one thing, in English and in Chinese, with the same lesson in each framework. To run them here:
`pip install -c constraints.txt ".[all]" notebook && jupyter notebook notebooks`.

每个笔记本只讲一件事，有中文版和英文版，四个框架各有一份，内容相同。

{table}

They are written by `python -m notebooks.build` from the files in [sources](sources), as is this page: change
those, never a notebook. [sources/README.md](sources/README.md) says how.
"""


# --- The command --------------------------------------------------------------------------------------


def topics(folder: Path) -> list[Topic]:
    """The topics of the folder, in the order of their names."""
    return [read(path) for path in sorted((folder / "sources").glob("[0-9][0-9]-*.md"))]


def notebooks(topics: list[Topic], folder: Path) -> dict[Path, str]:
    """The text of every notebook, by its path below ``notebooks``, with the outputs that the folder has."""
    return {
        path(topic, language, backend): nbformat.writes(kept(topic, language, backend, folder)) + "\n"
        for topic in topics
        for language, backend in product(LANGUAGES, topic.backends)
    }


def covers(topics: Iterable[Topic], folder: Path) -> dict[Path, bytes]:
    """The picture of each topic that has shown one, by its path below ``notebooks``."""
    found = {Path(COVERS, f"{topic.name}.png"): cover(topic, folder) for topic in topics}
    return {path: picture for path, picture in found.items() if picture}


def files(topics: list[Topic], folder: Path) -> dict[Path, bytes]:
    """Every file that the sources give, by its path below ``notebooks``."""
    pictures = covers(topics, folder)
    texts = {INDEX: index(topics, pictures), **notebooks(topics, folder)}
    return {path: text.encode() for path, text in texts.items()} | pictures


def differences(files: dict[Path, bytes], folder: Path) -> list[Path]:
    """Those of ``files`` that the folder lacks or has otherwise, and what it has that no source gives."""
    found = [*folder.glob("*/*/*.ipynb"), *folder.glob(f"{COVERS}/*.png")]
    there = {path.relative_to(folder) for path in found}
    changed = [
        path
        for path, content in files.items()
        if not (folder / path).exists() or (folder / path).read_bytes() != content
    ]
    return sorted({*changed, *(there - files.keys())})


def write(files: dict[Path, bytes], folder: Path, changed: Iterable[Path]) -> None:
    """Let the folder have of ``changed`` what ``files`` has."""
    for path in changed:
        if path in files:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(files[path])
        else:
            (folder / path).unlink()


def outdated(topics: list[Topic], folder: Path) -> list[str]:
    """For each notebook of which an output is older than its code: which it is, and how to renew it."""
    found = []
    for topic in topics:
        for backend in topic.backends:
            if old := outputs.old(kept(topic, "en", backend, folder)):
                command = f"python -m notebooks.run --data FOLDER --backends {backend} {topic.name}"
                first = old[0].source.partition("\n")[0]
                found.append(
                    f"notebooks/{path(topic, 'en', backend).as_posix()}: outputs are older than "
                    f"their code from {first!r} on; {command}"
                )
    return found


@click.command(help=__doc__.partition("\n")[0])
@click.option(
    "--check", is_flag=True, help="Write nothing; exit with 1 if something differs or is out of date."
)
def main(check: bool) -> None:
    try:
        found = topics(FOLDER)
    except SourceError as error:
        raise click.ClickException(str(error)) from None
    given = files(found, FOLDER)
    different = differences(given, FOLDER)
    for path in different:
        click.echo(f"notebooks/{path.as_posix()}")
    if not check:
        write(given, FOLDER, different)
    for line in (old := outdated(found, FOLDER)):
        click.echo(line)
    if check and different:
        raise click.ClickException("these are not what the sources give; run python -m notebooks.build")
    if check and old:
        raise click.ClickException("these show what earlier code has shown")


if __name__ == "__main__":
    main()
