"""What the page Photos has on screen: a picture, what is done with it, and the work on that which is under way."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from PIL import Image

from ae_core.data.upload.photo import Photo
from ae_core.data.upload.photo_files import JPEG_SIDE, image_of
from ae_core.errors import LabError
from ae_core.jobs.job import State
from ae_core.jobs.pieces import PieceJob
from ae_core.tasks.restoration import damage, work
from ae_core.tasks.restoration.asked import Asked
from ae_core.tasks.restoration.pixels import Pixels
from ae_core.tasks.restoration.strokes import mask_of, read_strokes
from ae_core.tasks.restoration.work import NETWORK, Box, Methods, Whole
from ui.components.shared.sheets import data_url
from ui.visit import caches, pieces
from ui.visit.state import visit

NO_STROKES = "[]"
_SHOWN = 2_000_000  # pixels of a larger picture that are sent to the browser beside the part that is compared


@dataclass
class Scene:
    """A picture and the work on it.

    Attributes:
        asked: what it answers.
        photo: the picture as it is repaired, with its alpha and its profile.
        given: the picture that it is of, before anything was done to it: two of a visitor's own may have one name.
        clean: the picture before it was damaged, where that is known.
        holes: bool (H, W) of the damage's own holes; None where there are none.
        notes: what was done with the picture, a sentence each.
        methods: every method on a part of it; None while there is nothing to fill.
        whole: the network on all of it, where that is larger than the part and was asked for.
        jobs: the work under way.
        urls: pictures that were encoded for the browser, by what they show.
        to_do: pixels of the picture's tiles in which there is anything to repair.
        refusal: why nothing can be done, as a sentence.
        strokes: what was painted, as the browser sent it.
        shared: whether others may ask for the same: a sample, and nothing of the visitor's own on it.
        lessons: what was computed of the picture to explain the networks, by the lesson and a digest of what it is shown with.
    """

    asked: Asked
    photo: Photo
    given: Photo
    clean: Pixels | None = None
    holes: np.ndarray | None = None
    notes: tuple[str, ...] = ()
    box: Box = field(init=False)
    methods: Methods | None = None
    whole: Whole | None = None
    jobs: dict[str, PieceJob] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    to_do: int = 0
    refusal: str = ""
    strokes: str = NO_STROKES
    shared: bool = False
    lessons: dict[tuple[str, bytes], Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        height, width = self.photo.pixels.shape[:2]
        self.box = work.box_around(height, width, width / 2, height / 2)

    @property
    def is_part(self) -> bool:
        """Whether every method is shown on a part of the picture only."""
        return (self.box.height, self.box.width) != self.photo.pixels.shape[:2]

    @property
    def painted(self) -> bool:
        """Whether anything was painted over the picture."""
        return self.strokes != NO_STROKES

    @property
    def busy(self) -> bool:
        """Whether any work is under way."""
        return any(not job.state.ended for job in self.jobs.values())

    @property
    def result(self) -> Pixels | None:
        """The whole picture repaired, uint8; None while there is none."""
        if self.whole is not None and "whole" in self.jobs and self.jobs["whole"].state is State.DONE:
            return self.whole.result
        if self.methods is None or self.is_part:
            return None
        answer = self.methods.answers.get(NETWORK)
        return answer.pixels if answer else None


def scene_of(asked: Asked, picture: Photo, mask: np.ndarray | None = None) -> Scene:
    """Return the scene of what is asked for: the one on screen if it is that, else a new one whose work has begun.

    Args:
        asked: what the visitor asks for.
        picture: the one that it names.
        mask: bool (H, W), an uploaded mask of what is to be filled.
    """
    state = visit().photos
    key = asked.key + (f"/{hashlib.sha256(mask.tobytes()).hexdigest()}" if mask is not None else "")
    if isinstance(state.scene, Scene) and state.scene_key == key and state.scene.given is picture:
        return state.scene
    before = state.scene
    leave()
    state.scene_key = key
    state.scene = scene = _begun(asked, picture)
    if isinstance(before, Scene) and before.given is picture:
        scene.lessons = before.lessons
    if mask is not None:
        scene.holes = mask
        _look_at_mask(scene, mask)
    scene.shared = bool(asked.sample) and mask is None
    compare(scene)
    return scene


def leave() -> None:
    """Stop whatever is under way for the scene on screen."""
    scene = visit().photos.scene
    if isinstance(scene, Scene):
        stop(scene)
    visit().photos.scene = None


def paint(scene: Scene, strokes: str) -> None:
    """Take what was painted over the picture for what is to be filled.

    Raises:
        StrokesRejected: it cannot be read, or is too much.
    """
    painted = read_strokes(strokes, *scene.photo.pixels.shape[:2])
    scene.strokes = strokes
    scene.shared = False
    if painted and not painted[-1][0]:
        _look_at_stroke(scene, painted[-1][2])
    compare(scene)


def _look_at_stroke(scene: Scene, places: list[tuple[float, float]]) -> None:
    """Compare the part around a stroke, where it does not lie in the part that is compared."""
    box, (xs, ys) = scene.box, zip(*places, strict=True)
    within = box.left <= min(xs) and max(xs) <= box.left + box.width
    if not (within and box.top <= min(ys) and max(ys) <= box.top + box.height):
        height, width = scene.photo.pixels.shape[:2]
        scene.box = work.box_around(height, width, (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2)


def _look_at_mask(scene: Scene, mask: np.ndarray) -> None:
    """Compare a part in which something is to be filled, where there is nothing in the one that is compared."""
    if not mask.any() or scene.box.of(mask).any():
        return
    height, width = mask.shape
    rows = np.flatnonzero(mask.any(1))
    row = int(rows[len(rows) // 2])
    columns = np.flatnonzero(mask[row])
    scene.box = work.box_around(height, width, int(columns[len(columns) // 2]), row)


def move_part(scene: Scene, x: float, y: float) -> None:
    """Compare another part of a large picture.

    Args:
        scene: that is on screen.
        x: of the part's middle, in pixels of the picture.
        y: of the part's middle, in pixels of the picture.
    """
    height, width = scene.photo.pixels.shape[:2]
    scene.box = work.box_around(height, width, x, y)
    compare(scene)


def compare(scene: Scene) -> None:
    """Begin every method on the part that is compared, in place of what was begun before."""
    scene.refusal = ""
    scene.whole = None
    stop(scene)
    scene.jobs.clear()
    scene.urls = {name: url for name, url in scene.urls.items() if name == "before"}
    mask = mask_on(scene)
    scene.methods = None
    if scene.asked.task == "fill" and mask is None:
        scene.to_do = 0
        return  # nothing is painted yet
    height, width = scene.photo.pixels.shape[:2]
    scene.to_do = work.pixels_to_do(height, width, mask)
    if mask is not None and not scene.box.of(mask).any():
        return  # nothing is in the part, or all that was painted is erased
    try:
        scene.methods = Methods(scene.asked.task, scene.photo.pixels, scene.box, mask, scene.clean)
        if scene.shared and (known := caches.repaired_sample(scene.asked.key)) is not None:
            scene.methods.answers.update(known)
        else:
            scene.jobs["methods"] = pieces.submit(scene.methods)
    except LabError as error:
        scene.to_do = 0
        scene.refusal = str(error)


def repair_whole(scene: Scene) -> None:
    """Begin the network on the whole picture."""
    scene.refusal = ""
    try:
        scene.whole = Whole(scene.asked.task, scene.photo.pixels, mask_on(scene))
        scene.jobs["whole"] = pieces.submit(scene.whole)
    except LabError as error:
        scene.whole = None
        scene.refusal = str(error)


def collect(scene: Scene) -> None:
    """Note that the visitor still looks, take what is new, and say what failed."""
    for job in scene.jobs.values():
        caches.manager().touch_pieces(job, visit().visitor)
        if job.error and not scene.refusal:
            scene.refusal = job.error
    compared = scene.jobs.get("methods")
    if scene.shared and scene.methods is not None and compared is not None and compared.state is State.DONE:
        caches.keep_repaired_sample(scene.asked.key, scene.methods.answers)


def stop(scene: Scene) -> None:
    """Stop what is under way; what was finished stays."""
    for job in scene.jobs.values():
        caches.manager().stop_pieces(job, visit().visitor)


def key_of(scene: Scene) -> str:
    """Return what a viewer takes for one and the same picture: its view is kept while this is."""
    asked = scene.asked
    return asked.key if asked.task == "fill" else f"{asked.picture}/{asked.task}/{bool(asked.kind)}"


def seconds_for_whole(scene: Scene) -> float | None:
    """Return how long the network would take for the whole picture, by what it took for a part; None while unknown."""
    answer = scene.methods.answers.get(NETWORK) if scene.methods is not None else None
    if answer is None or not answer.seconds:
        return None
    return answer.seconds * scene.to_do / (scene.box.height * scene.box.width)


def mask_on(scene: Scene) -> np.ndarray | None:
    """Return what is to be filled: the damage's own holes or an uploaded mask, and what is painted; None for nothing."""
    height, width = scene.photo.pixels.shape[:2]
    painted = mask_of(scene.strokes, height, width) if scene.painted else None
    if scene.holes is None or painted is None:
        return painted if scene.holes is None else scene.holes
    return painted | scene.holes


