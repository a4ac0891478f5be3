"""Fetch the datasets that are not bundled, from where torchvision's own lists say they are."""

from __future__ import annotations

import contextlib
import errno
import gzip
import hashlib
import http.client
import math
import os
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from filelock import FileLock

from ae_core import __version__
from ae_core.data.datasets import (
    INFO,
    DatasetDamaged,
    DatasetInfo,
    DatasetMissing,
    IdxFile,
    OneFile,
    idx_files,
)
from ae_core.data.torchvision_compat import import_torchvision
from ae_core.errors import LabError
from ae_core.paths import data_dir

_SILENCE = 5.0  # seconds a connection may take to open, and a server may send nothing
# Seconds without a sign of life after which a caller is told that it failed. The time-out above cannot
# promise that: looking up a name has none, and a name with several addresses is given it once for each.
_PATIENCE = 9.0
_MARGIN = 0.5  # by which the mirrors' turns end before that, so that a caller gets the better explanation
_POLL = 0.1  # seconds between two reports of progress
_BLOCK = 1 << 16
_MOST = 100_000_000  # bytes of a file that is fetched in one piece


class DownloadFailed(LabError):
    """A dataset could not be fetched. The message says why, and what to do instead."""


@dataclass
class Source:
    """Where a dataset's files are: each is at any of the ``mirrors`` + its name."""

    mirrors: list[str]
    md5: dict[str, str]  # by name of the compressed file


def download(name: str, progress: Callable[[int, int], object] | None = None) -> None:
    """Fetch a dataset into :func:`ae_core.paths.data_dir`, unless it is there, whole and sound.

    Any number of threads may ask for the same dataset: it is fetched once and all of them wait for it; other
    processes wait for each other. A file that was cut off is continued where the server can do that. The
    fetching outlives a caller that goes away, such as a visitor who leaves the page. With no network this
    ends within ten seconds.

    Args:
        name: one of :data:`ae_core.data.datasets.INFO`.
        progress: called in the caller's thread with the compressed bytes fetched so far, and all there are.

    Raises:
        DownloadFailed: no mirror delivered, or the data folder is full or cannot be written.
        DatasetMissing: there is no dataset of that name.
    """
    idx_files(name)  # refuses a name that there is none of
    if _is_whole(INFO[name]):
        return
    job = _start_or_join(name)
    while True:
        job.join(_POLL)
        if progress is not None:
            progress(job.done, job.info.download_bytes)
        if not job.is_alive():
            break
        if time.monotonic() - job.sign_of_life > _PATIENCE:
            raise _failure(job.info, f"no server answered for {math.ceil(_PATIENCE)} seconds")
    if job.error is not None:
        raise job.error


def _source(name: str) -> Source:
    """Return torchvision's list of mirrors, so that a mirror that moves is a matter of updating torchvision."""
    try:
        listed = getattr(import_torchvision().datasets, INFO[name].folder)
    except (ImportError, RuntimeError) as error:
        reason = f"torchvision, which knows where its files are, cannot be imported ({error})"
        raise _failure(INFO[name], reason, "Reinstall torch and torchvision together") from error
    return Source(list(listed.mirrors), dict(listed.resources))


def _is_whole(info: DatasetInfo) -> bool:
    """Return whether all of a data set is here and can be read."""
    if info.file is None:
        return all(_is_sound(file) for file in idx_files(info.name))
    try:
        info.read(info, "test")
    except (DatasetMissing, DatasetDamaged):
        return False
    return True


def _is_sound(file: IdxFile) -> bool:
    # By reading it, so that whatever `load` calls damaged is fetched again. Costs some 20 ms.
    try:
        file.read()
    except (DatasetMissing, DatasetDamaged):
        return False
    return True


def _failure(info: DatasetInfo, reason: str, remedy: str = "") -> DownloadFailed:
    files = f"its four files into {info.folder}/raw" if info.file is None else f"{info.file.path}"
    by_hand = f"Try again later, put {files} in the data folder (AE_DATA_DIR)"
    return DownloadFailed(
        f"{info.title} could not be downloaded: {reason}. "
        f"{remedy or by_hand}, or choose the digits, which need no download."
    )


