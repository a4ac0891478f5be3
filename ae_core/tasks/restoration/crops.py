"""Cut batches to train on out of photographs and texts, on the device and without waiting for it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from ae_core.tasks.restoration.corruption import sheets, training_fonts

SHEETS = 960  # of text, from which training cuts
# of JPEG files; what is repaired most often and is worst has most of them
QUALITIES = (6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 65, 80)
VIEW = 240  # pixels of a photograph's longer side, before a part of it is cut out
_LEAST_OF_SIDE = 0.3  # the least of a photograph's height and width in such a view
_SQUEEZED = 0.1  # by which it is narrower or lower at most
NOISY_FILES = 4  # of each photograph
_NOISE_OF_FILES = (4.0, 40.0)  # the least and the most, in levels of 256
_QUALITY_OF_FILES = (60, 95)


@dataclass(frozen=True)
class Places:
    """Where a batch is cut: a picture for each crop, its corner, and how it is turned and mirrored.

    Attributes:
        which: int64 (N,), the picture.
        down, across: (N,), shares in [0, 1) of how far its corner can lie from the top and from the left.
        turn: int64 (N,) in 0 to 7, one of the square's symmetries.
    """

    which: Tensor
    down: Tensor
    across: Tensor
    turn: Tensor

    @classmethod
    def drawn(cls, pictures: int, count: int, generator: torch.Generator) -> Places:
        """Draw the places of a batch.

        Args:
            pictures: how many there are to cut from.
            count: of crops.
            generator: on the device of the pictures.
        """
        device = generator.device
        which = torch.randint(pictures, (count,), generator=generator, device=device)
        down, across = torch.rand(2, count, generator=generator, device=device)
        return cls(which, down, across, torch.randint(8, (count,), generator=generator, device=device))


class Pictures:
    """Pictures of several sizes in one tensor, so that a batch of crops is one gather from it.

    Args:
        stacks: uint8 (P, C, H, W) each, on one device.
    """

    def __init__(self, stacks: Sequence[Tensor]) -> None:
        self.pixels = torch.cat([stack.permute(0, 2, 3, 1).reshape(-1, stack.shape[1]) for stack in stacks])
        sizes = torch.tensor([tuple(stack.shape[2:]) for stack in stacks for _ in stack], device=self.pixels.device)
        self.heights, self.widths = sizes.T.contiguous()
        areas = self.heights * self.widths
        self.starts = areas.cumsum(0) - areas

    def __len__(self) -> int:
        return len(self.starts)

    def cut(self, places: Places, side: int) -> Tensor:
        """Return crops (N, C, side, side) in [0, 1]."""
        which, turn = places.which, places.turn[:, None]
        rows = (places.down * (self.heights[which] - side + 1)).long()
        columns = (places.across * (self.widths[which] - side + 1)).long()
        along = torch.arange(side, device=self.pixels.device)[None]
        down = rows[:, None] + torch.where(turn & 1 > 0, side - 1 - along, along)
        across = columns[:, None] + torch.where(turn & 2 > 0, side - 1 - along, along)
        index = (self.starts[which][:, None] + down * self.widths[which][:, None])[:, :, None] + across[:, None]
        index = torch.where(turn[:, :, None] & 4 > 0, index.mT, index)
        return self.pixels[index].permute(0, 3, 1, 2).float() / 255


class Crops:
    """Random crops of photographs, and of texts to be written over them, all on one device.

    Args:
        photos: uint8 (P, 3, H, W); cut from these, and from smaller copies of them.
        count: crops in a batch.
        side: of a crop in pixels.
        generator: on the device of ``photos``.
        turned: bool (P,), which of the photographs are upright ones that were turned to the left.
    """

    def __init__(
        self, photos: Tensor, count: int, side: int, generator: torch.Generator, turned: Tensor | None = None
    ) -> None:
        self.count, self.side, self.generator = count, side, generator
        self.photos = photos
        self.turned = torch.zeros(len(photos), dtype=torch.bool, device=photos.device) if turned is None else turned
        self.sizes = Pictures([photos, *(_scaled(photos, scale) for scale in (0.85, 0.7))])
        self.coded: Pictures | None = None
        self.small: tuple[Tensor, Tensor] | None = None
        self.noisy: tuple[Pictures, Tensor] | None = None
        self.texts: Pictures | None = None

    def clean(self) -> Tensor:
        """Return crops (N, 3, S, S) in [0, 1], turned and mirrored at random."""
        return self.sizes.cut(self._places(len(self.sizes)), self.side)

    def views(self) -> Tensor:
        """Return a third to all of a photograph each, at a small size.

        They are (N, 3, 2/3 S, S), or (N, 3, S, 2/3 S) of upright photographs: all of a batch are of one shape.
        Height and width are rounded down to multiples of 8. The views are mirrored or not, but not turned, as what is above
        and what below tells a sky from water.
        """
        if self.small is None:
            small = _scaled(self.photos, VIEW / max(self.photos.shape[2:])).float() / 255
            self.small = small[~self.turned], small[self.turned].rot90(-1, (2, 3))
        count, device = self.count, self.photos.device
        wide, tall = self.small
        upright = bool(torch.rand((), generator=self.generator, device=device) * len(self.photos) >= len(wide))
        small = tall if upright else wide
        which = torch.randint(len(small), (count,), generator=self.generator, device=device)
        share, shape, right, down, mirror = torch.rand(5, count, generator=self.generator, device=device)
        share = _LEAST_OF_SIDE + (1 - _LEAST_OF_SIDE) * share
        shape = 1 + _SQUEEZED * (2 * shape - 1)
        across, along = (share * shape).clamp(max=1), (share / shape).clamp(max=1)
        zeros = torch.zeros_like(share)
        place = torch.stack(
            [
                torch.stack([torch.where(mirror < 0.5, -across, across), zeros, (1 - across) * (2 * right - 1)], 1),
                torch.stack([zeros, along, (1 - along) * (2 * down - 1)], 1),
            ],
            1,
        )
        shorter, longer = (side // 8 * 8 for side in (self.side * 2 // 3, self.side))
        size = (longer, shorter) if upright else (shorter, longer)
        grid = F.affine_grid(place, [count, 3, *size], align_corners=False)
        return F.grid_sample(small[which], grid, padding_mode="reflection", align_corners=False)

    def clean_and_coded(self) -> tuple[Tensor, Tensor]:
        """Return crops (N, 3, S, S) in [0, 1], and the same after JPEG of a random quality."""
        if self.coded is None:
            self.coded = Pictures([*coded_copies(self.photos, QUALITIES)])
        return self._pairs(self.coded)[:2]

    def clean_and_noisy_files(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return crops (N, 3, S, S) in [0, 1], the same with noise and then after JPEG, and how strong the noise was.

        The strength is (N, 1, 1, 1), in the unit of the crops. A camera's files are such: JPEG takes the finest of the
        noise away and leaves blots, which a network that has met white noise alone takes for what was photographed.
        """
        if self.noisy is None:
            copies, sigmas = noisy_files(self.photos, NOISY_FILES)
            self.noisy = Pictures([*copies]), sigmas.flatten()
        clean, noisy, places = self._pairs(self.noisy[0])
        return clean, noisy, self.noisy[1][places.which].view(-1, 1, 1, 1)

    def lettering(self) -> Tensor:
        """Return crops (N, 1, S, S) in [0, 1] of sheets of text, 1 within the strokes."""
        if self.texts is None:
            self.texts = Pictures([sheets(training_fonts(), SHEETS).to(self.photos.device)])
        return self.texts.cut(self._places(len(self.texts)), self.side)

    def _places(self, pictures: int) -> Places:
        return Places.drawn(pictures, self.count, self.generator)

    def _pairs(self, copies: Pictures) -> tuple[Tensor, Tensor, Places]:
        """Return crops of the photographs at their full size, the same of copies of them, and where they were cut."""
        places = self._places(len(copies))
        of_originals = replace(places, which=places.which % len(self.photos))
        return self.sizes.cut(of_originals, self.side), copies.cut(places, self.side), places


