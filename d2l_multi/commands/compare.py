"""``d2l-multi compare``: an experiment in every framework. What is heavy is imported when it runs."""

import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from d2l_multi import BACKENDS

if TYPE_CHECKING:
    from d2l_multi.compare.runner import Comparison, Limits, Options
    from d2l_multi.compare.verdict import Outcome

INTERRUPTED = 130  # the exit code, as shells have it
MEMORY_SHARE = 0.9  # of the machine's, for a backend; before the system ends somebody else


@click.command()
@click.argument("experiment", default="linear-regression")
@click.option(
    "--backends", help=f"Comma-separated, of {', '.join(BACKENDS)}.", show_default="all that are installed"
)
@click.option("--device", default="cpu", show_default=True, help="cpu or gpu (each framework's first).")
@click.option("--dtype", default="float32", show_default=True, help="float32 or float64.")
@click.option("--epochs", type=int, help="Passes over the training set.", show_default="the book's")
@click.option("--batch-size", type=int, help="Examples per step.", show_default="the book's")
@click.option("--lr", type=float, help="Learning rate.", show_default="the book's")
@click.option("--seed", type=int, default=0, show_default=True, help="Of data, start values and batch order.")
@click.option(
    "--tolerance",
    type=float,
    default=1,
    show_default=True,
    help="Largest step error that counts as agreement; 1 is all that rounding explains.",
)
@click.option(
    "--strict",
    is_flag=True,
    help="Count known limits of a framework as deviations.",
    show_default="off",
)
@click.option(
    "--timeout",
    type=float,
    default=600,
    show_default=True,
    help="Seconds without a sign of life after which a backend is ended.",
)
@click.option(
    "--memory",
    type=float,
    help="MiB of memory beyond which a backend is ended.",
    show_default="90 % of what the machine, or the container, has",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Folder with Fashion-MNIST's four files, for the experiments with images; of those with a text, "
    "timemachine.txt, if it is there.",
    show_default="found in the cache or downloaded, as load_data_fashion_mnist does",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default="d2l-multi-report",
    show_default=True,
    help="Folder for report.json, report.html and curves.png.",
)
@click.option(
    "--open", "open_report", is_flag=True, help="Open report.html in the browser.", show_default="off"
)
@click.option(
    "--quiet", is_flag=True, help="Print nothing; the exit code and the report tell.", show_default="off"
)
@click.pass_context
def compare(
    context: click.Context,
    experiment: str,
    backends: str | None,
    device: str,
    dtype: str,
    epochs: int | None,
    batch_size: int | None,
    lr: float | None,
    seed: int,
    tolerance: float,
    strict: bool,
    timeout: float,
    memory: float | None,
    data: Path | None,
    out: Path,
    open_report: bool,
    quiet: bool,
) -> None:
    """Train EXPERIMENT in every framework and judge whether they agree.

    EXPERIMENT is linear-regression (the default), or softmax-regression, mlp, convolution or another on the
    images of Fashion-MNIST, or rnn, gru or lstm on a text. Each backend trains in a process of its own from
    the same data, the same start values and the same batch order, and each of its steps is compared, loss and
    parameters, with the step that a NumPy reference takes from the same state in float64, with gradients
    derived by hand. What they may differ by is what rounding explains, derived along with the step.

    Exit code: 0 all agree, or miss by no more than a known limit of the framework explains, 1 a backend
    deviates, 2 wrong usage, 3 a backend failed or is missing or the report could not be written, 130
    interrupted.
    """
    from d2l_multi.book.data.data_files import DataFileError
    from d2l_multi.book.data.downloads import DownloadError, UnwritableError
    from d2l_multi.book.training import interrupts
    from d2l_multi.compare import report, runner, table, verdict
    from d2l_multi.compare.experiments.experiment import BatchTooLarge

    options = checked_options(experiment, device, dtype, epochs, batch_size, lr, seed, tolerance, strict)
    limits = checked_limits(timeout, memory)
    names = chosen_backends(backends)
    try:
        comparison = runner.Comparison(options, limits, data)
    except (DataFileError, DownloadError, UnwritableError) as error:
        raise click.BadParameter(str(error), param_hint="--data") from error
    except BatchTooLarge as error:
        raise click.BadParameter(str(error), param_hint="--batch-size") from error
    try:
        report.prepare_folder(out)
    except report.Unwritable as error:
        raise click.BadParameter(str(error), param_hint="--out") from error

    with interrupts.noted() as stop:
        outcomes = train(comparison, names, quiet, stop)
        reference = comparison.reference
        try:
            report.write(out, options, outcomes, reference)
            unwritten = None
        except report.Unwritable as error:
            unwritten = Failure(str(error))
        if not quiet:
            table.show(options, outcomes, reference)
        if unwritten:
            raise unwritten
    code = INTERRUPTED if stop() else verdict.exit_code(outcomes.values(), strict)
    if code == INTERRUPTED:
        print(f"d2l-multi: interrupted; what was finished is in {out / 'report.html'}", file=sys.stderr)
    elif not quiet:
        print(f"Report: {out / 'report.html'}")
    if open_report and code != INTERRUPTED:
        click.launch((out / "report.html").resolve().as_uri())
    context.exit(code)


