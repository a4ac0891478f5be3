"""What is done with a picture, in pieces: each method on a part of it, and the network on the whole."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from ae_core.evaluation.metrics import psnr, ssim
from ae_core.tasks.piecewise import Piece
from ae_core.tasks.restoration import classical, restoring
from ae_core.tasks.restoration.classical import METHODS, Given
from ae_core.tasks.restoration.overview import Overview, glimpse, overview
from ae_core.tasks.restoration.pixels import Pixels, to_tensor
from ae_core.tasks.restoration.strength import taken
from ae_core.tasks.restoration.tiles import Tile, tiles

NETWORK = "network"  # beside the names of the classical methods
GIVEN = "given"  # the picture before it is repaired
STRENGTHS = tuple(step / 20 for step in range(21))  # of the repair, at which it is scored
_SSIM_EVERY = 5  # of these: it takes longer, and changes slowly
WHOLE = 800_000  # pixels: of a larger picture every method is shown on a part
PART = 640  # pixels a side of that part


@dataclass(frozen=True)
class Box:
    """A part of a picture, in its pixels."""

    top: int
    left: int
    height: int
    width: int

    def of(self, pixels: np.ndarray, times: int = 1) -> np.ndarray:
        """Return the part of an array (H, W, ...), or of one ``times`` as high and wide."""
        return pixels[
            self.top * times : (self.top + self.height) * times, self.left * times : (self.left + self.width) * times
        ]


def box_around(height: int, width: int, x: float, y: float) -> Box:
    """Return the part of a picture that every method is shown on.

    Args:
        height: of the picture in pixels.
        width: of the picture in pixels.
        x: where the part's middle should be, in pixels from the left.
        y: the same, from the top.

    Returns:
        The whole picture where that is small; its corner lies at multiples of 16 else, as those of JPEG's blocks do. A place
        that is in the picture is in the part.
    """
    if height * width <= WHOLE:
        return Box(0, 0, height, width)
    sides = [min(PART, height), min(PART, width)]
    if min(sides) < PART:  # a panorama: as many pixels, another shape
        short = min(sides)
        sides = [
            length if side == short else min(length, PART * PART // short)
            for side, length in zip(sides, (height, width), strict=True)
        ]
    corner = [
        int(min(max(0, middle - side / 2), length - side)) // 16 * 16
        for middle, side, length in zip((y, x), sides, (height, width), strict=True)
    ]
    sides = [  # to the picture's end, which a corner that was moved back would leave out
        length - start if length - start - side < 16 else side
        for start, side, length in zip(corner, sides, (height, width), strict=True)
    ]
    return Box(*corner, *sides)


@dataclass(frozen=True)
class Answer:
    """What a method made of a part.

    Attributes:
        pixels: uint8 (h, w, C).
        psnr: in dB at each of STRENGTHS for the network, else one; empty where there is nothing to compare with.
        ssim: at every fifth of them for the network, else one.
        sigma: the standard deviation of the noise in [0, 1] that was estimated in the picture as it was given.
        seconds: that the method took.
    """

    pixels: Pixels
    psnr: tuple[float, ...] = ()
    ssim: tuple[float, ...] = ()
    sigma: float = 0.0
    seconds: float = 0.0


@dataclass
class Methods:
    """Every method on a part of a picture. Fills ``answers`` by the method's name, GIVEN and NETWORK among them.

    Attributes:
        task: one of the tasks of :mod:`.restoring`.
        pixels: the whole picture, uint8 (H, W, C).
        box: the part.
        mask: bool (H, W), true where it is to be filled.
        clean: the picture before it was damaged, where that is known; of the size of the repaired one.
        told: what is known of the whole picture, for tasks that need it; made with the first piece.
    """

    task: str
    pixels: Pixels
    box: Box
    mask: np.ndarray | None = None
    clean: Pixels | None = None
    answers: dict[str, Answer] = field(default_factory=dict)
    told: Overview | None = None

    def __post_init__(self) -> None:
        restoring.check(self.task, self.pixels, self.mask)

    @property
    def total(self) -> int:
        """Pixels of the part, times the methods."""
        return self.box.height * self.box.width * (2 + len(METHODS[self.task]))

    def pieces(self) -> Iterator[Piece | None]:
        """Yield the overview's first, then the network's, then the classical methods'."""
        yield from _overview_first(self)
        size = self.box.height * self.box.width
        clean = None if self.clean is None else self.box.of(self.clean, times_of(self.task))
        for_all = self.box.of(self.pixels), None if self.mask is None else self.box.of(self.mask), clean
        box = self.box
        rows, columns = slice(box.top, box.top + box.height), slice(box.left, box.left + box.width)
        tile = Tile.around(rows, columns, *self.pixels.shape[:2])
        seen = restoring.seen_by(tile, self.pixels, self.mask, self.told)
        yield Piece(size, network_on, (self.task, *seen, tile, clean), NETWORK)
        yield Piece(size, as_given, (self.task, for_all[0], clean), GIVEN)
        for name in METHODS[self.task]:
            yield Piece(size, classical_on, (self.task, name, *for_all), name)

    def take(self, piece: Piece, answer: Answer | Overview) -> None:
        """Keep an answer."""
        if isinstance(answer, Overview):
            self.told = answer
        else:
            self.answers[piece.place] = answer


