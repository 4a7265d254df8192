"""The output folder: report.json, report.html and curves.png."""

import io
import json
import os
import re
import secrets
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import jinja2
import matplotlib.style
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from d2l_multi.compare.curves import Curve
from d2l_multi.compare.own.comparison import OwnOptions
from d2l_multi.compare.runner import Options, Reference
from d2l_multi.compare.verdict import Outcome
from d2l_multi.files import replace_together

FILES = ("report.json", "report.html", "curves.png")
COLORS = {"torch": "#d9480f", "tensorflow": "#e8a400", "mxnet": "#1c7ed6", "paddle": "#2b8a3e"}
REFERENCE_COLOR = "#868e96"
TITLE = "title:"  # begins what Matplotlib takes for a link
EXACT = 1e-17  # stands for zero, and all below, on the log axis: less than a bit of float64
SMALLEST_ERROR = 1e-3  # of a step, likewise
LARGEST_DRAWN = 1e100
SHOWN_POINTS = 40  # of a curve, that tell their values
INK = "#010203"  # stands for the page's own colour of text, by day and by night
HTML_STYLE: Any = {
    "svg.fonttype": "none",
    "font.size": 10,
    "legend.framealpha": 0,
    **{f"{what}.color": INK for what in ("text", "xtick", "ytick")},
    **{f"axes.{what}": INK for what in ("edgecolor", "labelcolor", "titlecolor")},
}


class Unwritable(OSError):
    """The folder cannot take the report; says why, and what to do."""


def prepare_folder(folder: Path) -> None:
    """Make the folder and prove that it can be written to, before hours of training."""
    if folder.is_symlink():  # who made it decides where we write, and may not be who runs us
        raise Unwritable(f"{folder} is a symbolic link to {os.readlink(folder)}; give that folder itself")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise Unwritable(
            f"cannot write to {folder} ({error.strerror}); give a folder that can be written to"
        ) from error
    for name in FILES:
        if (folder / name).is_dir() and not (folder / name).is_symlink():
            raise Unwritable(f"{folder / name} is a folder where the report needs a file; move it away")


def write(
    folder: Path, options: Options | OwnOptions, outcomes: dict[str, Outcome], reference: Reference
) -> None:
    """All three files, or none: made first, then put in place together, with the same mark in each."""
    run = secrets.token_hex(8)
    with matplotlib.style.context("default"):  # whatever a matplotlibrc in the current folder wishes
        figures = charts(options, outcomes, reference)
        curves = png(combined(options, outcomes, reference), run)
    content = {"run": run, **summary(options, outcomes, reference)}
    files = (
        json.dumps(content, indent=2, allow_nan=False).encode() + b"\n",
        html(run, options, outcomes, reference, figures).encode(),
        curves,
    )
    put(folder, dict(zip(FILES, files, strict=True)))


def put(folder: Path, files: Mapping[str, bytes]) -> None:
    """Replace a report's files together, or say why that cannot be."""
    prepare_folder(folder)  # much may have happened to it while the frameworks trained
    try:
        replace_together(folder, files)
    except OSError as error:
        raise Unwritable(
            f"the report could not be written to {folder} ({error.strerror or error}); "
            "make room there or give another folder with --out"
        ) from error


def summary(
    options: Options | OwnOptions, outcomes: dict[str, Outcome], reference: Reference
) -> dict[str, Any]:
    final: dict[str, Any] = {
        name: value if np.isfinite(value) else None
        for name, value in (("final_loss", reference.final_loss), ("drift", reference.drift))
    }
    if reference.accuracy is not None:
        final["accuracy"] = reference.accuracy
    if not options.from_same_state:
        final |= {"name": reference.name} | ({"error": reference.error} if reference.error else {})
        del final["drift"]
    return {
        **asdict(options),
        "reference": final,
        "backends": {name: outcome.summary() for name, outcome in outcomes.items()},
    }


# --- Charts ---------------------------------------------------------------------------------------


def draw_losses(axes: Any, outcomes: dict[str, Outcome], reference: Reference) -> None:
    losses = reference.losses
    label = "NumPy" if reference.name == "numpy" else "the reference"
    axes.plot(losses.steps, drawable(losses), color=REFERENCE_COLOR, linewidth=5, alpha=0.45, label=label)
    for (name, outcome), dashes in zip(outcomes.items(), ("-", "--", "-.", ":"), strict=False):
        if outcome.losses:
            draw_curve(axes, name, outcome.losses, outcome.losses, ".6g", linestyle=dashes, linewidth=1.4)
    if any(loss > 0 for loss in losses):
        axes.set_yscale("log")
    explain(axes, "Loss at each step", "loss")


def draw_step_errors(axes: Any, outcomes: dict[str, Outcome], options: Options | OwnOptions) -> None:
    for name, outcome in outcomes.items():
        if outcome.step_errors:
            heights = np.maximum(list(outcome.step_errors), SMALLEST_ERROR)
            draw_curve(axes, name, outcome.step_errors, heights, ".2g", linewidth=1.2)
    label = "the bound: rounding" if options.from_same_state else "what is allowed"
    axes.axhline(options.tolerance, color="#c92a2a", linestyle="--", linewidth=1, label=label)
    axes.set_yscale("log")
    if options.from_same_state:
        explain(axes, "Error of each step, from the same state", "share of the bound")
    else:
        explain(axes, "Difference at each step", "share of what is allowed")


