"""The state of one visit: typed fields that last from one run of a page to the next, beside the values of widgets.

All of it is one value with typed fields, kept for as long as the visit lasts: on every page, within fragments and in
callbacks. What a widget holds Streamlit keeps under the widget's own key, see :mod:`ui.visit.widget_values`.

A visit is one tab, until it is closed or reloaded. What is the visitor's own, such as their runs and their jobs, all of
their tabs share, and they find it again after a reload: see :mod:`ui.visit.register`.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from ae_core.classroom.lesson import Lesson
from ae_core.config.schema import Config
from ae_core.data.datasets import Images
from ae_core.data.own import Source
from ae_core.data.tables.own_table import OwnTable, PreparedTable
from ae_core.data.upload.photo import Photo
from ae_core.jobs.batch import Batch
from ae_core.jobs.job import Job
from ae_core.jobs.pieces import PieceJob
from ae_core.runs.run import Run
from ae_core.tasks.study import Answer
from ui.visit.own_pictures import OwnPictures
from ui.visit.register import COOKIE, Known, Register, token_in

if TYPE_CHECKING:
    from ui.visit.shelf import Entry

_KEY = "visit"


@dataclass
class LinkState:
    """The link that the visit came by, and the address that the page shows now."""

    read: bool = False  # whether the link has been read, which is done once
    page: str = ""  # the page on screen, by its address; Home's is empty
    view: dict[str, str] = field(default_factory=dict)  # what the link says of a page's view, by the parameter's name
    notes: list[str] = field(default_factory=list)  # what could not be taken as written, until the visitor closed it
    config: Config | None = None  # the link's settings, until the shelf has taken them
    wanted: Config | None = None  # the link's run, while this server does not have it
    wanted_started: bool = False  # whether that was trained without being asked for
    address: dict[str, str] = field(default_factory=dict)  # the parameters in the address bar


@dataclass
class LessonState:
    """The teacher's lesson that the visit came by, and the one that the visitor makes."""

    taken: Lesson | None = None  # until it is left
    begun: bool = False  # whether its settings have become the draft, which is done once
    made: Lesson | None = None  # what the dialog for a teacher's link starts from


@dataclass
class ShelfState:
    """The visitor's own runs."""

    runs: list[Entry] = field(default_factory=list)  # oldest first, without those that come with the lab
    memory: dict[str, Run] = field(default_factory=dict)  # runs that are on no disk, by the name in their entry's id
    private: dict[str, Run] = field(default_factory=dict)  # finished runs on own pictures, by their Config's key
    uploads: int = 0  # checkpoints that were uploaded
    upload_refusal: str = ""  # why the checkpoint that was uploaded last was not taken


@dataclass(frozen=True, eq=False)
class Unseen:
    """A training whose end the visitor has not seen, as it is found in their locker.

    Attributes:
        config: what was to be trained.
        run: what came of it, where that is on no disk; None while it was under way.
        restarted: whether the web process was another one then.
    """

    config: Config
    run: Run | None = None
    restarted: bool = True


@dataclass
class JobState:
    """The visitor's training job, and the messages about it that are shown once."""

    current: Job | None = None  # until its end has been seen
    unseen: Unseen | None = None  # from the visitor's locker, until a page takes it up
    error: str = ""
    note: str = ""


@dataclass
class BatchState:
    """The visitor's batch of runs: those of a sweep, or the one that a link compares with."""

    current: Batch | None = None  # the latest, ended or not
    titles: dict[str, str] = field(default_factory=dict)  # what the shelf will call its runs, by the Config's key
    left: set[str] = field(default_factory=set)  # the keys of those that are not on the shelf yet
    unseen: tuple[Config, ...] = ()  # from the visitor's locker: those that were under way, until a page takes them up
    refusal: str = ""  # why the batch that was asked for last is not trained, until it has been said


@dataclass
class SettingsState:
    """The draft Config on the Train page, and the messages that are shown beside its knobs."""

    draft: Config | None = None  # None until a page asks for it
    refusal: str = ""  # why the settings could not be replaced, until it has been said
    moved: str = ""  # the control that was moved last
    notes: list[str] = field(default_factory=list)  # what moved along with it


@dataclass
class HomeState:
    """The data set, code size and image that Home shows."""

    dataset: str | None = None  # also what other pages begin with; None before the first look at Home
    opened: bool = False  # whether the link was asked for the next two, which is done once
    size: int = 16  # of the code
    image: int = 0  # the number of a held-out image
    has_own: bool = False  # whether the visitor's drawing stands first in the strip
    fetched: str = ""  # a data set that was just downloaded, and is to be shown


