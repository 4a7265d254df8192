"""Downloads from servers that misbehave, in processes that are killed, to folders that are no good."""

import hashlib
import json
import os
import random
import ssl
import subprocess
import threading
import time

import pytest
import trustme

from d2l_multi.book.data import downloads, fashion_mnist
from d2l_multi.book.data.downloads import DownloadError, UnwritableError
from tests.data.test_fashion_mnist import names
from tests.fashion import write_folder
from tests.faults import servers
from tests.faults.places import in_a_read_only_folder, on_a_full_disk
from tests.programs import program

CONTENT = random.Random(0).randbytes(100_000)
SHA1 = hashlib.sha1(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(downloads, "TIMEOUT", 0.5)


@pytest.fixture
def serve():
    started = []

    def serve(behaviour, files=None, context=None):
        started.append(servers.Server(files or {"data.bin": CONTENT}, behaviour, context))
        return started[-1]

    yield serve
    for server in started:
        server.close()


# What a server does, and what is said of it, with a checksum and without.
ALWAYS_NOTICED = {
    "resetting": r"the connection broke off \(Connection reset by peer\)",
    "stalling": "it sent nothing for 0.5 seconds",
    "silent": "it sent nothing for 0.5 seconds",
    "dripping": r"it sends \d+ bytes per second",
    "too_short": "the connection broke off .*7 more expected",
    "cut_in_chunks": "the connection broke off",
    "missing": "it answered 404 Not Found",
    "broken": "it answered 503 Service Unavailable",
    "circular": "it redirects in a circle",
}
LOGIN = "does the network ask for a login"
WRONG = f"it sent another file .its sha1 is [0-9a-f]{{40}}, it should be {SHA1}"
KNOWN = {**ALWAYS_NOTICED, **dict.fromkeys(("nonsense", "too_long", "one_bit_flipped", "login_page"), WRONG)}
UNKNOWN = {**ALWAYS_NOTICED, "login_page": LOGIN}
CASES = [(name, SHA1, said) for name, said in KNOWN.items()]
CASES += [(name, None, said) for name, said in UNKNOWN.items()]


@pytest.mark.parametrize(("behaviour", "sha1", "said"), CASES)
def test_what_is_not_whole_and_right_never_appears(serve, tmp_path, behaviour, sha1, said):
    server = serve(getattr(servers, behaviour))
    with pytest.raises(DownloadError, match=said) as caught:
        downloads.download(server.url + "data.bin", tmp_path, sha1)
    assert server.url in str(caught.value) and str(tmp_path / "data.bin") in str(caught.value)
    assert names(tmp_path) == []


@pytest.mark.parametrize("sha1", [SHA1, None])
def test_a_refused_connection(tmp_path, sha1):
    with pytest.raises(DownloadError, match=r"no connection \(Connection refused\)"):
        downloads.download("http://127.0.0.1:9/data.bin", tmp_path, sha1)
    assert names(tmp_path) == []


def test_a_file_that_is_there_outlives_a_failed_download(serve, tmp_path):
    (tmp_path / "data.bin").write_bytes(b"an older version")
    for name in ("resetting", "one_bit_flipped", "login_page"):
        with pytest.raises(DownloadError):
            downloads.download(serve(getattr(servers, name)).url + "data.bin", tmp_path, SHA1)
        assert (tmp_path / "data.bin").read_bytes() == b"an older version"
    downloads.download(serve(servers.good).url + "data.bin", tmp_path, SHA1)
    assert (tmp_path / "data.bin").read_bytes() == CONTENT


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """The four files of Fashion-MNIST as the suite makes them, by name, and their checksums."""
    folder = write_folder(tmp_path_factory.mktemp("published"), train=300, test=60)
    files = {name: (folder / name).read_bytes() for name in fashion_mnist.FILES.values()}
    return files, {key: hashlib.md5(files[name]).hexdigest() for key, name in fashion_mnist.FILES.items()}


@pytest.fixture
def cache(published, tmp_path, monkeypatch):
    """An empty cache in a folder with an unusual name; nothing is found elsewhere."""
    monkeypatch.setattr(fashion_mnist, "MD5", published[1])
    monkeypatch.setattr(fashion_mnist, "MIRRORS", ())
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "我的 数据 (copy) #1 %41"
    monkeypatch.setenv("D2L_MULTI_DATA", str(folder))
    return folder


@pytest.mark.parametrize("bad", [*sorted(KNOWN), "endless"])
def test_the_next_mirror_is_tried(serve, published, cache, monkeypatch, bad):
    monkeypatch.setattr(fashion_mnist, "LARGEST", 1 << 24)
    mirrors = [serve(getattr(servers, bad), published[0]), serve(servers.good, published[0])]
    monkeypatch.setenv("D2L_MULTI_MIRROR", ",".join(mirror.url for mirror in mirrors))
    assert fashion_mnist.load()["train_images"].shape == (300, 28, 28)
    assert set(mirrors[0].asked) == set(mirrors[1].asked) == set(published[0])
    assert names(cache) == sorted(published[0])


@pytest.fixture
def encrypted(monkeypatch, tmp_path):
    """What an https server on this machine needs, its authority trusted."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


def test_redirections_stay_encrypted(serve, encrypted, tmp_path):
    plain, other = serve(servers.good), serve(servers.good, context=encrypted)
    downgrading = serve(servers.redirecting_to(plain.url), context=encrypted)
    folder = tmp_path / "data"
    for sha1 in (SHA1, None):
        with pytest.raises(DownloadError, match=f"redirects to {plain.url}data.bin, which is not encrypted"):
            downloads.download(downgrading.url + "data.bin", folder, sha1)
    assert plain.asked == [] and names(folder) == []
    staying = serve(servers.redirecting_to(other.url), context=encrypted)
    downloads.download(staying.url + "data.bin", folder, SHA1)
    assert (folder / "data.bin").read_bytes() == CONTENT


def test_a_certificate_that_nobody_signed(serve, tmp_path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    server = serve(servers.good, context=context)
    with pytest.raises(DownloadError, match="its certificate is not to be trusted"):
        downloads.download(server.url + "data.bin", tmp_path)


# --- Processes ------------------------------------------------------------------------------------------


def loading(sums):
    """A process that is about to load Fashion-MNIST, when it is written a line."""
    process = subprocess.Popen(
        program(__file__, "load_images", json.dumps(sums)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    return process


def test_eight_processes_download_each_file_once(serve, published, cache, monkeypatch):
    server = serve(servers.leisurely, published[0])
    monkeypatch.setenv("D2L_MULTI_MIRROR", server.url)
    processes = [loading(published[1]) for _ in range(8)]
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    ended = [process.communicate(timeout=60) for process in processes]
    assert len({out for out, _ in ended}) == 1, ended
    assert [process.returncode for process in processes] == [0] * 8, ended
    assert sorted(server.asked) == sorted(published[0])
    assert names(cache) == sorted(published[0])


def test_who_waits_long_is_told_why(serve, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("d2l_multi.files.PATIENCE", 0.05)
    url = serve(servers.leisurely).url + "data.bin"
    threads = [threading.Thread(target=downloads.download, args=(url, tmp_path, SHA1)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert f"waiting for a download of another process in {tmp_path}" in capsys.readouterr().err
    assert (tmp_path / "data.bin").read_bytes() == CONTENT


KILLS = 20


def test_killed_at_any_moment_of_a_download(serve, published, cache, monkeypatch):
    files, sums = published
    server = serve(servers.leisurely, files)
    monkeypatch.setenv("D2L_MULTI_MIRROR", server.url)
    moments = random.Random(0)
    for _ in range(KILLS):
        process = loading(sums)
        process.stdin.write("\n")
        process.stdin.flush()
        server.asking.wait(timeout=30)
        server.asking.clear()
        time.sleep(moments.uniform(0, 0.25))
        process.kill()
        process.communicate()
        for path in cache.glob("*.gz"):
            assert path.read_bytes() == files[path.name]
        if len(list(cache.glob("*.gz"))) == len(files):
            for path in cache.glob("*.gz"):
                path.unlink()
    process = loading(sums)
    out, err = process.communicate("\n", timeout=60)
    assert process.returncode == 0 and out.strip().isdigit(), err
    assert names(cache) == sorted(files)


# --- Places ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "reason"),
    [(in_a_read_only_folder, "Read-only file system"), (on_a_full_disk, "No space left on device")],
)
def test_places_without_room(serve, tmp_path, place, reason):
    url = serve(servers.good).url + "data.bin"
    run, left = place(tmp_path, program(__file__, "download", url, tmp_path / "place", SHA1))
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith(f"UnwritableError {tmp_path / 'place'} cannot be written to ({reason})")
    assert "D2L_MULTI_DATA" in run.stdout
    assert left == {}


def test_a_file_where_the_folder_should_be(serve, tmp_path):
    (tmp_path / "cache").write_text("mine")
    with pytest.raises(UnwritableError, match="cannot be written to"):
        downloads.download(serve(servers.good).url + "data.bin", tmp_path / "cache")
    assert (tmp_path / "cache").read_text() == "mine"


def test_a_file_that_all_may_read(serve, tmp_path):
    """A teacher fills the cache that a course reads."""
    before = os.umask(0o022)
    try:
        downloads.download(serve(servers.good).url + "data.bin", tmp_path, SHA1)
    finally:
        os.umask(before)
    assert (tmp_path / "data.bin").stat().st_mode & 0o777 == 0o644
