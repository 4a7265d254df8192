"""Figures from any framework's tensors. Matplotlib's pyplot is imported when first drawn with."""

import sys
import time
from itertools import cycle
from typing import Any

import numpy as np

from d2l_multi.common.arrays import to_host


def lazy_pyplot(name: str) -> Any:
    """A module's ``__getattr__`` that offers ``plt`` without importing it before it is used."""
    if name == "plt":
        import matplotlib.pyplot

        return matplotlib.pyplot
    raise AttributeError(f"d2l_multi has no attribute {name!r}")


def use_svg_display():
    if _in_notebook():
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("svg")


def _in_notebook() -> bool:
    return hasattr(_shell(), "kernel")


def _shell() -> Any:
    """IPython's shell if this process is one; IPython is never imported for it."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def set_figsize(figsize=(3.5, 2.5)):
    import matplotlib.pyplot as plt

    use_svg_display()
    plt.rcParams["figure.figsize"] = figsize


def set_axes(axes, xlabel, ylabel, xlim, ylim, xscale, yscale, legend):
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    axes.set_xscale(xscale)
    axes.set_yscale(yscale)
    if xlim is not None:  # else they follow the data, also what is yet to come
        axes.set_xlim(xlim)
    if ylim is not None:
        axes.set_ylim(ylim)
    if legend:
        axes.legend(legend)
    axes.grid(True)


def plot(
    X,
    Y=None,
    xlabel=None,
    ylabel=None,
    legend=None,
    xlim=None,
    ylim=None,
    xscale="linear",
    yscale="linear",
    fmts=("-", "m--", "g-.", "r:"),
    figsize=(3.5, 2.5),
    axes=None,
):
    import matplotlib.pyplot as plt

    xs, ys = curves(X, Y)
    if axes is None:
        set_figsize(figsize)
        axes = plt.gca()
    axes.cla()
    for x, y, fmt in zip(xs, ys, cycle(fmts)):
        axes.plot(x, y, fmt)
    set_axes(axes, xlabel, ylabel, xlim, ylim, xscale, yscale, legend)


def curves(X: Any, Y: Any = None) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The x and y values (each 1-D) of every curve that ``plot(X, Y)`` asks for."""
    ys = _rows(X if Y is None else Y)
    if Y is None:
        return [np.arange(len(y)) for y in ys], ys
    xs = _rows(X)
    if len(xs) == 1:
        xs = xs * len(ys)
    shapes = f"got X of shape {_shapes(xs)} and Y of shape {_shapes(ys)}"
    if len(xs) != len(ys):
        raise ValueError(f"plot needs one X for all curves or one for each, {shapes}")
    if any(len(x) != len(y) for x, y in zip(xs, ys)):
        raise ValueError(f"the X and Y of a curve must have the same length, {shapes}")
    return xs, ys


def _rows(values: Any) -> list[np.ndarray]:
    """Curves from one array (n,), a matrix (curves, n), a list of numbers or a list of arrays."""
    if isinstance(values, (list, tuple)) and any(np.ndim(to_host(value)) for value in values):
        rows = [to_host(value) for value in values]
    else:
        array = to_host(values)
        rows = list(array) if array.ndim == 2 else [array]
    if any(row.ndim != 1 for row in rows):
        raise ValueError(f"plot takes curves of shape (n,) or (curves, n), got shape {_shapes(rows)}")
    return rows


def _shapes(rows: list[np.ndarray]) -> str:
    return " and ".join(str(row.shape) for row in rows)


class Animator:
    # Drawing may take this share of the time that passes; the end of a notebook's cell draws what is left.
    SHARE = 0.02

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
        # A figure of its own, unknown to pyplot: nothing to close, and none left open.
        from matplotlib.figure import Figure

        use_svg_display()
        self._fig = Figure(figsize=figsize, layout="constrained")
        self._axes = list(self._fig.subplots(nrows, ncols, squeeze=False).reshape(-1))
        set_axes(self._axes[0], xlabel, ylabel, xlim, ylim, xscale, yscale, None)
        self._legend, self._fmts = legend, fmts
        self._lines: list[Any] = []
        self.X: list[list[float]] = []
        self.Y: list[list[float]] = []
        self._output: Any = None
        self._next_drawing = 0.0
        self._stale = False

    @property
    def fig(self):
        self._draw()
        return self._fig

    @property
    def axes(self):
        self._draw()
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
        if _in_notebook() and time.monotonic() >= self._next_drawing:
            self._show()

    def _add_lines(self, number):
        for i in range(len(self._lines), number):
            self._lines += self._axes[0].plot([], [], self._fmts[i % len(self._fmts)])
            self.X.append([])
            self.Y.append([])
        if self._legend:
            self._axes[0].legend(self._lines, self._legend)

    def _draw(self):
        """Bring the figure up to date with the points that were added, once somebody looks at it."""
        if self._stale:
            for line, x, y in zip(self._lines, self.X, self.Y):
                line.set_data(x, y)
            self._axes[0].relim()
            self._axes[0].autoscale_view()
            self._stale = False

    def _show(self):
        from IPython.display import display

        begun = time.monotonic()
        if self._output is None:
            self._output = display(self.fig, display_id=True)
            _shell().events.register("post_run_cell", self._finish)
        else:
            self._output.update(self.fig)
        now = time.monotonic()
        self._next_drawing = now + (now - begun) / self.SHARE

    def _finish(self, *_):
        if self._stale:
            self._show()
        _shell().events.unregister("post_run_cell", self._finish)
        self._output = None


def _values(value: Any) -> list:
    """The numbers of one point: a scalar, or one for each curve; None leaves a curve as it is."""
    if isinstance(value, (list, tuple)):
        return [None if item is None else to_host(item).item() for item in value]
    return to_host(value).reshape(-1).tolist()