@dataclass
class TrainState:
    """The run that was just asked for on the Train page, and the place among its single steps."""

    pressed: bool = False  # whether a run was asked for since the whole page was drawn
    step: tuple[str, int] = ("", 0)  # the key of the Config that is stepped through, and which of its batches is shown


@dataclass
class CompareState:
    """Run B and the sweep on the Compare page."""

    pinned: str | None = None  # the id of run B; None before the link was asked
    pin_wanted: Config | None = None  # the link's run B, while this server does not have it
    vary: str | None = None  # the setting that is swept; None before the link was asked
    values: dict[str, tuple[float, ...]] = field(default_factory=dict)  # that are swept, by the setting


@dataclass
class DenoiseState:
    """The strength of the noise on the Denoise page."""

    strength: float | None = None  # None before the link was asked


@dataclass(eq=False)  # a weak reference is held to it
class OwnPhoto:
    """The visitor's own photograph for the page Photos, and what was refused of it."""

    photo: Photo | None = None  # the visitor's own, at full size
    data: bytes = b""  # its file
    name: str = ""  # of its file
    taken: int = 0  # how many were taken in: names the picture
    offered: int = 0  # how many files were given, taken or not, or removed: each is followed by a fresh uploader
    refused: str = ""  # why the latest file was not taken
    mask: np.ndarray | None = None  # an uploaded one of what is to be filled, bool (H, W)
    masks: int = 0  # how many were taken in
    mask_refused: str = ""


@dataclass
class PhotosState:
    """What the page Photos has on screen."""

    strength: float | None = None  # how much of the repair is taken; None before the link was asked
    lessons: list[str] | None = None  # which of those that say why it works are open; None before the link was asked
    scene: Any = None  # a ui.photos.scene.Scene, which knows the visit and so stands above it
    scene_key: str = ""


@dataclass
class AnomaliesState:
    """Where the line stands on the page Anomalies."""

    asked: bool = False  # whether the link was, which is done once
    line: tuple[str, float] | None = None  # what it was moved on, and the share of that axis; None for where it starts


class CompressionState:
    """Where the dial stands on the page Compress, and which file was asked for."""

    asked: bool = False  # whether the link was, which is done once
    dial: tuple[str, float] | None = None  # what it was turned on, and bytes an image; None for where it starts
    wanted: str = ""  # the key of the study that writes the file which was asked for last


@dataclass
class DocumentsState:
    """Which number of the code is turned on the page Documents, and how far."""

    asked: bool = False  # whether the link was, which is done once
    place: tuple[str, int, int] | None = None  # what it was turned on, the number, per cent; None for where it starts


@dataclass
class ReadingState:
    """The strength of the noise on the page "Can it be read?"."""

    strength: float | None = None  # None before the link was asked


@dataclass
class StudiesState:
    """Studies that this visit does not wait for any more, by their keys; see :mod:`ui.visit.studies`."""

    stopped: dict[str, dict[str, Answer]] = field(default_factory=dict)  # with the answers that were there
    refusals: dict[str, str] = field(default_factory=dict)  # why those that failed did


@dataclass
class FewLabelsState:
    """The page Few labels."""

    picked: dict[str, list[int]] = field(default_factory=dict)  # the images labelled by hand, by the study's key


@dataclass(eq=False)  # a weak reference is held to it
class OwnTableState:
    """The CSV file of the page Tables, see :mod:`ui.visit.own_table`."""

    name: str = ""
    table: OwnTable | None = None
    prepared: tuple[tuple[tuple[str, ...], str], PreparedTable] | None = None  # with the columns and the class chosen
    refused: str = ""  # why the latest file was not taken
    offered: int = 0  # how many files there were


@dataclass(eq=False)  # a weak reference is held to it
class OwnSetsState:
    """The data sets of the visitor's own, see :mod:`ui.visit.own_sets`."""

    sources: dict[str, Source] = field(default_factory=dict)  # by the data set's name, oldest first
    held_out: dict[str, Images] = field(default_factory=dict)  # by the data set's name, as far as they were looked at
    lost: bool = False  # whether they were forgotten for want of room


