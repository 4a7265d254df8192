"""Archives that stay in their folder, and that appear whole or not at all."""

import errno
import lzma
import os
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

from d2l_multi.files import one_at_a_time

# All other numbers come of what an archive says: names too long, files that should be folders, bad offsets.
OF_THE_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.EMFILE}
ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
HUGE = 1 << 30  # bytes; an archive that becomes larger must be a good part of that itself
RATIO = 200  # how much larger, at most; data sets stay far below, bombs far above


class ArchiveError(ValueError):
    """An archive is damaged, or holds what no data set holds."""


def unpack(archive: Path) -> Path:
    """Unpack a zip or tar file beside itself, into a folder of its own name without the ending.

    The folder appears when everything is in it; if it is there already, each file in it is the old one
    or the whole new one. An archive with a member that would lie outside, or that is no plain file or
    folder, is refused whole, and so is one that would fill the disk.
    """
    target = archive.parent / _stem(archive)
    scratch = archive.parent / f".{target.name}.unpacking"
    try:
        with one_at_a_time(archive.parent, "an unpacking"):
            shutil.rmtree(scratch, ignore_errors=True)  # of a process that was killed
            try:
                scratch.mkdir()
                _extract(archive, scratch)
                # An archive that holds nothing but one folder of the archive's name is that folder.
                inside = list(scratch.iterdir())
                alone = [path.name for path in inside] == [target.name] and inside[0].is_dir()
                _move(inside[0] if alone else scratch, target)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
    except OSError as error:
        raise OSError(
            error.errno, f"{archive} could not be unpacked to {target} ({error.strerror})"
        ) from error
    return target


def _stem(archive: Path) -> str:
    for ending in sorted(ENDINGS, key=len, reverse=True):
        if archive.name.endswith(ending):
            return archive.name.removesuffix(ending)
    raise ArchiveError(f"{archive} cannot be unpacked; archives are called {', '.join(ENDINGS)}")


def _extract(archive: Path, folder: Path) -> None:
    kind = "zip" if archive.suffix == ".zip" else "tar"
    try:
        (_extract_zip if kind == "zip" else _extract_tar)(archive, folder)
    except ArchiveError:
        raise
    except (
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        OverflowError,
        tarfile.TarError,
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
    ) as error:
        raise ArchiveError(f"{archive} is damaged, or no {kind} file ({error})") from error
    except OSError as error:
        if error.errno in OF_THE_DISK:
            raise
        raise ArchiveError(f"{archive} is damaged, or no {kind} file ({error})") from error


def _extract_zip(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as zipped:
        check = _checker(archive, folder)
        for entry in zipped.infolist():
            kind = entry.external_attr >> 28  # Unix: 4 is a folder, 8 a file; other systems leave 0
            check(entry.filename, entry.file_size, kind in (0, 4, 8))
        zipped.extractall(folder)


def _extract_tar(archive: Path, folder: Path) -> None:
    with tarfile.open(archive) as tarred:
        check = _checker(archive, folder)
        for member in tarred:  # before the next one is looked for, this one would be unpacked
            check(member.name, member.size, member.isfile() or member.isdir())
        tarred.extraction_filter = tarfile.data_filter
        tarred.extractall(folder)
        # What is packed has its checksum at the very end, which tarfile does not read.
        rest = 0
        while tarred.fileobj is not None and (chunk := tarred.fileobj.read(1 << 20)):
            rest += len(chunk)
            if rest > HUGE:
                raise ArchiveError(
                    f"{archive} is refused: it goes on for more than {HUGE:,} bytes after its end"
                )


def _checker(archive: Path, folder: Path) -> Callable[[str, int, bool], None]:
    """A check of one member after the other: its name, its size with those before it, its kind."""
    packed, free = archive.stat().st_size, shutil.disk_usage(folder).free
    most, size = max(HUGE, RATIO * packed), 0

    def check(name: str, member_size: int, plain: bool) -> None:
        nonlocal size
        path = PurePosixPath(name.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in name:
            raise ArchiveError(f"{archive} is refused: its member {name!r} would lie outside the folder")
        if not plain:
            raise ArchiveError(f"{archive} is refused: its member {name!r} is a link or a device, not a file")
        size += member_size
        if size > most:
            raise ArchiveError(f"{archive} is refused: its {packed:,} bytes would become more than {most:,}")
        if size > free:
            raise ArchiveError(
                f"{archive} is refused: it would need more than the {free:,} bytes that are free on the disk"
            )

    return check


def _move(content: Path, target: Path) -> None:
    """Put a folder in its place at once; in a folder that is there already, one file after the other."""
    if not target.exists():
        os.replace(content, target)
        return
    for path in _files(content):
        place = target / path.relative_to(content)
        place.parent.mkdir(parents=True, exist_ok=True)
        os.replace(path, place)


def _files(folder: Path) -> Iterable[Path]:
    return [path for path in folder.rglob("*") if not path.is_dir()]
