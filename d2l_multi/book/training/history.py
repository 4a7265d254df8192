"""What came of a training: its history, and the warnings that tell how it ended."""

from contextlib import suppress
from typing import Any, NamedTuple

from d2l_multi.checks import one_of


class ConvergenceWarning(UserWarning):
    pass


class DivergenceWarning(UserWarning):
    pass


class InterruptedWarning(UserWarning):
    pass


class Epoch(NamedTuple):
    """What one epoch came to."""

    train_loss: float
    train_acc: float
    test_acc: float


class History(list[Any]):
    """A named tuple per epoch trained, and the chart (``fig``); a notebook that echoes it shows one line."""

    chart: Any = None
    diverged = False  # whether the loss became infinite or NaN

    @property
    def fig(self) -> Any:
        """The figure of the chart, up to date; None if nothing was drawn."""
        return None if self.chart is None else self.chart.fig

    def __repr__(self) -> str:
        if not self:
            return "History of 0 epochs"
        last = ", ".join(f"{name} {value:.3g}" for name, value in self[-1]._asdict().items())
        return f"History of {len(self)} epochs: {last}"

    def column(self, name: str) -> list[float]:
        """One quantity over all epochs, such as ``"train_loss"``."""
        one_of("name", name, self[-1]._fields if self else Epoch._fields)
        return [getattr(epoch, name) for epoch in self]


def interrupted(history: History, num_epochs: int) -> str:
    """When an interrupt came; during the last drawing, or the last checkpoint, all epochs are over."""
    done = len(history)
    return f"interrupted in epoch {done + 1}" if done < num_epochs else f"interrupted after epoch {done}"


def hand_over(history: History, error: Exception, hint: str = "") -> None:
    """Let an error that ends training, such as one of a loader's, take the history so far with it."""
    with suppress(AttributeError):  # an exception may say no to attributes
        error.history = history  # type: ignore[attr-defined]
    if hasattr(error, "add_note"):  # from Python 3.11 on
        error.add_note(
            f"It ended training in epoch {len(history) + 1}. The net is as the last step left it, and this "
            f"error's attribute `history` holds the {len(history)} epochs before{hint}."
        )
