"""``d2l-multi launch``: one script on several processes. What is heavy is imported when it runs."""

import math
import os
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from d2l_multi import BACKENDS
from d2l_multi.commands.compare import INTERRUPTED, Failure, one_of, require

if TYPE_CHECKING:
    from d2l_multi.launch.engines import Plan

PORT = 29500  # where machines meet unless another is named, as torchrun has it


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("-n", "workers", type=int, default=1, show_default=True, help="Workers on each machine.")
@click.option(
    "--hosts",
    help="Comma-separated addresses of all machines, the same list on each; the first is where they meet.",
    show_default="this machine alone",
)
@click.option("--machines", type=int, help="How many machines there are.", show_default="as --hosts has")
@click.option(
    "--node-rank",
    type=int,
    help="Which machine this is, counted from 0.",
    show_default="its place in --hosts",
)
@click.option(
    "--rendezvous",
    metavar="HOST:PORT",
    help="Where machines meet: an address of machine 0.",
    show_default=f"the first of --hosts, {PORT}",
)
@click.option("--device", default="cpu", show_default=True, help="cpu, or gpu: one for each worker.")
@click.option(
    "--seed",
    type=int,
    help="Of the random numbers of every worker, where the script sets no seed.",
    show_default="drawn",
)
@click.option(
    "--timeout",
    type=float,
    default=600,
    show_default=True,
    help="Seconds without a sign of life of a worker after which the job is ended.",
)
@click.argument("backend")
@click.argument("script", type=click.Path(path_type=Path))
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def launch(
    context: click.Context,
    workers: int,
    hosts: str | None,
    machines: int | None,
    node_rank: int | None,
    rendezvous: str | None,
    device: str,
    seed: int | None,
    timeout: float,
    backend: str,
    script: Path,
    arguments: tuple[str, ...],
) -> None:
    """Run SCRIPT on several processes that train one net, through the engine of BACKEND's framework.

    The script is one for a single process: loaders give each worker its share of every batch, gradients and
    metrics are those of all workers, and the first worker alone draws and writes. On several machines the
    same command runs on each, with --hosts, or with --rendezvous, --machines and --node-rank.

    Exit code: 0 the script ended well in every worker, 2 wrong usage, 3 a worker failed, 130 interrupted.
    """
    from d2l_multi.book.training import interrupts
    from d2l_multi.launch import job

    plan = checked_plan(
        workers, hosts, machines, node_rank, rendezvous, device, seed, timeout, backend, script, arguments
    )
    with interrupts.noted() as stop:
        try:
            finished = job.run(plan, stop)
        except job.Failed as failure:
            raise Failure(str(failure)) from None
    if not finished:
        print("d2l-multi: interrupted; every worker was ended", file=sys.stderr)
    context.exit(0 if finished else INTERRUPTED)


def checked_plan(
    workers: int,
    hosts: str | None,
    machines: int | None,
    node_rank: int | None,
    rendezvous: str | None,
    device: str,
    seed: int | None,
    timeout: float,
    backend: str,
    script: Path,
    arguments: tuple[str, ...],
) -> "Plan":
    from d2l_multi.launch import engines
    from d2l_multi.workers.processes import installed

    one_of("BACKEND", backend, BACKENDS)
    require(hasattr(os, "fork"), "launch", "it needs a system of Unix's kind")
    require(installed(backend), "BACKEND", f"{backend} is not installed")
    require(script.is_file(), "SCRIPT", f"there is no file {script}")
    require(workers >= 1, "-n", f"{workers} given; a whole number of at least 1 is needed")
    one_of("--device", device, ("cpu", "gpu"))
    require(
        math.isfinite(timeout) and timeout > 0,
        "--timeout",
        f"{timeout} given; a finite number above 0 is needed",
    )
    if seed is None:
        seed = random.SystemRandom().randrange(2**32)
    require(0 <= seed < 2**32, "--seed", f"{seed} given; a whole number from 0 to 2**32 - 1 is needed")

    listed = [host.strip() for host in hosts.split(",")] if hosts else []
    number = machines or max(1, len(listed))
    require(number >= 1, "--machines", f"{number} given; a whole number of at least 1 is needed")
    require(not listed or len(listed) == number, "--hosts", f"it names {len(listed)} of {number} machines")
    own, meeting = engines.LOOPBACK, (engines.LOOPBACK, 0)
    if number > 1:
        require(bool(listed or rendezvous), "--rendezvous", "several machines need it, or --hosts")
        require(
            bool(listed) or backend != "tensorflow",
            "--hosts",
            "TensorFlow's workers must be told the addresses of all machines",
        )
        meeting = checked_address(rendezvous or f"{listed[0]}:{PORT}")
        here = engines.addresses()
        if node_rank is None:
            places = [i for i, host in enumerate(listed) if engines.resolved(host) in here]
            require(
                len(places) == 1,
                "--node-rank",
                "none given, and " + ("no host is this machine" if not places else "several hosts are"),
            )
            node_rank = places[0]
        require(
            0 <= node_rank < number, "--node-rank", f"{node_rank} given; from 0 to {number - 1} is needed"
        )
        own = engines.resolved(listed[node_rank]) if listed else engines.address_towards(*meeting)
        require(own in here, "--hosts", f"{own} is no address of this machine, which is number {node_rank}")
    return engines.Plan(
        backend=backend,
        script=str(script),
        arguments=arguments,
        per_machine=workers,
        machines=number,
        machine=node_rank or 0,
        rendezvous=meeting,
        hosts=tuple(listed),
        address=own,
        device=device,
        seed=seed,
        timeout=timeout,
    )


def checked_address(given: str) -> tuple[str, int]:
    host, _, port = given.rpartition(":")
    require(
        bool(host) and port.isdigit() and 0 < int(port) < 2**16, "--rendezvous", f"{given!r} is not HOST:PORT"
    )
    return host, int(port)
