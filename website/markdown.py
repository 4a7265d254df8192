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
