"""Corrupt photographs as the repairs of :mod:`ae_core.tasks.restoration` meet them: in batches, on the device."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from ae_core.paths import data_dir

# What texts are written in for training, by the first letters of the fonts' files: with and without serifs, thin and thick,
# of hand and of typewriter. Pillow's own (Aileron) and those that come with matplotlib (STIX, Computer Modern) are not among
# them: repairs are tested with these.
_FAMILIES = (
    *("DejaVu", "Liberation", "OpenSans", "Lato", "FreeSans", "FreeSerif", "FreeMono", "Carlito", "Roboto"),
    *("EBGaramond", "LinLibertine_R", "LinBiolinum_R", "CharisSIL", "Gentium", "Vollkorn", "Caladea", "Cardo"),
    *("OldStandard", "GFSDidot", "GoudyBookletter", "Quattrocento", "RomandeADFStd", "Cabin", "Cantarell", "Jura"),
    *("Comfortaa", "LeagueSpartan", "YanoneKaffeesatz", "Inconsolata", "Courier Prime", "DancingScript"),
)
_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as JPEG has it
_WORDS = [
    "sample",
    "proof",
    "photo",
    "copyright",
    "preview",
    "draft",
    "studio",
    "archive",
    "image",
    "do",
    "not",
    "copy",
    "2026",
    "www",
    "example",
]


def luma(images: Tensor) -> Tensor:
    """Return the brightness (N, 1, H, W) of images (N, 3, H, W), by BT.601."""
    return (images * images.new_tensor(_LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)


def chroma(images: Tensor) -> Tensor:
    """Return the colour differences Cb and Cr (N, 2, H, W) in [-0.5, 0.5] of images (N, 3, H, W), by BT.601."""
    bright = luma(images)
    return torch.cat([(images[:, 2:] - bright) / 1.772, (images[:, :1] - bright) / 1.402], 1)


def coloured(bright: Tensor, differences: Tensor) -> Tensor:
    """Return images (N, 3, H, W) of their brightness (N, 1, H, W) and colour differences (N, 2, H, W)."""
    blue, red = differences[:, :1], differences[:, 1:]
    green = bright - (_LUMA[0] * 1.402 * red + _LUMA[2] * 1.772 * blue) / _LUMA[1]
    return torch.cat([bright + 1.402 * red, green, bright + 1.772 * blue], 1)


def retoned(images: Tensor, generator: torch.Generator) -> Tensor:
    """Return grey images (N, 1, H, W) as other films, prints and scanners would show them: with other tones.

    Args:
        images: in [0, 1].
        generator: of the draws, on the device of the images.
    """
    curve, contrast, offset = torch.randn(3, len(images), 1, 1, 1, generator=generator, device=images.device)
    stretched = (0.5 + (images - 0.5) * (0.25 * contrast).exp() + 0.075 * offset).clamp(1e-4, 1)
    return stretched ** (0.3 * curve).exp()


def halved(images: Tensor) -> Tensor:
    """Return images (N, C, H, W) at half their height and width, as a bicubic filter without aliases makes them.

    Rounded to 256 levels, as a file would hold them.
    """
    small = F.interpolate(images, scale_factor=0.5, mode="bicubic", antialias=True, align_corners=False)
    return (small * 255).round().clamp(0, 255) / 255


def known(images: Tensor, letters: Tensor, generator: torch.Generator) -> Tensor:
    """Draw which pixels are known: holes are single pixels, lines of text, or rectangles.

    Args:
        images: (N, C, H, W), for their shape.
        letters: (N, 1, H, W) in [0, 1], 1 within the strokes of a text.
        generator: on their device.

    Returns:
        float (N, 1, H, W), 1 where a pixel is known and 0 in holes.
    """
    n, _, h, w = images.shape
    draw = torch.rand(n, 4, 1, 1, 1, generator=generator, device=images.device)
    pixels = torch.rand(n, 1, h, w, generator=generator, device=images.device) < 0.1 + 0.8 * draw[:, 0]
    text = letters > 0.3
    rows = torch.arange(h, device=images.device).view(1, 1, h, 1)
    columns = torch.arange(w, device=images.device).view(1, 1, 1, w)
    side = 6 + (draw[:, 3] * 18)
    top, left = draw[:, 1] * (h - side), draw[:, 2] * (w - side)
    block = (rows >= top) & (rows < top + side) & (columns >= left) & (columns < left + side)
    kind = torch.rand(n, 1, 1, 1, generator=generator, device=images.device)
    holes = torch.where(kind < 0.5, pixels, torch.where(kind < 0.8, text, text | block))
    return (~holes).to(images.dtype)


def pulled(images: Tensor, known: Tensor, levels: int) -> tuple[Tensor, Tensor]:
    """Return averages of what is known in each square of ``2 ** levels`` pixels, and in which there is any.

    Args:
        images: (N, C, H, W); what lies in holes is not looked at.
        known: (N, 1, H, W), 1 where a pixel is known and 0 in holes.
        levels: how many times the resolution is halved.

    Returns:
        The averages, 0 where nothing is known, and 1 where something is: (N, C or 1, H / 2 ** levels, ...), rounded up.
    """
    for _ in range(levels):
        padding = (0, known.shape[3] % 2, 0, known.shape[2] % 2)
        share = F.avg_pool2d(F.pad(known, padding), 2)
        images = F.avg_pool2d(F.pad(images * known, padding), 2) / share.clamp_min(1e-6)
        known = (share > 0).to(known.dtype)
    return images, known


def roughly_filled(images: Tensor, known: Tensor, around: Tensor | None = None, levels: int = 99) -> Tensor:
    """Fill holes with averages of what is known around them, taken from as near as there is any.

    Averages of known pixels are made at half, a quarter, an eighth ... of the resolution, and each hole takes the finest
    that there is ("pull-push", Gortler et al., SIGGRAPH 1996): a beginning that a network has only to mend.

    Args:
        images: (N, C, H, W); what lies in holes is not looked at.
        known: (N, 1, H, W), 1 where a pixel is known and 0 in holes.
        around: the averages after so many ``levels``, filled, of a picture that these are a part of.
        levels: how many times the resolution is halved at most.

    Returns:
        (N, C, H, W): the images, and in their holes the averages; a half everywhere where nothing is known.
    """
    if levels == 0 and around is not None:
        return torch.where(known > 0, images, around)
    if max(images.shape[2:]) == 1:
        return torch.where(known > 0, images, images.new_tensor(0.5))
    height, width = images.shape[2:]
    coarse = roughly_filled(*pulled(images, known, 1), around, levels - 1)
    finer = F.interpolate(coarse, scale_factor=2, mode="bilinear", align_corners=False)
    return torch.where(known > 0, images, finer[:, :, :height, :width])


def sometimes_grey(images: Tensor, generator: torch.Generator) -> Tensor:
    """Return images (N, 3, H, W) of which a third, drawn at random, have lost their colour."""
    grey = torch.rand(len(images), 1, 1, 1, generator=generator, device=images.device) < 1 / 3
    return torch.where(grey, luma(images), images)


def watermarked(images: Tensor, letters: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Write a half-transparent text over images.

    Args:
        images: (N, 3, H, W) in [0, 1].
        letters: (N, 1, H, W) in [0, 1], 1 within the strokes of the text.
        generator: on their device; draws for each image how strong the mark is and its shade, most often white.

    Returns:
        The marked images, (N, 3, H, W), one in ten left as it was; and the letters that are to be seen in them.
    """
    n = len(images)
    draw = torch.rand(n, 6, generator=generator, device=images.device).view(n, 6, 1, 1)
    letters = letters * (draw[:, 1:2] > 0.1)
    colour, grey, kind = draw[:, 2:5], draw[:, 2:3], draw[:, 5:]
    shade = torch.where(kind < 0.25, colour, torch.where(kind < 0.35, grey, torch.where(kind < 0.5, 0.0, 1.0)))
    cover = (0.15 + 0.6 * draw[:, :1]) * letters
    return images * (1 - cover) + shade * cover, letters


