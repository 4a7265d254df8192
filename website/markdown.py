"""Markdown as GitHub shows it, made into Markdown as the site shows it."""

import re
from textwrap import indent

TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)
CAPTION = re.compile(r"<th>(.*?)</th>")
CELL = re.compile(r"<td>\n(.*?)\n</td>", re.DOTALL)
LINK = re.compile(r"(?<=\]\()([^)#\s:]*)(#[^)\s]*)?(?=\))")


def tab(title: str, text: str) -> str:
    """One of several texts of which the reader sees one."""
    return f'=== "{title}"\n\n{indent(text.strip(), "    ")}\n'


def tabs(text: str) -> str:
    """Tables of programs side by side become tabs, which fit a phone."""

    def replace(table: re.Match[str]) -> str:
        return "\n".join(map(tab, CAPTION.findall(table[0]), CELL.findall(table[0])))

    return TABLE.sub(replace, text)


def sections(text: str, level: int = 2) -> dict[str, str]:
    """The text under each heading of a level; what comes before the first is under an empty one."""
    title, found, fenced = "", {"": ""}, False
    for line in text.splitlines(keepends=True):
        fenced ^= line.startswith("```")
        if line.startswith("#" * level + " ") and not fenced:
            title = line.lstrip("#").strip()
            found[title] = ""
        else:
            found[title] += line
    return found


def raised(text: str) -> str:
    """The text with each heading one level up."""
    parts = re.split(r"(^```.*?^```$)", text, flags=re.DOTALL | re.MULTILINE)
    return "".join(
        part if part.startswith("```") else re.sub("^##", "#", part, flags=re.MULTILINE) for part in parts
    )


def slug(title: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