@dataclass
class Belongings:
    """What is one visitor's, in all of their tabs and after a reload."""

    shelf: ShelfState = field(default_factory=ShelfState)
    job: JobState = field(default_factory=JobState)
    batch: BatchState = field(default_factory=BatchState)
    own_sets: OwnSetsState = field(default_factory=OwnSetsState)
    table: OwnTableState = field(default_factory=OwnTableState)  # in no locker: what was made of it is
    own: OwnPictures = field(default_factory=OwnPictures)
    photo: OwnPhoto = field(default_factory=OwnPhoto)
    # on the Denoise page, as the browser sent them, by the (C, H, W) of the image that each fits
    paintings: dict[tuple[int, int, int], Any] = field(default_factory=dict)
    pieces: list[PieceJob] = field(default_factory=list)  # what they wait for in front of a page, in any tab
    lock: threading.RLock = field(default_factory=threading.RLock)  # around what two tabs must not both do


REGISTER: Register[Belongings] = Register(Belongings)


@dataclass
class VisitState:
    """The state of one visit as a whole; a page reaches it by :func:`visit`."""

    known: Known[Belongings]  # whose visit it is
    token: str = ""  # by which they are known where the browser sent no cookie
    chosen: str | None = None  # the id of the run on screen; None for the page's own
    link: LinkState = field(default_factory=LinkState)
    lesson: LessonState = field(default_factory=LessonState)
    settings: SettingsState = field(default_factory=SettingsState)
    home: HomeState = field(default_factory=HomeState)
    train: TrainState = field(default_factory=TrainState)
    compare: CompareState = field(default_factory=CompareState)
    denoise: DenoiseState = field(default_factory=DenoiseState)
    photos: PhotosState = field(default_factory=PhotosState)
    studies: StudiesState = field(default_factory=StudiesState)
    anomalies: AnomaliesState = field(default_factory=AnomaliesState)
    compression: CompressionState = field(default_factory=CompressionState)
    few_labels: FewLabelsState = field(default_factory=FewLabelsState)
    documents: DocumentsState = field(default_factory=DocumentsState)
    reading: ReadingState = field(default_factory=ReadingState)

    @property
    def visitor(self) -> str:
        """By whom a job is owned."""
        return self.known.visitor

    @property
    def shelf(self) -> ShelfState:
        """The visitor's own runs."""
        return self.known.belongings.shelf

    @property
    def job(self) -> JobState:
        """The visitor's training job."""
        return self.known.belongings.job

    @property
    def batch(self) -> BatchState:
        """The visitor's batch of runs."""
        return self.known.belongings.batch

    @property
    def own_sets(self) -> OwnSetsState:
        """The data sets of the visitor's own."""
        return self.known.belongings.own_sets

    @property
    def table(self) -> OwnTableState:
        """The visitor's CSV file."""
        return self.known.belongings.table

    @property
    def own(self) -> OwnPictures:
        """The visitor's own pictures."""
        return self.known.belongings.own

    @property
    def photo(self) -> OwnPhoto:
        """The visitor's own photograph."""
        return self.known.belongings.photo

    @property
    def paintings(self) -> dict[tuple[int, int, int], Any]:
        """What the visitor painted on the Denoise page, by the (C, H, W) of the image that it fits."""
        return self.known.belongings.paintings

    @property
    def has_own_photo(self) -> bool:
        """Whether Photos has a picture or a mask of the visitor's own, or something that they painted."""
        scene = self.photos.scene
        return self.photo.photo is not None or self.photo.mask is not None or (scene is not None and scene.painted)


def visit() -> VisitState:
    """Return the state of this visit. When it begins it is fresh, but for what is the visitor's own."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = _begun()
    state: VisitState = st.session_state[_KEY]
    return state


def _begun() -> VisitState:
    token = token_in(st.context.cookies.get(COOKIE))
    if token is not None:
        return VisitState(REGISTER.find(token))
    token = secrets.token_urlsafe(24)
    known = REGISTER.find(token)
    known.comes_back = False  # until the browser says that it keeps it
    return VisitState(known, token)


def remember(token: str) -> None:
    """Take the token that a browser without cookies keeps: the one that it was offered, or that of an earlier visit."""
    if token == visit().token:
        visit().known.comes_back = True
    else:
        st.session_state.clear()  # what is on the page belongs to nobody, and begins anew as after a reload
        st.session_state[_KEY] = VisitState(REGISTER.find(token), token)


def forget() -> None:
    """Forget all that the visitor has, in all of their tabs, and have this visit begin anew."""
    known, token = visit().known, visit().token
    REGISTER.forget(known)
    if token:
        st.session_state[_KEY] = VisitState(known, token)
    else:
        del st.session_state[_KEY]
