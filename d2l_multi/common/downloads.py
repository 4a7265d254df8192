"""Downloads that are whole and verified, or not there; archives that stay in their folder."""

import logging
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import urlparse

from d2l_multi.common.data_files import cache_folder
from d2l_multi.common.display import shows_progress

DATA_HUB: dict[str, tuple[str, str]] = {}
DATA_URL = "https://d2l-data.s3-accelerate.amazonaws.com/"
TIMEOUT = 30  # seconds without an answer or a byte


class DownloadError(OSError):
    """A file could not be had from any of its addresses."""


def retrieve(urls: Sequence[str], path: Path, known_hash: str | None) -> Path:
    """Fetch a file from the first address that gives it whole; under ``path`` it appears only then."""
    import pooch

    pooch.get_logger().setLevel(logging.ERROR)  # the progress bar says it all
    path.parent.mkdir(parents=True, exist_ok=True)
    failures = []
    for url in urls:
        try:
            pooch.retrieve(url, known_hash, path.name, path.parent, downloader=_downloader())
            return path
        except Exception as error:  # whatever a server or a library does: try the next address
            failures.append(f"{url}: {type(error).__name__}: {_first_line(error)}")
    raise DownloadError("; ".join(failures))


def _downloader() -> Callable:
    import pooch

    return pooch.HTTPDownloader(progressbar=shows_progress(), timeout=TIMEOUT)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [""])[0][:300]


def download(name_or_url, folder=None, sha1_hash=None, *, root=None):
    if name_or_url in DATA_HUB:
        url, sha1_hash = DATA_HUB[name_or_url]
    else:
        url = name_or_url
    parts = urlparse(url)
    name = PurePosixPath(parts.path).name
    if parts.scheme not in ("http", "https") or not name:
        known = ", ".join(sorted(DATA_HUB)) or "empty"
        raise ValueError(
            f"{name_or_url!r} is neither the http(s) address of a file nor a name in DATA_HUB ({known})"
        )
    target = Path(folder if folder is not None else root if root is not None else cache_folder()) / name
    if target.is_file() and sha1_hash is None:
        return str(target)
    try:
        return str(retrieve([url], target, None if sha1_hash is None else f"sha1:{sha1_hash}"))
    except DownloadError as error:
        raise DownloadError(f"{name_or_url!r} could not be downloaded to {target} ({error})") from error


def download_extract(name, folder=None):
    target = unpack(Path(download(name)))
    if folder is None or folder == target.name:
        return str(target)
    if not (target / folder).is_dir():
        raise ValueError(
            f"{target} has no folder {folder!r}; it holds {sorted(p.name for p in target.iterdir())}"
        )
    return str(target / folder)


def unpack(archive: Path) -> Path:
    """Unpack a zip or tar file beside itself, into a folder of its own name without the ending.

    The folder appears when everything is in it. An archive with a member that would lie outside, or
    that is no plain file or folder, is refused whole.
    """
    target = archive.parent / _stem(archive)
    with tempfile.TemporaryDirectory(dir=archive.parent, prefix=".unpacking-") as scratch:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as zipped:
                for entry in zipped.infolist():
                    kind = entry.external_attr >> 28  # Unix: 4 is a folder, 8 a file; other systems leave 0
                    _check_member(archive, entry.filename, plain=kind in (0, 4, 8))
                zipped.extractall(scratch)
        elif tarfile.is_tarfile(archive):
            with tarfile.open(archive) as tarred:
                for member in tarred.getmembers():
                    _check_member(archive, member.name, plain=member.isfile() or member.isdir())
                tarred.extraction_filter = tarfile.data_filter
                tarred.extractall(scratch)
        else:
            raise ValueError(f"{archive} is neither a zip nor a tar file, which is what can be unpacked")
        # An archive that holds nothing but one folder of the archive's name is that folder.
        inside = list(Path(scratch).iterdir())
        content = inside[0] if [path.name for path in inside] == [target.name] else Path(scratch)
        shutil.copytree(content, target, dirs_exist_ok=True)
    return target


def _stem(archive: Path) -> str:
    name = archive.name
    for ending in (".tar.gz", ".tar.bz2", ".tar.xz", ".tgz", ".tar", ".zip"):
        if name.endswith(ending):
            return name.removesuffix(ending)
    raise ValueError(f"{archive} is neither a .zip nor a .tar file, which is what can be unpacked")


def _check_member(archive: Path, name: str, plain: bool) -> None:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in name:
        raise ValueError(f"{archive} is refused: its member {name!r} would lie outside the folder")
    if not plain:
        raise ValueError(f"{archive} is refused: its member {name!r} is a link or a device, not a file")
