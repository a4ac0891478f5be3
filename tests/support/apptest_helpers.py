"""What the tests of the pages share: visits through AppTest, a queue without workers, and strangers' files."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
import titles
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from ae_core.config.schema import Config
from ae_core.errors import LabError
from ae_core.jobs.batch import Batch
from ae_core.jobs.job import Job, State
from ae_core.jobs.limits import Limits
from ae_core.jobs.pieces import PieceJob
from ae_core.jobs.queue import Queue, trained_before
from ae_core.runs import checkpoint
from ae_core.runs.fit import fit, forget_images
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore
from ae_core.tasks import trainable
from ae_core.tasks.clusters.fitting import METHODS
from ae_core.tasks.piecewise import Piecewise, done_here
from ae_core.tasks.trainable import Trainable
from ae_core.training.cost import Pace
from ui.shell import navigation
from ui.visit import caches
from ui.visit.state import REGISTER, VisitState

APP = Path(__file__).resolve().parents[2] / "pages" / "frame.py"
TITLES = {path or "home": title for path, title in titles.TITLES.items()}
PAGES = tuple(  # that show a run of the shelf
    path or "home" for path, page in navigation.PAGES.items() if page.shows_run
)
RUN_PAGES = ("reconstruct", "denoise", "latent_map", "generate")  # those that show one run


def script_of(page: str) -> str:
    """Return the script of a page, by its name in :data:`TITLES`."""
    return navigation.PAGES["" if page == "home" else page].script


# --- Visits -------------------------------------------------------------------------------------------------

# Every AppTest reads what all installed packages say of themselves, to find components in them: a sixth of a second each
# time. They are the same each time.
if hasattr(manifest_scanner, "scan_component_manifests"):
    manifest_scanner.scan_component_manifests = lru_cache(manifest_scanner.scan_component_manifests)


def visit(page: str = "home", begun: VisitState | None = None, **link: str) -> AppTest:
    """A new visit that opens ``page`` by a link with these parameters, of a visitor who was never here or as ``begun``."""
    at = AppTest.from_file(str(APP), default_timeout=60)
    if begun is not None:
        at.session_state["visit"] = begun
    at.query_params.update(link)
    for key in ("more_settings", "tutorials", "upload", "photos_patches"):
        at.session_state[key] = True  # AppTest cannot click an expander, and closed it holds nothing
    if page != "home":
        at.switch_page(script_of(page))
    return at.run()


def turn_to(at: AppTest, page: str) -> AppTest:
    """The same visit on another page. The second run is the one in which a browser's old widgets are gone."""
    return at.switch_page(script_of(page)).run().run()


def link_of(config: Config, **view: str) -> dict[str, str]:
    """The parameters of a link to ``config``."""
    return config.to_query() | view


def remembered(at: AppTest) -> VisitState:
    """What the lab remembers of the visit, to be read or changed between two runs."""
    if "visit" not in at.session_state:
        at.session_state["visit"] = VisitState(REGISTER.find(None))
    state: VisitState = at.session_state["visit"]
    return state


def address(at: AppTest) -> dict[str, str]:
    """The parameters that the page wrote into the address bar; a browser test reads the bar itself."""
    return dict(remembered(at).link.address)


def said(at: AppTest) -> str:
    """All prose, pictures and tables of the page, sidebar included."""
    kinds = (at.title, at.header, at.subheader, at.markdown, at.caption, at.html, at.info, at.warning, at.error)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def tables(at: AppTest) -> list[str]:
    """The numbers and pictures that the page built as HTML, without the style sheet."""
    return [element.value for element in at.html if "<style>" not in element.value]


def sent(at: AppTest, component: str) -> dict[str, str]:
    """The data that the page sends to the one component of this name."""
    (proto,) = [element.proto for element in at.get("bidi_component") if element.proto.component_name == component]
    data: dict[str, str] = json.loads(proto.json)
    return data


def uploader(at: AppTest, label: str) -> Any:
    """The one uploader on the page whose label begins so; it has another key after each file."""
    (found,) = [element for element in at.file_uploader if element.label.startswith(label)]
    return found


def warnings(at: AppTest) -> str:
    return "\n".join(element.value for element in at.warning)


def errors(at: AppTest) -> str:
    return "\n".join(element.value for element in at.error)


def assert_opens(at: AppTest, page: str) -> None:
    """The page is there, in its place, and neither it nor the sidebar says that something went wrong."""
    assert not at.exception, [element.message for element in at.exception]
    assert not at.error, errors(at)
    assert [element.value for element in at.title] == [TITLES[page]]


def press(at: AppTest, label: str) -> AppTest:
    """Press the button with this label."""
    (button,) = [button for button in at.button if button.label == label]
    assert not button.disabled, f"{label} is disabled"
    return button.click().run()


def knobs(at: AppTest) -> set[str]:
    """The fields of a Config that the Train page offers to set."""
    kinds = (at.slider, at.select_slider, at.selectbox, at.multiselect, at.number_input)
    keys = {str(widget.key) for kind in kinds for widget in kind}
    return {key.removeprefix("knob_") for key in keys if key.startswith("knob_")}


def shelf(at: AppTest) -> list[str]:
    """The titles on the run shelf, in their order."""
    return list(at.selectbox(key="shelf").options)


def on_screen(at: AppTest) -> str:
    """The id of the run on screen."""
    return str(at.selectbox(key="shelf").value)


