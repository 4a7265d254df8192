"""The list of faults keeps up with the code; whether they are caught says ``python -m tests.mutation``."""

import ast
from pathlib import Path

import pytest

import d2l_multi
from d2l_multi import BACKENDS
from d2l_multi.compare.experiments import EXPERIMENTS
from tests.mutation.faults import COMPARED, FAULTS, Fault
from tests.mutation.planting import Moved, changed

PACKAGE = Path(d2l_multi.__file__).parent
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_can_be_planted(fault):
    file, text = changed(PACKAGE, fault)
    assert ast.dump(ast.parse(text)) != ast.dump(ast.parse(file.read_text()))
    assert fault.backend in BACKENDS and (ROOT / fault.tests.partition("::")[0]).exists()


@pytest.fixture
def package(tmp_path):
    """A package whose ``step`` and whose ``Trainer`` have moved to another file."""
    (tmp_path / "old.py").write_text("lr = 1\n\n\ndef walk():\n    return lr\n")
    (tmp_path / "new.py").write_text(
        "def step(x):\n    return x - 1\n\n\nclass Trainer:\n"
        "    def step(self):\n        return 1 - 1\n\n    def fit(self):\n        return 1 - 1\n"
    )
    return tmp_path


def planted(package, where, before="- 1"):
    file, text = changed(package, Fault("a sign", where, before, "+ 1", "torch"))
    return file.name, text


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("old.py::step", "'a sign': old.py defines no step; .*there are new.py::Trainer.step, new.py::step"),
        ("old.py::Trainer.fit", "old.py defines no Trainer.fit; .*there are new.py::Trainer.fit"),
        ("gone.py::step", "has no file gone.py; .*there are new.py::Trainer.step, new.py::step"),
        ("old.py::run", "old.py defines no run; no other place in the package defines that name"),
        ("old.py::walk", "(?s)in walk of old.py .*- 1\n.*0 times; no other place"),
        ("new.py::Trainer", "(?s)in Trainer of new.py .*- 1\n.*2 times; no other place"),
    ],
)
def test_a_fault_whose_code_moved_says_so(package, where, said):
    with pytest.raises(Moved, match=said):
        planted(package, where)


def test_a_change_is_made_in_what_the_fault_names_and_nowhere_else(package):
    source = (package / "new.py").read_text()
    for where, line in {"step": "return x - 1", "Trainer.fit": "return 1 - 1"}.items():
        before, _, after = source.partition(line) if where == "step" else source.rpartition(line)
        changed_line = line.replace("- 1", "+ 1")
        assert planted(package, f"new.py::{where}") == ("new.py", before + changed_line + after)


def test_there_are_enough_and_they_reach_every_backend():
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 25
    assert {fault.backend for fault in FAULTS} == set(BACKENDS)


def test_faults_that_a_training_shows_are_faults_of_experiments():
    assert set(COMPARED) <= {fault.name for fault in FAULTS}
    assert set(COMPARED.values()) <= set(EXPERIMENTS)
