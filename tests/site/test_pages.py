"""The built files: every link leads somewhere, nothing is fetched, and the reference is whole."""

import re
from base64 import b64decode
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin

import pytest

from d2l_multi.book import contracts
from notebooks import build, outputs
from notebooks.build import BACKENDS

pytestmark = pytest.mark.xdist_group("site")

CONTRACTS = contracts.contracts().values()
TEXT = "".join(Path(contract.__file__).read_text(encoding="utf-8") for contract in CONTRACTS)
TOPICS = build.topics(build.FOLDER)
NAMES = [name for contract in CONTRACTS for name in contract.__all__]
IN_CHINESE = [
    "index",
    "install",
    "from-d2l",
    "notebooks/index",
    "compare",
    "data",
    "charts",
    "object-oriented",
]
IN_CHINESE += ["judging", "own-experiment", "grid", "parity", "performance", "troubleshooting", "faults"]
IN_CHINESE += ["launch"]
# The one that backends make when it is asked for.
DEFINED_AS = {"plt": "lazy_module", "Image": "lazy_module"}


class Page(HTMLParser):
    """The anchors, links and fetched files of a page."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.fetched = set(), [], []
        self.text = path.read_text(encoding="utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.ids |= {found.get("id"), found.get("name") if tag == "a" else None} - {None}
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        elif tag in {"script", "img", "iframe", "source"} and "src" in found:
            self.fetched.append(found["src"])
        elif tag == "link" and found.get("rel") != "canonical":
            self.fetched.append(found["href"])


@pytest.fixture(scope="module")
def pages(site):
    return {path.relative_to(site).as_posix(): Page(path) for path in site.rglob("*.html")}


def test_every_link_and_anchor_leads_somewhere(site, pages):
    broken = []
    for name, page in pages.items():
        for link in [*page.links, *page.fetched]:
            if re.match("https?:|mailto:|data:", link):
                continue
            path, _, anchor = unquote(urljoin(f"/{name}", link)).removeprefix("/").partition("#")
            path = path.partition("?")[0]
            there = (site / path).is_file()
            if not there or (anchor and path.endswith(".html") and anchor not in pages[path].ids):
                broken.append(f"{name}: {link}")
    assert broken == []
    assert len(pages) > 50


def test_every_formula_is_understood(pages):
    for name, page in pages.items():
        assert 'class="arithmatex"' not in page.text and not re.search(r"<m[iot][^>]*>\\", page.text), name


def test_nothing_is_fetched_from_elsewhere(site, pages):
    fetched = {file for page in pages.values() for file in page.fetched}
    assert not [file for file in fetched if re.match("(https?:)?//", file)]
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*['\"]?(https?:)?//", sheet.read_text(encoding="utf-8")), (
            sheet
        )


@pytest.mark.parametrize("tree", ["", "zh/"])
def test_every_name_is_in_the_reference_with_its_four_definitions(pages, tree):
    reference = pages[f"{tree}reference.html"]
    assert set(NAMES) <= reference.ids
    entries = re.split(r'(?=<h[23] id=")', reference.text)
    for name in NAMES:
        entry = next(entry for entry in entries if entry.startswith(f'<h3 id="{name}"'))
        links = re.findall(r'<a href="(source/[\w-]+\.html)#([\w.]+)">(\w+)</a>', entry)
        assert [title for *_, title in links] == list(BACKENDS.values()), name
        for path, anchor, _ in links:
            line = re.search(
                rf'^(?:.*<code>)?<span id="{anchor}">(.*)$', pages[tree + path].text, re.MULTILINE
            )
            code = unescape(re.sub("<.*?>", "", line[1])).strip()
            called = re.escape(DEFINED_AS.get(name, name))
            assert re.match(rf"(def|class) {called}\b|(.*, )?{called}\b.* = ", code), (name, path, code)


def test_the_reference_has_the_headings_of_the_contract_in_their_order(pages):
    text = pages["reference.html"].text
    names = re.findall(r'<h3 id="(\w+)"', text)
    assert names == NAMES
    assert len(re.findall(r'<h2 id="', text)) == len(CONTRACTS)


def test_names_in_single_backticks_are_links(pages):
    text = pages["reference.html"].text
    singles = re.findall(r"(?<!`)`(\w+)`(?!`)", TEXT)
    known = {name for name in singles if name in NAMES}
    assert len(known) > 15
    for name in known:
        assert f'<a href="#{name}"><code>{name}</code></a>' in text, name
    assert not re.search(r"<(p|li)>[^<]*`", text)


@pytest.mark.parametrize("tree", ["", "zh/"])
@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_lesson_shows_what_its_cells_do_in_each_framework(site, pages, topic, tree):
    page = pages[f"{tree}notebooks/{topic.name}.html"]
    read = unescape(re.sub("<[^>]*>", "", page.text))
    pictures = [link for link in page.fetched if f"pictures/{topic.name}/" in link]
    assert pictures == list(dict.fromkeys(pictures)), "each once"
    shown = []
    for backend in topic.backends:
        for cell in outputs.cells(build.kept(topic, "en", backend, build.FOLDER)):
            shown += outputs.pictures(cell)
            said = [outputs.text(output) for output in cell.outputs if not outputs.picture(output)]
            assert all(text.rstrip() in read for text in said), (backend, cell.source)
    files = [site / urljoin(f"{tree}notebooks/", link) for link in pictures]
    assert sorted(file.read_bytes() for file in files) == sorted(map(b64decode, shown)) != []


@pytest.mark.parametrize("tree", ["", "zh/"])
def test_the_list_of_lessons_has_a_picture_of_each(pages, tree):
    page = pages[f"{tree}notebooks/index.html"]
    covers = [Path(link).stem for link in page.fetched if "covers/" in link]
    assert covers == [topic.name for topic in TOPICS]
    assert all(f"{topic.name}.html" in page.links for topic in TOPICS)


def test_what_the_reader_from_d2l_is_told_to_be_missing_is_missing(pages):
    text = pages["from-d2l.html"].text
    part = text[text.index('id="what-is-not-here"') : text.index('id="what-you-may-notice"')]
    names = set(re.findall(r"<code>(\w+)</code>", part))
    assert len(names) > 15 and not names & set(NAMES)


def test_every_page_for_users_is_in_chinese(pages):
    for name in IN_CHINESE:
        content = re.search(r"<article.*?</article>", pages[f"zh/{name}.html"].text, re.DOTALL)[0]
        assert len(re.findall("[\u4e00-\u9fff]", content)) > 100, name
