"""Downloads that are whole and verified, or not there."""

import hashlib
import math
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlparse

from d2l_multi.book.charts.display import shows_progress
from d2l_multi.book.data.archives import unpack
from d2l_multi.book.data.data_files import cache_folder
from d2l_multi.files import one_at_a_time

DATA_URL = "https://d2l-data.s3-accelerate.amazonaws.com/"
DATA_HUB: dict[str, tuple[str, str]] = {  # what sections of the book use, and the sums that it states
    "kaggle_house_train": (
        f"{DATA_URL}kaggle_house_pred_train.csv",
        "585e9cc93e70b39160e7921475f9bcd7d31219ce",
    ),
    "kaggle_house_test": (
        f"{DATA_URL}kaggle_house_pred_test.csv",
        "fa19780a7b011d9b009e8bff8e99922a8ee2eb90",
    ),
    "time_machine": (f"{DATA_URL}timemachine.txt", "090b5e7e70c295757f55df93cb0a180b9691891a"),
    "fra-eng": (f"{DATA_URL}fra-eng.zip", "94646ad1522d915e7b0f9296181140edcf86a4f5"),
    "airfoil": (f"{DATA_URL}airfoil_self_noise.dat", "76e5be1548fd8222e5074cf0faae75edff8cf93f"),
}
TIMEOUT = 30  # seconds without an answer or a byte
SLOWEST = 1024  # bytes per second, below which a server is given up
WEB_PAGES = (".htm", ".html")
WINDOWS = sys.platform == "win32"  # whose terminals may lack the characters of a fine progress bar


class DownloadError(OSError):
    """A file could not be had from any of its addresses."""


class UnwritableError(OSError):
    """A folder for data cannot be written to."""


class Refused(Exception):
    """A server sent something else than the file."""


class Checksum(NamedTuple):
    """A hash function by its name in hashlib, and the hexadecimal digest that a file must have."""

    function: str
    digest: str

    def problem(self, path: Path) -> str | None:
        """What is wrong with a file, if anything."""
        content = hashlib.new(self.function, usedforsecurity=False)
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                content.update(chunk)
        found = content.hexdigest()
        if found == self.digest.lower():
            return None
        return f"it sent another file (its {self.function} is {found}, it should be {self.digest})"


