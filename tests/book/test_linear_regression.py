"""Linear regression as the book's readers write it in each framework, and where it must end."""

from importlib import import_module

import numpy as np
import pytest

from tests.native import native

TRUE_W, TRUE_B = [2, -3.4], 4.2
SEED = 2


# Parameters scatter by about 5e-4 around the truth, from seed to seed: one seeded run can be held to the
# book's 1e-3, an unseeded one only to 5 times the scatter (a false alarm in about one of 10^6 runs).
@pytest.mark.parametrize(("seed", "bound"), [(SEED, 1e-3), (None, 2.5e-3)])
@pytest.mark.parametrize("style", ["scratch", "concise"])
def test_training_ends_where_the_book_ends(d2l, backend, style, seed, bound):
    native(backend).set_seed(1)
    programs = import_module(f"tests.book.functional.{backend}")
    loss, w, b = getattr(programs, f"linear_regression_{style}")(d2l, seed)
    assert 4e-5 < loss < 6.5e-5  # the noise floor is 0.01² / 2
    assert np.abs(d2l.numpy(w).reshape(-1) - TRUE_W).max() < bound
    assert np.abs(d2l.numpy(b) - TRUE_B).max() < bound