class _MirrorFailed(Exception):
    """One mirror did not deliver; the message continues a sentence that begins with its name."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status  # of HTTP, when that is what it answered


class _Job(threading.Thread):
    """One download, watched by all who asked for it."""

    def __init__(self, name: str) -> None:
        super().__init__(name=f"download {name}", daemon=True)
        self.info = INFO[name]
        self.files = idx_files(name)
        self.folder = data_dir() / self.info.folder / "raw"
        # what a full disk has to have room for, and what is taken off it again
        self.needed = sum(file.compressed_bytes + file.size for file in self.files)  # bytes
        self.parts = [_part_of(path) for file in self.files for path in (file.gz_path, file.path)]
        self.done = 0  # compressed bytes
        self.sign_of_life = math.inf  # when something last went forward; inf while another process works
        self.error: Exception | None = None

    def run(self) -> None:
        """Fetch what is missing or damaged, and keep in ``error`` whatever prevents it."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / ".download.lock"):
                self._fetch_missing()
        except OSError as error:  # of the disk: those of the network have become _MirrorFailed
            self.error = self._disk_failure(error)
        except Exception as error:
            self.error = error
        finally:
            with _jobs_lock:
                del _jobs[self.folder]

    def _fetch_missing(self) -> None:
        if not _is_whole(self.info):
            self._live()
            self._fetch_all(_source(self.info.name))

    def _live(self) -> None:
        self.sign_of_life = time.monotonic()

    def _fetch_all(self, source: Source) -> None:
        done = 0
        # The smallest first: a few kilobytes tell soonest whether a mirror is there.
        for file in sorted(self.files, key=lambda file: file.compressed_bytes):
            if not _is_sound(file):
                self._fetch(file, source, done)
            done += file.compressed_bytes
            self.done = done

    def _fetch(self, file: IdxFile, source: Source, before: int) -> None:
        """Fetch one file, ``before`` bytes into the whole, and unpack it."""
        part, md5 = _part_of(file.gz_path), source.md5[file.gz_path.name]
        if not part.exists() or _md5(part) != md5:
            self._fetch_part(file, source, before)
        os.replace(part, file.gz_path)
        self._unpack(file)

    def _fetch_part(self, file: IdxFile, source: Source, before: int) -> None:
        part, name, problems = _part_of(file.gz_path), file.gz_path.name, []
        for tried, mirror in enumerate(source.mirrors):
            # Whatever happens, the last mirror must have had its turn before the callers' patience ends.
            patience = self.sign_of_life + _PATIENCE - _MARGIN - time.monotonic()
            timeout = min(_SILENCE, max(0.1, patience / (len(source.mirrors) - tried)))
            try:
                self._receive(mirror + name, part, file.compressed_bytes, before, timeout)
            except _MirrorFailed as error:
                problems.append(f"{urlsplit(mirror).hostname} {error}")
                continue
            if _md5(part) == source.md5[name]:
                source.mirrors.sort(key=lambda other: other != mirror)  # the next file begins with this one
                return
            part.unlink()
            problems.append(f"{urlsplit(mirror).hostname} sent {name} with a wrong checksum; it was removed")
        raise _failure(self.info, "; ".join(problems))

    def _receive(
        self, url: str, part: Path, expected: int, before: int, timeout: float, most: float = math.inf
    ) -> None:
        """Append to a partial file what it lacks, or begin it again where the server cannot continue.

        Args:
            url: of the file.
            part: the partial file.
            expected: bytes that the file is known to have, for the progress.
            before: bytes of the whole that came before it.
            timeout: seconds that the server may be silent.
            most: bytes from which on it is refused.
        """
        size = part.stat().st_size if part.exists() else 0
        headers = {"User-Agent": f"autoencoder-lab/{__version__}"}
        if size:
            headers["Range"] = f"bytes={size}-"
        try:
            with _network("could not be reached", timeout):
                request = urllib.request.Request(url, headers=headers)
                response = urllib.request.urlopen(request, timeout=timeout)
        except _MirrorFailed as error:
            if error.status is not None:
                self._live()
            if size and error.status == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                part.unlink()  # it is longer than the file it should become
                return self._receive(url, part, expected, before, timeout, most)
            raise
        with response:
            self._live()
            if not _continues(response, size):
                size = 0
            whole = math.inf if response.length is None else size + response.length
            with part.open("ab" if size else "wb") as out:
                while size < whole:
                    with _network("broke off", timeout):
                        block = response.read1(_BLOCK)
                    if not block:
                        break
                    out.write(block)
                    out.flush()  # whoever gives up ends the process, and what came is to be kept
                    size += len(block)
                    if size > most:
                        part.unlink()
                        raise _MirrorFailed("sent far too much")
                    self.done = before + min(size, expected)
                    self._live()
            if size < whole < math.inf:
                raise _MirrorFailed(f"broke off after {size:,} of {whole:,} bytes, which are kept")

    def _unpack(self, file: IdxFile) -> None:
        part = _part_of(file.path)
        with gzip.open(file.gz_path) as packed, part.open("wb") as out:
            while block := packed.read(1 << 20):
                out.write(block)
                self._live()
        os.replace(part, file.path)
        file.gz_path.unlink()

    def _disk_failure(self, error: OSError) -> DownloadFailed:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            for part in self.parts:
                with contextlib.suppress(OSError):
                    part.unlink()
            reason = "the disk that holds the data folder is full"
            remedy = f"Make room for {self.needed / 1e6:.0f} MB and try again"
        else:
            reason = f"the data folder cannot be written ({error.strerror or error})"
            remedy = "Point AE_DATA_DIR at a folder that can be written and try again"
        return _failure(self.info, reason, remedy)


