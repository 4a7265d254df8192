"""The rows of a grid in a terminal, and what there is to say below them."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from d2l_multi.compare.grid.results import Row
from d2l_multi.compare.grid.settings import written
from d2l_multi.compare.table import COLORS, console, shown, step_error
from d2l_multi.workers.texts import one_line

MOST_ROWS = 60  # of the table; the page has them all
MOST_REMARKS = 10
LEGEND = "Below each backend: its verdict and its largest step error, of which 1 is all that is allowed."


def show(title: str, rows: Sequence[Row], backends: Sequence[str]) -> None:
    screen = console()
    keys = list(dict.fromkeys(key for row in rows for key in row.cell.setting))
    accuracy = any("accuracy" in row.reference for row in rows)
    table = Table(title=Text(title, style="table.title"), caption=LEGEND, caption_justify="left")
    table.add_column("experiment")
    for header in (*keys, "final loss", *(["accuracy"] if accuracy else [])):
        table.add_column(header, justify="right")
    for header in backends:
        table.add_column(header)
    for row in chosen(rows):
        setting, reference = row.cell.setting, row.reference
        table.add_row(
            Text(row.cell.experiment),
            *(written({key: setting[key]}).partition("=")[2] if key in setting else "" for key in keys),
            shown(reference.get("final_loss"), ".4e"),
            *([shown(reference.get("accuracy"), ".4f")] if accuracy else []),
            *(verdict(row, name) for name in backends),
        )
    screen.print(table)
    if len(rows) > MOST_ROWS:
        screen.print(f"{MOST_ROWS} of {len(rows)} settings, first those that are not ok; the report has all.")
    remarks = [(row, name, said) for row in rows for name, said in row.remarks.items()]
    for row, name, said in remarks[:MOST_REMARKS]:
        where = " ".join(filter(None, [row.cell.experiment, written(row.cell.setting), name]))
        status = row.statuses.get(name, "failed")
        screen.print(
            Text.assemble((f"{where} {status}:", COLORS.get(status, "red")), " ", one_line(said, 300))
        )
    if len(remarks) > MOST_REMARKS:
        screen.print(f"and {len(remarks) - MOST_REMARKS} more remarks in the report.")


def chosen(rows: Sequence[Row]) -> list[Row]:
    """As many as fit: in their order, and if they are too many first those with something to say."""
    if len(rows) <= MOST_ROWS:
        return list(rows)
    good = ("ok", "known limit", "reference")
    return sorted(rows, key=lambda row: row.verdict in good)[:MOST_ROWS]


def verdict(row: Row, backend: str) -> Text:
    if backend not in row.statuses:
        return Text("")
    status = row.statuses[backend]
    error = row.backend(backend).get("step_error")
    style = "dim" if status == "not run" else COLORS.get(status, "red")
    return Text(" ".join(filter(None, [status, step_error(error)])), style=style)
