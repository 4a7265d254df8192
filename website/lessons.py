"""The notebooks as pages: one page for a topic, with a tab for each framework where they differ."""

import re
from itertools import groupby

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
ALL_FOUR = {"en": "all four frameworks at once", "zh": "四个框架同时"}


def page(topic: Topic, language: str) -> str:
    """The topic in one language."""
    blocks = [
        block
        for block in topic.blocks
        if not block.check and block.text and language in (block.languages or LANGUAGES)
    ]
    text = []
    for differs, run in groupby(blocks, key=lambda block: bool(block.backends)):
        if differs:
            group = list(run)
            text += [tab(BACKENDS[name], texts) for name in topic.backends if (texts := of(group, name))]
        else:
            text += [written(block) for block in run]
    title, _, rest = "\n\n".join(text).partition("\n")
    return f"{title}\n\n{links(topic, language)}\n{rest}\n"


def of(blocks: list[Block], backend: str) -> str:
    """What one framework has of some blocks."""
    return "\n\n".join(written(block) for block in blocks if backend in block.backends)


def written(block: Block) -> str:
    return OTHER.sub(r"\1.md", block.text) if block.is_prose else f"```python\n{block.text}\n```"


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
    """The list of all topics."""
    rows = []
    for topic in topics:
        together = f" ({ALL_FOUR[language]})" if TOGETHER in topic.backends else ""
        rows.append(f"{int(topic.name[:2])}. [{topic.title(language)}]({topic.name}.md){together}")
    return INDEX[language] + "\n" + "\n".join(rows) + "\n"
