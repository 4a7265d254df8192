"""A backend's stub: the contracts, with the types of the backend in place of those that know no framework.

``bindings/<backend>.pyi`` begins the stub. What it binds, such as ``_Tensor`` for ``Tensor``, is written out
where it is an alias: a reader meets ``torch.Tensor``. What is the stub's own begins with an underscore, for
tools not to offer it.
"""

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from d2l_multi.book import contracts
from tools.stubs.facades import literal

BINDINGS = Path(__file__).with_name("bindings")


def stub(backend: str) -> str:
    binding = ast.parse((BINDINGS / f"{backend}.pyi").read_text(encoding="utf-8"))
    types = _Bound(binding)
    imports, body = [node for node in binding.body if _is_import(node)], types.classes
    for contract in contracts.contracts().values():
        nodes = _of(backend, contracts.source(contract).body[1:])
        for node in nodes:
            if isinstance(node, ast.ImportFrom):
                here = node.module == "__future__" or str(node.module).endswith(".contract")
                imports += [] if here else [types.unbound(node)]
            elif module := _module(node):
                imports.append(module)
                next(nodes)  # what stands below says more than a tool shows of a module
            elif not isinstance(node, ast.Assign):  # __all__
                body.append(types.visit(node))
    tree = ast.Module([*imports, *_Signatures().visit(ast.Module(_overloads(body), [])).body], [])
    doc = f'"""What tools see of ``d2l_multi.{backend}``; written by ``python -m tools.stubs``."""'
    text = "\n".join([doc, ast.unparse(ast.fix_missing_locations(tree)), literal(contracts.names())])
    return _formatted(text, f"d2l_multi/{backend}.pyi")


def _is_import(node: ast.AST) -> bool:
    return isinstance(node, (ast.Import, ast.ImportFrom))


def _module(node: ast.stmt) -> ast.ImportFrom | None:
    """The import of what a contract states as ``name: Annotated[Any, "package.module"]``."""
    match node:
        case ast.AnnAssign(
            target=ast.Name(name),
            annotation=ast.Subscript(ast.Name("Annotated"), ast.Tuple([_, ast.Constant(str(path))])),
        ):
            package, _, module = path.rpartition(".")
            return ast.ImportFrom(package, [ast.alias(module, name)], 0)
    return None


def _of(backend: str, nodes: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """What a contract states for a backend: the branches of ``if BACKEND`` that hold, in classes too."""
    for node in nodes:
        if isinstance(node, ast.If):
            names = {"BACKEND": backend, "TYPE_CHECKING": True}
            holds = eval(compile(ast.Expression(node.test), "contract", "eval"), names)
            yield from _of(backend, node.body if holds else node.orelse)
            continue
        if isinstance(node, ast.ClassDef):
            node.body = _overloads(list(_of(backend, node.body)))
        if isinstance(node, ast.FunctionDef):
            if f"not_in({backend!r})" in map(ast.unparse, node.decorator_list):
                continue
            node.decorator_list = [mark for mark in node.decorator_list if not isinstance(mark, ast.Call)]
        yield node


class _Bound(ast.NodeTransformer):
    """Puts a backend's types in the place of those of ``d2l_multi.book.types``."""

    def __init__(self, binding: ast.Module) -> None:
        self.classes: list[ast.stmt] = [node for node in binding.body if isinstance(node, ast.ClassDef)]
        self.types: dict[str, ast.expr] = {
            node.name[1:]: ast.Name(node.name) for node in self.classes if isinstance(node, ast.ClassDef)
        }
        for node in binding.body:
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
                self.types[node.target.id[1:]] = node.value

    def unbound(self, node: ast.ImportFrom) -> ast.ImportFrom:
        """An import without the names that the backend binds."""
        names = [alias for alias in node.names if alias.name not in self.types]
        return ast.ImportFrom(node.module, names, node.level)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.types.get(node.id, node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AnnAssign:
        """``nn_Module: type[NativeModule]`` becomes an alias, which classes can be derived from."""
        match node.annotation:
            case ast.Subscript(ast.Name("type"), bound):
                return ast.AnnAssign(node.target, ast.Name("TypeAlias"), self.visit(bound), 1)
        node.annotation = self.visit(node.annotation)
        return node


def _decorated(node: ast.stmt, name: str) -> bool:
    decorators = getattr(node, "decorator_list", [])
    return any(isinstance(found, ast.Name) and found.id == name for found in decorators)


def _overloads(nodes: list[ast.stmt]) -> list[ast.stmt]:
    """Overloads in place of the function that follows them, each with its docstring."""
    kept: list[ast.stmt] = []
    forms: list[ast.FunctionDef] = []
    for node in nodes:
        if isinstance(node, ast.FunctionDef) and _decorated(node, "overload"):
            forms.append(node)
        elif forms and isinstance(node, ast.FunctionDef):
            for form in forms:
                form.body = node.body
                if len(forms) == 1:
                    form.decorator_list = []
            kept += forms
            forms = []
        else:
            kept.append(node)
    return kept


class _Signatures(ast.NodeTransformer):
    """Bodies are docstrings alone; what subclasses define may have any names and further parameters there."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        if _decorated(node, "of_subclasses"):
            node.decorator_list = []
            args, Any = node.args, ast.Name("Any")
            args.posonlyargs, args.args = args.args, []
            args.vararg, args.kwarg = ast.arg("args", Any), ast.arg("kwargs", Any)
        return node


def _formatted(text: str, name: str) -> str:
    """In the project's style: imports sorted and those left out that nothing uses."""
    for command in (["check", "--fix", "--quiet", "--exit-zero", "--select=I,F401"], ["format", "--quiet"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--stdin-filename", name, "-"]
        text = subprocess.run(
            ruff, input=text, capture_output=True, encoding="utf-8", check=True, cwd=BINDINGS.parents[2]
        ).stdout
    return text
