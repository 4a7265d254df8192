"""The book's cells that read images one by one, in as many processes as `get_dataloader_workers` says."""

import gzip
import subprocess

import pytest

from d2l_multi.book.data.fashion_mnist import FILES
from d2l_multi.compat.cores import num_cores
from d2l_multi.testing.plugin import CHOSEN
from tests.fashion import write_folder
from tests.programs import module

WITH_WORKERS = ("torch", "mxnet", "paddle")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Makes a folder of so many images, each file packed, and unpacked where torchvision looks for it."""

    def write(train, test):
        folder = write_folder(tmp_path_factory.mktemp("fashion"), train=train, test=test)
        raw = folder / "FashionMNIST" / "raw"
        raw.mkdir(parents=True)
        for name in FILES.values():
            (raw / name.removesuffix(".gz")).write_bytes(gzip.decompress((folder / name).read_bytes()))
        return folder

    return write


def run(backend, folder):
    """The cells in a process of their own; batches and workers."""
    command = module(f"book.programs.loader_cells_{backend}", folder)
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return tuple(map(int, done.stdout.splitlines()[-1].split()))


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in WITH_WORKERS])
def framework(request):
    """The frameworks whose loaders have workers."""
    if request.param not in request.config.stash[CHOSEN]:
        pytest.skip(f"reason: not run: {request.param} is left out")
    return request.param


def test_the_cells_run(framework, written):
    batches, workers = run(framework, written(600, 300))
    assert batches == 3 and workers == (0 if framework == "paddle" else min(4, num_cores()))


@pytest.mark.slow
def test_the_cells_run_twenty_times(framework, written):
    """At the book's size. Where workers are not safe they died in every third run."""
    folder = written(60_000, 10_000)
    for _ in range(20):
        assert run(framework, folder)[0] == 235


def test_where_workers_are_not_safe_there_are_none(d2l, d2l_backend):
    assert (d2l.get_dataloader_workers() == 0) == (d2l_backend in ("tensorflow", "paddle"))
