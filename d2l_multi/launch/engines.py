"""How each framework's own engine is started: what is run, and what it is told in the environment."""

import json
import os
import re
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from d2l_multi.compat.cores import num_cores
from d2l_multi.workers.processes import command

LOOPBACK = "127.0.0.1"
KEEPER, SCRIPT, SERVER = (f"d2l_multi.launch.{name}" for name in ("keeper", "script", "mxnet_server"))
# Runs a launcher of an engine's, and not a file of that name in the current folder.
ENGINE = (
    "import sys; sys.path[:] = [folder for folder in sys.path if folder]; "
    "from {module} import {main}; {main}()"
)


@dataclass(frozen=True)
class Plan:
    """What is to run where."""

    backend: str
    script: str
    arguments: tuple[str, ...]
    per_machine: int  # workers on each machine
    machines: int
    machine: int  # which of them this one is
    rendezvous: tuple[str, int]  # address and port on the first machine; of one machine, loopback and any
    hosts: tuple[str, ...]  # the machines' addresses, where they are known
    address: str  # of this machine, by which the others reach it
    device: str
    seed: int
    timeout: float

    @property
    def workers(self) -> int:
        return self.per_machine * self.machines


class Start(NamedTuple):
    """A process to start, and what it is told in the environment."""

    command: list[str]
    environment: dict[str, str]


def starts(plan: Plan, folder: Path) -> Iterator[Start]:
    """The processes to start on this machine; each worker's folder is made in that given."""
    common = {**threads(plan.per_machine), "PYTHONUNBUFFERED": "1"}
    for start in STARTS[plan.backend](plan, folder):
        yield Start(start.command, {**common, **start.environment})


# What tells an engine which process it is: of the job around us, if there is one, and not of ours.
OF_ANOTHER_JOB = re.compile(
    "(PET|TORCHELASTIC|PADDLE|DMLC)_.*|D2L_MULTI_(LOCAL_)?RANK|(LOCAL_|GROUP_)?RANK|(LOCAL_)?WORLD_SIZE"
    "|MASTER_(ADDR|PORT)|TF_CONFIG"
)


def surroundings() -> dict[str, str]:
    """The environment, without what was said there to another job."""
    return {name: value for name, value in os.environ.items() if not OF_ANOTHER_JOB.fullmatch(name)}


