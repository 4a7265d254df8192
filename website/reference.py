"""The reference, from ``contract.py``, and the pages of source that it leads to."""

import inspect
import re
from html import escape
from pathlib import Path

import griffe
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from d2l_multi import contract
from notebooks.build import BACKENDS

ROOT = Path(__file__).resolve().parents[1]
HEADING = re.compile(r"^# --- (.+?)(?: \(book sections?: (.+)\))? -+$", re.MULTILINE)
CODE = re.compile(r"(``.+?``)|`([^`\n]+)`", re.DOTALL)
LABELS = {"parameters": "Args", "returns": "Returns", "raises": "Raises", "warns": "Warns"}
VALUES = "Values of the framework and of Matplotlib"
WIDTH = 72


class Reference:
    """Every public name by the heading it stands under, and where each backend defines it."""

    def __init__(self) -> None:
        loader = griffe.GriffeLoader(search_paths=[ROOT], allow_inspection=False)
        self.package = loader.load("d2l_multi")
        loader.resolve_aliases()
        self.stated = contract._stated()
        self.methods = {
            f"{name}.{method}": function
            for name, value in self.stated.items()
            if isinstance(value, type)
            for method, function in vars(value).items()
            if callable(function) and method != "__init__"
        }
        self.sources: dict[Path, dict[int, str]] = {}  # the lines that are linked to

    # --- Where names are defined ----------------------------------------------------------------------

    def definition(self, backend: str, name: str) -> tuple[Path, int]:
        """File and line; for what a backend takes from ``common``, those there."""
        module = self.package[backend]
        among_several = re.search(rf"^(\w+, )*{name}(, \w+)* = ", module.source, re.MULTILINE)
        if name not in module.members and among_several:
            return module.filepath.relative_to(ROOT), module.source.count("\n", 0, among_several.start()) + 1
        found = module.members.get(name) or module["__getattr__"]
        if found.is_alias:
            found = found.final_target
        return found.filepath.relative_to(ROOT), found.lineno

    def links(self, name: str) -> str:
        """A link to the definition in each backend."""
        found = []
        for backend, title in BACKENDS.items():
            path, line = self.definition(backend, name)
            anchor = self.sources.setdefault(path, {}).setdefault(line, name)
            found.append(f"[{title}]({page_of(path)}#{anchor})")
        return "Source: " + " · ".join(found) + "\n{ .source }\n"

    # --- The page -------------------------------------------------------------------------------------

    def page(self) -> str:
        """``reference.md``."""
        text = [f"# Reference\n\n{self.prose(inspect.getdoc(contract) or '')}\n", f"## {VALUES}\n"]
        for name, described in contract.VALUES.items():
            text += [f"### {name} {{ #{name} }}\n", self.prose(described) + "\n", self.links(name)]
        code = inspect.getsource(contract)
        headings = list(HEADING.finditer(code))
        lines = [code.count("\n", 0, heading.start()) for heading in headings]
        for heading, start, end in zip(headings, lines, [*lines[1:], len(code)]):
            text.append(f"## {heading[1]}\n")
            if heading[2]:
                text.append(f"In the book: {heading[2]}.\n{{ .source }}\n")
            for name, value in self.stated.items():
                if start < value_line(value) < end:
                    text += self.entry(name, value)
        return "\n".join(text)

    def entry(self, name: str, value) -> list[str]:
        text = [f"### {name} {{ #{name} }}\n"]
        if not isinstance(value, type):
            return [*text, signature(name, value), self.described(value, name), self.links(name)]
        if "__init__" in vars(value):
            text.append(signature(name, vars(value)["__init__"]))
        text += [self.described(value, name), self.links(name)]
        if "__init__" in vars(value):
            text.insert(-1, self.described(vars(value)["__init__"], name))
        for path, function in self.methods.items():
            if path.startswith(f"{name}."):
                method = path.removeprefix(f"{name}.")
                title = f"{name}[ ]" if method == "__getitem__" else path
                title = f"{name}( )" if method == "__call__" else title
                text.append(f"#### {title} {{ #{path} }}\n")
                if not method.startswith("__"):
                    text.append(signature(method, function))
                else:
                    text.append(special(name, method, function))
                text.append(self.described(function, name))
        return text

    def described(self, value, name: str) -> str:
        """The docstring of a value, which belongs to the entry ``name``."""
        text = []
        docstring = griffe.Docstring(inspect.getdoc(value) or "", parser="google")
        for section in docstring.parse(warnings=False):
            if section.kind.value == "text":
                text.append(self.prose(section.value, name) + "\n")
                continue
            text.append(f"**{LABELS[section.kind.value]}**\n")
            for item in section.value:
                title = getattr(item, "name", "") or item.annotation
                title = "" if section.kind.value == "returns" else f"`{title}`: "
                description = " ".join(item.description.split())
                text.append(f"- {title}{self.prose(description, name)}")
            text.append("")
        return "\n".join(text)

    def prose(self, text: str, name: str = "") -> str:
        """Code in double backticks stays code; a name in single ones becomes a link to its entry."""

        def link(code: re.Match[str]) -> str:
            method = f"{name}.{code[2]}"
            anywhere = [path for path in self.methods if path.endswith(f".{code[2]}")]
            if code[1]:
                return code[1]
            if code[2] in self.stated or code[2] in contract.VALUES:
                return f"[`{code[2]}`](#{code[2]})" if code[2] != name else code[0]
            if method in self.methods or len(anywhere) == 1:
                return f"[`{code[2]}`](#{method if method in self.methods else anywhere[0]})"
            return code[0]

        return CODE.sub(link, text)


