"""An image, its noise and three repairs, which follow the strength as it is dragged; and a brush to paint damage.

Python sends every strength at once: one sprite sheet, and the scores of each picture. What is painted is a layer over
the noisy picture. It goes to Python when the brush is lifted, and three repairs come back.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ae_core.errors import LabError
from ui.components.shared import component, packed
from ui.components.shared.sheets import mosaic

STEPS = 20  # of the strength, from 0 to 1
STRENGTHS = tuple(step / STEPS for step in range(STEPS + 1))

_component = component(__file__)


class PaintingRejected(LabError):
    """A painting from the browser that is not one on an image of this size."""


@dataclass(frozen=True, eq=False)
class Painting:
    """Painted damage: ``value`` float (C, H, W) in [0, 1] covers the image where ``mask`` bool (H, W) holds."""

    mask: Tensor
    value: Tensor

    @classmethod
    def from_text(cls, text: object, shape: tuple[int, int, int]) -> Painting:
        """Read a painting from what the browser sent.

        Args:
            text: base64 of a byte a pixel for the mask, 0 or 1, then a byte a pixel for the value in each channel.
            shape: (C, H, W) of the image.

        Returns:
            The painting.

        Raises:
            PaintingRejected: ``text`` is not that.
        """
        channels, height, width = shape
        pixels = height * width
        length = (1 + channels) * pixels
        try:
            if not isinstance(text, str) or len(text) != 4 * -(-length // 3):
                raise ValueError
            numbers = np.frombuffer(base64.b64decode(text, validate=True), np.uint8)
            if len(numbers) != length or numbers[:pixels].max() > 1:
                raise ValueError
        except (ValueError, binascii.Error):
            raise PaintingRejected(
                f"The painting could not be read: it is not one of {width} × {height} pixels. Clear it and paint again."
            ) from None
        mask, *value = torch.from_numpy(numbers.copy()).view(1 + channels, height, width)
        return cls(mask.bool(), torch.stack(value).float() / 255)

    def over(self, images: Tensor) -> Tensor:
        """Return images (N, C, H, W) with the painting over them."""
        return torch.where(self.mask, self.value, images)


@dataclass(frozen=True)
class Strip:
    """Pictures and their scores at every one of STRENGTHS.

    ``sheet`` shows the clean image, then the noisy ones, then those of each repair.
    """

    sheet: str
    scores: str

    @classmethod
    def of(cls, clean: Tensor, pictures: Tensor, psnr: Tensor, ssim: Tensor) -> Strip:
        """Pack pictures and scores for the browser.

        Args:
            clean: the picture of the clean item, (1, C, H, W).
            pictures: (R, S, C, H, W) at each of the S strengths: noisy, autoencoder, PCA, and median filter if it is of use.
            psnr: of the pictures, dB, (R, S).
            ssim: of the pictures, (R, S); NaN where there is none.
        """
        tiles = torch.cat([clean, pictures.flatten(0, 1)])
        return cls(mosaic(tiles, len(tiles)), _packed_scores(psnr, ssim))


@dataclass(frozen=True)
class Answer:
    """The repairs of one painting at one strength.

    The browser shows them while both are still what it has.
    """

    painting: str
    step: int
    sheet: str
    scores: str

    @classmethod
    def of(cls, painting: str, step: int, pictures: Tensor, psnr: Tensor, ssim: Tensor) -> Answer:
        """Pack the repairs of a painted image and their scores for the browser.

        Args:
            painting: as the browser sent it.
            step: of the strength, an index into STRENGTHS.
            pictures: (R, 1, C, H, W) in the order of :meth:`Strip.of`.
            psnr: of the pictures, dB, (R, 1).
            ssim: of the pictures, (R, 1).
        """
        return cls(painting, step, mosaic(pictures[1:, 0], len(pictures) - 1), _packed_scores(psnr, ssim))


def mixer_data(
    shape: tuple[int, int, int],
    strip: Strip,
    *,
    strength: float,
    measure: str,
    learned: tuple[float, float] | None = None,
    painting: str = "",
    answer: Answer | None = None,
    held: str = "",
    brush: bool = True,
    median: bool = True,
) -> dict[str, str]:
    """Return the data of :func:`noise_mixer`.

    Args:
        shape: (C, H, W) of a picture.
        strip: every strength's pictures.
        strength: where the slider starts, one of STRENGTHS.
        measure: what the strength is a measure of, in a few words.
        learned: the strengths that the model was trained on, lowest and highest.
        painting: what the visitor painted earlier, as the browser sent it.
        answer: the repairs of that painting.
        held: "fixed" where the strength cannot be moved, "hidden" where its slider is not shown either.
        brush: whether the pictures can be painted on: those of an image can.
        median: whether the median filter is among the repairs.
    """
    data = {
        "channels": shape[0],
        "w": shape[2],
        "h": shape[1],
        "steps": STEPS,
        "step": step_of(strength),
        "measure": measure,
        "learned": learned,
        "scores": strip.scores,
        "painting": painting,
        "held": held,
        "brush": brush,
        "median": median,
        "answer": answer and {"painting": answer.painting, "step": answer.step, "scores": answer.scores},
    }
    return {"json": json.dumps(data), "strip": strip.sheet, "answer": answer.sheet if answer else ""}


def noise_mixer(
    key: str, data: dict[str, str], on_strength: Callable[[], None], on_painting: Callable[[], None]
) -> None:
    """Show an image, its noise and three repairs, with a slider for the strength and a brush.

    Args:
        key: of the component.
        data: from :func:`mixer_data`.
        on_strength: called when the strength has changed; finds it in ``st.session_state[key]``, unchecked.
        on_painting: called when the brush was lifted; finds ``painting`` there, unchecked.
    """
    _component(key=key, data=data, on_strength_change=on_strength, on_painting_change=on_painting)


def step_of(strength: float) -> int:
    """Return the index into STRENGTHS that is nearest to a strength in [0, 1]."""
    return round(strength * STEPS)


def _packed_scores(psnr: Tensor, ssim: Tensor) -> str:
    return packed(torch.stack([psnr, ssim], -1).float().numpy())