# --- Training without workers -------------------------------------------------------------------------------

LONG_STUDIES = (
    "clusters",
    "compress",
    "few_labels",
)  # pages whose studies of images of many numbers take most of a minute


class InstantManager:
    """Answers as a JobManager does, and trains each run in this process before :meth:`submit` returns.

    With ``holds`` a job stays in the queue instead, for the test to move on by hand.
    """

    def __init__(self, folder: Path, holds: bool = False) -> None:
        self.store = RunStore(folder)
        self.limits = Limits()
        self.pace = Pace()
        self.ready = True
        self.trouble = ""
        self.draining = False
        self.holds = holds
        self.jobs: list[Job] = []  # all that were ever queued
        self.queue = Queue()
        self.piece_jobs: list[tuple[PieceJob, Piecewise]] = []

    def submit(self, config: Config, owner: str, *, again: bool = False, address: str = "") -> Job:
        work = trainable(config)
        run = self._admit(work, again)
        if run is not None:
            return trained_before(work, run, time.monotonic(), owner)
        job = self.queue.submit(work, owner, time.monotonic())
        self._see_to_jobs()
        return job

    def _admit(self, work: Trainable, again: bool = False) -> Run | None:
        run: Run | None = None if again or work.private else self.store.get(work.key)
        if run is None:
            self.limits.check(work, self.pace)
        return run

    def _see_to_jobs(self) -> None:
        new = [job for job in self.queue.active() if job not in self.jobs]
        self.jobs += new
        for job in [] if self.holds else new:
            self.train(job)

    def train(self, job: Job) -> None:
        """Bring a job to its end."""
        job.state = State.RUNNING
        try:
            run = fit(job.config, "cpu")
        except LabError as error:
            self.queue.failed(job, str(error), time.monotonic())
            return
        if job.work.private:
            forget_images()  # which a worker is not to keep
        else:
            self.store.put(job.key, checkpoint.to_bytes(run))
        self.queue.done(job, run, time.monotonic())

    def submit_all(self, configs: Sequence[Config], owner: str, address: str = "") -> Batch:
        self.limits.check_all(configs, self.pace)
        batch = self.queue.submit_all([trainable(config) for config in configs], owner, time.monotonic())
        for _ in configs:  # with ``holds`` as far as the first two
            self.feed()
        return batch

    def feed(self) -> None:
        """Hand in the batches' next jobs, as a manager's own thread does."""
        self.queue.feed(time.monotonic(), self._admit)
        self._see_to_jobs()

    def stop(self, job: Job, owner: str) -> None:
        self.queue.stop(job, owner, time.monotonic())

    def stop_all(self, batch: Batch) -> None:
        self.queue.stop_all(batch, time.monotonic())

    def touch(self, job: Job, owner: str) -> None:
        self.queue.touch(job, owner, time.monotonic())

    def touch_all(self, batch: Batch) -> None:
        self.queue.touch_all(batch, time.monotonic())

    def submit_pieces(self, work: Piecewise, owner: str, address: str = "") -> PieceJob:
        job = PieceJob(owner, work.total, time.monotonic())
        self.piece_jobs.append((job, work))
        if not self.holds:
            self.compute(job, work)
        return job

    def compute(self, job: PieceJob, work: Piecewise) -> None:
        """Bring work in pieces to its end."""
        try:
            for piece in done_here(work):
                job.done += piece.size
            job.state = State.DONE
        except LabError as error:
            job.state, job.error = State.FAILED, str(error)

    def stop_pieces(self, job: PieceJob, owner: str) -> None:
        if not job.state.ended:
            job.state = State.STOPPED

    def touch_pieces(self, job: PieceJob, owner: str) -> None:
        job.seen = time.monotonic()

    def position(self, job: Job) -> int:
        return self.queue.position(job)

    def seconds_until_start(self, job: Job) -> float | None:
        return 40.0 * self.position(job)

    def running(self) -> int:
        return len(self.queue.running())


def open_lab(runs: Path, monkeypatch: pytest.MonkeyPatch) -> InstantManager:
    """A server with no runs yet and a queue that trains at once."""
    monkeypatch.setattr(gc, "freeze", lambda: None)  # a server freezes its imports, not what tests make
    st.cache_data.clear()  # all visits of AppTest are of one session: caches would carry over
    st.cache_resource.clear()
    return serve(InstantManager(runs), monkeypatch)


def without_planes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have clusters found without laying anything on a plane, which takes most of a minute and has tests of its own."""
    monkeypatch.setitem(METHODS, "plane", METHODS["mixture"])


def serve(manager: InstantManager, monkeypatch: pytest.MonkeyPatch) -> InstantManager:
    """From here on the pages talk to this queue."""
    monkeypatch.setattr(caches, "manager", lambda: manager)
    return manager


# --- Files --------------------------------------------------------------------------------------------------


def description_of(data: bytes) -> dict[str, Any]:
    """What a checkpoint file says of its run beside the tensors."""
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    about: dict[str, Any] = json.loads(header["__metadata__"]["about"])
    return about


def described_otherwise(data: bytes, **about: Any) -> bytes:
    """A checkpoint file whose description is changed and whose tensors are not."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    header["__metadata__"]["about"] = json.dumps(json.loads(header["__metadata__"]["about"]) | about)
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data[8 + length :]
