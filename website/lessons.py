"""The notebooks as pages: one page for a topic, with a tab for each framework where they differ.

Below each cell is what it has shown, text and pictures, as the English notebook of the framework has it.
"""

import base64
import re
from collections.abc import Iterable
from itertools import count, groupby
from pathlib import Path

from nbformat import NotebookNode

from notebooks import build, outputs
from notebooks.build import BACKENDS, BRANCH, LANGUAGES, REPOSITORY, TOGETHER, Block, Topic
from website.markdown import tab

COLAB = f"https://colab.research.google.com/github/{REPOSITORY}/blob/{BRANCH}/notebooks"
INDEX = {
    "en": """\
# Notebooks

Each teaches one thing, with the same lesson in each framework. Read them here, where a tab chooses the
framework, or run them: download one, open it in Colab, or in a clone
`pip install -c constraints.txt ".[all]" notebook && jupyter notebook notebooks`.
""",
    "zh": """\
# 笔记本

每个笔记本只讲一件事，四个框架各有一份，内容相同。可以直接在这里阅读，用标签页切换框架；\
也可以下载、在 Colab 中打开，或在克隆的仓库里运行 \
`pip install -c constraints.txt ".[all]" notebook && jupyter notebook notebooks`。
""",
}
OTHER = re.compile(r"(?<=\]\()(\d\d-[\w-]+)\.ipynb")  # a link to another lesson
DOWNLOAD = {"en": "Download", "zh": "下载"}
FIGURE = {"en": "Figure", "zh": "图"}
ALL_FOUR = {"en": "all four frameworks at once", "zh": "四个框架同时"}


def page(topic: Topic, language: str) -> str:
    """The topic in one language."""
    blocks = [
        block
        for block in topic.blocks
        if not block.check and block.text and language in (block.languages or LANGUAGES)
    ]
    shown = {backend: results(topic, language, backend) for backend in topic.backends}
    text = []
    for differs, run in groupby(blocks, key=lambda block: bool(block.backends)):
        if differs:
            group = list(run)
            text.append(tabs({name: of(group, name, shown[name]) for name in topic.backends}))
        else:
            for block in run:
                found = {name: shown[name].get(block, "") for name in topic.backends}
                alike = len(set(found.values())) == 1
                text += [written(block), found.popitem()[1] if alike else tabs(found)]
    title, _, rest = "\n\n".join(filter(None, text)).partition("\n")
    return f"{title}\n\n{links(topic, language)}\n{source(topic, language)}\n{rest}\n"


def of(blocks: list[Block], backend: str, shown: dict[Block, str]) -> str:
    """What one framework has of some blocks, and shows there."""
    own = [block for block in blocks if backend in block.backends]
    return "\n\n".join(filter(None, (text for block in own for text in (written(block), shown.get(block)))))


def tabs(texts: dict[str, str]) -> str:
    """A tab for each framework that has a text; "!" parts them from tabs just before."""
    found = [tab(BACKENDS[name], text) for name, text in texts.items() if text]
    return "\n".join(found).replace("===", "===!", 1)


def written(block: Block) -> str:
    return OTHER.sub(r"\1.md", block.text) if block.is_prose else f"```python\n{block.text}\n```"


def results(topic: Topic, language: str, backend: str) -> dict[Block, str]:
    """What each cell of a notebook has shown."""
    blocks = [block for block in topic.blocks if block.belongs(language, backend) and block.text]
    code = [block for block in blocks if not block.is_prose and not block.check]
    numbers = count(1)

    def result(output: NotebookNode) -> str:
        if outputs.picture(output) is None:
            return f"~~~ {{ .text .output .no-copy }}\n{outputs.text(output).rstrip()}\n~~~"
        number, width = next(numbers), output.metadata["image/png"]["width"]
        path = f"pictures/{topic.name}/{backend}-{number}.png"
        return f'![{FIGURE[language]} {number}]({path}){{ .figure width="{width}" loading="lazy" }}'

    return {
        block: "\n\n".join(map(result, cell.outputs))
        for block, cell in zip(code, outputs.cells(ran(topic, backend)))
    }


def ran(topic: Topic, backend: str) -> NotebookNode:
    return build.kept(topic, "en", backend, build.FOLDER)


def pictures(topics: Iterable[Topic]) -> dict[str, bytes]:
    """Every picture of the lessons, by its path."""
    covers = build.covers(topics, build.FOLDER)
    files = {f"notebooks/{path.as_posix()}": picture for path, picture in covers.items()}
    for topic in topics:
        for backend in topic.backends:
            cells = outputs.cells(ran(topic, backend))
            found = [picture for cell in cells for picture in outputs.pictures(cell)]
            for number, picture in enumerate(found, 1):
                path = f"notebooks/pictures/{topic.name}/{backend}-{number}.png"
                files[path] = base64.b64decode(picture)
    return files


def source(topic: Topic, language: str) -> str:
    """Where the results come from, if a reader would not expect it."""
    some = any(outputs.facts(ran(topic, backend)).get("images") == "some" for backend in topic.backends)
    return f"{build.SOME_IMAGES[language]}\n{{ .source }}\n" if some else ""


def links(topic: Topic, language: str) -> str:
    """The notebooks of a topic, to keep and to run."""

    def row(title: str, folder: str) -> str:
        found = [
            f"[{BACKENDS.get(backend, ALL_FOUR[language])}]({folder}{language}/{backend}/{topic.name}.ipynb)"
            for backend in topic.backends
        ]
        return f"{title}: {' · '.join(found)}"

    return f"{row(DOWNLOAD[language], '')}<br>\n{row('Colab', f'{COLAB}/')}\n{{ .source }}\n"


def index(topics: list[Topic], language: str) -> str:
    """The list of all topics, each with a picture that it shows."""
    covers = build.covers(topics, build.FOLDER)
    rows = []
    for topic in topics:
        together = f" ({ALL_FOUR[language]})" if TOGETHER in topic.backends else ""
        path = Path(build.COVERS, f"{topic.name}.png")
        picture = f"[![]({path.as_posix()}){{ .cover }}]({topic.name}.md)\n" if path in covers else ""
        title = f"{int(topic.name[:2])}\\. [{topic.title(language)}]({topic.name}.md)"
        rows.append(f"{picture}{title}{together}\n{{ .lesson }}\n")
    return INDEX[language] + "\n" + "\n".join(rows)