def _begun(asked: Asked, picture: Photo) -> Scene:
    if not asked.kind:
        return Scene(asked, picture, picture, notes=picture.notes)
    clean, note = _reduced(picture.pixels)
    if asked.task == "double":
        if min(clean.shape[:2]) == 1:
            clean = clean.repeat(2, 0 if clean.shape[0] == 1 else 1)
            clean = clean.repeat(2, 1) if clean.shape[1] == 1 else clean
            note = (*note, "What is one pixel wide is taken twice, so that it can be halved.")
        clean = clean[: clean.shape[0] // 2 * 2, : clean.shape[1] // 2 * 2]
    damaged = damage.damaged(asked.task, asked.kind, clean, asked.strength, asked.seed)
    alpha = picture.holding(damaged.pixels).alpha  # scaled to them
    photo = replace(picture, pixels=damaged.pixels, alpha=alpha)
    if asked.task == "colour" and clean.shape[2] == 1:
        clean = np.repeat(clean, 3, 2)
    return Scene(asked, photo, picture, clean, damaged.mask, (*picture.notes, *note))


def _reduced(pixels: Pixels) -> tuple[Pixels, tuple[str, ...]]:
    """Return a picture small enough for every method to be scored on all of it, and for a JPEG."""
    size = _smaller(pixels, work.WHOLE)
    if size is None:
        return pixels, ()
    small = np.asarray(image_of(pixels).resize(size, Image.Resampling.LANCZOS))
    note = f"Reduced to {size[0]} × {size[1]} pixels, so that every method is scored on all of it."
    return small.reshape(size[1], size[0], -1), (note,)


def jpeg_url(pixels: Pixels, profile: bytes | None) -> str:
    """Return pixels as a JPEG of high quality in a data: URL, reduced where there are too many for it."""
    if (size := _smaller(pixels, _SHOWN)) is not None:
        pixels = np.atleast_3d(np.asarray(image_of(pixels).resize(size, Image.Resampling.BOX)))
    return data_url(np.ascontiguousarray(pixels), "jpeg", quality=92, subsampling=0, icc_profile=profile)


def _smaller(pixels: Pixels, most: int) -> tuple[int, int] | None:
    """Return the width and height at which a picture has ``most`` pixels and fits a JPEG; None where it does already."""
    height, width = pixels.shape[:2]
    scale = min((most / (height * width)) ** 0.5, JPEG_SIDE / max(height, width))
    return None if scale >= 1 else (max(1, int(width * scale)), max(1, int(height * scale)))
