"""A test of a user's own, who has installed the package in the folder that PYTHONPATH names."""

import os

import pytest

import d2l_multi
from d2l_multi.testing import assert_parity


def test_installed(d2l):
    assert d2l_multi.__file__.startswith(os.environ["PYTHONPATH"])
    assert d2l.size(d2l.zeros(2, 3)) == 6


@pytest.mark.d2l_parity(backends=["torch", "mxnet"])
def test_marked(d2l):
    yield from d2l.load_array(d2l.synthetic_data([1.0], 0, 10, seed=0), 3, seed=0)


def test_function():
    assert_parity(lambda d2l: d2l.exp(d2l.arange(3.0)), backends=["torch", "mxnet"])
