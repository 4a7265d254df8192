"""Two machines: network namespaces on this one, each with an address of its own, and no other."""

import contextlib
import os
import socket
import subprocess
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from tests.launch.commands import PATIENCE, command
from tests.launch.train import from_scratch

SCRIPT = Path(__file__).with_name("small.py")
PORT = 29511
pytestmark = pytest.mark.slow


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True)


@pytest.fixture(scope="module")
def machines():
    """The names of two namespaces, and the address of each."""
    names = {f"d2l-{os.getpid()}-{i}": f"10.213.77.{i + 1}" for i in range(2)}
    first, second = names
    cable = [f"d2l{os.getpid()}{side}" for side in "ab"]
    with contextlib.ExitStack() as stack:
        try:
            for name in names:
                ip("netns", "add", name)
                stack.callback(ip, "netns", "del", name)
            ip("link", "add", cable[0], "netns", first, "type", "veth", "peer", cable[1], "netns", second)
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.skip(f"reason: this system makes no network namespaces ({error})")
        for (name, address), interface in zip(names.items(), cable):
            ip("-n", name, "addr", "add", f"{address}/24", "dev", interface)
            ip("-n", name, "link", "set", interface, "up")
            ip("-n", name, "link", "set", "lo", "up")
        yield names


def on(machine, *words):
    return subprocess.Popen(
        ["ip", "netns", "exec", machine, *command(*words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def expected(backend):
    d2l = import_module(f"d2l_multi.{backend}")
    found = from_scratch(d2l, import_module(f"tests.native.{backend}"), len)
    return np.concatenate([array.reshape(-1) for array in found])


def test_hosts(d2l_backend, machines):
    """The same command on each."""
    words = (
        "-n",
        2,
        "--hosts",
        ",".join(machines.values()),
        "--rendezvous",
        f"{next(iter(machines.values()))}:{PORT}",
    )
    jobs = [on(name, *words, d2l_backend, SCRIPT, d2l_backend) for name in machines]
    said = [job.communicate(timeout=PATIENCE) for job in jobs]
    assert [job.returncode for job in jobs] == [0, 0], said
    number, *values = map(float, said[0][0].split())
    assert number == 4 and said[1][0] == ""
    np.testing.assert_allclose(values, expected(d2l_backend), rtol=1e-12)


def test_node_ranks(d2l_backend, machines):
    """A rendezvous and a number on each; TensorFlow wants to know all addresses."""
    first = next(iter(machines.values()))
    words = ("--machines", 2, "--rendezvous", f"{first}:{PORT}", d2l_backend, SCRIPT, d2l_backend)
    jobs = [on(name, "--node-rank", i, *words) for i, name in enumerate(machines)]
    said = [job.communicate(timeout=PATIENCE) for job in jobs]
    if d2l_backend == "tensorflow":
        assert [job.returncode for job in jobs] == [2, 2]
        assert "must be told the addresses of all machines" in said[0][1]
        return
    assert [job.returncode for job in jobs] == [0, 0], said
    np.testing.assert_allclose([*map(float, said[0][0].split())][1:], expected(d2l_backend), rtol=1e-12)


def test_a_machine_that_does_not_come(d2l_backend, machines):
    name, *_ = machines
    words = ("--timeout", 8, "--hosts", ",".join(machines.values()), d2l_backend, SCRIPT, d2l_backend)
    job = on(name, *words)
    _, errors = job.communicate(timeout=PATIENCE)
    assert job.returncode == 3
    assert next(iter(machines.values())) in errors.splitlines()[-1], errors


def test_a_port_that_is_taken(d2l_backend):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        words = ("--hosts", "127.0.0.1,10.213.77.9", "--rendezvous", f"127.0.0.1:{port}", d2l_backend, SCRIPT)
        job = subprocess.run(command(*words), capture_output=True, text=True, timeout=PATIENCE)
    assert job.returncode == 3
    assert f"127.0.0.1:{port} is taken on this machine" in job.stderr