def value_line(value) -> int:
    """The line of ``contract.py`` on which a function or class begins."""
    return inspect.getsourcelines(value)[1]


def signature(name: str, function) -> str:
    """How a function is called, as a block of code."""
    stated = inspect.signature(function)
    given = [parameter for parameter in stated.parameters.values() if parameter.name != "self"]
    text = name + str(stated.replace(parameters=given))
    if len(text) > WIDTH:
        lines = [f"    {line},\n" for line in split(text)]
        text = f"{name}(\n{''.join(lines)})"
    return f"```python\n{text}\n```\n"


def split(text: str) -> list[str]:
    """The parameters of a signature written on one line."""
    inside = text[text.index("(") + 1 : -1]
    depth, parts = 0, [""]
    for character in inside:
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


def special(name: str, method: str, function) -> str:
    """How a method with a name of Python's own is used."""
    arguments = str(inspect.signature(function)).replace("(self, ", "(")
    instance = name.lower()
    text = f"{instance}[{arguments[1:-1]}]" if method == "__getitem__" else f"{instance}{arguments}"
    return f"```python\n{text}\n```\n"


# --- Source -------------------------------------------------------------------------------------------


def page_of(path: Path) -> str:
    """The page that shows a file of the package."""
    return f"source/{'-'.join(path.with_suffix('').parts[1:])}.md"


def source_page(path: Path, anchors: dict[int, str]) -> str:
    """A file with its lines numbered, those with an anchor to be linked to."""
    code = (ROOT / path).read_text(encoding="utf-8")
    lines = highlight(code, PythonLexer(), HtmlFormatter(nowrap=True)).splitlines()
    width = len(str(len(lines)))
    html = []
    for number, line in enumerate(lines, 1):
        anchor = f' id="{escape(anchors[number])}"' if number in anchors else ""
        counter = f'<span class="linenos" data-linenos="{number:{width}} "></span>'
        html.append(f"<span{anchor}>{counter}{line}</span>")
    head = "---\nsearch:\n  exclude: true\nhide: [toc]\n---\n"
    block = "\n".join(html)
    title = path.as_posix()
    return f'{head}\n# {title}\n\n<div class="highlight"><pre><code>{block}\n</code></pre></div>\n'
