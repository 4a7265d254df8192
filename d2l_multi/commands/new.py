"""``d2l-multi new``: an experiment of one's own, to begin with."""

import os
from pathlib import Path

import click

EXAMPLE = Path(__file__).resolve().parents[1] / "compare" / "own" / "example.py"


@click.command()
@click.argument("file", metavar="FILE.py", type=click.Path(path_type=Path))
def new(file: Path) -> None:
    """Write FILE.py, an example of an experiment for "d2l-multi compare FILE.py".

    A file that is there stays as it is.
    """
    if file.suffix != ".py":
        raise click.BadParameter(f"{file} is to end in .py", param_hint="FILE.py")
    try:
        # "x" makes the file, or fails: nobody's work is written over, by whatever name or link.
        with open(file, "x", encoding="utf-8") as written:
            written.write(EXAMPLE.read_text(encoding="utf-8"))
    except FileExistsError as error:
        raise click.BadParameter(
            f"{file} is there already, and stays as it is", param_hint="FILE.py"
        ) from error
    except OSError as error:
        reason = error.strerror or os.strerror(error.errno or 0)
        raise click.BadParameter(f"{file} cannot be written ({reason})", param_hint="FILE.py") from error
    print(f"{file} is written. Compare it with: d2l-multi compare {file}")
