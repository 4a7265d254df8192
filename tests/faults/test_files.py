"""Files as an attacker, or a bad disk, would hand them over: refused by name, in bounds, and left alone."""

import gzip
import io
import random
import re
import stat
import struct
import subprocess
import tarfile
import time
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from d2l_multi.book.data import archives, data_files, fashion_mnist
from d2l_multi.book.data.archives import ArchiveError
from d2l_multi.book.data.data_files import DataFileError
from tests.data.test_fashion_mnist import names
from tests.fashion import write_folder
from tests.faults.places import on_a_full_disk
from tests.programs import program

CUTS = settings.get_profile("quick"), 200
FLIPS = settings.get_profile("quick"), 500
NAMES = sorted(fashion_mnist.FILES.values())


def examples(profile, count):
    return settings(profile, max_examples=count)


@pytest.fixture(scope="module", params=["packed", "unpacked"])
def originals(request, tmp_path_factory):
    """The four files of a small data set by name, packed or not, and the arrays in them."""
    folder = write_folder(tmp_path_factory.mktemp("originals"), train=20, test=10)
    if request.param == "unpacked":
        for name in NAMES:
            (folder / name.removesuffix(".gz")).write_bytes(gzip.decompress((folder / name).read_bytes()))
            (folder / name).unlink()
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    return files, fashion_mnist.read_folder(folder)


def read(folder, files, name, content):
    """The arrays of the files with one replaced, or the error, which names it; the file is untouched."""
    for other, original in files.items():
        (folder / other).write_bytes(content if other == name else original)
    try:
        return fashion_mnist.read_folder(folder)
    except DataFileError as error:
        assert name in str(error) and str(folder) in str(error)
        return error
    finally:
        assert (folder / name).read_bytes() == content
        assert len(list(folder.iterdir())) == len(files)


@examples(*CUTS)
@given(data=st.data())
def test_cut_off_anywhere(originals, tmp_path_factory, data):
    files, _ = originals
    name = data.draw(st.sampled_from(sorted(files)))
    length = data.draw(st.integers(0, len(files[name]) - 1))
    folder = tmp_path_factory.mktemp("cut")
    assert isinstance(read(folder, files, name, files[name][:length]), DataFileError)


