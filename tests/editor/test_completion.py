"""What Jedi offers, which completes in Jupyter: the API, with signatures and docstrings."""

import inspect
from pathlib import Path

import jedi
import pytest

from d2l_multi import BACKENDS
from d2l_multi.book import contracts

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module", autouse=True)
def cache_of_its_own(tmp_path_factory):
    """Jedi reads what another process is writing: two workers of pytest must not share its folder."""
    shared = jedi.settings.cache_directory
    jedi.settings.cache_directory = str(tmp_path_factory.mktemp("jedi"))
    yield
    jedi.settings.cache_directory = shared


def script(backend, code):
    project = jedi.Project(ROOT, added_sys_path=[str(ROOT)])
    return jedi.Script(f"from d2l_multi import {backend} as d2l\n{code}", project=project)


def offered(completions):
    return sorted(c.name for c in completions if not c.name.startswith("__"))


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_names_of_the_api_and_no_others(backend):
    assert offered(script(backend, "d2l.").complete()) == contracts.names()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("name", "parameters"), [("linreg", "X w b"), ("Trainer", "max_epochs num_gpus")])
def test_signature_and_docstring(backend, name, parameters):
    (signature,) = script(backend, f"d2l.{name}(").get_signatures()
    assert [param.name for param in signature.params][: len(parameters.split())] == parameters.split()
    (found,) = (c for c in script(backend, f"d2l.{name}").complete() if c.name == name)
    assert inspect.getdoc(contracts.stated()[name]).split("\n")[0] in found.docstring()


def test_with_the_module_itself(d2l):
    interpreter = jedi.Interpreter("d2l.", [{"d2l": d2l}])
    assert offered(interpreter.complete()) == contracts.names()
