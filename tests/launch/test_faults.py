"""A worker that is killed, hangs, raises: the job ends soon, nothing is left of it, and one line says why."""

import os
import re
import signal
import subprocess
import time

import psutil
import pytest

from d2l_multi import BACKENDS
from tests.launch.commands import PATIENCE, command

# Trains on and on; worker 1 does what the test says once training runs.
SCRIPT = """\
import os, signal, sys, time
from importlib import import_module
from tests.native import {backend} as native
d2l = import_module("d2l_multi.{backend}")
X, y = d2l.synthetic_data(d2l.tensor([2.0, -3.4]), 4.2, 64, seed=0)
w, b = d2l.as_parameter(d2l.zeros(2, 1)), d2l.as_parameter(d2l.zeros(1))
for epoch in range(100_000):
    for X_batch, y_batch in d2l.load_array((X, y), 16, seed=0):
        grads = native.gradients([w, b], lambda: d2l.squared_loss(d2l.linreg(X_batch, w, b), y_batch))
        d2l.sgd([w, b], *(() if grads is None else (grads,)), 0.01, 16)
    if epoch == 0:
        print("trains", flush=True)
    if epoch == 3 and d2l.worker_rank() == 1:
        {fault}  # line 14
"""
FAULTS = {
    "killed": ("os.kill(os.getpid(), signal.SIGKILL)", r"killed by SIGKILL"),
    "raises": ("raise ValueError('a bad example')", r"ValueError: a bad example in train\.py, line 14"),
    "exits": ("sys.exit(5)", r"ended with exit code 5 in train\.py, line 14"),
    "hangs": ("time.sleep(1000)", r"no sign of life for 4 s, in train\.py, line 14; the others wait for it"),
    "stopped": (
        "os.kill(os.getpid(), signal.SIGSTOP)",
        "no sign of life for 4 s; it does not answer; the others wait",
    ),
}


def start(backend, folder, fault="pass", timeout=4, number=2):
    """A job that trains already, and every process of it."""
    script = folder / "train.py"
    script.write_text(SCRIPT.format(backend=backend, fault=fault))
    typed = command("-n", number, "--timeout", timeout, backend, script)
    job = subprocess.Popen(typed, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1)
    for line in job.stdout:
        if "trains" in line:
            break
    return job, psutil.Process(job.pid).children(recursive=True)


def assert_gone(processes):
    _, alive = psutil.wait_procs(processes, timeout=5)
    assert not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


def ended(job, processes):
    """The exit code and the last line of what the job had to say, when nothing is left of it."""
    _, errors = job.communicate(timeout=PATIENCE)
    assert_gone(processes)
    return job.returncode, errors.strip().splitlines()[-1]


# Every fault in one of the engines, and one in each, every day.
DAILY = {("torch", "killed"), ("torch", "hangs"), ("tensorflow", "stopped"), ("mxnet", "killed")}
DAILY |= {("paddle", "raises")}


@pytest.mark.parametrize(
    ("backend", "fault"),
    [
        pytest.param(backend, fault, marks=() if (backend, fault) in DAILY else pytest.mark.slow)
        for backend in BACKENDS
        for fault in FAULTS
    ],
)
def test_worker(backend, fault, tmp_path):
    code, said = FAULTS[fault]
    job, processes = start(backend, tmp_path, code)
    begun = time.monotonic()
    code, line = ended(job, processes)
    assert code == 3
    assert re.fullmatch(rf"d2l-multi: worker 1 of 2 \(\S+, process \d+\):? .*{said}.*", line), line
    assert time.monotonic() - begun < 4 + 15


@pytest.mark.parametrize(
    ("signal_number", "backend"),
    [(signal.SIGINT, "mxnet"), (signal.SIGTERM, "torch"), (signal.SIGKILL, "mxnet")],
)
def test_launcher(signal_number, backend, tmp_path):
    job, processes = start(backend, tmp_path)
    assert listening(processes) == {"127.0.0.1"}
    os.kill(job.pid, signal_number)
    if signal_number == signal.SIGKILL:
        job.wait()
        assert_gone(processes)
    else:
        assert ended(job, processes) == (130, "d2l-multi: interrupted; every worker was ended")


def listening(processes):
    """The addresses that anybody may connect to."""
    connections = [each for process in processes for each in process.net_connections()]
    return {each.laddr.ip for each in connections if each.status == psutil.CONN_LISTEN}
