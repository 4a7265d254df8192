"""Every name of the contract in cases that hypothesis draws: what NumPy says, in all four backends."""

import os
import random
import time
import zlib

import pytest
from hypothesis.errors import Flaky

from d2l_multi.book import contracts
from tests.differential import convolution, data, drawing, parameters, sequences, tensors, training  # noqa: F401 - they register
from tests.differential.entries import ENTRIES, WITHOUT_A_CASE, Finding, Framework, covered

EXAMPLES = 100  # of a name that costs nothing; all names in all backends take two minutes on two cores


def names():
    """What needs an entry: all names of the contract, and the methods of its classes."""
    yield from contracts.names()
    for name, stated in contracts.stated().items():
        if isinstance(stated, type):
            for method, function in vars(stated).items():
                if callable(function) and method not in ("__init__", "__call__"):
                    yield f"{name}.{method}"


@pytest.mark.parametrize("name", list(names()))
def test_every_name_has_a_strategy_or_a_reason_to_have_none(name):
    assert name in covered(), f"{name} needs an entry in tests/differential"


def test_an_entry_is_of_the_contract():
    assert covered() - set(names()) == set()
    assert all(WITHOUT_A_CASE.values())
    assert all(one.oracle is not None for one in ENTRIES.values())


def held(d2l, backend, name, examples, number):
    try:
        return ENTRIES[name].hold(d2l, Framework(backend), examples, number)
    except Finding as found:
        message = str(found)  # which says all that there is to say
    except Flaky as error:  # as of memory that nobody has written to
        message = f"{name} in {backend}, seed {number}: not the same twice: {error}"
    pytest.fail(message, pytrace=False)


@pytest.mark.parametrize("name", ENTRIES)
def test_a_name_gives_what_numpy_says(d2l, backend, name):
    """The seed is fixed, so that every backend, and everybody, draws the same cases."""
    held(d2l, backend, name, EXAMPLES, zlib.crc32(name.encode()))


@pytest.mark.slow
def test_all_names_for_as_long_as_there_is_time(d2l, backend):
    """Minutes for each backend in DIFFERENTIAL_MINUTES, the first seed in DIFFERENTIAL_SEED."""
    minutes = float(os.environ.get("DIFFERENTIAL_MINUTES", 1))
    number = int(os.environ.get("DIFFERENTIAL_SEED", random.randrange(2**32)))
    print(f"{backend}: DIFFERENTIAL_SEED={number}")
    end, examples = time.monotonic() + 60 * minutes, EXAMPLES
    while time.monotonic() < end:
        for name in ENTRIES:
            held(d2l, backend, name, examples, number)
            if time.monotonic() > end:
                break
        number, examples = number + 1, min(2 * examples, 1000)