def draw_drifts(axes: Any, outcomes: dict[str, Outcome], reference: Reference) -> None:
    drifts = reference.drifts
    heights = drawable(np.maximum(drifts.per_step(), EXACT))
    label = "NumPy, rounded"
    axes.plot(drifts.steps, heights, color=REFERENCE_COLOR, linewidth=5, alpha=0.45, label=label)
    for (name, outcome), dashes in zip(outcomes.items(), ("-", "--", "-.", ":"), strict=False):
        if outcome.drifts.steps:
            values = outcome.drifts.per_step()
            heights = drawable(np.maximum(values, EXACT))
            style = {"color": COLORS[name], "linestyle": dashes, "linewidth": 1.2}
            axes.plot(outcome.drifts.steps, heights, label=name, **style)
            urls = [f"{TITLE}{name}, step {step}: {v:.1e}" for step, v in zip(outcome.drifts.steps, values)]
            axes.scatter(outcome.drifts.steps, heights, s=9, color=COLORS[name], urls=urls)
    axes.set_yscale("log")
    explain(axes, "Drift of the whole training from NumPy's", "relative drift")


def explain(axes: Any, title: str, ylabel: str) -> None:
    """What a chart over the steps shows."""
    axes.set(title=title, xlabel="step", ylabel=ylabel)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if axes.get_legend_handles_labels()[0]:
        axes.legend()


def draw_bars(axes: Any, outcomes: dict[str, Outcome], quantity: str, title: str, unit: str) -> None:
    measured = {
        name: value for name, outcome in outcomes.items() if (value := getattr(outcome, quantity)) is not None
    }
    bars = axes.barh(list(measured), list(measured.values()), color=[COLORS[name] for name in measured])
    axes.bar_label(bars, fmt="%.3g", padding=3)
    for bar, (name, value) in zip(bars, measured.items()):
        bar.set_url(f"{TITLE}{name}: {value:.4g} {unit}")
    axes.margins(x=0.15)
    axes.invert_yaxis()
    axes.set(title=title, xlabel=unit)


def draw_curve(axes: Any, name: str, curve: Curve, heights: Any, spec: str, **style: Any) -> None:
    """A backend's curve, with points that tell the step and the value there, as titles of SVG elements."""
    heights = drawable(heights)
    axes.plot(curve.steps, heights, color=COLORS[name], label=name, **style)
    chosen = np.unique(np.linspace(0, len(curve) - 1, SHOWN_POINTS).astype(int))
    urls = [f"{TITLE}{name}, {curve.name(i)}: {curve.values[i]:{spec}}" for i in chosen]
    axes.scatter(np.asarray(curve.steps)[chosen], heights[chosen], s=9, color=COLORS[name], urls=urls)


def charts(options: Options | OwnOptions, outcomes: dict[str, Outcome], reference: Reference) -> list[str]:
    """The charts of the page, as SVG elements."""
    images = []
    draws: list[Callable[[Any], None]] = [
        lambda axes: draw_losses(axes, outcomes, reference),
        lambda axes: draw_step_errors(axes, outcomes, options),
    ]
    if options.from_same_state:
        draws += [
            lambda axes: draw_drifts(axes, outcomes, reference),
            lambda axes: draw_bars(axes, outcomes, "seconds_per_epoch", "Time", "seconds per epoch"),
        ]
    else:
        draws.append(lambda axes: draw_bars(axes, outcomes, "seconds", "Time", "seconds of the training"))
    draws.append(lambda axes: draw_bars(axes, outcomes, "peak_memory_mib", "Peak memory", "MiB"))
    for draw in draws:
        with matplotlib.rc_context(HTML_STYLE):
            figure = Figure(figsize=(6, 3.4), layout="constrained")
            draw(figure.subplots())
            images.append(svg(figure))
    return images


def combined(options: Options | OwnOptions, outcomes: dict[str, Outcome], reference: Reference) -> Figure:
    figure = Figure(figsize=(11, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    draw_losses(left, outcomes, reference)
    draw_step_errors(right, outcomes, options)
    return figure


def drawable(values: Any) -> np.ndarray:
    """With gaps for what has no place on an axis: NaN, infinity, and what overflows Matplotlib's own sums."""
    values = np.asarray(list(values), float)
    return np.where(np.abs(values) < LARGEST_DRAWN, values, np.nan)


def svg(figure: Figure) -> str:
    with io.StringIO() as file:
        figure.savefig(file, format="svg", metadata={"Date": None}, transparent=True)
        text = file.getvalue()
    text = re.sub(
        rf'<a xlink:href="{TITLE}([^"]*)"[^>]*>(.*?)</a>', r"<g><title>\1</title>\2</g>", text, flags=re.S
    )
    return text[text.index("<svg") :].replace(INK, "currentColor")


def png(figure: Figure, run: str) -> bytes:
    with io.BytesIO() as file:
        figure.savefig(file, format="png", dpi=120, metadata={"Run": run})
        return file.getvalue()


# --- Page -----------------------------------------------------------------------------------------


def html(
    run: str,
    options: Options | OwnOptions,
    outcomes: dict[str, Outcome],
    reference: Reference,
    figures: list[str],
) -> str:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("d2l_multi.compare", "templates"), autoescape=True, trim_blocks=True
    )
    return environment.get_template("report.html").render(
        run=run, options=options, outcomes=outcomes, reference=reference, figures=figures
    )
