"""What counts as a difference between two backends, and how it is said."""

import numpy as np
import pytest

from d2l_multi.testing.differences import Judge
from d2l_multi.testing.structures import NotComparable, flatten

ONES = np.ones((2, 3))


def judge(rtol=None, atol=0.0):
    return Judge("torch", "paddle", rtol, atol)


def compare(a, b, **tolerances):
    judge(**tolerances).compare("step 3", "step 2", dict(flatten({"x": a})), dict(flatten({"x": b})))


EQUAL = {
    "arrays": (ONES, ONES + 1e-13),
    "single precision": (np.float32(1), np.float32(1 + 5e-6)),
    "a Python number computed in single precision": (0.1, 0.1 + 5e-7),
    "integers of another width": (np.arange(3, dtype="int32"), np.arange(3, dtype="int64")),
    "not a number": (np.asarray([np.nan, np.inf]), np.asarray([np.nan, np.inf])),
    "complex": (np.asarray([1 + 2j]), np.asarray([1 + 2j + 1e-14])),
    "plain values": ({"a": ["b", None, True, b"c"]}, {"a": ("b", None, True, b"c")}),
    "nothing": (np.zeros((0, 3)), np.zeros((0, 3))),
    "a small number in an array of large ones": (np.asarray([1e6, 1e-9]), np.asarray([1e6, 2e-9])),
}


@pytest.mark.parametrize("case", EQUAL)
def test_what_agrees(case):
    compare(*EQUAL[case])


UNEQUAL = {
    "arrays": (
        ONES,
        ONES + np.eye(2, 3) * 1e-11,
        r"entry \['x'\]: index \(0, 0\) by 1.0e-11\n  torch +.*1.0.*\n  ",
    ),
    "shape": (ONES, ONES[:1], r"torch has array \(2, 3\) of float64, paddle array \(1, 3\)"),
    "precision": (ONES, ONES.astype("float32"), r"float64, paddle array \(2, 3\) of float32"),
    "kind": (np.arange(3), np.arange(3.0), "of integer, paddle .* of float64"),
    "integers": (np.arange(3), np.asarray([0, 1, 3]), r"index \(2,\).*\n.*\n.*\n.*they must be equal"),
    "not a number": (np.asarray([np.nan, 1]), np.ones(2), r"index \(0,\) by inf"),
    "infinite": (np.asarray([np.inf]), np.asarray([-np.inf]), "inf"),
    "sign": (0.5, -0.5, "by 1.0e.00"),
    "string": ("a", "b", "not equal\n  torch +'a'\n  paddle +'b'"),
    "missing": ({"a": 1, "b": 2}, {"a": 1}, r"entry \['x'\]\['b'\]: torch has it and paddle has not"),
    "too many": ([1], [1, 2], r"entry \['x'\]\[1\]: paddle has it and torch has not"),
    "number and array": (1.0, np.asarray(1.0), r"torch has number, paddle array \(\) of float64"),
    "truth": (True, 1, "torch has bool, paddle number"),
}


@pytest.mark.parametrize("case", UNEQUAL)
def test_what_parts(case):
    a, b, said = UNEQUAL[case]
    with pytest.raises(AssertionError, match=f"torch and paddle part at step 3.*{said}"):
        compare(a, b)


def test_the_tolerances_of_the_caller():
    compare(1.0, 1.1, rtol=0.11)
    compare(1.0, 1.1, rtol=0, atol=0.11)
    with pytest.raises(AssertionError, match=r"1.0e-12 allowed \(rtol 0, atol 1e-12\)"):
        compare(1.0, 1.0 + 1e-11, rtol=0, atol=1e-12)


def test_the_scale_is_the_largest_so_far():
    """A bias on its way through zero is judged by where it came from."""
    ours = judge(rtol=1e-3)
    ours.compare("step 0", None, {"b": np.asarray(100.0)}, {"b": np.asarray(100.05)})
    ours.compare("step 1", "step 0", {"b": np.asarray(1e-9)}, {"b": np.asarray(0.05)})
    assert abs(ours.deviation - 5e-4) < 1e-9
    with pytest.raises(AssertionError, match=r"Up to step 1 they agreed to 5.0e-04"):
        ours.compare("step 2", "step 1", {"b": np.asarray(1e-9)}, {"b": np.asarray(0.2)})


def test_all_entries_of_the_step_are_named():
    with pytest.raises(AssertionError) as error:
        compare(list(range(9)), [0, *range(2, 10)])
    assert "entry ['x'][1]: by 1.0e+00" in str(error.value)
    assert "Also at step 3: ['x'][2] by 1.0e+00; " in str(error.value) and "and 2 more." in str(error.value)


def test_what_cannot_be_compared_is_named():
    with pytest.raises(NotComparable, match=r"\['net'\]\[0\] is of type object; tensors, arrays"):
        dict(flatten({"net": [object()]}))


def test_tensors_of_a_backend_are_arrays(d2l, d2l_device):
    tensor = d2l.as_parameter(np.eye(2), d2l_device)
    ((path, array),) = flatten({"W": tensor})
    assert path == "['W']" and array.dtype == np.float64 and array.tolist() == [[1, 0], [0, 1]]
