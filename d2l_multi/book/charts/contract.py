"""Charts and images (book sections: Calculus; Softmax Regression from Scratch)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from d2l_multi.book.types import ArrayLike, HostArray, Limits, Shaped

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "plt",
    "Image",
    "use_svg_display",
    "set_figsize",
    "set_axes",
    "plot",
    "show_images",
    "Animator",
]

plt: Annotated[Any, "matplotlib.pyplot"]
"""Matplotlib's ``pyplot``, imported when first used."""
Image: Any
"""Pillow's module ``PIL.Image``, which comes with Matplotlib; imported when first used."""


def use_svg_display() -> None:
    """Let a notebook show figures as SVG, sharp at any size. Elsewhere there is nothing to do."""


def set_figsize(figsize: tuple[float, float] = (3.5, 2.5)) -> None:
    """Set the size (width, height in inches) of figures made from now on."""


def set_axes(
    axes: Axes,
    xlabel: str | None,
    ylabel: str | None,
    xlim: Limits,
    ylim: Limits,
    xscale: str,
    yscale: str,
    legend: Sequence[str] | None,
) -> None:
    """Set labels, limits (pair or None), scales (``"linear"`` or ``"log"``) and legend of Matplotlib axes."""


def plot(
    X: ArrayLike,
    Y: ArrayLike | None = None,
    xlabel: str | None = None,
    ylabel: str | None = None,
    legend: Sequence[str] | None = None,
    xlim: Limits = None,
    ylim: Limits = None,
    xscale: str = "linear",
    yscale: str = "linear",
    fmts: Sequence[str] = ("-", "m--", "g-.", "r:"),
    figsize: tuple[float, float] = (3.5, 2.5),
    axes: Axes | None = None,
) -> None:
    """Draw one curve or several.

    ``plot(Y)`` draws values against their index, ``plot(X, Y)`` against ``X``. Each is a curve (n,), a
    matrix of curves (curves, n), or a list of curves; one ``X`` serves all curves of ``Y``. Tensors
    are taken as they are: on an accelerator, part of a graph, of any float dtype.

    ``axes`` are Matplotlib axes to draw on (cleared first), by default the current ones.

    Raises:
        ValueError: ``X`` and ``Y`` do not fit; their shapes are named.
    """


def show_images(
    imgs: Shaped | Sequence[Any],
    num_rows: int,
    num_cols: int,
    titles: Sequence[str] | None = None,
    scale: float = 1.5,
) -> HostArray:
    """Show images in a grid of ``num_rows`` by ``num_cols``; cells without an image stay empty.

    ``imgs``: a list of images, or an array or tensor (n, h, w) or (n, h, w, channels); an image is
    (h, w), (1, h, w), (h, w, 1), (h, w, 3), or a Pillow image. ``titles``: one string for each.
    ``scale``: inches per cell. Returns the axes (num_rows * num_cols,).

    Raises:
        ValueError: an image of another shape, which is named.
    """


class Animator:
    """A chart that grows while training goes on (book section: Softmax Regression from Scratch).

    In a notebook it is one output, updated in place; where Matplotlib is interactive, a window; in a
    terminal a line with the latest values and the time left (not with ``D2L_MULTI_PROGRESS=0``). Everywhere
    ``fig`` is there to be looked at and saved. A point costs the same however many there are, and drawing
    takes 2 % of the time at most. ``D2L_MULTI_DISPLAY`` (notebook, window, terminal or none) overrides the
    guess where this is.
    """

    fig: Figure
    """The figure, up to date."""
    axes: list[Axes]
    """All axes of the figure; curves go to the first."""
    X: list[list[float]]
    """The x of the points of each curve."""
    Y: list[list[float]]
    """The y of the points of each curve."""

    def __init__(
        self,
        xlabel: str | None = None,
        ylabel: str | None = None,
        legend: Sequence[str] | None = None,
        xlim: Limits = None,
        ylim: Limits = None,
        xscale: str = "linear",
        yscale: str = "linear",
        fmts: Sequence[str] = ("-", "m--", "g-.", "r:"),
        nrows: int = 1,
        ncols: int = 1,
        figsize: tuple[float, float] = (3.5, 2.5),
    ) -> None:
        """Labels, limits and scales as in `plot`. ``axes`` lists all axes; curves go to the first."""

    def add(self, x: ArrayLike | None, y: ArrayLike | None) -> None:
        """Add a point to each curve: ``y`` holds one value per curve, ``x`` one for all or one for each."""

    def finish(self) -> None:
        """Draw the last state now. The end of a notebook's cell, and of ``xlim`` in a terminal, do it too."""
