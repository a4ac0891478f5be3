"""Every mirror here is a server on 127.0.0.1 that misbehaves in one way."""

from __future__ import annotations

import errno
import gzip
import hashlib
import os
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch
from filelock import FileLock

from ae_core.cli import main
from ae_core.data import datasets
from ae_core.data import download as downloader
from ae_core.data.datasets import INFO, DatasetInfo
from ae_core.data.download import DownloadFailed, Source, download
from ae_core.data.torchvision_compat import import_torchvision

LABELS = "t10k-labels-idx1-ubyte.gz"  # the smallest file, so the first that is asked for
IMAGES = "train-images-idx3-ubyte.gz"  # the largest, so the last


@dataclass
class Mirror:
    """What a mirror holds, how it misbehaves, and what it was asked for: (file, Range header)."""

    files: dict[str, bytes]
    understands_ranges: bool = True
    silent: bool = False  # accepts, then sends nothing
    cut_at: int | None = None  # closes the connection after so many bytes of a body
    dawdles: bool = False  # goes on after these bytes only when all is over
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""


class Handler(BaseHTTPRequestHandler):
    mirror: Mirror
    over: threading.Event

    def do_GET(self) -> None:
        name, asked_range = self.path.rpartition("/")[2], self.headers["Range"]
        self.mirror.asked.append((name, asked_range))
        if self.mirror.silent:
            self.over.wait()
            return
        if name not in self.mirror.files:
            self.send_error(404)
            return
        content, start = self.mirror.files[name], 0
        if asked_range and self.mirror.understands_ranges:
            start = int(re.fullmatch(r"bytes=(\d+)-", asked_range)[1])
            if start >= len(content):
                self.send_error(416)
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.wfile.write(content[start:][: self.mirror.cut_at])
        if self.mirror.dawdles:
            self.over.wait()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Compressed files, by name, of an MNIST of 12 training and 5 test images; the data folder is empty."""
    monkeypatch.setenv("AE_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(downloader, "_POLL", 0.01)
    monkeypatch.setitem(INFO, "mnist", replace(INFO["mnist"], train_count=12, test_count=5))
    rng = np.random.default_rng(0)
    files = {
        file.gz_path.name: gzip.compress(file.header + rng.integers(0, 10, file.shape, np.uint8).tobytes())
        for file in datasets.idx_files("mnist")
    }
    sizes = tuple(len(packed) for packed in files.values())
    monkeypatch.setitem(INFO, "mnist", replace(INFO["mnist"], compressed_bytes=sizes))
    return files


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "MNIST" / "raw"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def serve(content: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """Start mirrors, and make them the ones that MNIST is downloaded from."""
    over, servers = threading.Event(), []

    def start(*mirrors: Mirror) -> None:
        for mirror in mirrors:
            handler = type("OneMirror", (Handler,), {"mirror": mirror, "over": over})
            server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
            mirror.url = f"http://127.0.0.1:{server.server_port}/"
            servers.append(server)
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        use_mirrors(content, monkeypatch, *(mirror.url for mirror in mirrors))

    yield start
    over.set()
    for server in servers:
        server.shutdown()
        server.server_close()


def use_mirrors(content: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, *urls: str) -> None:
    md5 = {name: hashlib.md5(packed).hexdigest() for name, packed in content.items()}
    monkeypatch.setattr(downloader, "_source", lambda name: Source(list(urls), md5))


def assert_downloaded(raw: Path, content: dict[str, bytes]) -> None:
    assert {path.name for path in raw.glob("[!.]*")} == {name.removesuffix(".gz") for name in content}
    assert all((raw / name[:-3]).read_bytes() == gzip.decompress(packed) for name, packed in content.items())


# --- It works -----------------------------------------------------------------------------------------------


def test_the_four_files_arrive_unpacked_and_nothing_else(serve, content, raw) -> None:
    serve(Mirror(content))
    download("mnist")
    assert_downloaded(raw, content)
    assert len(datasets.load("mnist", "train").labels) == 12


def test_progress_counts_up_to_the_whole(serve, content) -> None:
    serve(Mirror(content))
    seen: list[tuple[int, int]] = []
    download("mnist", lambda done, total: seen.append((done, total)))
    total = sum(len(packed) for packed in content.values())
    assert seen == sorted(seen)
    assert seen[-1] == (total, total)


def test_progress_is_reported_in_the_callers_thread(serve, content) -> None:
    serve(Mirror(content))
    threads = set()
    download("mnist", lambda done, total: threads.add(threading.get_ident()))
    assert threads == {threading.get_ident()}


def test_a_dataset_that_is_there_is_not_asked_for_again(serve, content) -> None:
    mirror = Mirror(content)
    serve(mirror)
    download("mnist")
    mirror.asked.clear()
    download("mnist")
    assert mirror.asked == []


def test_digits_need_no_download(serve, content) -> None:
    mirror = Mirror(content)
    serve(mirror)
    download("digits")
    assert mirror.asked == []


def test_only_what_is_missing_or_damaged_is_fetched(serve, content, raw) -> None:
    mirror = Mirror(content)
    serve(mirror)
    download("mnist")
    (raw / LABELS[:-3]).write_bytes(b"x" * (raw / LABELS[:-3]).stat().st_size)  # garbled in its right size
    (raw / IMAGES[:-3]).unlink()
    mirror.asked.clear()
    download("mnist")
    assert [name for name, _ in mirror.asked] == [LABELS, IMAGES]
    assert_downloaded(raw, content)


@pytest.mark.parametrize("name", ["mnist", "fashion", "kmnist"])
def test_mirrors_and_checksums_are_torchvisions_own(name: str) -> None:
    theirs = getattr(import_torchvision().datasets, INFO[name].folder)
    source = downloader._source(name)
    assert source.mirrors == theirs.mirrors
    assert source.md5 == dict(theirs.resources)
    assert set(source.md5) == {file.gz_path.name for file in datasets.idx_files(name)}


# --- It goes on where it stopped ----------------------------------------------------------------------------


def test_a_partial_file_is_continued(serve, content, raw) -> None:
    mirror = Mirror(content)
    serve(mirror)
    (raw / (IMAGES + ".part")).write_bytes(content[IMAGES][:100])
    download("mnist")
    assert (IMAGES, "bytes=100-") in mirror.asked
    assert_downloaded(raw, content)


def test_a_partial_file_is_begun_again_where_the_server_cannot_continue(serve, content, raw) -> None:
    serve(Mirror(content, understands_ranges=False))
    (raw / (IMAGES + ".part")).write_bytes(content[IMAGES][:100])
    download("mnist")
    assert_downloaded(raw, content)


def test_a_partial_file_that_is_whole_is_not_asked_for(serve, content, raw) -> None:
    mirror = Mirror(content)
    serve(mirror)
    (raw / (IMAGES + ".part")).write_bytes(content[IMAGES])
    download("mnist")
    assert IMAGES not in dict(mirror.asked)
    assert_downloaded(raw, content)


def test_a_partial_file_that_is_too_long_is_begun_again(serve, content, raw) -> None:
    serve(Mirror(content))
    (raw / (IMAGES + ".part")).write_bytes(content[IMAGES] + b"more")
    download("mnist")
    assert_downloaded(raw, content)


def test_what_arrived_before_the_connection_broke_is_kept(serve, content, raw) -> None:
    serve(Mirror(content, cut_at=30))
    with pytest.raises(DownloadFailed, match=r"broke off after 30 of .* bytes, which are kept"):
        download("mnist")
    assert (raw / (LABELS + ".part")).read_bytes() == content[LABELS][:30]


# --- It fails in words --------------------------------------------------------------------------------------


def test_the_second_mirror_steps_in_for_the_first(serve, content, raw) -> None:
    first, second = Mirror({}), Mirror(content)
    serve(first, second)
    download("mnist")
    assert_downloaded(raw, content)
    assert len(first.asked) == 1  # and is then asked first


def test_a_file_that_no_mirror_has_is_a_sentence(serve) -> None:
    serve(Mirror({}))
    with pytest.raises(DownloadFailed, match=r"MNIST could not .*127\.0\.0\.1 answered with error 404\."):
        download("mnist")


def test_a_wrong_checksum_is_told_and_the_file_removed(serve, content, raw) -> None:
    serve(Mirror({**content, LABELS: b"a page that asks for a password"}))
    with pytest.raises(DownloadFailed, match=r"sent t10k-labels.* with a wrong checksum; it was removed"):
        download("mnist")
    assert list(raw.glob("[!.]*")) == []


def test_no_server_is_a_sentence_with_its_remedies(content, monkeypatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        use_mirrors(content, monkeypatch, f"http://127.0.0.1:{unused.getsockname()[1]}/")
        with pytest.raises(DownloadFailed) as failure:
            download("mnist")
    assert str(failure.value) == (
        "MNIST could not be downloaded: 127.0.0.1 could not be reached (Connection refused). "
        "Try again later, put its four files into MNIST/raw in the data folder (AE_DATA_DIR), "
        "or choose the digits, which need no download."
    )


def test_patience_is_less_than_ten_seconds() -> None:
    assert downloader._PATIENCE < 10
    assert downloader._SILENCE <= 5


def test_silent_mirrors_each_have_their_turn_within_the_callers_patience(serve, content, monkeypatch) -> None:
    monkeypatch.setattr(downloader, "_PATIENCE", 2.0)
    monkeypatch.setattr(downloader, "_MARGIN", 0.8)
    mirrors = [Mirror(content, silent=True), Mirror(content, silent=True)]
    serve(*mirrors)
    began = time.monotonic()
    with pytest.raises(DownloadFailed, match=r"was silent for 1 seconds; 127\.0\.0\.1 was silent"):
        download("mnist")
    assert time.monotonic() - began < 2
    assert all(mirror.asked for mirror in mirrors)


def test_a_name_that_is_never_resolved_does_not_hold_the_caller(content, monkeypatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(downloader, "_PATIENCE", 0.3)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(20))
    use_mirrors(content, monkeypatch, "http://mirror.invalid/")
    began = time.monotonic()
    with pytest.raises(DownloadFailed, match="no server answered"):
        download("mnist")
    assert time.monotonic() - began < 2
    over.set()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_a_sentence_and_leaves_no_partial_file(serve, content, raw) -> None:
    serve(Mirror(content))
    (raw / (LABELS[:-3] + ".part")).symlink_to("/dev/full")  # where it is unpacked to
    with pytest.raises(DownloadFailed, match=r"the disk .* is full\. Make room for \d+ MB and try again"):
        download("mnist")
    assert list(raw.glob("*.part")) == []


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS])
def test_a_folder_that_cannot_be_written_is_a_sentence(serve, content, monkeypatch, code) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise OSError(code, os.strerror(code), "folder")

    serve(Mirror(content))
    monkeypatch.setattr(Path, "mkdir", refuse)  # permissions would not stop root, who often runs tests
    sentence = rf"cannot be written \({os.strerror(code)}\)\. Point AE_DATA_DIR at a folder that can be"
    with pytest.raises(DownloadFailed, match=sentence):
        download("mnist")


# --- A data set that lies in one file -----------------------------------------------------------------------

ARCHIVE = "beats.zip"


@pytest.fixture
def beats(serve, content, tmp_path, monkeypatch) -> Callable[[Mirror], Path]:
    """Have the beats of ECG5000 fetched from a mirror, and made of what it sends; return where they are to lie."""

    def made_of(archive: bytes) -> bytes:
        if archive != b"beats":
            raise ValueError("it holds other beats")
        return b"made"

    def read(info: DatasetInfo, split: datasets.Split) -> datasets.Images:
        if not info.file or not info.file.here.is_file():
            raise datasets.DatasetMissing("none")
        images = torch.from_numpy(np.frombuffer(info.file.here.read_bytes(), np.uint8).copy())
        return datasets.Images(images, images)

    def start(mirror: Mirror) -> Path:
        serve(mirror)
        file = datasets.OneFile("ECG5000/beats.npz", mirror.url + ARCHIVE, made_of)
        monkeypatch.setitem(INFO, "ecg5000", replace(INFO["ecg5000"], file=file, read=read, compressed_bytes=(5,)))
        return file.here

    return start


def test_one_file_is_fetched_checked_and_made(beats) -> None:
    path, told = beats(Mirror({ARCHIVE: b"beats"})), []
    download("ecg5000", lambda done, total: told.append((done, total)))
    assert path.read_bytes() == b"made"
    assert told[-1] == (5, 5)
    assert [each.name for each in path.parent.glob("[!.]*")] == [path.name]
    download("ecg5000")  # it is here: nobody is asked


def test_one_file_that_broke_off_is_continued(beats) -> None:
    mirror = Mirror({ARCHIVE: b"beats"}, cut_at=3)
    path = beats(mirror)
    with pytest.raises(
        DownloadFailed, match=r"ECG5000 could not be downloaded: 127\.0\.0\.1 broke off after 3 of 5 bytes"
    ):
        download("ecg5000")
    mirror.cut_at = None
    download("ecg5000")
    assert mirror.asked == [(ARCHIVE, None), (ARCHIVE, "bytes=3-")]
    assert path.read_bytes() == b"made"


@pytest.mark.parametrize(
    ("mirror", "said"),
    [
        (Mirror({ARCHIVE: b"others"}), "sent something else: it holds other beats"),
        (Mirror({}), "answered with error 404"),
    ],
)
def test_one_file_that_is_another_or_none_is_a_sentence_and_leaves_nothing(beats, mirror, said) -> None:
    path = beats(mirror)
    with pytest.raises(DownloadFailed, match=rf"127\.0\.0\.1 {said}.*put ECG5000/beats\.npz in the data folder"):
        download("ecg5000")
    assert not list(path.parent.glob("[!.]*"))


def test_one_file_that_never_ends_is_refused(beats, monkeypatch) -> None:
    monkeypatch.setattr(downloader, "_MOST", 4)
    path = beats(Mirror({ARCHIVE: b"beats"}))
    with pytest.raises(DownloadFailed, match="sent far too much"):
        download("ecg5000")
    assert not list(path.parent.glob("[!.]*"))


def test_a_full_disk_says_how_much_room_one_file_takes(beats, monkeypatch) -> None:
    path = beats(Mirror({ARCHIVE: b"beats"}))
    monkeypatch.setitem(INFO, "ecg5000", replace(INFO["ecg5000"], compressed_bytes=(11_000_000,)))
    path.parent.mkdir()
    path.with_name(path.name + ".part").symlink_to("/dev/full")
    with pytest.raises(DownloadFailed, match=r"is full\. Make room for 22 MB and try again"):
        download("ecg5000")
    assert not list(path.parent.glob("*.part"))


def test_torchvision_that_cannot_be_imported_is_a_sentence(content, monkeypatch) -> None:
    def fail() -> None:
        raise ImportError("no torchvision")

    monkeypatch.setattr(downloader, "import_torchvision", fail)
    with pytest.raises(DownloadFailed, match=r"\(no torchvision\)\. Reinstall torch and torchvision"):
        download("mnist")


# --- It happens once ----------------------------------------------------------------------------------------


def test_threads_share_one_download(serve, content, raw) -> None:
    mirror = Mirror(content)
    serve(mirror)
    threads = [threading.Thread(target=download, args=("mnist",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(name for name, _ in mirror.asked) == sorted(content)
    assert_downloaded(raw, content)


def test_waiting_threads_share_the_failure_too(serve, content, monkeypatch) -> None:
    monkeypatch.setattr(downloader, "_SILENCE", 0.5)
    mirror = Mirror(content, silent=True)
    serve(mirror)
    failures = []

    def ask() -> None:
        try:
            download("mnist")
        except DownloadFailed as error:
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(failures) == 8
    assert len(mirror.asked) == 1


def test_another_process_is_waited_for_and_its_files_are_used(serve, content, raw) -> None:
    mirror = Mirror(content)
    serve(mirror)
    with FileLock(raw / ".download.lock"):
        waiting = threading.Thread(target=download, args=("mnist",))
        waiting.start()
        waiting.join(0.2)
        assert waiting.is_alive()
        for name, packed in content.items():
            (raw / name[:-3]).write_bytes(gzip.decompress(packed))
    waiting.join(10)
    assert not waiting.is_alive()
    assert mirror.asked == []


def test_a_caller_that_goes_away_does_not_end_the_download(serve, content, raw) -> None:
    def leave(done: int, total: int) -> None:
        raise KeyboardInterrupt

    serve(Mirror(content))
    with pytest.raises(KeyboardInterrupt):
        download("mnist", leave)
    download("mnist")
    deadline = time.monotonic() + 10  # a packed file can be read before the thread that fetches has unpacked it
    while any(raw.glob("*.gz")) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert_downloaded(raw, content)


def test_a_failed_download_can_be_tried_again(serve, content, raw) -> None:
    mirror = Mirror({})
    serve(mirror)
    with pytest.raises(DownloadFailed):
        download("mnist")
    mirror.files.update(content)
    download("mnist")
    assert_downloaded(raw, content)


# --- From a shell, in a bounded time ------------------------------------------------------------------------

AT_ONCE = ["datasets", "--download", "mnist", "--within", "20"]


def test_the_command_fetches_and_says_so_in_one_line(serve, content, raw, capsys) -> None:
    serve(Mirror(content))
    assert main(AT_ONCE) == 0
    assert_downloaded(raw, content)
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"MNIST: 0.0 MB fetched into {raw.parents[1]}\n"


def test_a_slow_server_is_left_in_time_and_what_it_sent_is_kept(serve, content, raw, capsys) -> None:
    mirror = Mirror(content, cut_at=30, dawdles=True)
    serve(mirror)
    assert main([*AT_ONCE[:-1], "0.5"]) == 1
    _, err = capsys.readouterr()
    assert err.startswith("error: MNIST did not come in time: ")
    assert err.count("\n") == 1
    assert (raw / (LABELS + ".part")).read_bytes() == content[LABELS][:30]


def test_no_network_is_one_line(content, monkeypatch, capsys) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        use_mirrors(content, monkeypatch, f"http://127.0.0.1:{unused.getsockname()[1]}/")
        assert main(AT_ONCE) == 1
    _, err = capsys.readouterr()
    assert err.startswith("error: MNIST could not be downloaded: 127.0.0.1 could not be reached")
    assert err.count("\n") == 1