def training_fonts() -> list[Path]:
    """Return the font files that texts are written in for training: those of common families on this machine."""
    roots = (Path("/usr/share/fonts"), data_dir() / "fonts")
    fonts = sorted(
        path
        for root in roots
        for path in root.rglob("*.[ot]tf")
        if path.name.startswith(_FAMILIES) and "Math" not in path.name
    )
    if not fonts:
        raise FileNotFoundError(
            f"The repairs of text are trained with fonts, and none of {_FAMILIES} is installed here."
        )
    return fonts


def sheets(fonts: Sequence[Path | None], count: int, side: int = 448, seed: int = 0, size: int = 0) -> Tensor:
    """Write sheets full of words, each in one font, size and slant, as a watermark is written all over a picture.

    Args:
        fonts: files of TrueType fonts; None stands for the one that Pillow brings.
        count: of sheets.
        side: of a sheet in pixels.
        seed: of the draws.
        size: of the letters in pixels; 0 to draw one for each sheet.

    Returns:
        uint8 (count, 1, side, side), 255 within the strokes.
    """
    rng = np.random.default_rng(seed)
    return torch.from_numpy(np.stack([_sheet(rng, fonts, side, size) for _ in range(count)]))[:, None]


def _sheet(rng: np.random.Generator, fonts: Sequence[Path | None], side: int, size: int) -> np.ndarray:
    large = 2 * side  # turned afterwards, and cut out of the middle
    image = Image.new("L", (large, large))
    pen = ImageDraw.Draw(image)
    drawn = int(rng.integers(14, 64))
    size = size or drawn
    file = fonts[int(rng.integers(len(fonts)))]
    font = ImageFont.load_default(size) if file is None else ImageFont.truetype(str(file), size)
    words = " ".join(rng.permutation(_WORDS)[: int(rng.integers(1, 4))])
    words = words.upper() if rng.random() < 0.3 else words
    across = max(20.0, pen.textlength(words, font=font)) + size * rng.uniform(0.3, 3)
    down = size * rng.uniform(1.2, 4)
    for row in range(int(large / down) + 1):
        shift = rng.uniform(0, across) if row % 2 else 0
        for column in range(-1, int(large / across) + 1):
            pen.text((column * across + shift, row * down), words, fill=255, font=font)
    turned = image.rotate(float(rng.choice([0, 0, 30, 45, -30, rng.uniform(-90, 90)])), Image.Resampling.BICUBIC)
    corner = side // 2
    return np.asarray(turned.crop((corner, corner, corner + side, corner + side)))