@dataclass
class Whole:
    """The network on the whole of a picture, tile by tile. Fills ``result``, uint8 (H, W, C) or twice that.

    Attributes:
        task: one of the tasks of :mod:`.restoring`.
        pixels: uint8 (H, W, C).
        mask: bool (H, W), true where it is to be filled.
        told: what is known of the whole picture, for tasks that need it; made with the first piece.
    """

    task: str
    pixels: Pixels
    mask: np.ndarray | None = None
    told: Overview | None = None

    def __post_init__(self) -> None:
        restoring.check(self.task, self.pixels, self.mask)
        self.result = restoring.blank(self.task, self.pixels)

    @property
    def total(self) -> int:
        """Pixels of the tiles in which there is anything to do."""
        height, width = self.pixels.shape[:2]
        return pixels_to_do(height, width, self.mask)

    def pieces(self) -> Iterator[Piece | None]:
        """Yield the overview's, then the tiles, row by row."""
        yield from _overview_first(self)
        height, width = self.pixels.shape[:2]
        for tile in _tiles_to_do(height, width, self.mask):
            seen = restoring.seen_by(tile, self.pixels, self.mask, self.told)
            yield Piece(tile.size, restoring.repair_tile, (self.task, *seen), tile)

    def take(self, piece: Piece, answer: Pixels | Overview) -> None:
        """Put a repaired tile into its place."""
        if isinstance(answer, Overview):
            self.told = answer
        else:
            piece.place.put(self.result, answer)


def pixels_to_do(height: int, width: int, mask: np.ndarray | None) -> int:
    """Return the pixels of the tiles of a picture in which there is anything to do.

    Args:
        height: of the picture in pixels.
        width: of the picture in pixels.
        mask: bool (height, width), where that is true alone; None for everywhere.
    """
    return sum(tile.size for tile in _tiles_to_do(height, width, mask))


def _tiles_to_do(height: int, width: int, mask: np.ndarray | None) -> Iterator[Tile]:
    for tile in tiles(height, width):
        if mask is None or mask[tile.rows, tile.columns].any():
            yield tile


def _overview_first(some: Methods | Whole) -> Iterator[Piece | None]:
    """Yield the piece that makes the overview, where the task needs one, and then nothing until that is there."""
    seen = glimpse(some.task, some.pixels, some.mask)
    if seen is None:
        return
    yield Piece(0, overview, (some.task, seen))
    while some.told is None:
        yield None


def times_of(task: str) -> int:
    """Return how much higher and wider than its picture a task's result is."""
    return 2 if task == "double" else 1


def unrepaired(task: str, pixels: Pixels) -> Pixels:
    """Return a picture as it is, in the size and the channels of what the task makes of it."""
    times = times_of(task)
    if task == "colour" and pixels.shape[2] == 1:
        pixels = np.repeat(pixels, 3, 2)
    return np.kron(pixels, np.ones((times, times, 1), np.uint8)) if times > 1 else pixels


# --- What workers are called with ---------------------------------------------------------------------------


def warm_up() -> None:
    """Load what the first pieces would wait for: all networks that are here, and libraries of the classical methods."""
    picture, mask = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8), np.eye(32, dtype=bool)
    for task in restoring.offered():
        for shown in (picture, picture[..., :1]):  # against noise, grey pictures have a network of their own
            restoring.repair(task, shown, mask=mask)
    classical.noise_of(picture)


def network_on(
    task: str, pixels: Pixels, mask: np.ndarray | None, told: Overview | None, tile: Tile, clean: Pixels | None
) -> Answer:
    """Repair a part by the network, and score it at each strength where there is a clean picture.

    Args:
        task: one of the tasks of :mod:`.restoring`.
        pixels: the part with its margin, uint8 (h, w, C).
        mask: bool (h, w), for the task "fill".
        told: what is known of the whole picture, for tasks that need it.
        tile: that sees the part with its margin, and settles the part.
        clean: the part before it was damaged, of the result's size.
    """
    started = time.perf_counter()
    result = np.ascontiguousarray(tile.settled(restoring.repair_tile(task, pixels, mask, told)))
    seconds = time.perf_counter() - started
    if clean is None:
        return Answer(result, seconds=seconds)
    given = unrepaired(task, tile.settled(pixels))
    blends = [taken(given, result, strength) for strength in STRENGTHS]
    return Answer(
        result,
        tuple(_psnr(blend, clean) for blend in blends),
        tuple(_ssim(blend, clean) for blend in blends[::_SSIM_EVERY]),
        seconds=seconds,
    )


def classical_on(task: str, method: str, pixels: Pixels, mask: np.ndarray | None, clean: Pixels | None) -> Answer:
    """Repair a part by a classical method, and score it.

    Args:
        task: one of the tasks of :mod:`.restoring`.
        method: a key of ``METHODS[task]``; of noise it is told what is estimated in the part.
        pixels: the part, uint8 (h, w, C).
        mask: bool (h, w), for the task "fill".
        clean: the part before it was damaged, of the result's size.
    """
    sigma = classical.noise_of(pixels) if task == "denoise" else 0.0
    return _scored(classical.repaired(task, method, pixels, Given(sigma, mask)), clean, sigma)


def as_given(task: str, pixels: Pixels, clean: Pixels | None) -> Answer:
    """Score a part as it is, and estimate its noise.

    Args:
        task: one of the tasks of :mod:`.restoring`.
        pixels: the part, uint8 (h, w, C).
        clean: the part before it was damaged, of the result's size.
    """
    return _scored(unrepaired(task, pixels), clean, classical.noise_of(pixels))


def _scored(result: Pixels, clean: Pixels | None, sigma: float) -> Answer:
    if clean is None:
        return Answer(result, sigma=sigma)
    return Answer(result, (_psnr(result, clean),), (_ssim(result, clean),), sigma)


def _psnr(result: Pixels, clean: Pixels) -> float:
    return float(psnr(to_tensor(result), to_tensor(clean)))


def _ssim(result: Pixels, clean: Pixels) -> float:
    if min(result.shape[:2]) < 11:
        return float("nan")  # its window does not fit
    return float(ssim(to_tensor(result), to_tensor(clean)))
