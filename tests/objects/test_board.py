"""The board: what it remembers and draws. Where it is seen is tested in tests/display."""

import copy
import pickle

import numpy as np
import pytest
from matplotlib.figure import Figure

from d2l_multi.book.object_oriented.board import Point, ProgressBoard


def test_points_are_means_of_every_n():
    board = ProgressBoard("x")
    for x in np.arange(0, 10, 0.1):
        board.draw(x, np.sin(x), "sin", every_n=2)
        board.draw(x, np.cos(x), "cos", every_n=10)
    assert len(board.data["sin"]) == 50 and len(board.data["cos"]) == 10
    x = np.arange(0, 10, 0.1)
    np.testing.assert_allclose(board.data["sin"], np.stack([x, np.sin(x)]).T.reshape(50, 2, 2).mean(1))
    sin, cos = board.axes.get_lines()
    np.testing.assert_allclose(cos.get_xydata(), np.stack([x, np.cos(x)]).T.reshape(10, 10, 2).mean(1))
    assert [text.get_text() for text in board.axes.get_legend().get_texts()] == ["sin", "cos"]
    assert (sin.get_linestyle(), cos.get_linestyle()) == ("-", "--") and sin.get_color() == "C0"
    assert board.axes.get_xlabel() == "x"


def test_attributes_may_change_at_any_time():
    board = ProgressBoard(figsize=(5, 3))
    board.draw(1, 0.1, "loss")
    board.xlabel, board.yscale, board.xlim, board.ylim = "epoch", "log", [0, 10], [1e-3, 1]
    board.draw(2, 0.01, "loss")
    axes = board.axes
    assert axes.get_xlabel() == "epoch" and axes.get_yscale() == "log"
    assert axes.get_xlim() == (0, 10) and axes.get_ylim() == (1e-3, 1)
    assert tuple(board.fig.get_size_inches()) == (5, 3)


def test_without_limits_the_axes_follow_the_points():
    board = ProgressBoard()
    for x in range(5):
        board.draw(x, 100 * x, "y")
        board.fig  # noqa: B018 - as if it had been seen
    assert board.axes.get_xlim()[1] >= 4 and board.axes.get_ylim()[1] >= 400


def test_more_curves_than_styles():
    board = ProgressBoard(ls=["-", ":"], colors=["r"])
    for label in "abc":
        board.draw(0, 0, label)
    assert [line.get_linestyle() for line in board.axes.get_lines()] == ["-", ":", "-"]


def test_a_figure_of_the_users():
    axes = Figure().subplots()
    board = ProgressBoard(axes=axes)
    board.draw(0, 1, "y")
    assert board.axes is axes and len(axes.get_lines()) == 0
    assert board.fig is axes.figure and len(axes.get_lines()) == 1
    board.clear()
    assert len(axes.get_lines()) == 0
    figure = Figure()
    board = ProgressBoard(fig=figure)
    board.draw(0, 1, "y")
    assert board.fig is figure and len(figure.axes[0].get_lines()) == 1


def test_values_are_read_no_sooner_than_drawn():
    class Costly:
        def __float__(self):
            read.append(1)
            return 2.0

    read = []
    board = ProgressBoard()
    for x in range(3):
        board.draw(x, Costly(), "y", every_n=3)
        assert len(read) == (3 if x == 2 else 0)
    assert board.data == {"y": [Point(1, 2)]}


def test_a_new_chart_leaves_the_old_figure_alone():
    board = ProgressBoard()
    board.draw(0, 1, "y")
    before = board.fig
    board.clear()
    assert board.data == {} and len(before.axes[0].get_lines()) == 1
    assert board.fig is not before


@pytest.mark.parametrize("twin", [copy.copy, copy.deepcopy, lambda board: pickle.loads(pickle.dumps(board))])
def test_copies(twin):
    board = ProgressBoard("x")
    board.draw(0, 1, "y")
    board.fig  # noqa: B018
    again = twin(board)
    assert again.data == board.data and again.xlabel == "x"
    assert len(again.fig.axes[0].get_lines()) == 1


@pytest.mark.parametrize("every_n", [0, -1, 1.5])
def test_every_n_is_a_count(every_n):
    with pytest.raises((ValueError, TypeError), match="every_n must be a whole number of at least 1"):
        ProgressBoard().draw(0, 0, "y", every_n=every_n)
