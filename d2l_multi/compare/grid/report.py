"""The report of a grid: a page with a row for each setting and the curves of an experiment in one chart."""

import json
import secrets
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import jinja2
import matplotlib.style
import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

from d2l_multi.compare.grid.results import CELLS, Row
from d2l_multi.compare.grid.settings import written
from d2l_multi.compare.report import (
    COLORS,
    FILES,
    HTML_STYLE,
    SMALLEST_ERROR,
    TITLE,
    drawable,
    explain,
    png,
    put,
    svg,
)
from d2l_multi.compare.table import step_error

LARGEST_LEGEND = 10  # lines
MOST_DRAWN = 8  # experiments in curves.png


def write(folder: Path, grid: str, rows: Sequence[Row], backends: Sequence[str], tolerance: float) -> None:
    """All three files, or none, as `compare.report` has them."""
    run = secrets.token_hex(8)
    experiments = list(dict.fromkeys(row.cell.experiment for row in rows))
    by_experiment = {name: [row for row in rows if row.cell.experiment == name] for name in experiments}
    with matplotlib.style.context("default"):
        figures = {
            name: [
                chart(partial(draw_losses, rows=own)),
                chart(partial(draw_errors, rows=own, tolerance=tolerance)),
            ]
            for name, own in by_experiment.items()
        }
        curves = png(combined(by_experiment, tolerance), run)
    content = {"run": run, **summary(grid, rows, backends)}
    page = html(run, grid, rows, backends, figures)
    json_bytes = json.dumps(content, indent=2, allow_nan=False).encode() + b"\n"
    put(folder, dict(zip(FILES, (json_bytes, page.encode(), curves), strict=True)))


def summary(grid: str, rows: Sequence[Row], backends: Sequence[str]) -> dict[str, Any]:
    return {
        "grid": grid,
        "backends": list(backends),
        "rows": [
            {
                "experiment": row.cell.experiment,
                "setting": row.cell.setting,
                "verdict": row.verdict,
                "statuses": row.statuses,
                "report": link(row),
                **({"error": row.error} if row.error else {}),
                **({} if row.result is None else row.result["summary"]),
            }
            for row in rows
        ],
    }


def link(row: Row) -> str | None:
    """Where the cell's own report is, seen from this one."""
    return None if row.result is None else f"{CELLS}/{row.cell.name}/report.html"


# --- Charts ---------------------------------------------------------------------------------------


def chart(draw: Callable[[Any], None]) -> str:
    with matplotlib.rc_context(HTML_STYLE):
        figure = Figure(figsize=(6, 3.6), layout="constrained")
        draw(figure.subplots())
        return svg(figure)


def draw_losses(axes: Any, rows: Sequence[Row]) -> None:
    """The loss of the reference with each setting: what the backends were held against."""
    known = [row for row in rows if row.result and row.result["losses"]]
    positive = False
    for place, row in enumerate(known):
        assert row.result is not None
        steps, losses = np.asarray(row.result["losses"], float).T
        color = colormaps["viridis"](place / max(1, len(known)))
        label = (written(row.cell.setting) or row.cell.experiment).replace("$", r"\$")  # no formula
        axes.plot(
            steps, drawable(losses), color=color, label=label, gid=f"loss-{row.cell.number}", linewidth=1.3
        )
        last = f"{TITLE}{label}, step {steps[-1]:.0f}: {losses[-1]:.6g}"
        axes.scatter(
            steps[-1:],
            drawable(losses[-1:]),
            s=12,
            color=[color],
            urls=[last],
            gid=f"loss-{row.cell.number}-end",
        )
        positive |= bool((losses > 0).any())
    if positive:
        axes.set_yscale("log")
    explained(axes, "Loss at each step", "loss", "step", len(known))


def draw_errors(axes: Any, rows: Sequence[Row], tolerance: float) -> None:
    """The largest step error of each backend with each setting."""
    seen: set[str] = set()
    for place, row in enumerate(rows, start=1):
        for name in row.statuses:
            error = row.backend(name).get("step_error")
            if error is None:
                continue
            height = drawable([max(error, SMALLEST_ERROR)])
            title = f"{TITLE}{written(row.cell.setting)} {name}: {error:.2g}".replace(":  ", ":")
            label = None if name in seen else name
            seen.add(name)
            color = [COLORS[name]]
            gid = f"error-{row.cell.number}-{name}"
            axes.scatter([place], height, s=16, color=color, label=label, urls=[title], gid=gid)
    axes.axhline(tolerance, color="#c92a2a", linestyle="--", linewidth=1, label="what is allowed")
    axes.set_yscale("log")
    explained(axes, "Largest step error with each setting", "share of what is allowed", "setting", len(seen))


def explained(axes: Any, title: str, ylabel: str, xlabel: str, lines: int) -> None:
    explain(axes, title, ylabel)
    axes.set_xlabel(xlabel)
    if lines > LARGEST_LEGEND:
        axes.get_legend().remove()


def combined(by_experiment: dict[str, list[Row]], tolerance: float) -> Figure:
    drawn = dict(list(by_experiment.items())[:MOST_DRAWN])
    figure = Figure(figsize=(11, 3.8 * len(drawn)), layout="constrained")
    for (name, rows), (left, right) in zip(drawn.items(), figure.subplots(len(drawn), 2, squeeze=False)):
        draw_losses(left, rows)
        draw_errors(right, rows, tolerance)
        left.set_title(f"{name}: loss at each step", parse_math=False)
        right.set_title(f"{name}: largest step error with each setting", parse_math=False)
    return figure


# --- Page -----------------------------------------------------------------------------------------


def html(
    run: str, grid: str, rows: Sequence[Row], backends: Sequence[str], figures: dict[str, list[str]]
) -> str:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("d2l_multi.compare", "templates"), autoescape=True, trim_blocks=True
    )
    keys = list(dict.fromkeys(key for row in rows for key in row.cell.setting))
    values = {key: list(dict.fromkeys(row.cell.setting.get(key) for row in rows)) for key in keys}
    return environment.get_template("grid.html").render(
        run=run,
        grid=grid,
        rows=rows,
        backends=backends,
        figures=figures,
        values=values,
        verdicts=list(dict.fromkeys(row.verdict for row in rows)),
        accuracy=any("accuracy" in row.reference for row in rows),
        link=link,
        written=written,
        step_error=step_error,
    )
