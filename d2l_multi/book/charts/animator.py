"""A chart that grows while training goes on."""

from typing import Any

from d2l_multi.arrays import to_host
from d2l_multi.book.charts import display
from d2l_multi.book.charts.plotting import new_figure, set_axes


class Animator:
    ends = True

    def __init__(
        self,
        xlabel=None,
        ylabel=None,
        legend=None,
        xlim=None,
        ylim=None,
        xscale="linear",
        yscale="linear",
        fmts=("-", "m--", "g-.", "r:"),
        nrows=1,
        ncols=1,
        figsize=(3.5, 2.5),
    ):
        self._fig = new_figure(figsize)
        self._axes = list(self._fig.subplots(nrows, ncols, squeeze=False).reshape(-1))
        set_axes(self._axes[0], xlabel, ylabel, xlim, ylim, xscale, yscale, None)
        self._name, self._end = xlabel or "", None if xlim is None else xlim[1]
        self._legend, self._fmts = legend or [], fmts
        self._lines: list[Any] = []
        self.X: list[list[float]] = []
        self.Y: list[list[float]] = []
        self._stale = False
        self._view = display.view(self)

    @property
    def fig(self):
        return self.figure()

    @property
    def axes(self):
        self.figure()
        return self._axes

    def add(self, x, y):
        ys = _values(y)
        xs = _values(x)
        if len(xs) == 1:
            xs = xs * len(ys)
        if len(xs) != len(ys):
            raise ValueError(
                f"add() needs one x for all curves or one for each, got {len(xs)} x and {len(ys)} y"
            )
        if len(self._lines) < len(ys):
            self._add_lines(len(ys))
        for i, (x_value, y_value) in enumerate(zip(xs, ys)):
            if x_value is not None and y_value is not None:
                self.X[i].append(float(x_value))
                self.Y[i].append(float(y_value))
        self._stale = True
        self._view.changed()

    def _add_lines(self, number):
        for i in range(len(self._lines), number):
            self._lines += self._axes[0].plot([], [], self._fmts[i % len(self._fmts)])
            self.X.append([])
            self.Y.append([])
        if self._legend:
            self._axes[0].legend(self._lines, self._legend)

    def figure(self):
        """The figure, up to date with the points that were added: the lines are moved, not drawn anew."""
        if self._stale:
            for line, x, y in zip(self._lines, self.X, self.Y):
                line.set_data(x, y)
            self._axes[0].relim()
            self._axes[0].autoscale_view()
            self._stale = False
        return self._fig

    def progress(self):
        latest = [x[-1] for x in self.X if x]
        names = [*self._legend, *[""] * len(self.Y)]
        values = [(name, y[-1]) for name, y in zip(names, self.Y) if y]
        return display.Progress(self._name, max(latest, default=0), self._end, values)

    def finish(self):
        """Draw the last state now, wherever charts are seen."""
        self.figure()
        self._view.finish()


def _values(value: Any) -> list:
    """The numbers of one point: a scalar, or one for each curve; None leaves a curve as it is."""
    if isinstance(value, (list, tuple)):
        return [None if item is None else to_host(item).item() for item in value]
    return to_host(value).reshape(-1).tolist()
