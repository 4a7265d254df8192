"""The book's cells that read images one by one, in as many processes as `get_dataloader_workers` says."""

import gzip
import subprocess
import sys

import pytest

from d2l_multi.book.data.fashion_mnist import FILES
from d2l_multi.compat.cores import num_cores
from d2l_multi.testing.plugin import CHOSEN
from tests.fashion import write_folder

BEFORE = {
    "torch": """
from d2l_multi import torch as d2l
import torch
import torchvision
from torch.utils import data
from torchvision import transforms

trans = transforms.ToTensor()
mnist_train, mnist_test = (
    torchvision.datasets.FashionMNIST(root=folder, train=train, transform=trans) for train in (True, False)
)

def load_data_fashion_mnist(batch_size):
    return (
        data.DataLoader(mnist_train, batch_size, shuffle=True, num_workers=d2l.get_dataloader_workers()),
        data.DataLoader(mnist_test, batch_size, shuffle=False, num_workers=d2l.get_dataloader_workers()),
    )

net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 10))
loss = torch.nn.CrossEntropyLoss(reduction="none")
trainer = torch.optim.SGD(net.parameters(), lr=0.1)
""",
    "mxnet": """
from d2l_multi import mxnet as d2l
from mxnet import gluon, init
from mxnet.gluon.data.vision import datasets

datasets.download = lambda url, path, **_: os.path.join(path, url.rpartition("/")[2])  # the files are there
mnist_train, mnist_test = (gluon.data.vision.FashionMNIST(folder, train) for train in (True, False))

def load_data_fashion_mnist(batch_size):
    trans = gluon.data.vision.transforms.ToTensor()
    train, test = mnist_train.transform_first(trans), mnist_test.transform_first(trans)
    return (
        gluon.data.DataLoader(train, batch_size, shuffle=True, num_workers=d2l.get_dataloader_workers()),
        gluon.data.DataLoader(test, batch_size, shuffle=False, num_workers=d2l.get_dataloader_workers()),
    )

net = gluon.nn.Sequential()
net.add(gluon.nn.Dense(10))
net.initialize(init.Normal(sigma=0.01))
loss = gluon.loss.SoftmaxCrossEntropyLoss()
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
""",
    "paddle": """
from d2l_multi import paddle as d2l
import paddle
from paddle.vision import transforms

def dataset(part, mode):
    images, labels = (f"{folder}/{part}-{kind}-ubyte.gz" for kind in ("images-idx3", "labels-idx1"))
    return paddle.vision.datasets.FashionMNIST(images, labels, mode=mode, transform=transforms.ToTensor())

mnist_train, mnist_test = dataset("train", "train"), dataset("t10k", "test")

def load_data_fashion_mnist(batch_size):
    workers = d2l.get_dataloader_workers()
    return (
        paddle.io.DataLoader(mnist_train, batch_size=batch_size, shuffle=True, num_workers=workers),
        paddle.io.DataLoader(mnist_test, batch_size=batch_size, num_workers=workers),
    )

net = paddle.nn.Sequential(paddle.nn.Flatten(), paddle.nn.Linear(784, 10))
loss = paddle.nn.CrossEntropyLoss(reduction="none")
trainer = paddle.optimizer.SGD(learning_rate=0.1, parameters=net.parameters())
""",
}
# Look at a batch, go over all of them, train: each starts workers of its own, the later ones after computing.
CELLS = """
train_iter, test_iter = load_data_fashion_mnist(256)
X, y = next(iter(train_iter))
timer = d2l.Timer()
num_batches = sum(1 for X, y in train_iter)
timer.stop()
d2l.train_ch3(net, train_iter, test_iter, loss, 1, trainer)
print(num_batches, d2l.get_dataloader_workers())
"""


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
    program = f"import os\nimport warnings\nfolder = {str(folder)!r}\nwarnings.simplefilter('ignore')\n"
    command = [sys.executable, "-c", f"{program}{BEFORE[backend]}{CELLS}"]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return tuple(map(int, done.stdout.splitlines()[-1].split()))


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in BEFORE])
def native(request):
    """The frameworks whose loaders have workers."""
    if request.param not in request.config.stash[CHOSEN]:
        pytest.skip(f"reason: not run: {request.param} is left out")
    return request.param


def test_the_cells_run(native, written):
    batches, workers = run(native, written(600, 300))
    assert batches == 3 and workers == (0 if native == "paddle" else min(4, num_cores()))


@pytest.mark.slow
def test_the_cells_run_twenty_times(native, written):
    """At the book's size. Where workers are not safe they died in every third run."""
    folder = written(60_000, 10_000)
    for _ in range(20):
        assert run(native, folder)[0] == 235


def test_where_workers_are_not_safe_there_are_none(d2l, d2l_backend):
    assert (d2l.get_dataloader_workers() == 0) == (d2l_backend in ("tensorflow", "paddle"))
