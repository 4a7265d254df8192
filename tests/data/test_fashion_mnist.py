"""Finding, downloading and refusing Fashion-MNIST; the mirrors are loopback servers."""

import functools
import gzip
import hashlib
import http.server
import threading

import numpy as np
import pytest

from d2l_multi.book.data import fashion_mnist
from d2l_multi.book.data.data_files import DataFileError
from d2l_multi.book.data.downloads import DownloadError
from tests.fashion import write_folder


def names(folder):
    """What is in a folder, by name."""
    return sorted(path.name for path in folder.iterdir())


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.asked.append(self.path)
        super().do_GET()


@pytest.fixture
def mirror(tmp_path):
    """Serves a folder on the loopback; `asked` lists the paths that were asked for."""
    servers = []

    def serve(folder):
        server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(Handler, directory=str(folder))
        )
        server.asked = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        server.url = f"http://127.0.0.1:{server.server_port}/"
        return server

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def published(tmp_path, monkeypatch):
    """Files of the suite's own, published: their checksums are the ones that are asked for."""
    folder = tmp_path / "published"
    folder.mkdir()
    write_folder(folder, train=30, test=12)
    sums = {
        key: hashlib.md5((folder / name).read_bytes()).hexdigest()
        for key, name in fashion_mnist.FILES.items()
    }
    monkeypatch.setattr(fashion_mnist, "MD5", sums)
    monkeypatch.setattr(fashion_mnist, "MIRRORS", ())
    return folder


@pytest.fixture(autouse=True)
def nobody_elses_copies(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("KERAS_HOME", raising=False)
    monkeypatch.delenv("D2L_MULTI_MIRROR", raising=False)
    (tmp_path / "work" / "here").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "work" / "here")
    monkeypatch.setenv("D2L_MULTI_DATA", str(tmp_path / "cache"))


def test_download_from_the_users_mirror_once(published, mirror, tmp_path, monkeypatch):
    server = mirror(published)
    monkeypatch.setenv("D2L_MULTI_MIRROR", f"http://127.0.0.1:9/, {server.url}")  # port 9 refuses
    arrays = fashion_mnist.load()
    assert arrays["train_images"].shape == (30, 28, 28)
    assert sorted(server.asked) == sorted(f"/{name}" for name in fashion_mnist.FILES.values())
    assert names(tmp_path / "cache") == sorted(fashion_mnist.FILES.values())
    fashion_mnist.load()
    assert len(server.asked) == 4


def test_a_mirror_that_lies_is_passed_over(published, mirror, tmp_path, monkeypatch):
    lying = tmp_path / "lying"
    lying.mkdir()
    for name in fashion_mnist.FILES.values():
        (lying / name).write_bytes(b"<html>please log in</html>")
    monkeypatch.setenv("D2L_MULTI_MIRROR", f"{mirror(lying).url},{mirror(published).url}")
    assert len(fashion_mnist.load()["test_labels"]) == 12


def test_no_network_says_what_to_do(published, tmp_path, monkeypatch):
    monkeypatch.setenv("D2L_MULTI_MIRROR", "http://127.0.0.1:9/")
    with pytest.raises(DownloadError) as caught:
        fashion_mnist.load()
    for words in (*fashion_mnist.FILES.values(), str(tmp_path / "cache"), "D2L_MULTI_MIRROR"):
        assert words in str(caught.value)
    assert names(tmp_path / "cache") == []


@pytest.mark.parametrize(
    "place",
    [
        "work/data/FashionMNIST/raw",
        "work/here/data/FashionMNIST/raw",
        "home/.keras/datasets/fashion-mnist",
        "home/.mxnet/datasets/fashion-mnist",
        "home/.cache/paddle/dataset/fashion-mnist",
    ],
)
def test_copies_of_the_frameworks_are_used(tmp_path, place):
    (tmp_path / place).mkdir(parents=True)
    write_folder(tmp_path / place, train=20, test=10)
    assert len(fashion_mnist.load()["train_labels"]) == 20
    assert not (tmp_path / "cache").exists()


def test_a_folder_that_is_given_is_used_and_no_other(tmp_path):
    (tmp_path / "mine").mkdir()
    write_folder(tmp_path / "mine", train=20, test=10)
    assert len(fashion_mnist.load(tmp_path / "mine")["train_labels"]) == 20
    assert len(fashion_mnist.load(str(tmp_path / "mine"))["test_labels"]) == 10


def test_damaged_files_of_ones_own_are_an_error_and_somebody_elses_are_not(
    published, mirror, tmp_path, monkeypatch
):
    keras = tmp_path / "home" / ".keras" / "datasets" / "fashion-mnist"
    keras.mkdir(parents=True)
    write_folder(keras, train=20, test=10)
    (keras / fashion_mnist.FILES["train_labels"]).write_bytes(b"damaged")
    monkeypatch.setenv("D2L_MULTI_MIRROR", mirror(published).url)
    assert len(fashion_mnist.load()["train_labels"]) == 30
    with pytest.raises(DataFileError, match="train-labels"):
        fashion_mnist.load(keras)


@pytest.mark.xdist_group("torch")
def test_torchvisions_reader_reads_the_same(published, tmp_path):
    """torchvision is the oracle, on the unpacked files that it works with; we read those as well."""
    from torchvision.datasets import FashionMNIST

    raw = tmp_path / "data" / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for name in fashion_mnist.FILES.values():
        (raw / name.removesuffix(".gz")).write_bytes(gzip.decompress((published / name).read_bytes()))
    packed, unpacked = fashion_mnist.read_folder(published), fashion_mnist.load(tmp_path / "data")
    for part in ("train", "test"):
        oracle = FashionMNIST(tmp_path / "data", train=part == "train", download=False)
        for arrays in (packed, unpacked):
            np.testing.assert_array_equal(arrays[f"{part}_images"], oracle.data.numpy())
            np.testing.assert_array_equal(arrays[f"{part}_labels"], oracle.targets.numpy())
