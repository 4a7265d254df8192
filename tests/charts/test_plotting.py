"""Plotting from any backend's tensors, and what it says of input that does not fit."""

import matplotlib.pyplot as plt
import numpy as np
import pytest


@pytest.fixture(autouse=True)
def closed():
    plt.close("all")
    yield
    plt.close("all")


def drawn(axes):
    return [(line.get_xdata().tolist(), line.get_ydata().tolist()) for line in axes.get_lines()]


def test_one_curve_several_and_their_axes(d2l):
    x = d2l.tensor([0.0, 1.0, 2.0])
    d2l.plot(x, [x * x, 2 * x], "x", "f(x)", legend=["square", "double"], xlim=[0, 2], yscale="linear")
    axes = plt.gca()
    assert drawn(axes) == [([0, 1, 2], [0, 1, 4]), ([0, 1, 2], [0, 2, 4])]
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_xlim()) == ("x", "f(x)", (0, 2))
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["square", "double"]


def test_what_people_pass(d2l):
    expected = [([0, 1, 2], [1, 2, 3])]
    for Y in (
        d2l.tensor([1.0, 2.0, 3.0]),
        [1, 2, 3],
        np.asarray([1, 2, 3]),
        d2l.as_parameter(np.asarray([1.0, 2, 3])),
    ):
        d2l.plot(Y)
        assert drawn(plt.gca()) == expected
    d2l.plot(d2l.tensor([0, 1, 2]), d2l.tensor([[1.0, 2, 3], [4.0, 5, 6]]))
    assert drawn(plt.gca()) == [*expected, ([0, 1, 2], [4, 5, 6])]
    d2l.plot([[0, 1], [0, 1, 2]], [d2l.tensor([5.0, 6.0]), d2l.tensor([1.0, 2, 3])])
    assert drawn(plt.gca()) == [([0, 1], [5, 6]), *expected]


def test_more_curves_than_formats(d2l):
    d2l.plot([0, 1], [[0, i] for i in range(6)])
    assert len(plt.gca().get_lines()) == 6


def test_plotting_again_and_again_uses_one_figure(d2l):
    for _ in range(30):
        d2l.plot([1, 2, 3])
    assert len(plt.get_fignums()) == 1 and len(plt.gca().get_lines()) == 1


def test_given_axes(d2l):
    _, (left, right) = plt.subplots(1, 2)
    d2l.plot([1, 2], axes=left)
    d2l.set_axes(right, "time", "speed", [1, 10], [1, 5], "log", "linear", ["a"])
    assert drawn(left) == [([0, 1], [1, 2])] and not right.get_lines()
    assert right.get_xscale() == "log" and right.get_ylim() == (1, 5)


def test_figure_size(d2l):
    d2l.set_figsize((5, 4))
    assert tuple(d2l.plt.rcParams["figure.figsize"]) == (5, 4)
    d2l.set_figsize()
    assert tuple(d2l.plt.rcParams["figure.figsize"]) == (3.5, 2.5)
    assert d2l.use_svg_display() is None


@pytest.mark.parametrize(
    ("X", "Y", "message"),
    [
        ([1, 2, 3], [1, 2], r"same length, got X of shape \(3,\) and Y of shape \(2,\)"),
        ([[1, 2], [3, 4]], [[1, 2]] * 3, "one X for all curves or one for each"),
        (np.zeros((2, 2, 2)), None, r"got shape \(2, 2, 2\)"),
        (1.0, None, r"curves of shape \(n,\)"),
    ],
)
def test_what_does_not_fit_is_named(d2l, X, Y, message):
    with pytest.raises(ValueError, match=message):
        d2l.plot(X, Y)


def test_an_unknown_name_is_an_attribute_error(d2l):
    with pytest.raises(AttributeError, match="no_such_name"):
        d2l.no_such_name  # noqa: B018
