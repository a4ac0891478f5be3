"""The figures of a run as PNG, black on white for a page of paper: images in crisp pixels, and the curve of its loss."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence

from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from ae_core.data.datasets import INFO, Images
from ae_core.data.items import to_bytes
from ae_core.models.codec import reconstruct
from ae_core.runs.run import Run
from ae_core.training.film import watched_images

_INK, _QUIET, _GRID = "#1b212c", "#6b7480", "#e3dfd5"
_AE, _PCA = "#0b5f8a", "#a8480f"  # the lab's colours of an autoencoder and of PCA
_TILE = 84  # pixels of an image's side: three times 28, and ten times 8 and a bit
_PICTURE = 560  # pixels of the side of a picture by itself
_GAP, _MARGIN, _LABELS = 6, 24, 150


def images_png(run: Run, held_out: Images) -> bytes:
    """Draw twelve held-out images and what comes back of them.

    They come back of the autoencoder, and of PCA at the same code size; for a denoising run the corrupted images are shown,
    too. Each pixel of an image becomes a square of a whole number of pixels.

    Args:
        run: the run to show.
        held_out: the held-out images of its data set.

    Returns:
        A PNG file.
    """
    clean, corrupted, chosen = watched_images(run.config, held_out)
    clean, corrupted = clean[chosen], corrupted[chosen]
    rows = [("Original", _INK, clean)]
    if run.config.corruption != "none":
        rows.append(("Damaged", _INK, corrupted))
    rows.append(("Autoencoder", _AE, reconstruct(run.model, corrupted)))
    rows.append(("PCA", _PCA, reconstruct(run.pca_at_code_size, corrupted)))

    scale = max(1, _TILE // clean.shape[3])
    height, width = clean.shape[2] * scale, clean.shape[3] * scale
    sheet = Image.new(
        "RGB",
        (
            2 * _MARGIN + _LABELS + len(clean) * (width + _GAP) - _GAP,
            2 * _MARGIN + len(rows) * (height + _GAP) - _GAP,
        ),
        "white",
    )
    draw = ImageDraw.Draw(sheet)
    for number, (name, ink, images) in enumerate(rows):
        top = _MARGIN + number * (height + _GAP)
        draw.text((_MARGIN, top + height / 2), name, ink, ImageFont.load_default(20), anchor="lm")
        for place, image in enumerate(images):
            left = _MARGIN + _LABELS + place * (width + _GAP)
            sheet.paste(_picture(image).resize((width, height), Image.Resampling.NEAREST), (left, top))
    return _png(sheet)


def picture_png(image: Tensor) -> bytes:
    """Return one image (C, H, W) as PNG, enlarged by a whole factor to some 560 px, every pixel a square."""
    return _png(_enlarged(image, _PICTURE))


def beside_png(images: Mapping[str, Tensor]) -> bytes:
    """Return images (C, H, W) of one size beside each other as PNG, each under its name.

    "Autoencoder" and "PCA" are written in the lab's colours for them.
    """
    enlarged = {name: _enlarged(image, _PICTURE // 2) for name, image in images.items()}
    width, height = next(iter(enlarged.values())).size
    size = (2 * _MARGIN + len(enlarged) * (width + _MARGIN) - _MARGIN, 2 * _MARGIN + 36 + height)
    sheet = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(sheet)
    for place, (name, picture) in enumerate(enlarged.items()):
        left = _MARGIN + place * (width + _MARGIN)
        ink = {"Autoencoder": _AE, "PCA": _PCA}.get(name, _INK)
        draw.text((left, _MARGIN + 10), name, ink, ImageFont.load_default(20), anchor="lm")
        sheet.paste(picture, (left, _MARGIN + 36))
    return _png(sheet)


def curve_png(run: Run) -> bytes:
    """Draw training and held-out loss over the epochs, on a logarithmic axis, as a PNG file.

    Where the loss is the squared error alone, PCA's is a line in it.
    """
    lines = [("training", _QUIET, 3, run.history["train_loss"]), ("held out", _AE, 5, run.history["held_out_loss"])]
    epochs = run.history["epoch"]
    plain = run.config.loss == "mse" and not run.config.variational
    if plain:
        lines.append(("PCA", _PCA, 3, [run.metrics["pca_mse"]] * len(epochs)))
    above = [value for *_, values in lines for value in values if value > 0 and math.isfinite(value)]
    low, high = math.log(min(above, default=0.1) / 1.1), math.log(max(above, default=1.0) * 1.1)

    sheet = Image.new("RGB", (1200, 680), "white")
    draw = ImageDraw.Draw(sheet)
    left, top, right, bottom = 110, 70, 1170, 590
    font = ImageFont.load_default(22)

    def across(epoch: float) -> float:
        """Return the x of an epoch, in pixels."""
        return left + (right - left) * epoch / (epochs[-1] or 1.0)

    def down(value: float) -> float:
        """Return the y of a loss, in pixels."""
        return bottom - (bottom - top) * (math.log(max(value, math.exp(low))) - low) / (high - low)

    for value in _round_values(math.exp(low), math.exp(high)):
        draw.line([(left, down(value)), (right, down(value))], _GRID, 2)
        draw.text((left - 12, down(value)), f"{value:.4g}", _INK, font, anchor="rm")
    step = max(1, math.ceil(epochs[-1] / 10)) if epochs[-1] >= 1 else epochs[-1] or 1.0
    for number in range(int(epochs[-1] / step) + 1):
        draw.text((across(number * step), bottom + 14), f"{number * step:g}", _INK, font, anchor="mt")
    draw.text(((left + right) / 2, bottom + 48), "epoch", _INK, font, anchor="mt")
    unit = (
        INFO[run.config.dataset].spoken("nats an image")
        if run.config.variational
        else "squared error"
        if plain
        else "cross-entropy"
    )
    start = draw.textlength(f"loss ({unit})   ", font) + left
    draw.text((left, 30), f"loss ({unit})", _INK, font, anchor="lm")
    for name, ink, width, values in lines:
        draw.line([(across(e), down(v)) for e, v in zip(epochs, values, strict=True)], ink, width, joint="curve")
        draw.line([(start, 30), (start + 40, 30)], ink, width)
        draw.text((start + 50, 30), name, ink, font, anchor="lm")
        start += 50 + draw.textlength(name, font) + 40
    return _png(sheet)


def _round_values(low: float, high: float) -> Sequence[float]:
    """Return a handful of round numbers in [low, high], both above zero, to mark on a logarithmic axis."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1,) if high / low > 300 else (1, 2, 5) if high / low > 6 else (1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9)
    return [step * 10.0**decade for decade in decades for step in steps if low <= step * 10.0**decade <= high]


def _enlarged(image: Tensor, side: int) -> Image.Image:
    picture = _picture(image)
    scale = max(1, side // picture.width)
    return picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.NEAREST)


def _picture(image: Tensor) -> Image.Image:
    """Turn an image (C, H, W) in [0, 1] into a grey or a colour picture."""
    pixels = to_bytes(image)
    return Image.fromarray((pixels[0] if len(pixels) == 1 else pixels.permute(1, 2, 0)).numpy())


def _png(picture: Image.Image) -> bytes:
    """Return a picture as a PNG file."""
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()
