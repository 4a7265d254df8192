"""What stands in two languages says the same: as many headings, the same code, numbers, names and links."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAIRS = {"README.md": "README.zh-CN.md"} | {
    f"docs/{path.name.replace('.zh.', '.')}": f"docs/{path.name}" for path in (ROOT / "docs").glob("*.zh.md")
}
CODE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("english", PAIRS)
def test_both_languages_say_the_same(english):
    one, other = (text(name) for name in (english, PAIRS[english]))
    assert CODE.findall(one) == CODE.findall(other)
    one, other = (CODE.sub("", page) for page in (one, other))
    assert headings(one) == headings(other)
    assert rows(one) == rows(other)
    assert sorted(spans(one)) == sorted(spans(other))
    assert sorted(links(one)) == sorted(links(other))


def test_every_page_for_users_is_there_in_both():
    pages = {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md") if ".zh." not in path.name}
    assert len(pages) >= 11 and {"README.md", *pages} == set(PAIRS)


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


def headings(page):
    return re.findall(r"^#+(?= )", page, re.MULTILINE)


def rows(page):
    """Of each row of a table, how many cells and which numbers it has."""
    found = re.findall(r"^\|.*\|$", page, re.MULTILINE)
    return [(row.count("|"), sorted(re.findall(r"\d[\d.,]*\d|\d", row))) for row in found]


def spans(page):
    return {re.sub(r"\s+", " ", span) for span in re.findall(r"`([^`]+)`", page)}


def links(page):
    """Where links lead, without the language and the heading."""
    found = [re.sub(r"\.zh(-CN)?\b|#.*", "", link) for link in re.findall(r"\]\(([^)]+)\)", page)]
    return {link or "#" for link in found}