@examples(*FLIPS)
@given(data=st.data())
def test_bits_flipped_anywhere(originals, tmp_path_factory, data):
    """Packed files have a checksum: the images, or an error. Of unpacked ones only the header is checked."""
    files, arrays = originals
    name = data.draw(st.sampled_from(sorted(files)))
    content = bytearray(files[name])
    bits = data.draw(st.lists(st.integers(0, 8 * len(content) - 1), min_size=1, max_size=8, unique=True))
    for bit in bits:
        content[bit // 8] ^= 1 << bit % 8
    found = read(tmp_path_factory.mktemp("flipped"), files, name, bytes(content))
    if not isinstance(found, DataFileError):
        for key, array in arrays.items():
            assert found[key].shape == array.shape
            if name.endswith(".gz"):
                np.testing.assert_array_equal(found[key], array)


def peak_memory(function, *arguments):
    """Bytes held at a time, at most, while a function runs, and what it raises."""
    tracemalloc.start()
    try:
        function(*arguments)
        return tracemalloc.get_traced_memory()[1], None
    except Exception as error:
        return tracemalloc.get_traced_memory()[1], error
    finally:
        tracemalloc.stop()


def test_memory_is_bounded_by_the_declared_size(tmp_path):
    folder = write_folder(tmp_path, train=4000, test=1000)
    peak, error = peak_memory(fashion_mnist.read_folder, folder)
    assert error is None and peak < 2 * 5000 * (28 * 28 + 1)


ABSURD = {
    "four billion images": (2**32 - 1, 28, 28),
    "an image of four billion pixels": (1, 2**16, 2**16),
    "more than 64 bits": (2**32 - 1, 2**32 - 1, 2**32 - 1),
    "none of infinitely many": (0, 2**32 - 1, 2**32 - 1),
    "more than a gigabyte": (2**31, 1, 1),
    "more than there is": (2**27, 1, 1),
}


@pytest.mark.parametrize("shape", ABSURD.values(), ids=ABSURD)
@pytest.mark.parametrize("packed", [True, False])
def test_absurd_dimensions(tmp_path, shape, packed):
    content = struct.pack(">HBB3I", 0, 8, 3, *shape) + bytes(1 << 24)
    path = tmp_path / ("images.gz" if packed else "images")
    path.write_bytes(gzip.compress(content) if packed else content)
    peak, error = peak_memory(data_files.read_idx, path, 3)
    assert isinstance(error, DataFileError) and str(path) in str(error)
    assert peak < 4 << 20


def test_a_bomb(tmp_path):
    """It declares thirty images and goes on for 256 MiB."""
    path = tmp_path / "images.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(struct.pack(">HBB3I", 0, 8, 3, 30, 28, 28))
        for _ in range(256):
            file.write(bytes(1 << 20))
    before = path.read_bytes()
    peak, error = peak_memory(data_files.read_idx, path, 3)
    assert isinstance(error, DataFileError) and "declares 23,520 bytes" in str(error)
    assert peak < 1 << 20 and path.read_bytes() == before


# --- Archives -------------------------------------------------------------------------------------------

MEMBERS = {
    f"pets/{kind}/{number}.txt": f"{kind} {number} ".encode() * 40 for kind in "ab" for number in range(9)
}


def zipped(path, members=MEMBERS):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def tarred(path, members=MEMBERS):
    with tarfile.open(path, f"w:{path.suffix[1:]}") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


PACKERS = {"pets.zip": zipped, "pets.tar.gz": tarred, "pets.tar.bz2": tarred, "pets.tar.xz": tarred}


def unpacked(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def tried(path):
    """What was unpacked, or None where the archive was refused: then there is nothing but the archive."""
    content = path.read_bytes()
    try:
        archives.unpack(path)
    except ArchiveError as error:
        assert str(path) in str(error)
        assert names(path.parent) == [path.name]
        return None
    finally:
        assert path.read_bytes() == content
    assert names(path.parent) == sorted([path.name, "pets"])
    return {f"pets/{name}": content for name, content in unpacked(path.parent / "pets").items()}


@pytest.mark.parametrize("name", PACKERS)
@examples(settings.get_profile("quick"), 50)
@given(data=st.data())
def test_archives_cut_off_anywhere(tmp_path_factory, name, data):
    folder = tmp_path_factory.mktemp("archive")
    content = PACKERS[name](folder / name).read_bytes()
    (folder / name).write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    assert tried(folder / name) in (None, MEMBERS)


@pytest.mark.parametrize("name", PACKERS)
@examples(settings.get_profile("quick"), 125)
@given(data=st.data())
def test_archives_with_bits_flipped(tmp_path_factory, name, data):
    """A name in a zip has no checksum of its own; every content has."""
    folder = tmp_path_factory.mktemp("archive")
    content = bytearray(PACKERS[name](folder / name).read_bytes())
    for bit in data.draw(st.lists(st.integers(0, 8 * len(content) - 1), min_size=1, max_size=8, unique=True)):
        content[bit // 8] ^= 1 << bit % 8
    (folder / name).write_bytes(content)
    before = set(folder.parent.iterdir())
    found = tried(folder / name)
    if found is not None:
        assert set(found.values()) <= set(MEMBERS.values())
    assert set(folder.parent.iterdir()) == before


KINDS = {
    "a symbolic link": tarfile.SYMTYPE,
    "a hard link": tarfile.LNKTYPE,
    "a character device": tarfile.CHRTYPE,
    "a block device": tarfile.BLKTYPE,
    "a pipe": tarfile.FIFOTYPE,
}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_members_that_are_no_files(tmp_path, kind):
    with tarfile.open(tmp_path / "pets.tar.gz", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("pets/fine"), io.BytesIO())
        info = tarfile.TarInfo("pets/odd")
        info.type, info.linkname = kind, "/etc/passwd"
        archive.addfile(info)
    with pytest.raises(ArchiveError, match="'pets/odd' is a link or a device"):
        archives.unpack(tmp_path / "pets.tar.gz")
    assert names(tmp_path) == ["pets.tar.gz"]


def test_a_link_in_a_zip(tmp_path):
    with zipfile.ZipFile(tmp_path / "pets.zip", "w") as archive:
        info = zipfile.ZipInfo("pets/link")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(ArchiveError, match="'pets/link' is a link"):
        archives.unpack(tmp_path / "pets.zip")
    assert names(tmp_path) == ["pets.zip"]


def test_a_file_of_the_folders_name_inside(tmp_path):
    archives.unpack(zipped(tmp_path / "pets.zip", {"pets": b"a file, not a folder"}))
    assert (tmp_path / "pets" / "pets").read_bytes() == b"a file, not a folder"


def test_a_huge_member_is_refused_before_it_is_unpacked(tmp_path):
    info = tarfile.TarInfo("pets/huge")
    info.size = 1 << 40
    (tmp_path / "pets.tar").write_bytes(info.tobuf() + bytes(1 << 12))
    with pytest.raises(ArchiveError, match="would become more than 1,073,741,824"):
        archives.unpack(tmp_path / "pets.tar")
    assert names(tmp_path) == ["pets.tar"]


@pytest.mark.parametrize("name", ["pets.zip", "pets.tar.gz"])
def test_a_bomb_of_many_members(tmp_path, monkeypatch, name):
    monkeypatch.setattr(archives, "HUGE", 1 << 20)
    PACKERS[name](tmp_path / name, {f"{number}": bytes(1 << 18) for number in range(64)})
    with pytest.raises(ArchiveError, match=r"its [\d,]+ bytes would become more than"):
        archives.unpack(tmp_path / name)
    assert names(tmp_path) == [name]


def test_a_tail_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "HUGE", 1 << 20)
    content = gzip.decompress(tarred(tmp_path / "pets.tar.gz").read_bytes())
    (tmp_path / "pets.tar.gz").write_bytes(gzip.compress(content + bytes(1 << 24)))
    with pytest.raises(ArchiveError, match="after its end"):
        archives.unpack(tmp_path / "pets.tar.gz")


def test_a_zip_with_a_password(tmp_path):
    content = zipped(tmp_path / "pets.zip").read_bytes()
    locked = content.replace(b"PK\x03\x04\x14\x00\x00", b"PK\x03\x04\x14\x00\x01").replace(
        b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"
    )
    assert locked != content
    (tmp_path / "pets.zip").write_bytes(locked)
    with pytest.raises(ArchiveError, match=r"encrypted|password"):
        archives.unpack(tmp_path / "pets.zip")


def test_a_folder_that_is_there_keeps_what_it_holds(tmp_path):
    (tmp_path / "pets").mkdir()
    (tmp_path / "pets" / "notes.txt").write_text("mine")
    assert tried(zipped(tmp_path / "pets.zip")) == MEMBERS | {"pets/notes.txt": b"mine"}


MANY = {f"pets/{number}.txt": b"%d " % number * 2000 for number in range(300)}


def unpacking(path):
    process = subprocess.Popen(program(__file__, "unpack", path), stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    return process


@pytest.mark.parametrize("there", [False, True], ids=["new", "over an older one"])
def test_killed_at_any_moment_of_an_unpacking(tmp_path, there):
    path = zipped(tmp_path / "pets.zip", MANY)
    moments = random.Random(0)
    begun = time.monotonic()
    unpacking(path).wait()
    longest = time.monotonic() - begun
    for _ in range(20):
        for old in (tmp_path / "pets").glob("*"):
            old.write_bytes(b"old") if there else old.unlink()
        if not there:
            (tmp_path / "pets").rmdir() if (tmp_path / "pets").exists() else None
        process = unpacking(path)
        time.sleep(moments.uniform(0, longest))
        process.kill()
        process.communicate()
        if there:
            found = unpacked(tmp_path / "pets")
            assert len(found) == len(MANY)
            assert all(content in (b"old", MANY[f"pets/{name}"]) for name, content in found.items())
        elif (tmp_path / "pets").exists():
            assert len(unpacked(tmp_path / "pets")) == len(MANY)
    assert tried(path) == MANY


def test_whoever_looks_sees_all_or_nothing(tmp_path):
    """Four processes unpack at once, while somebody reads what is there."""
    path = zipped(tmp_path / "pets.zip", MANY)
    processes = [unpacking(path) for _ in range(4)]
    seen = set()
    while any(process.poll() is None for process in processes):
        seen.add(len(list((tmp_path / "pets").glob("*"))))
    assert seen <= {0, len(MANY)}
    assert [process.wait() for process in processes] == [0] * 4
    assert tried(path) == MANY


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({f"{number}": b"." for number in range(40)}, "could not be unpacked to .*No space left on device"),
        ({"large": bytes(1 << 20)}, "would need more than the .* bytes that are free on the disk"),
    ],
    ids=["many small files", "a large file"],
)
def test_a_full_disk(tmp_path, members, said):
    zipped(tmp_path / "pets.zip", members)
    place = tmp_path / "place"
    copy = 'cp "$0" "$1" && shift && exec "$@"'
    unpack = program(__file__, "unpack", place / "pets.zip")
    run, left = on_a_full_disk(tmp_path, ["sh", "-c", copy, tmp_path / "pets.zip", place, *unpack])
    assert run.returncode == 0, run.stderr
    assert re.search(said, run.stdout) and str(place / "pets.zip") in run.stdout
    assert list(left) == ["pets.zip"]
