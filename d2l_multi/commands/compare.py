"""``d2l-multi compare``: an experiment in every framework. What is heavy is imported when it runs."""

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from d2l_multi import BACKENDS

if TYPE_CHECKING:
    from d2l_multi.compare.own.comparison import OwnComparison, OwnOptions
    from d2l_multi.compare.own.program import Program
    from d2l_multi.compare.runner import Comparison, Limits, Options
    from d2l_multi.compare.verdict import Outcome

INTERRUPTED = 130  # the exit code, as shells have it
MEMORY_SHARE = 0.9  # of the machine's, for a backend; before the system ends somebody else


@dataclass(frozen=True)
class Given:
    """What the command line says of one comparison; None is what it does not say."""

    experiment: str
    device: str
    dtype: str | None
    epochs: int | None
    batch_size: int | None
    lr: float | None
    seed: int | None
    data: Path | None
    tolerance: float
    strict: bool
    workers: int


GRID = ("--grid", "--jobs", "--on", "--ray-address")


class Sections(click.Command):
    """Its help has the options about grids under a heading of their own."""

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        options = [option for option in self.get_params(context) if isinstance(option, click.Option)]
        shown = [(option, option.get_help_record(context)) for option in options]
        records = [(option.opts[0] in GRID, record) for option, record in shown if record]
        for title, of_grid in (("Options", False), ("Options of a grid", True)):
            with formatter.section(title):
                formatter.write_dl([record for about_grid, record in records if about_grid == of_grid])


@click.command(cls=Sections)
@click.argument("experiment", default="linear-regression")
@click.option(
    "--backends", help=f"Comma-separated, of {', '.join(BACKENDS)}.", show_default="all that are installed"
)
@click.option("--device", default="cpu", show_default=True, help="cpu or gpu (each framework's first).")
@click.option("--dtype", help="float32, which is the default, or float64.")
@click.option("--epochs", type=int, help="Passes over the training set.", show_default="the book's")
@click.option("--batch-size", type=int, help="Examples per step.", show_default="the book's")
@click.option("--lr", type=float, help="Learning rate.", show_default="the book's")
@click.option("--seed", type=int, help="Of data, start values and batch order, by default 0.")
@click.option(
    "--workers",
    type=int,
    default=1,
    show_default=True,
    help="Processes that train together in each backend, as d2l-multi launch has them.",
)
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
    "--grid",
    help='What to combine, of lr, seed, batch_size, epochs and dtype: "lr=0.01,0.1 seed=0..4".',
)
@click.option(
    "--jobs",
    type=int,
    help="How many settings at a time.",
    show_default="as many as cores and memory allow",
)
@click.option("--on", help="Where it runs: here, which is the default, or ray.")
@click.option("--ray-address", help="Of a Ray cluster.", show_default="RAY_ADDRESS, or a Ray of its own")
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
    dtype: str | None,
    epochs: int | None,
    batch_size: int | None,
    lr: float | None,
    seed: int | None,
    workers: int,
    tolerance: float,
    strict: bool,
    timeout: float,
    memory: float | None,
    data: Path | None,
    out: Path,
    grid: str | None,
    jobs: int | None,
    on: str | None,
    ray_address: str | None,
    open_report: bool,
    quiet: bool,
) -> None:
    """Train EXPERIMENT in every framework and judge whether they agree.

    EXPERIMENT is linear-regression (the default), or softmax-regression, mlp, convolution or another on the
    images of Fashion-MNIST, or rnn, gru or lstm on a text. Each backend trains in a process of its own from
    the same data, the same start values and the same batch order, and each of its steps is compared, loss and
    parameters, with the step that a NumPy reference takes from the same state in float64, with gradients
    derived by hand. What they may differ by is what rounding explains, derived along with the step.

    Or it is a FILE.py of your own, in which train(d2l) yields its loss and parameters after each step
    ("d2l-multi new FILE.py" writes an example). Its backends are held against reference() in the file, or
    against the first of them. --lr, --seed, --batch-size, --epochs, --dtype and --data go to its parameters
    of these names, and the defaults are its own.

    With --grid, or several experiments with commas between, every experiment is compared with every
    setting, several at a time, into one report; what is finished in --out is not run again.

    Exit code: 0 all agree, or miss by no more than a known limit of the framework explains, 1 a backend
    deviates, 2 wrong usage, 3 a backend failed or is missing or the report could not be written, 130
    interrupted.
    """
    from d2l_multi.book.training import interrupts
    from d2l_multi.compare import report, table, verdict

    given = Given(experiment, device, dtype, epochs, batch_size, lr, seed, data, tolerance, strict, workers)
    limits = checked_limits(timeout, memory)
    names = chosen_backends(backends)
    if grid is not None or "," in experiment:
        from d2l_multi.commands import grid as grids

        asked = grids.Grid(grid or "", jobs, on or "here", ray_address)
        grids.run(context, asked, given, names, timeout, memory, out, quiet, open_report)
    for option, value in (("--jobs", jobs), ("--on", on), ("--ray-address", ray_address)):
        if value is not None:
            refuse(option, "it is about a grid, so it needs --grid")
    comparison = prepared(given, names, limits)
    prepare_folder(out)

    options = comparison.options
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
    end(context, code, out, quiet, open_report)


