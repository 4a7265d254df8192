"""The board on which a model draws while it trains."""

from collections import namedtuple
from statistics import fmean
from typing import Any

from d2l_multi.book.charts import display as displays
from d2l_multi.book.charts.plotting import new_figure, set_axes
from d2l_multi.book.object_oriented.hyperparameters import HyperParameters
from d2l_multi.book.training.metrics import read
from d2l_multi.checks import positive_int

Point = namedtuple("Point", "x y")


class ProgressBoard(HyperParameters):
    ends = False  # other curves' points may come at the same x
    xlabel: Any
    xlim: Any

    def __init__(
        self,
        xlabel=None,
        ylabel=None,
        xlim=None,
        ylim=None,
        xscale="linear",
        yscale="linear",
        ls=("-", "--", "-.", ":"),
        colors=("C0", "C1", "C2", "C3"),
        fig=None,
        axes=None,
        figsize=(3.5, 2.5),
        display=True,
    ):
        self.save_hyperparameters(ignore=["fig", "axes"])
        self._given = fig, axes
        self.clear()

    def clear(self):
        """Begin a new chart; labels, limits and scales stay."""
        self.raw_points = {}  # label -> points not averaged yet
        self.data = {}  # label -> the points of its curve
        for line in getattr(self, "_lines", {}).values() if any(self._given) else ():
            line.remove()  # of axes that are the user's
        self._lines = {}
        self._fig, self._axes = self._given
        self._stale = True
        self._view = None

    def rewind(self, x):
        """Forget the points after an x."""
        for points in self.data.values():
            points[:] = [point for point in points if point.x <= x]
        self._stale = True

    @property
    def fig(self):
        return self.figure()

    @property
    def axes(self):
        return self.figure().axes[0] if self._axes is None else self._axes

    def draw(self, x, y, label, every_n=1):
        positive_int("every_n", every_n)
        points = self.raw_points.setdefault(label, [])
        points.append((x, y))
        if len(points) < every_n:
            return
        self.data.setdefault(label, []).append(Point(*(fmean(read(values)) for values in zip(*points))))
        points.clear()
        self._stale = True
        if self.display:
            self._view = self._view or displays.view(self)
            self._view.changed()

    def figure(self):
        """The figure, up to date with the points and with the board's attributes."""
        if self._axes is None:
            self._fig = self._fig or new_figure(self.figsize)
            self._axes = self._fig.gca()
        if self._stale:
            self._arrange()
            self._stale = False
        return self._axes.figure

    def _arrange(self):
        axes = self._axes
        for number, (label, points) in enumerate(self.data.items()):
            if label not in self._lines:
                style = {
                    "linestyle": self.ls[number % len(self.ls)],
                    "color": self.colors[number % len(self.colors)],
                }
                (self._lines[label],) = axes.plot([], [], label=label, **style)
            self._lines[label].set_data(*zip(*points))
        set_axes(
            axes, self.xlabel, self.ylabel, self.xlim, self.ylim, self.xscale, self.yscale, list(self._lines)
        )
        axes.relim()
        axes.autoscale_view()

    def progress(self):
        now = max((points[-1].x for points in self.data.values()), default=0)
        values = [(label, points[-1].y) for label, points in self.data.items()]
        end = None if self.xlim is None else self.xlim[1]
        return displays.Progress(self.xlabel or "", now, end, values)

    def finish(self):
        """Draw the last state now, wherever charts are seen."""
        if self._view is not None:
            self._view.finish()

    def __getstate__(self):
        """For copies and pickles: the view belongs to this process."""
        return {**self.__dict__, "_view": None}
