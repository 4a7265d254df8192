"""``download`` and ``download_extract``: whole and verified, or nothing."""

import hashlib
import io
import re
import tarfile
import zipfile
from pathlib import Path

import pytest

from d2l_multi.book.data import downloads
from tests.data.test_fashion_mnist import mirror, names  # noqa: F401


@pytest.fixture
def hub(tmp_path, mirror, monkeypatch):  # noqa: F811
    """Publishes bytes under a name; the server's folder is `hub.folder`."""
    folder = tmp_path / "served"
    folder.mkdir()
    server = mirror(folder)
    monkeypatch.setenv("D2L_MULTI_DATA", str(tmp_path / "cache"))
    monkeypatch.setattr(downloads, "DATA_HUB", {})

    def publish(name, content, sha1=None):
        (folder / name).write_bytes(content)
        downloads.DATA_HUB[name] = (server.url + name, sha1 or hashlib.sha1(content).hexdigest())
        return server

    return publish


def test_download_by_name_and_by_address(hub, tmp_path):
    server = hub("houses.csv", b"price\n1\n")
    path = downloads.download("houses.csv")
    assert path == str(tmp_path / "cache" / "houses.csv")
    downloads.download("houses.csv")
    assert len(server.asked) == 1
    other = downloads.download(server.url + "houses.csv", tmp_path / "elsewhere")
    assert Path(other).read_text() == "price\n1\n"
    assert downloads.download(server.url + "houses.csv", root=tmp_path / "third").startswith(str(tmp_path))


def test_what_is_wrong_never_gets_its_name(hub, tmp_path):
    hub("houses.csv", b"price\n1\n", sha1="0" * 40)
    with pytest.raises(OSError, match=r"houses.csv.*could not be downloaded"):
        downloads.download("houses.csv")
    assert names(tmp_path / "cache") == []


def test_a_sum_that_was_stated_wrong_is_told_with_the_right_one(hub):
    hub("houses.csv", b"price\n1\n", sha1="0" * 40)
    right = hashlib.sha1(b"price\n1\n").hexdigest()
    with pytest.raises(OSError, match=f"its sha1 is {right}, it should be {'0' * 40}"):
        downloads.download("houses.csv")


def test_all_that_can_be_had_is_downloaded(hub, tmp_path):
    hub("houses.csv", b"price\n1\n")
    hub("spoilt.csv", b"price\n2\n", sha1="0" * 40)
    server = hub("wings.csv", b"lift\n3\n")
    with pytest.raises(OSError, match=r"1 of 3 files are missing: 'spoilt\.csv'"):
        downloads.download_all()
    assert names(tmp_path / "cache") == ["houses.csv", "wings.csv"]
    del downloads.DATA_HUB["spoilt.csv"]
    downloads.download_all()
    assert server.asked.count("/houses.csv") == 1


def test_the_hub_knows_the_books_data_sets():
    assert {"kaggle_house_train", "kaggle_house_test", "time_machine", "fra-eng", "airfoil"} <= set(
        downloads.DATA_HUB
    )
    for address, sha1 in downloads.DATA_HUB.values():
        assert address.startswith(downloads.DATA_URL) and re.fullmatch("[0-9a-f]{40}", sha1)


@pytest.mark.parametrize("name", ["no-such-name", "ftp://somewhere/file", "https://somewhere/"])
def test_unknown_names(hub, name):
    hub("houses.csv", b"")
    with pytest.raises(ValueError, match=r"DATA_HUB \(houses.csv\)"):
        downloads.download(name)


def zipped(members):
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        return file.getvalue()


def tarred(members):
    with io.BytesIO() as file:
        with tarfile.open(fileobj=file, mode="w:gz") as archive:
            for name, content in members.items():
                info = tarfile.TarInfo(name)
                if content is None:
                    info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
                else:
                    info.size = len(content)
                archive.addfile(info, None if content is None else io.BytesIO(content))
        return file.getvalue()


@pytest.mark.parametrize(("name", "pack"), [("pets.zip", zipped), ("pets.tar.gz", tarred)])
@pytest.mark.parametrize("top", ["", "pets/"])
def test_archives_are_unpacked_beside_themselves(hub, tmp_path, name, pack, top):
    hub(name, pack({f"{top}train/cat.txt": b"meow", f"{top}labels.csv": b"cat"}))
    folder = downloads.download_extract(name)
    assert folder == str(tmp_path / "cache" / "pets")
    assert Path(folder, "train", "cat.txt").read_text() == "meow"
    assert downloads.download_extract(name, "train") == f"{folder}/train"
    with pytest.raises(ValueError, match="no folder 'test'; it holds"):
        downloads.download_extract(name, "test")


@pytest.mark.parametrize(
    "member", ["../evil.txt", "/evil.txt", "a/../../evil.txt", "..\\evil.txt", "C:evil.txt"]
)
@pytest.mark.parametrize(("name", "pack"), [("pets.zip", zipped), ("pets.tar.gz", tarred)])
def test_archives_that_reach_outside_are_refused_whole(hub, tmp_path, name, pack, member):
    hub(name, pack({"good.txt": b"good", member: b"evil"}))
    with pytest.raises(ValueError, match="is refused: its member"):
        downloads.download_extract(name)
    assert names(tmp_path / "cache") == [name]
    assert not list(tmp_path.rglob("evil*"))


def test_links_are_refused(hub):
    hub("pets.tar.gz", tarred({"good.txt": b"good", "link": None}))
    with pytest.raises(ValueError, match="a link or a device"):
        downloads.download_extract("pets.tar.gz")


def test_what_is_no_archive_says_so(hub):
    hub("pets.zip", b"no zip at all")
    with pytest.raises(ValueError, match=r"pets\.zip is damaged, or no zip file"):
        downloads.download_extract("pets.zip")
