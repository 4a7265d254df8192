"""Each backend against the contracts: names, parameters, docstrings."""

import inspect

import pytest

from d2l_multi.book import contracts

STATED = contracts.stated()


def members(stated):
    """A contract entry and, for a class, its methods, as (path, stated function)."""
    if not isinstance(stated, type):
        return [((), stated)]
    return [((name,), method) for name, method in vars(stated).items() if callable(method)]


ENTRIES = [
    pytest.param(name, path, function, id=".".join((name, *path)))
    for name, stated in STATED.items()
    for path, function in members(stated)
]


@pytest.mark.parametrize("name", contracts.names())
def test_name_is_offered(d2l, name):
    assert getattr(d2l, name, None) is not None


@pytest.mark.parametrize(("name", "path", "stated"), ENTRIES)
def test_parameters_are_those_stated(d2l, name, path, stated):
    offered = getattr(d2l, name)
    for attribute in path:
        offered = getattr(offered, attribute)
    assert described(offered) == described(stated)


def described(function):
    return [(p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values()]


@pytest.mark.parametrize("name", STATED)
def test_docstring_is_inherited(d2l, name):
    assert inspect.getdoc(getattr(d2l, name)) == inspect.getdoc(STATED[name])
    assert inspect.getdoc(STATED[name])


def test_star_import_offers_the_contract_and_nothing_else(d2l):
    namespace = {}
    exec(f"from {d2l.__name__} import *", namespace)
    namespace.pop("__builtins__")
    assert sorted(namespace) == contracts.names()


@pytest.mark.parametrize("name", STATED)
def test_every_docstring_is_a_sentence_or_more(name):
    assert STATED[name].__doc__.strip().split("\n")[0].rstrip().endswith((".", ",")), STATED[name].__doc__


def test_the_contract_test_sees_a_wrong_default(d2l):
    def linreg(X, w, b=0):
        pass

    assert described(linreg) != described(STATED["linreg"])
