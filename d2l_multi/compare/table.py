"""The outcomes of a comparison as a table in a terminal, and what there is to say below it."""

import math
from importlib.metadata import version

from rich.console import Console
from rich.table import Table
from rich.text import Text

from d2l_multi.compare.own.comparison import OwnOptions
from d2l_multi.compare.runner import Options, Reference
from d2l_multi.compare.verdict import Outcome

WIDTH = 118  # where the output is no terminal
COLORS = {"ok": "green", "known limit": "yellow", "reference": "default"}  # of a verdict; others are red
LEGEND = (
    "step error: the largest difference from NumPy's step from the same state, as a share of what rounding "
    "explains. drift: how far the whole training is from NumPy's; in its row, with parameters rounded."
)
OWN_LEGEND = (
    "step error: the largest difference from the training of the reference, as a share of what is allowed: "
    "1e-5 in float32, 1e-12 in float64, of the largest magnitude so far. drift: the difference as such."
)


def console() -> Console:
    """Where tables are printed."""
    made = Console(highlight=False)
    return made if made.is_terminal else Console(highlight=False, width=WIDTH)


def show(options: Options | OwnOptions, outcomes: dict[str, Outcome], reference: Reference) -> None:
    """Print the table, and what there is to say below it."""
    screen = console()
    table = Table(
        title=Text(f"{options.experiment}, {options.settings}", style="table.title"),
        caption=LEGEND if options.from_same_state else OWN_LEGEND,
        caption_justify="left",
    )
    accuracy = reference.accuracy is not None
    for header in ("backend", "version", "device", "final loss", *(["accuracy"] if accuracy else [])):
        table.add_column(header, justify="left" if header in ("backend", "version", "device") else "right")
    time = "s/epoch" if options.from_same_state else "seconds"
    for header in ("step error", "drift", time, "peak MiB", "verdict"):
        table.add_column(header, justify="right")
    if reference.name == "numpy":
        table.add_row(
            "numpy",
            numpy_version(),
            "cpu",
            shown(reference.final_loss, ".4e"),
            *([shown(reference.accuracy, ".4f")] if accuracy else []),
            "",
            shown(reference.drift, ".1e") if options.from_same_state else "",
            "",
            "",
            "[red]failed[/]" if reference.error else "reference",
        )
    for name, o in outcomes.items():
        table.add_row(
            name,
            Text(o.version or ""),  # not markup, whatever a framework calls itself
            o.device or "",
            shown(o.final_loss, ".4e"),
            *([shown(o.accuracy, ".4f")] if accuracy else []),
            step_error(o.step_error),
            shown(o.drift, ".1e"),
            shown(o.seconds_per_epoch if options.from_same_state else o.seconds, ".3g"),
            shown(o.peak_memory_mib, ".0f"),
            f"[{COLORS.get(o.status, 'red')}]{o.status}[/]",
        )
    screen.print(table)
    if reference.error:
        screen.print(Text.assemble(("numpy failed:", "red"), " ", reference.error))
    for name, o in outcomes.items():
        if remark := o.remark():
            screen.print(Text.assemble((f"{name} {o.status}:", COLORS.get(o.status, "red")), " ", remark))
    if options.from_same_state and not math.isfinite(reference.final_loss):
        screen.print("The training diverges, in NumPy too; it takes a smaller --lr.")


def step_error(value: float | None) -> str:
    """Where it matters, around 1, to two digits."""
    return shown(value, ".2f" if value is None or value < 100 else ".1e")


def shown(value: float | None, spec: str) -> str:
    return "" if value is None else format(value, spec)


def numpy_version() -> str:
    return version("numpy")
