"""The reference, from the parts' contracts, and the pages of source that it leads to."""

import ast
import inspect
import re
from functools import cache
from html import escape
from pathlib import Path

import griffe
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from d2l_multi.book import contracts
from notebooks.build import BACKENDS

ROOT = Path(__file__).resolve().parents[1]
PARTS = Path("d2l_multi", "book")
TITLE = re.compile(
    r"(?P<title>[^(.]+?)(?: \((?P<sections>book sections?: [^)]+)\))?\.(?:\n\n(?P<text>.+))?", re.DOTALL
)
CODE = re.compile(r"(``.+?``)|`([^`\n]+)`", re.DOTALL)
LABELS = {"parameters": "Args", "returns": "Returns", "raises": "Raises", "warns": "Warns"}
WIDTH = 72


class Reference:
    """Every public name by the part that it belongs to, and where each backend defines it."""

    def __init__(self) -> None:
        self.stated = contracts.stated()
        self.values = contracts.values()
        self.methods = {
            f"{name}.{method}": function
            for name, value in self.stated.items()
            if isinstance(value, type)
            for method, function in vars(value).items()
            if callable(function) and method != "__init__"
        }
        self.sources: dict[Path, dict[int, str]] = {}  # the lines that are linked to

    def links(self, part: str, name: str) -> str:
        """A link to the definition in each backend."""
        found = []
        for backend, title in BACKENDS.items():
            path, line = definition(part, backend, name)
            anchor = self.sources.setdefault(path, {}).setdefault(line, name)
            found.append(f"[{title}]({page_of(path)}#{anchor})")
        return "Source: " + " · ".join(found) + "\n{ .source }\n"

    # --- The page -------------------------------------------------------------------------------------

    def page(self) -> str:
        """``reference.md``."""
        text = [f"# Reference\n\n{self.prose(inspect.getdoc(contracts) or '')}\n"]
        for part, contract in contracts.contracts().items():
            heading = TITLE.fullmatch(inspect.getdoc(contract) or "")
            assert heading is not None, f"{part}/contract.py begins with its title"
            text.append(f"## {heading['title']}\n")
            if heading["sections"]:
                text.append(f"In the book, {heading['sections'].removeprefix('book ')}.\n{{ .source }}\n")
            if heading["text"]:
                text.append(self.prose(heading["text"]) + "\n")
            for name in contract.__all__:
                text += self.entry(part, name)
        return "\n".join(text)

    def entry(self, part: str, name: str) -> list[str]:
        text = [f"### {name} {{ #{name} }}\n"]
        if name in self.values:
            return [*text, self.prose(self.values[name]) + "\n", self.links(part, name)]
        value = self.stated[name]
        if not isinstance(value, type):
            return [*text, signature(name, value), self.described(value, name), self.links(part, name)]
        if "__init__" in vars(value):
            text.append(signature(name, vars(value)["__init__"]))
        text += [self.described(value, name), self.links(part, name)]
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
            if code[2] in self.stated or code[2] in self.values:
                return f"[`{code[2]}`](#{code[2]})" if code[2] != name else code[0]
            if method in self.methods or len(anywhere) == 1:
                return f"[`{code[2]}`](#{method if method in self.methods else anywhere[0]})"
            return code[0]

        return CODE.sub(link, text)


@cache
def definition(part: str, backend: str, name: str) -> tuple[Path, int]:
    """File and line: natively, or where the part's package has it from, the same in every framework."""
    native = PARTS / part / f"{backend}.py"
    shared = [
        PARTS.parents[1].joinpath(*statement.module.split(".")).with_suffix(".py")
        for statement in tree(PARTS / part / "__init__.py").body
        if isinstance(statement, ast.ImportFrom) and statement.module
    ]
    for path in [native, *shared] if (ROOT / native).exists() else shared:
        if (ROOT / path).exists() and (line := lines(path).get(DEFINED_BY.get(name, name))):
            return path, line
    raise LookupError(f"nothing in {PARTS / part} defines {name}")


DEFINED_BY = {"plt": "lazy_module", "Image": "lazy_module"}  # which makes it when it is asked for


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


@cache
def lines(path: Path) -> dict[str, int]:
    """The line on which each name of a file is defined."""
    found = {}
    for statement in tree(path).body:
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            found[statement.name] = statement.lineno
        elif isinstance(statement, (ast.Assign, ast.AnnAssign)):
            names = (node for node in ast.walk(statement) if isinstance(node, ast.Name))
            found |= {node.id: node.lineno for node in names if isinstance(node.ctx, ast.Store)}
    return found


def signature(name: str, function) -> str:
    """How a function is called, as a block of code."""
    given = [p for p in inspect.signature(function).parameters.values() if p.name != "self"]
    parts = [str(parameter.replace(annotation=parameter.empty)) for parameter in given]
    kinds = [parameter.kind for parameter in given]
    if inspect.Parameter.KEYWORD_ONLY in kinds and inspect.Parameter.VAR_POSITIONAL not in kinds:
        parts.insert(kinds.index(inspect.Parameter.KEYWORD_ONLY), "*")
    text = f"{name}({', '.join(parts)})"
    if len(text) > WIDTH:
        text = "\n".join([f"{name}(", *(f"    {part}," for part in parts), ")"])
    return f"```python\n{text}\n```\n"


def special(name: str, method: str, function) -> str:
    """How a method with a name of Python's own is used."""
    given = list(inspect.signature(function).parameters.values())[1:]
    arguments = ", ".join(str(parameter.replace(annotation=parameter.empty)) for parameter in given)
    instance = name.lower()
    text = f"{instance}[{arguments}]" if method == "__getitem__" else f"{instance}({arguments})"
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