def retrieve(
    urls: Sequence[str], path: Path, known: Checksum | None = None, largest: float = math.inf
) -> Path:
    """Fetch a file from the first address that gives it whole; under ``path`` it appears only then.

    Of several processes that want the same file, one fetches it, and the others wait for it. A server
    that sends more than ``largest`` bytes is given up.
    """
    import requests
    import urllib3

    failures = []
    with _writable(path.parent):
        if _is_there(path, known):
            return path  # another process was faster
        part = path.with_name(f".{path.name}.part")
        try:
            for url in urls:
                try:
                    _fetch(url, part, known, largest)
                    os.replace(part, path)
                    return path
                except (Refused, requests.RequestException, urllib3.exceptions.HTTPError) as error:
                    failures.append(f"{url}: {_plainly(error)}")
        finally:
            part.unlink(missing_ok=True)
    raise DownloadError("; ".join(failures))


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    """The folder made, and locked; what a disk has against that is said with the way out."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with one_at_a_time(folder, "a download"):
            yield
    except OSError as error:
        raise UnwritableError(
            f"{folder} cannot be written to ({error.strerror or error}); make room there, or give another "
            "folder, as an argument or in the environment variable D2L_MULTI_DATA"
        ) from error


def _is_there(path: Path, known: Checksum | None) -> bool:
    return path.is_file() and (known is None or not known.problem(path))


def _fetch(url: str, part: Path, known: Checksum | None, largest: float) -> None:
    """Write to ``part`` what an address gives. Refused if it is not the whole file."""
    import requests
    from tqdm import tqdm

    name = PurePosixPath(urlparse(url).path).name
    with (
        requests.get(
            url,
            stream=True,
            timeout=TIMEOUT,
            headers={"Accept-Encoding": "identity"},  # the file as it is, so that lengths can be compared
            hooks={"response": _stays_encrypted},
        ) as response,
        part.open("wb") as file,
    ):
        response.raise_for_status()
        _no_login_page(response, name, known)
        total = response.raw.length_remaining  # None where the server does not say, or says nonsense
        with tqdm(
            total=total, desc=name, unit="B", unit_scale=True, disable=not shows_progress(), ascii=WINDOWS
        ) as bar:
            for chunk in _at_a_fair_pace(response.raw):
                file.write(chunk)
                bar.update(len(chunk))
                if file.tell() > largest:
                    raise Refused(f"it sends more than {largest:,} bytes")
        if total not in (None, file.tell()):
            raise Refused(f"it sent {file.tell():,} of {total:,} bytes")
    if known is not None and (problem := known.problem(part)):
        raise Refused(problem)


def _at_a_fair_pace(raw: Any) -> Iterator[bytes]:
    """What arrives, as it arrives. Refused if that is next to nothing for a while."""
    begun, received = time.monotonic(), 0
    while chunk := raw.read1(1 << 16):  # read would wait for all it was asked for, drop by drop
        yield chunk
        received += len(chunk)
        passed = time.monotonic() - begun
        if passed > TIMEOUT:
            if received < SLOWEST * passed:
                raise Refused(f"it sends {received / passed:.0f} bytes per second")
            begun, received = time.monotonic(), 0


def _stays_encrypted(response: Any, **_: Any) -> None:
    """Whether a redirection from an encrypted connection leads to another one."""
    target = urljoin(response.url, response.headers.get("Location", ""))
    if response.is_redirect and response.url.startswith("https:") and not target.startswith("https:"):
        raise Refused(f"it redirects to {target}, which is not encrypted")


def _no_login_page(response: Any, name: str, known: Checksum | None) -> None:
    """What a network answers until somebody logs in; with a checksum it is the checksum that tells."""
    page = response.headers.get("Content-Type", "").startswith("text/html")
    if page and known is None and not name.endswith(WEB_PAGES):
        raise Refused("it answered with a web page instead of the file; does the network ask for a login?")


def _plainly(error: Exception) -> str:
    """What went wrong with a server, for somebody who knows no protocols."""
    import requests
    import urllib3

    if isinstance(error, (requests.Timeout, urllib3.exceptions.TimeoutError)):
        return f"it sent nothing for {TIMEOUT} seconds"
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"it answered {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.TooManyRedirects):
        return "it redirects in a circle"
    cause: BaseException = error
    while cause.__context__ is not None:
        cause = cause.__context__
    reason = getattr(cause, "strerror", None) or str(cause)
    if isinstance(error, requests.exceptions.SSLError):
        return f"its certificate is not to be trusted ({reason})"
    if isinstance(error, requests.ConnectionError):
        return f"no connection ({reason})"
    if isinstance(error, urllib3.exceptions.ProtocolError):
        return f"the connection broke off ({reason})"
    return str(error)


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
    checksum = None if sha1_hash is None else Checksum("sha1", sha1_hash)
    if _is_there(target, checksum):
        return str(target)
    try:
        return str(retrieve([url], target, checksum))
    except DownloadError as error:
        raise DownloadError(f"{name_or_url!r} could not be downloaded to {target} ({error})") from error


def download_all():
    failures = []
    for name in DATA_HUB:
        try:
            download(name)
        except UnwritableError:
            raise  # nor would the next have a place
        except DownloadError as error:
            failures.append(str(error))
    if failures:
        raise DownloadError(f"{len(failures)} of {len(DATA_HUB)} files are missing: {'; '.join(failures)}")


def download_extract(name, folder=None):
    target = unpack(Path(download(name)))
    if folder is None or folder == target.name:
        return str(target)
    if not (target / folder).is_dir():
        raise ValueError(
            f"{target} has no folder {folder!r}; it holds {sorted(p.name for p in target.iterdir())}"
        )
    return str(target / folder)
