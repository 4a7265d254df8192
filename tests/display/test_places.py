"""Where the display layer believes it is, and what it leaves behind where nothing is seen."""

import os
import subprocess
import sys
import time

import matplotlib.pyplot as plt
import numpy as np
import pytest

from d2l_multi.book.charts import display
from d2l_multi.book.charts.animator import Animator
from d2l_multi.book.charts.plotting import plot
from d2l_multi.book.object_oriented.board import ProgressBoard
from tests.display.programs import slow_fit, slow_training


@pytest.fixture(autouse=True)
def closed():
    plt.close("all")
    yield
    plt.close("all")


@pytest.mark.parametrize("chosen", ["window", "terminal", "none"])
def test_the_variable_overrides_the_guess(monkeypatch, chosen):
    monkeypatch.setenv("D2L_MULTI_DISPLAY", chosen)
    assert display.place() == chosen


def test_a_wrong_variable_is_named(monkeypatch):
    monkeypatch.setenv("D2L_MULTI_DISPLAY", "hologram")
    with pytest.raises(ValueError, match=r"D2L_MULTI_DISPLAY must be one of 'notebook', .*got 'hologram'"):
        Animator()


def test_where_there_is_no_notebook_nobody_prints_figures(monkeypatch):
    monkeypatch.setenv("D2L_MULTI_DISPLAY", "notebook")
    assert display.place() == "none"


def test_without_a_display_stdout_stays_clean_and_no_figure_stays_open(tmp_path):
    program = slow_fit(epochs=2, pause=0) + "history.fig.savefig('board.png')\n"
    program += slow_training(epochs=2, pause=0) + (
        "import sys\nimport matplotlib.pyplot as plt\n"
        "print(history)\nhistory.fig.savefig('curves.png')\n"
        "charts = [d2l.Animator(xlim=[1, 3]) for _ in range(30)]\n"
        "[chart.add(1, 0.5) for chart in charts]\nprint(plt.get_fignums())\n"
    )
    with (tmp_path / "out.txt").open("w") as out:
        run = subprocess.run(
            [sys.executable, "-W", "error", "-W", "ignore::UserWarning:__main__", "-c", program],
            cwd=tmp_path,
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "DISPLAY": ""},
        )
    lines = (tmp_path / "out.txt").read_text().splitlines()
    assert run.returncode == 0 and run.stderr == "", run.stderr
    assert len(lines) == 2 and lines[0].startswith("History of 2 epochs: ") and lines[1] == "[]"
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_a_window_is_one_window(monkeypatch):
    monkeypatch.setenv("D2L_MULTI_DISPLAY", "window")
    for _ in range(5):
        chart = Animator(xlabel="epoch", xlim=[1, 3])
        for x in (1, 2, 3):
            chart.add(x, [x, 2 * x])
        chart.finish()
    assert len(plt.get_fignums()) == 1
    lines = plt.gcf().axes[0].get_lines()
    assert [line.get_ydata() for line in lines] == [[1, 2, 3], [2, 4, 6]]


def test_a_board_that_is_told_to_show_nothing(monkeypatch):
    monkeypatch.setenv("D2L_MULTI_DISPLAY", "window")
    for shown in (True, False):
        plt.close("all")
        board = ProgressBoard(display=shown)
        board.draw(1, 2, "y")
        board.finish()
        assert len(plt.get_fignums()) == shown and len(board.fig.axes[0].get_lines()) == 1


class Counted(display.Throttled):
    """A view whose drawings take 10 ms."""

    drawings = 0

    def draw(self):
        self.drawings += 1
        time.sleep(0.01)


def test_drawing_is_throttled_and_the_last_state_is_drawn():
    view = Counted(None, display.TRAINING)
    begun = time.perf_counter()
    while time.perf_counter() - begun < 1.2:
        view.changed()
    # The first is free; then each is paid for by fifty times its length.
    assert 2 <= view.drawings <= 5
    before = view.drawings
    view.changed()
    view.finish()
    view.finish()
    assert view.drawings == before + 1 and not view.stale


def test_points_are_added_without_touching_the_lines():
    chart = Animator(legend=["a"])
    chart.add(1, 1)
    line = chart.fig.axes[0].get_lines()[0]
    for x in range(2, 1000):
        chart.add(x, x)
    assert len(line.get_xdata()) == 1  # not yet: nobody has looked
    assert len(chart.fig.axes[0].get_lines()[0].get_xdata()) == 999
    assert chart.fig.axes[0].get_lines() == [line]


def test_plot_in_a_loop_uses_one_figure_elsewhere():
    for _ in range(30):
        plot(np.arange(3), np.arange(3))
    assert len(plt.get_fignums()) == 1