def threads(workers: int) -> dict[str, str]:
    """The cores divided among the workers of this machine, unless the user said how many threads to use."""
    if "OMP_NUM_THREADS" in os.environ:
        return {}
    number = str(max(1, num_cores() // workers))
    names = (
        "OMP_NUM_THREADS",
        "FLAGS_paddle_num_threads",
        "TF_NUM_INTRAOP_THREADS",
        "TF_NUM_INTEROP_THREADS",
    )
    return dict.fromkeys(names, number)


def kept(plan: Plan, folder: Path) -> list[str]:
    """What every engine is to run as a worker."""
    arguments = (plan.backend, plan.device, str(plan.seed), plan.script, *plan.arguments)
    return command(KEEPER, str(folder), SCRIPT, *arguments)


def torchrun(plan: Plan, folder: Path) -> Iterator[Start]:
    """Processes of one machine meet in a file and listen on loopback alone, those of several at a port."""
    host, port = plan.rendezvous
    if plan.machines == 1:
        meet = ["--rdzv-backend=c10d", f"--rdzv-endpoint={folder / 'agents'}", "--rdzv-conf=store_type=file"]
        # Without a store for the workers, at which anybody could ask; theirs is a file, too.
        environment = {"TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1"}
        environment["D2L_MULTI_RENDEZVOUS"] = f"file://{folder / 'store'}"
    else:
        meet = [f"--node-rank={plan.machine}", f"--master-addr={host}", f"--master-port={port}"]
        environment = {}
    engine = [sys.executable, "-c", ENGINE.format(module="torch.distributed.run", main="main")]
    shape = [f"--nnodes={plan.machines}", f"--nproc-per-node={plan.per_machine}", "--no-python"]
    interface = {"GLOO_SOCKET_IFNAME": interface_of(plan.address)}
    yield Start([*engine, *shape, *meet, *kept(plan, folder)], {**environment, **interface})


def paddle_launch(plan: Plan, folder: Path) -> Iterator[Start]:
    """Its workers meet at a port of the first one."""
    host, port = plan.rendezvous
    engine = [sys.executable, "-c", ENGINE.format(module="paddle.distributed.launch.main", main="launch")]
    shape = [
        f"--nproc_per_node={plan.per_machine}",
        f"--host={plan.address}",
        f"--log_dir={folder / 'engine'}",
    ]
    environment = {"GLOO_SOCKET_IFNAME": interface_of(plan.address)}
    if plan.device == "cpu":  # its launcher wants a label for each worker, and the workers hide all GPUs
        labels = ",".join(map(str, range(plan.per_machine)))
        environment |= {"PADDLE_DISTRI_BACKEND": "gloo", "CUDA_VISIBLE_DEVICES": labels}
    if plan.machines > 1:
        shape += [f"--nnodes={plan.machines}", f"--rank={plan.machine}", f"--master={host}:{port}"]
    yield Start([*engine, *shape, "--max_restart=0", *kept(plan, folder)], environment)


def tf_config(plan: Plan, folder: Path) -> Iterator[Start]:
    """MultiWorkerMirroredStrategy is told all addresses; every worker listens at its own."""
    if plan.machines == 1:
        addresses = [f"{LOOPBACK}:{port}" for port in free_ports(plan.per_machine)]
    else:
        port = plan.rendezvous[1]
        addresses = [f"{host}:{port + i}" for host in plan.hosts for i in range(plan.per_machine)]
    for local in range(plan.per_machine):
        task = {"type": "worker", "index": plan.machine * plan.per_machine + local}
        config = json.dumps({"cluster": {"worker": addresses}, "task": task})
        yield Start(kept(plan, folder), {"TF_CONFIG": config, "D2L_MULTI_LOCAL_RANK": str(local)})


def dist_sync(plan: Plan, folder: Path) -> Iterator[Start]:
    """A scheduler and a server on the first machine, and the workers, each at its machine's address."""
    host, port = plan.rendezvous
    common = {
        "DMLC_PS_ROOT_URI": host,
        "DMLC_PS_ROOT_PORT": str(port or free_ports(1)[0]),
        "DMLC_NUM_WORKER": str(plan.workers),
        "DMLC_NUM_SERVER": "1",
        "DMLC_NODE_HOST": plan.address,
    }
    for role in ("scheduler", "server") if plan.machine == 0 else ():
        environment = {**common, "DMLC_ROLE": role, "D2L_MULTI_ROLE": role}
        yield Start(command(KEEPER, str(folder), SERVER), environment)
    for local in range(plan.per_machine):
        environment = {"DMLC_ROLE": "worker", "D2L_MULTI_LOCAL_RANK": str(local)}
        environment["D2L_MULTI_RANK"] = str(plan.machine * plan.per_machine + local)
        yield Start(kept(plan, folder), {**common, **environment})


STARTS = {"torch": torchrun, "paddle": paddle_launch, "tensorflow": tf_config, "mxnet": dist_sync}


def free_ports(number: int) -> list[int]:
    """Ports on which nobody listens at this moment."""
    with_sockets = [socket.socket() for _ in range(number)]
    try:
        for each in with_sockets:
            each.bind((LOOPBACK, 0))
        return [each.getsockname()[1] for each in with_sockets]
    finally:
        for each in with_sockets:
            each.close()


def taken(plan: Plan) -> str | None:
    """A port that workers of this machine were to listen at, and somebody else does."""
    host, port = plan.rendezvous
    ports = [port] if plan.machine == 0 and plan.machines > 1 else []
    if plan.backend == "tensorflow" and plan.machines > 1:
        host, ports = plan.address, [port + i for i in range(plan.per_machine)]
    return next((f"{host}:{port}" for port in ports if not is_free(plan.address, port)), None)


def is_free(host: str, port: int) -> bool:
    """Whether one can listen at a port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def addresses() -> dict[str, str]:
    """This machine's addresses, and the network interface of each."""
    import psutil

    found = psutil.net_if_addrs()
    return {
        entry.address: name
        for name, entries in found.items()
        for entry in entries
        if entry.family == socket.AF_INET
    }


def interface_of(address: str) -> str:
    return addresses().get(address, "lo")


def address_towards(host: str, port: int) -> str:
    """The address of this machine by which another one reaches it. No packet is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((host, port))
        return probe.getsockname()[0]


def resolved(host: str) -> str:
    """The address of a host, as its name says; the name itself where nobody knows it."""
    try:
        return socket.gethostbyname(host)
    except OSError:
        return host
