"""Where figures are seen: in a notebook, in a window, as a line in a terminal, or not at all.

Everything that draws goes through here, so that it behaves the same: one output, updated in place, no more
often than training can spare, and the last state always drawn.
"""

import os
import sys
import time
from collections.abc import Callable
from typing import Any, Literal, NamedTuple, Protocol, get_args

from d2l_multi.book.distribution.workers import is_first
from d2l_multi.checks import one_of
from d2l_multi.compat import private

Place = Literal["notebook", "window", "terminal", "none"]


class Progress(NamedTuple):
    """For a terminal: what x is, where it stands and ends, and each curve's name and latest value."""

    name: str
    now: float
    end: float | None
    values: list[tuple[str, float]]


class Chart(Protocol):
    """What can be watched: an `Animator`, a `ProgressBoard`, a figure that ``plot`` draws again and again."""

    ends: bool  # whether nothing more comes as soon as progress is at its end

    def figure(self) -> Any:
        """The figure, up to date."""

    def progress(self) -> Progress: ...


def place() -> Place:
    """Where a figure of this process is seen; ``D2L_MULTI_DISPLAY`` overrides the guess.

    Of several workers only the first is seen.
    """
    if not is_first():
        return "none"
    chosen = os.environ.get("D2L_MULTI_DISPLAY")
    if chosen:
        found: Place = one_of("the environment variable D2L_MULTI_DISPLAY", chosen, get_args(Place))
        return "none" if found == "notebook" and shell() is None else found
    if hasattr(shell(), "kernel"):
        return "notebook"
    if _has_window():
        return "window"
    return "terminal" if _is_terminal() else "none"


def shell() -> Any:
    """IPython's shell if this process is one; IPython is never imported for it."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def _has_window() -> bool:
    """Whether the user wants figures that stay up to date, by ``plt.ion()`` or in an IDE's pane."""
    matplotlib = sys.modules.get("matplotlib")
    if matplotlib is None or not matplotlib.is_interactive():
        return False
    chosen = private.matplotlib_backend()
    return chosen is not None and chosen.lower() not in ("agg", "pdf", "ps", "svg", "cairo", "template")


def _is_terminal() -> bool:
    if not is_first():
        return False
    handed_on = os.environ.get("D2L_MULTI_TERMINAL") == "1"  # by the launcher, which has one
    return handed_on or all(stream is not None and stream.isatty() for stream in (sys.stdout, sys.stderr))


def shows_progress() -> bool:
    """Whether a line about progress is welcome: in a terminal, unless ``D2L_MULTI_PROGRESS=0``."""
    return os.environ.get("D2L_MULTI_PROGRESS") != "0" and _is_terminal()


# What drawing may take of the time that passes: beside training, and where a loop is there to be watched.
TRAINING, ANIMATION = 0.02, 0.2


def view(chart: Chart, share: float = TRAINING) -> "View":
    """The view that suits the place."""
    views = {"notebook": NotebookView, "window": WindowView, "terminal": TerminalView, "none": View}
    return views[place()](chart, share)


class View:
    """Shows nothing: the figure is there for whoever asks."""

    def __init__(self, chart: Chart, share: float) -> None:
        self.chart, self.share = chart, share

    def changed(self) -> None:
        """There is something new to see."""

    def finish(self) -> None:
        """Nothing more will come for now: draw what is not drawn yet."""


class Throttled(View):
    """Draws at once, and then as often as a share of the time that passes allows."""

    def __init__(self, chart: Chart, share: float) -> None:
        super().__init__(chart, share)
        self.begun = time.perf_counter()
        self.spent = 0.0  # on drawing, apart from the first time, which loads what drawing needs
        self.drawn = False
        self.stale = False

    def changed(self) -> None:
        self.stale = True
        if not self.drawn or self.spent <= self.share * (time.perf_counter() - self.begun):
            self._draw()

    def finish(self) -> None:
        if self.stale:
            self._draw()

    def _draw(self) -> None:
        start = time.perf_counter()
        self.draw()
        self.spent += time.perf_counter() - start if self.drawn else 0.0
        self.drawn, self.stale = True, False

    def draw(self) -> None:
        raise NotImplementedError


class NotebookView(Throttled):
    """One output of the cell that runs, updated in place; the end of the cell draws the last state."""

    def __init__(self, chart: Chart, share: float) -> None:
        super().__init__(chart, share)
        self.output: Any = None

    def draw(self) -> None:
        if self.output is None:
            from IPython.display import display

            self.output = display(self.chart.figure(), display_id=True)
            at_end_of_cell(self.finish)
        else:
            self.output.update(self.chart.figure())

    def finish(self) -> None:
        super().finish()
        self.output = None  # a later cell gets an output of its own


class WindowView(Throttled):
    """A window, or an IDE's pane, that stays up to date."""

    def draw(self) -> None:
        import matplotlib.pyplot as plt

        canvas = self.chart.figure().canvas
        canvas.draw_idle()
        plt.show(block=False)
        canvas.flush_events()


class TerminalView(View):
    """A line with a bar, the latest values, and the time left; it stays when all is done."""

    BAR = "{desc} {n:.3g}/{total:g} |{bar:10}| {elapsed}<{remaining}{postfix}, {rate_fmt}"
    COUNT = "{desc} {n:.3g} {elapsed}{postfix}, {rate_fmt}"  # where nobody knows how far it goes

    def __init__(self, chart: Chart, share: float) -> None:
        super().__init__(chart, share)
        self.line: Any = None

    def changed(self) -> None:
        if not shows_progress():
            return
        name, now, end, values = self.chart.progress()
        if self.line is None:
            from tqdm import tqdm

            layout = self.BAR if end else self.COUNT
            self.line = tqdm(
                desc=name, total=end, unit=name, bar_format=layout, file=sys.stderr, dynamic_ncols=True
            )
        text = ", ".join(f"{label} {value:.3f}" if label else f"{value:.3f}" for label, value in values)
        self.line.set_postfix_str(text, refresh=False)
        self.line.update(now - self.line.n)
        if self.chart.ends and end and now >= end:
            self.finish()

    def finish(self) -> None:
        if self.line is not None:
            self.line.refresh()
            self.line.close()
            self.line = None


def at_end_of_cell(callback: Callable[[], None]) -> None:
    """Call once when the cell that runs has ended, before Matplotlib shows what pyplot has left open."""
    events = shell().events

    def call() -> None:
        callbacks.remove(call)
        callback()

    callbacks = events.callbacks["post_execute"]
    callbacks.insert(0, call)