class Failure(click.ClickException):
    """Used in the right way, and yet it could not be done."""

    exit_code = 3


def checked_options(
    experiment: str,
    device: str,
    dtype: str,
    epochs: int | None,
    batch_size: int | None,
    lr: float | None,
    seed: int,
    tolerance: float,
    strict: bool,
) -> "Options":
    """The options with the experiment's own defaults, or an error in one line."""
    from d2l_multi.compare.experiments import EXPERIMENTS
    from d2l_multi.compare.runner import Options
    from d2l_multi.compare.verdict import DTYPES

    one_of("EXPERIMENT", experiment, tuple(EXPERIMENTS))
    one_of("--device", device, ("cpu", "gpu"))
    one_of("--dtype", dtype, DTYPES)
    book = EXPERIMENTS[experiment]
    options = Options(
        experiment=experiment,
        device=device,
        dtype=dtype,
        epochs=book.epochs if epochs is None else epochs,
        batch_size=book.batch_size if batch_size is None else batch_size,
        lr=book.lr if lr is None else lr,
        seed=seed,
        tolerance=tolerance,
        strict=strict,
    )
    require(options.epochs >= 1, "--epochs", f"{epochs} given; a whole number of at least 1 is needed")
    require(
        options.batch_size >= 1, "--batch-size", f"{batch_size} given; a whole number of at least 1 is needed"
    )
    require(
        math.isfinite(options.lr) and options.lr > 0, "--lr", f"{lr} given; a finite number above 0 is needed"
    )
    require(0 <= seed < 2**32, "--seed", f"{seed} given; a whole number from 0 to 2**32 - 1 is needed")
    require(
        math.isfinite(options.tolerance) and options.tolerance >= 0,
        "--tolerance",
        f"{tolerance} given; a finite number of at least 0 is needed",
    )
    return options


def checked_limits(timeout: float, memory: float | None) -> "Limits":
    from d2l_multi.compare.runner import Limits
    from d2l_multi.workers.processes import machine_memory_mib

    for option, given in (("--timeout", timeout), ("--memory", memory)):
        require(
            given is None or (math.isfinite(given) and given > 0),
            option,
            f"{given} given; a finite number above 0 is needed",
        )
    if memory is None:
        memory = MEMORY_SHARE * machine_memory_mib()
    return Limits(timeout, memory)


def chosen_backends(given: str | None) -> list[str]:
    """The backends asked for; by default all whose framework is installed."""
    from d2l_multi.workers.processes import installed

    if given is None:
        names = [name for name in BACKENDS if installed(name)]
        if not names:
            print(
                'no framework is installed; install all four with: pip install "d2l-multi[all]"',
                file=sys.stderr,
            )
            click.get_current_context().exit(3)
        return names
    names = list(dict.fromkeys(name.strip() for name in given.split(",")))
    for name in names:
        one_of("--backends", name, BACKENDS)
    return names


def one_of(option: str, given: str, accepted: tuple[str, ...]) -> None:
    require(given in accepted, option, f"{given!r} is not one of {', '.join(accepted)}")


def require(condition: bool, option: str, message: str) -> None:
    if not condition:
        raise click.BadParameter(message, param_hint=option)


def train(
    comparison: "Comparison", names: list[str], quiet: bool, stop: Callable[[], bool]
) -> dict[str, "Outcome"]:
    """Run NumPy, then one backend after the other, with live progress on stderr where that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    outcomes = {}
    with Progress(
        TextColumn("{task.description:<11}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[status]}"),
        TimeElapsedColumn(),
        console=console,
        disable=quiet or not console.is_terminal,
    ) as progress:
        tasks = {
            name: progress.add_task(name, total=comparison.num_steps, status="waiting", start=False)
            for name in ("numpy", *names)
        }
        for name, task in tasks.items():
            progress.start_task(task)
            progress.update(task, status="starting")

            def on_step(step: int, loss: float, task=task) -> None:
                progress.update(task, completed=step, status=f"loss {loss:.4g}")

            if name == "numpy":
                comparison.run_reference(on_step, stop)
                status = "reference"
            else:
                outcomes[name] = comparison.run(name, on_step, stop)
                status = outcomes[name].status
            progress.stop_task(task)
            progress.update(task, status=status)
    return outcomes
