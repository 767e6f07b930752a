"""Get CIFAR-10: ``python datasets/download.py cifar10``.

It is downloaded, or taken from what you already have (``--from``), its checksums are compared, and
only then does it appear in ``datasets/cifar-10-batches-py``. Whatever fails, nothing half-written
stays behind, and a folder that is already there is never changed.
"""

from __future__ import annotations

import argparse
import errno
import hashlib
import shutil
import sys
import tarfile
import tempfile
import zlib
from pathlib import Path

DATASETS = Path(__file__).resolve().parent
FOLDER = "cifar-10-batches-py"
URL = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
ARCHIVE_BYTES = 170498071
ARCHIVE_MD5 = "c58f30108f718f92721af3b95e74349a"
BATCHES = {
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    "test_batch": "40351d587109b95175f43aff81a1287e",
    "batches.meta": "5ff9c542aee3614f3951f8cda6e48888",
}
NEEDED = ("data_batch_1", "test_batch")  # the least that the notebooks can work with
TIMEOUT = 30  # seconds without an answer


class DownloadError(Exception):
    """CIFAR-10 can't be had this way; the message is one sentence for the user."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return 0 if CIFAR-10 is there in the end, otherwise 1."""
    parser = argparse.ArgumentParser(description="Get a data set for the notebooks.")
    parser.add_argument("dataset", choices=["cifar10"])
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--url", default=URL, help="where to download the archive from")
    source.add_argument(
        "--from",
        dest="source",
        type=Path,
        metavar="PATH",
        help="an archive (cifar-10-python.tar.gz) or a folder of batches that you already have",
    )
    options = parser.parse_args(arguments)
    try:
        print(get_cifar10(options.url, options.source))
    except (DownloadError, OSError) as error:
        print(f"CIFAR-10 was not installed: {_sentence(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped; nothing was left behind.", file=sys.stderr)
        return 1
    return 0


def get_cifar10(url: str, source: Path | None) -> str:
    """Bring CIFAR-10 into its folder, and return a sentence that says what was done."""
    target = DATASETS / FOLDER
    if target.exists():
        try:
            missing = check_batches(target)
        except DownloadError as error:
            raise DownloadError(f"{_sentence(error)} Remove {target} first.") from None
        advice = f" Remove that folder first to get {', '.join(missing)} as well."
        return f"CIFAR-10 is already in {target}.{advice if missing else ''}"

    with tempfile.TemporaryDirectory(dir=DATASETS, prefix=".cifar10-") as name:
        new = Path(name) / FOLDER
        new.mkdir()
        if source is None:
            archive = Path(name) / "archive"
            download(url, archive)
            unpack(archive, new, url)
        elif source.is_dir():
            copy_batches(source, new)
        else:
            unpack(source, new, str(source))
        missing = check_batches(new)
        new.rename(target)
    lack = f" It lacks {', '.join(missing)}." if missing else ""
    return f"CIFAR-10 is now in {target}.{lack}"


def download(url: str, path: Path) -> None:
    """Download a file, with a progress bar."""
    try:
        import pooch
        import requests
        from tqdm import tqdm
    except ImportError:
        raise DownloadError("pooch is missing. Run: python -m pip install pooch") from None
    try:
        with tqdm(total=ARCHIVE_BYTES, unit="B", unit_scale=True, ncols=79) as bar:
            get = pooch.HTTPDownloader(progressbar=bar, chunk_size=2**16, timeout=TIMEOUT)
            get(url, path, None)
    except requests.HTTPError as error:
        reason = f"the server answered {error.response.status_code} {error.response.reason}"
    except (requests.RequestException, ValueError) as error:
        if "timed out" in str(error):
            reason = f"the server was silent for {TIMEOUT} seconds"
        elif isinstance(error, requests.ConnectionError | requests.exceptions.ChunkedEncodingError):
            reason = "there was no connection, or it broke"
        else:
            reason = "the address, or the server's answer, is not one of http or https"
    else:
        return
    raise DownloadError(f"{url} could not be downloaded: {reason}.")


def unpack(archive: Path, folder: Path, origin: str) -> None:
    """Unpack the batches of the archive that has the right checksum."""
    if not archive.is_file():
        raise DownloadError(f"there is no file or folder {archive}.")
    size = archive.stat().st_size
    if size != ARCHIVE_BYTES:
        raise DownloadError(f"{origin} should have {ARCHIVE_BYTES} bytes, but it has {size}.")
    check_md5(archive, ARCHIVE_MD5, origin)
    try:
        with tarfile.open(archive, "r:gz") as members:
            for member in members:
                unpack_member(members, member, folder)
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise DownloadError(f"{origin} can't be unpacked ({error}).") from None


def unpack_member(members: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """Write a batch; the folder of batches and its readme are passed over, all else is refused.

    The path in the archive is only compared, never used: the file's name comes from `BATCHES`.
    """
    if member.isdir() and member.name == FOLDER:
        return
    if member.isfile() and member.name == f"{FOLDER}/readme.html":
        return
    for name in BATCHES:
        if member.isfile() and member.name == f"{FOLDER}/{name}":
            with members.extractfile(member) as source, (folder / name).open("xb") as file:
                shutil.copyfileobj(source, file)
            return
    raise DownloadError(f"the archive holds {member.name!r}, which does not belong in CIFAR-10.")


def copy_batches(source: Path, folder: Path) -> None:
    """Copy the batches that a folder has."""
    for name in BATCHES:
        if (source / name).is_file():
            shutil.copyfile(source / name, folder / name)


def check_batches(folder: Path) -> list[str]:
    """Compare the checksum of every batch that is there, and return the names of the others."""
    missing = [name for name in BATCHES if not (folder / name).is_file()]
    for name in NEEDED:
        if name in missing:
            raise DownloadError(f"there is no {name}.")
    for name, expected in BATCHES.items():
        if name not in missing:
            check_md5(folder / name, expected, name)
    return missing


def check_md5(path: Path, expected: str, origin: str) -> None:
    """Require a file to have this checksum."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "md5").hexdigest()
    if found != expected:
        raise DownloadError(f"{origin} should have the MD5 checksum {expected}, but has {found}.")


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        # a full disk is reported with the file that was read, if with any
        place = DATASETS if error.errno == errno.ENOSPC else error.filename or DATASETS
        return f"{error.strerror} ({place})."
    return str(error)


if __name__ == "__main__":
    sys.exit(main())
