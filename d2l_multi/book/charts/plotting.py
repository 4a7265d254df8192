"""Figures from any framework's tensors. Matplotlib's pyplot is imported when first drawn with."""

from importlib import import_module
from itertools import cycle
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from d2l_multi.arrays import to_host
from d2l_multi.book.charts import display, fonts

LAZY = {"plt": "matplotlib.pyplot", "Image": "PIL.Image"}


def lazy_module(name: str) -> Any:
    """A module's ``__getattr__``: the modules of `LAZY`, none of them imported before it is used."""
    if name in LAZY:
        return import_module(LAZY[name])
    raise AttributeError(f"d2l_multi has no attribute {name!r}")


def use_svg_display():
    fonts.prepare()
    if display.place() == "notebook":
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("svg")


def new_figure(figsize: Any) -> Any:
    """A figure for a chart. In a window pyplot has to know it; elsewhere pyplot would only keep it open."""
    use_svg_display()
    if display.place() == "window":
        import matplotlib.pyplot as plt

        plt.close(WINDOW)  # of the chart before
        return plt.figure(WINDOW, figsize=figsize, layout="constrained")
    from matplotlib.figure import Figure

    return Figure(figsize=figsize, layout="constrained")


WINDOW = "d2l"


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
    _follow(axes.figure)


class _Live:
    """A figure of pyplot's that is drawn again and again, as in a loop that calls ``plot``."""

    ends = False

    def __init__(self, figure: Any) -> None:
        self.of = figure
        self.calls = 0
        self.view: Any = None

    def figure(self) -> Any:
        return self.of

    def progress(self) -> display.Progress:
        return display.Progress("", self.calls, None, [])

    def called(self) -> None:
        """One call in a cell is shown by Jupyter at its end; from the second on the figure is live."""
        place = display.place()
        if place not in ("notebook", "window"):
            return
        self.calls += 1
        if place == "notebook" and self.calls == 1:
            display.at_end_of_cell(self.begin_anew)
        elif self.view is None:
            self.view = display.view(self, display.ANIMATION)
            self.view.changed()
            if place == "notebook":
                display.at_end_of_cell(self.close)
        else:
            self.view.changed()

    def close(self) -> None:
        """Draw what was done after the last call, too; were it left open, Jupyter would show it once more."""
        import matplotlib.pyplot as plt

        self.view.stale = True
        self.view.finish()
        plt.close(self.of)

    def begin_anew(self) -> None:
        self.calls, self.view = 0, None


_live: WeakKeyDictionary[Any, _Live] = WeakKeyDictionary()


def _follow(figure: Any) -> None:
    _live.setdefault(figure, _Live(figure)).called()


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
