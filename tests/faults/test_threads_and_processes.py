"""Loaders in threads and in other processes: every example once, and a seed's orders are the same there."""

import json
import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from importlib import import_module

import numpy as np
import pytest

from d2l_multi.book.data import sampling
from tests.fashion import write_folder
from tests.faults.programs import processes
from tests.native import native
from tests.programs import module

SECONDS = 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("fashion"), train=70, test=20)


# --- Threads ----------------------------------------------------------------------------------------


def in_threads(*tasks):
    """What tasks return that begin together, each in a thread; one that hangs is a failure."""
    results, barrier = [None] * len(tasks), threading.Barrier(len(tasks))

    def run(number, task):
        barrier.wait(SECONDS)
        results[number] = task()

    threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in enumerate(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    assert not any(thread.is_alive() for thread in threads), "a thread hangs"
    return results


def test_two_passes_at_once_are_the_first_two_epochs(d2l, folder):
    expected = processes.passes(d2l, processes.loaders(d2l, folder))
    for name, loader in processes.loaders(d2l, folder).items():
        task = lambda loader=loader: processes.one_pass(d2l, loader)  # noqa: E731
        for _ in range(5):
            sampling.begin_at(loader, 0)
            assert sorted(in_threads(task, task)) == sorted(expected[name]), name


def test_without_a_seed_every_pass_has_every_example_once(d2l, folder):
    for name, loader in processes.loaders(d2l, folder, seed=None).items():

        def pixels(loader=loader):
            return sorted(row.tobytes() for X, _ in loader for row in d2l.numpy(X))

        alone = pixels()
        assert in_threads(pixels, pixels) == [alone, alone], name


def test_a_pass_counts_once_whatever_comes_between(monkeypatch):
    """Two threads meet in the middle of taking their epoch."""

    class Slow(sampling.Orders):
        @property
        def epoch(self):
            epoch = self.__dict__["epoch"]
            time.sleep(0.05)
            return epoch

        @epoch.setter
        def epoch(self, epoch):
            self.__dict__["epoch"] = epoch

    orders = Slow(50, True, 3, None)
    taken = in_threads(*[lambda: orders.next().tolist()] * 4)
    assert sorted(taken) == sorted(sampling.order(50, 3, epoch).tolist() for epoch in range(4))


def test_training_in_two_threads(d2l, d2l_backend):
    """Each its own net: what they learn is what they learn alone. MXNet wants `npx.set_np` in each thread."""

    def train():
        if d2l_backend == "mxnet":
            import_module("mxnet").npx.set_np()
        net, loss, optimiser = native(d2l_backend).linear_training(0.01)
        X = np.arange(40, dtype="float32").reshape(20, 2) / 40
        d2l.train_epoch_ch3(net, d2l.load_array((X, X[:, :1]), 4, seed=0), loss, optimiser)
        return [array.tolist() for array in d2l.get_parameters(net).values()]

    alone = train()
    assert in_threads(train, train) == [alone, alone]


# --- Processes --------------------------------------------------------------------------------------


def asked(backend, start, when, folder):
    """What a process of its own finds out; it and all that it made are gone afterwards, whatever happens."""
    command = module("faults.programs.processes", backend, start, when, folder)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        output, _ = process.communicate(timeout=4 * processes.SECONDS)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    assert process.returncode == 0
    return json.loads(output)


def test_a_spawned_process(d2l_backend, folder):
    assert asked(d2l_backend, "spawn", "used", folder) == {"loaders": "the same", "training": "done"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="not run: this system has no fork")
def test_a_process_forked_after_the_import(d2l_backend, folder):
    assert asked(d2l_backend, "fork", "imported", folder) == {"loaders": "the same", "training": "done"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="not run: this system has no fork")
def test_a_process_forked_after_use(d2l_backend, folder):
    """TensorFlow does not survive it, and says so instead of waiting for ever."""
    answers = asked(d2l_backend, "fork", "used", folder)
    if d2l_backend != "tensorflow":
        assert answers == {"loaders": "the same", "inherited": "the same", "training": "done"}
        return
    assert set(answers) == {"loaders", "inherited", "training"}
    for answer in answers.values():
        assert "this process was forked from one that had used TensorFlow" in answer and '"spawn"' in answer