def coded_copies(photos: Tensor, qualities: Sequence[int]) -> Tensor:
    """Return what JPEG of each of the ``qualities`` makes of photos uint8 (P, 3, H, W): (Q, P, 3, H, W)."""
    each = [_through_jpeg(photos, [quality] * len(photos)) for quality in qualities]
    return torch.stack(each)


def noisy_files(photos: Tensor, copies: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Return photographs as a camera's files hold them: with noise, and then through JPEG.

    Args:
        photos: uint8 (P, 3, H, W).
        copies: of each, of noise and quality drawn anew.
        seed: of the draws.

    Returns:
        uint8 (copies, P, 3, H, W), and the noise's standard deviation (copies, P), where white is 1.
    """
    rng = np.random.default_rng(seed)
    sigmas = rng.uniform(*_NOISE_OF_FILES, (copies, len(photos))).astype(np.float32) / 255
    qualities = rng.integers(*_QUALITY_OF_FILES, (copies, len(photos)), endpoint=True)
    generator = torch.Generator(photos.device).manual_seed(seed)
    each = []
    for sigma, quality in zip(sigmas, qualities, strict=True):
        noisy = torch.empty_like(photos)
        for at, photo in enumerate(photos):  # one by one, as they are eight times as large in between
            noise = torch.randn(photo.shape, generator=generator, device=photo.device)
            noisy[at] = (photo + 255 * float(sigma[at]) * noise).round().clamp(0, 255).byte()
        each.append(_through_jpeg(noisy, quality.tolist()))
    return torch.stack(each), torch.from_numpy(sigmas).to(photos.device)


def _through_jpeg(photos: Tensor, qualities: Sequence[int]) -> Tensor:
    def through(photo: np.ndarray, quality: int) -> Tensor:
        file = io.BytesIO()
        Image.fromarray(photo).save(file, "JPEG", quality=quality)
        return torch.from_numpy(np.asarray(Image.open(file).convert("RGB")).copy())

    arrays = photos.permute(0, 2, 3, 1).cpu().numpy()
    with ThreadPoolExecutor() as pool:
        coded = torch.stack([*pool.map(through, arrays, qualities)])
    return coded.permute(0, 3, 1, 2).contiguous().to(photos.device)


def _scaled(photos: Tensor, scale: float) -> Tensor:
    small = [
        F.interpolate(part.float(), scale_factor=scale, mode="bicubic", antialias=True) for part in photos.split(50)
    ]
    return torch.cat([part.round().clamp(0, 255).byte() for part in small])
