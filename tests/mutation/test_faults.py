"""The list of faults keeps up with the code; whether they are caught says ``python -m tests.mutation``."""

import ast
from pathlib import Path

import pytest

import d2l_multi
from d2l_multi import BACKENDS
from d2l_multi.compare.experiments import EXPERIMENTS
from tests.mutation.faults import COMPARED, FAULTS

PACKAGE = Path(d2l_multi.__file__).parent


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_can_be_planted(fault):
    text = (PACKAGE / fault.where).read_text()
    assert text.count(fault.before) == 1 and fault.backend in BACKENDS
    assert ast.dump(ast.parse(text.replace(fault.before, fault.after))) != ast.dump(ast.parse(text))


def test_there_are_enough_and_they_reach_every_backend():
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 25
    assert {fault.backend for fault in FAULTS} == set(BACKENDS)


def test_faults_that_a_training_shows_are_faults_of_experiments():
    assert set(COMPARED) <= {fault.name for fault in FAULTS}
    assert set(COMPARED.values()) <= set(EXPERIMENTS)