def end(context: click.Context, code: int, out: Path, quiet: bool, open_report: bool) -> None:
    """Say where the report is, show it if that was asked for, and exit."""
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


def prepared(given: Given, backends: list[str], limits: "Limits") -> "Comparison | OwnComparison":
    """The comparison that was asked for, or an error in one line."""
    from d2l_multi.book.data.data_files import DataFileError
    from d2l_multi.book.data.downloads import DownloadError, UnwritableError
    from d2l_multi.compare import runner
    from d2l_multi.compare.experiments.experiment import BatchTooLarge
    from d2l_multi.compare.own import comparison, program

    if program.is_program(given.experiment):
        try:
            own = program.look(Path(given.experiment), limits)
            options = checked_own_options(given, own, backends)
        except program.ProgramError as error:
            raise click.BadParameter(str(error), param_hint=error.option) from error
        return comparison.OwnComparison(options, limits, own)
    try:
        return runner.Comparison(checked_options(given), limits, given.data)
    except (DataFileError, DownloadError, UnwritableError) as error:
        raise click.BadParameter(str(error), param_hint="--data") from error
    except BatchTooLarge as error:
        raise click.BadParameter(str(error), param_hint="--batch-size") from error


def prepare_folder(out: Path) -> None:
    from d2l_multi.compare import report

    try:
        report.prepare_folder(out)
    except report.Unwritable as error:
        raise click.BadParameter(str(error), param_hint="--out") from error


def checked_options(given: Given) -> "Options":
    """The options with the experiment's own defaults, or an error in one line."""
    from d2l_multi.compare.experiments import EXPERIMENTS
    from d2l_multi.compare.runner import Options

    if given.experiment not in EXPERIMENTS:
        refuse("EXPERIMENT", f"{given.experiment!r} is no FILE.py and not one of {', '.join(EXPERIMENTS)}")
    check_values(given)
    book = EXPERIMENTS[given.experiment]
    if given.workers > 1 and (book.by_batch or book.num_states):
        refuse(
            "--workers",
            f"{given.experiment} is of one process: what it makes of an example depends on the whole batch",
        )
    return Options(
        experiment=given.experiment,
        device=given.device,
        dtype=given.dtype or "float32",
        epochs=book.epochs if given.epochs is None else given.epochs,
        batch_size=book.batch_size if given.batch_size is None else given.batch_size,
        lr=book.lr if given.lr is None else given.lr,
        seed=given.seed or 0,
        tolerance=given.tolerance,
        strict=given.strict,
        workers=given.workers,
    )


def checked_own_options(given: Given, program: "Program", backends: list[str]) -> "OwnOptions":
    """What a user's functions are given, or an error in one line."""
    from d2l_multi.compare.own.comparison import OwnOptions

    check_values(given)
    if given.workers > 1:
        refuse("--workers", f"{given.experiment} is a file of one's own, which trains in one process")
    values = {name: getattr(given, name) for name in ("lr", "batch_size", "epochs", "seed", "dtype")}
    arguments = {name: value for name, value in values.items() if value is not None}
    if given.data is not None:
        arguments["data"] = str(given.data.resolve())
    program.check(backends, arguments, given.device)
    return OwnOptions(program.name, given.device, arguments, given.tolerance)


def check_values(given: Given) -> None:
    from d2l_multi.compare.verdict import DTYPES

    one_of("--device", given.device, ("cpu", "gpu"))
    if given.dtype is not None:
        one_of("--dtype", given.dtype, DTYPES)
    for name in ("epochs", "batch_size"):
        value = getattr(given, name)
        option = f"--{name.replace('_', '-')}"
        require(value is None or value >= 1, option, f"{value} given; a whole number of at least 1 is needed")
    lr, seed, tolerance = given.lr, given.seed, given.tolerance
    require(
        lr is None or (math.isfinite(lr) and lr > 0), "--lr", f"{lr} given; a finite number above 0 is needed"
    )
    require(
        seed is None or 0 <= seed < 2**32,
        "--seed",
        f"{seed} given; a whole number from 0 to 2**32 - 1 is needed",
    )
    require(given.workers >= 1, "--workers", f"{given.workers} given; a whole number of at least 1 is needed")
    require(
        math.isfinite(tolerance) and tolerance >= 0,
        "--tolerance",
        f"{tolerance} given; a finite number of at least 0 is needed",
    )


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
        refuse(option, message)


def refuse(option: str, message: str) -> NoReturn:
    raise click.BadParameter(message, param_hint=option)


def train(
    comparison: "Comparison | OwnComparison", names: list[str], quiet: bool, stop: Callable[[], bool]
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
            for name in (*(["numpy"] if comparison.has_reference else []), *names)
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
