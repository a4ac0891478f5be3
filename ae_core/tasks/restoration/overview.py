"""What the parts of a picture have to be told of the whole, so that each part fits to the others."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from ae_core.tasks.restoration.corruption import pulled, roughly_filled
from ae_core.tasks.restoration.crops import VIEW
from ae_core.tasks.restoration.marks import Overlay, overlay_of
from ae_core.tasks.restoration.pixels import Pixels, to_pixels, to_tensor
from ae_core.tasks.restoration.tiles import SIDE, Tile, tiles
from ae_core.tasks.restoration.weights import applied, mean_chroma

COARSE = 8  # pixels of a picture, each way, to one of the averages that its holes are filled with
FILL_WAYS = 8  # in which a small picture is turned for the network that fills it, see weights.mean_answer
FILL_WAYS_OF_LARGER = {
    200_000: 4,
    2_000_000: 2,
}  # above so many pixels; twelve million would take most of a minute by eight
LEVELS = COARSE.bit_length() - 1  # halvings that lead there
# of what the network finds beyond the mean colour: it is surer than it may be of photographs by other photographers than
# those that it learned from (benchmarks/restraint.py)
RESTRAINT = 0.85


@dataclass(frozen=True)
class Overview:
    """What is known of a whole picture, or of the part of it that a tile sees.

    Attributes:
        averages: for the task "fill", the picture at an eighth of its resolution, its holes filled: uint8 (h, w, C).
        differences: for the task "colour", the two colour differences of the whole picture, at a small size, even where
            this is of a part: float16 (2, h, w).
        box: top, left, bottom and right of the part, in shares of the picture's height and width.
        overlay: for the task "watermark", how opaque the mark is and of which colour; None where that is not known.
        ways: for the task "fill", in how many ways the picture is turned for the network: fewer where it is large.
    """

    averages: Pixels | None = None
    differences: np.ndarray | None = None
    box: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    overlay: Overlay | None = None
    ways: int = FILL_WAYS

    def seen_by(self, tile: Tile, height: int, width: int) -> Overview:
        """Return what a tile of the picture is told.

        Args:
            tile: of the picture.
            height: of the picture in pixels.
            width: of the picture in pixels.
        """
        rows, columns = tile.seen_rows, tile.seen_columns
        averages = self.averages
        if averages is not None:
            coarse = (slice(s.start // COARSE, -(-s.stop // COARSE)) for s in (rows, columns))
            averages = averages[tuple(coarse)]
        box = (rows.start / height, columns.start / width, rows.stop / height, columns.stop / width)
        return replace(self, averages=averages, box=box)

    def differences_at(self, height: int, width: int) -> Tensor:
        """Return the colour differences of this part (1, 2, H, W), for the task "colour".

        Args:
            height: of the part in pixels.
            width: of the part in pixels.
        """
        assert self.differences is not None
        top, left, bottom, right = self.box
        down = top + (bottom - top) * (torch.arange(height) + 0.5) / height
        across = left + (right - left) * (torch.arange(width) + 0.5) / width
        places = torch.stack(torch.broadcast_tensors(across[None], down[:, None]), -1) * 2 - 1
        small = torch.from_numpy(self.differences).float()[None]
        return F.grid_sample(small, places[None], padding_mode="border", align_corners=False)


def glimpse(task: str, pixels: Pixels, mask: np.ndarray | None) -> Pixels | None:
    """Return the little of a picture that its overview is made of; None for tasks whose tiles need none.

    Args:
        task: one of the tasks of :mod:`.restoring`.
        pixels: of the whole picture, uint8 (H, W, C).
        mask: bool (H, W), true where it is to be filled; for the task "fill".
    """
    if task == "fill" and mask is not None:
        return averages_around(pixels, mask)
    if task == "colour":
        return _reduced(pixels)
    if task == "watermark" and max(pixels.shape[:2]) > SIDE:  # one tile sees all of a smaller picture
        top, left = ((length - min(SIDE, length)) // 2 for length in pixels.shape[:2])
        return pixels[top : top + SIDE, left : left + SIDE]
    return None


def overview(task: str, seen: Pixels) -> Overview:
    """Return what tiles are told of a whole picture.

    Args:
        task: one of the tasks of :mod:`.restoring`.
        seen: its :func:`glimpse`, uint8 (h, w, C).
    """
    if task == "fill":
        size = seen[..., 0].size * COARSE**2
        return Overview(averages=seen, ways=min([FILL_WAYS, *(w for n, w in FILL_WAYS_OF_LARGER.items() if size > n)]))
    if task == "colour":
        return Overview(differences=restrained(applied("colour", to_tensor(seen)))[0].numpy().astype(np.float16))
    picture = to_tensor(seen)
    return Overview(overlay=overlay_of(picture, strokes_on(picture)))


def restrained(differences: Tensor) -> Tensor:
    """Return the colour differences (1, 2, H, W) that the network finds, moved a little towards the mean colour's."""
    mean = torch.tensor(mean_chroma()).view(1, 2, 1, 1)
    return mean + RESTRAINT * (differences - mean)


def strokes_on(picture: Tensor) -> Tensor:
    """Return how far each pixel of a picture (1, C, H, W) lies within a watermark's stroke: (1, 1, H, W) in [0, 1]."""
    return applied("watermark", picture.expand(-1, 3, -1, -1)).sigmoid()


def _reduced(pixels: Pixels) -> Pixels:
    """Return the brightness of a picture at the size at which colouring is learned, uint8 (h, w, 1).

    To tell a sky from water, the network needs most of the picture in sight.
    """
    grey = Image.fromarray(pixels[:, :, 0]) if pixels.shape[2] == 1 else Image.fromarray(pixels).convert("L")
    times = min(1.0, VIEW / max(grey.size))
    size = (max(1, round(grey.width * times)), max(1, round(grey.height * times)))
    return np.asarray(grey.resize(size, Image.Resampling.BICUBIC, reducing_gap=3))[:, :, None]


def averages_around(pixels: Pixels, mask: np.ndarray) -> Pixels:
    """Return a picture at an eighth of the resolution with its holes filled by what is around them.

    A tile that lies within a large hole sees nothing else of the picture.

    Args:
        pixels: uint8 (H, W, C).
        mask: bool (H, W), true in holes.

    Returns:
        uint8 (H / 8, W / 8, C), both rounded up.
    """
    height, width, channels = pixels.shape
    values = torch.zeros(1, channels, -(-height // COARSE), -(-width // COARSE))
    counts = torch.zeros(1, 1, *values.shape[2:])
    for tile in tiles(height, width, margin=0):
        picture, known = to_tensor(tile.seen(pixels)), known_where_not(tile.seen(mask))
        part, share = pulled(picture, known, LEVELS)
        top, left = tile.rows.start // COARSE, tile.columns.start // COARSE
        values[:, :, top : top + part.shape[2], left : left + part.shape[3]] = part
        counts[:, :, top : top + part.shape[2], left : left + part.shape[3]] = share
    return to_pixels(roughly_filled(values, counts))


def known_where_not(mask: np.ndarray) -> Tensor:
    """Return a mask bool (H, W) of holes as (1, 1, H, W), 1 where a pixel is known."""
    return torch.from_numpy(~mask).float()[None, None]
