"""What MkDocs calls: before a build the pages are put together in a folder, and formulas become MathML."""

import re
import sys
from html import unescape
from pathlib import Path, PurePosixPath
from posixpath import normpath
from tempfile import TemporaryDirectory

from latex2mathml.converter import convert
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # for the notebooks' builder, which is not installed

from notebooks import build  # noqa: E402
from website import lessons, markdown, reference  # noqa: E402

FOLDER = TemporaryDirectory(prefix="d2l-multi-site-")
# What is a page and does not lie in `docs`. A page's Chinese is the one of its name with ".zh".
FILES = {
    "README.md": "index.md",
    "README.zh-CN.md": "index.zh.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "notebooks/sources/README.md": "writing-notebooks.md",
}
FORMULA = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>', re.DOTALL)
ALTERNATE = re.compile(r'<link rel="alternate"[^>]*>')
LANGUAGE_LINK = re.compile(r'(<a href="/(?:zh/)?)[^"]*"( hreflang)')
LANGUAGE_LINE = re.compile(
    r"^(English|\[English\]\(README\.md\)) · .*\n\n", re.MULTILINE
)  # the site has a menu


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the pages together, once for all languages."""
    if config.docs_dir != FOLDER.name:
        topics = build.topics(build.FOLDER)
        files = {name: text.encode() for name, text in pages(topics).items()}
        files |= lessons.pictures(topics)
        for file in [*(ROOT / "docs").glob("*.png"), *(ROOT / "website/assets").iterdir()]:
            files[file.name] = file.read_bytes()
        for name, content in files.items():
            path = Path(FOLDER.name, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists() or path.read_bytes() != content:  # `mkdocs serve` watches them
                path.write_bytes(content)
        for section in config.nav or []:
            if "Notebooks" in section:
                section["Notebooks"] += [f"notebooks/{topic.name}.md" for topic in topics]
        config.docs_dir = FOLDER.name
    return config


def on_page_content(html: str, **_) -> str:
    """Formulas as MathML, which browsers show without a script."""

    def formula(found: re.Match[str]) -> str:
        return convert(unescape(found[2]), display="inline" if found[1] == "span" else "block")

    return FORMULA.sub(formula, html)


def on_post_page(output: str, **_) -> str:
    """Without the links for which the theme's script would fetch a sitemap that is not there."""
    return ALTERNATE.sub("", output)


def on_post_template(output_content: str, **_) -> str:
    """The same for the page that stands for missing ones; from there a language begins at its start."""
    return LANGUAGE_LINK.sub(r'\1index.html"\2', ALTERNATE.sub("", output_content))


def pages(topics: list[build.Topic]) -> dict[str, str]:
    """The text of every file of the site, by its path."""
    origins = FILES | {f"docs/{path.name}": path.name for path in (ROOT / "docs").glob("*.md")}
    # Links name the English page: in each language they lead to the one of that language.
    targets = {origin: page.replace(".zh.", ".") for origin, page in origins.items()}
    targets |= {"notebooks/README.md": "notebooks/index.md", "d2l_multi/book": "reference.md"}
    files = {}
    for origin, page in origins.items():
        text = LANGUAGE_LINE.sub("", (ROOT / origin).read_text(encoding="utf-8"), count=1)
        files[page] = linked(markdown.tabs(text), origin, targets)
    return files | notebooks(topics) | api()


def linked(text: str, origin: str, targets: dict[str, str]) -> str:
    """Links between files of the project become links between pages."""

    def link(found: re.Match[str]) -> str:
        path, anchor = found[1], found[2] or ""
        target = normpath(PurePosixPath(origin).parent / path)
        if not path or not (ROOT / target).exists():
            return found[0]
        if target.endswith(".png"):  # pictures lie beside the pages
            return PurePosixPath(target).name
        if target not in targets:
            raise PluginError(f"{origin} links to {path}, which is no page of the site")
        return targets[target] + anchor

    return markdown.LINK.sub(link, text)


def notebooks(topics: list[build.Topic]) -> dict[str, str]:
    """The lessons as pages, and the notebooks as files."""
    found = build.notebooks(topics, build.FOLDER)
    files = {f"notebooks/{path.as_posix()}": text for path, text in found.items()}
    for language in build.LANGUAGES:
        suffix = "" if language == "en" else f".{language}"
        files[f"notebooks/index{suffix}.md"] = lessons.index(topics, language)
        for topic in topics:
            files[f"notebooks/{topic.name}{suffix}.md"] = lessons.page(topic, language)
    return files


def api() -> dict[str, str]:
    """The reference and the source that it links to."""
    written = reference.Reference()
    files = {"reference.md": written.page()}
    for path, anchors in written.sources.items():
        files[reference.page_of(path)] = reference.source_page(path, anchors)
    return files