class _FileJob(_Job):
    """The download of a data set that lies in one file."""

    def __init__(self, name: str, file: OneFile) -> None:
        super().__init__(name)
        self.file = file
        self.folder = file.here.parent
        self.needed = 2 * self.info.download_bytes  # what is fetched, and what is made of it
        self.parts = [_part_of(file.here)]

    def _fetch_missing(self) -> None:
        if _is_whole(self.info):
            return
        self._live()
        (part,) = self.parts
        host = urlsplit(self.file.address).hostname
        try:
            self._receive(self.file.address, part, self.info.download_bytes, 0, _SILENCE, _MOST)
            self.sign_of_life = math.inf  # no server is waited for
            made = self.file.make(part.read_bytes())
        except _MirrorFailed as error:
            raise _failure(self.info, f"{host} {error}") from error
        except ValueError as error:
            part.unlink()  # so that the next attempt begins anew
            raise _failure(self.info, f"{host} sent something else: {error}") from error
        part.write_bytes(made)
        os.replace(part, self.file.here)


_jobs: dict[Path, _Job] = {}  # by the dataset's folder
_jobs_lock = threading.Lock()


def _start_or_join(name: str) -> _Job:
    file = INFO[name].file
    job = _Job(name) if file is None else _FileJob(name, file)
    with _jobs_lock:
        if job.folder in _jobs:
            return _jobs[job.folder]
        job.start()
        _jobs[job.folder] = job  # before it can end, which takes the lock
        return job


def _part_of(path: Path) -> Path:
    return path.with_name(path.name + ".part")


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _continues(response: http.client.HTTPResponse, offset: int) -> bool:
    """Return whether the server sends the file from ``offset`` on, and not the whole of it."""
    if response.status != http.HTTPStatus.PARTIAL_CONTENT:
        return False
    if not response.headers.get("Content-Range", "").startswith(f"bytes {offset}-"):
        raise _MirrorFailed("sent another part of the file than the one asked for")
    return True


@contextlib.contextmanager
def _network(trouble: str, timeout: float) -> Iterator[None]:
    """Turn what may go wrong between here and a mirror into :class:`_MirrorFailed`."""
    try:
        yield
    except urllib.error.HTTPError as error:
        error.close()
        raise _MirrorFailed(f"answered with error {error.code}", error.code) from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)  # urllib wraps what happens while it connects
        if isinstance(reason, TimeoutError):
            raise _MirrorFailed(f"was silent for {math.ceil(timeout)} seconds") from error
        raise _MirrorFailed(f"{trouble} ({getattr(reason, 'strerror', None) or reason})") from error
