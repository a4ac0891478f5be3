"""An image, its noise and three repairs, which follow the strength as it is dragged; and a brush for own damage.

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
    """What came from the browser is no painting on an image of this size."""


@dataclass(frozen=True, eq=False)
class Painting:
    """A layer over an image: ``value`` float (C, H, W) in [0, 1] hides it where ``mask`` bool (H, W) holds."""

    mask: Tensor
    value: Tensor

    @classmethod
    def from_text(cls, text: object, shape: tuple[int, int, int]) -> Painting:
        """Read what the browser sent for an image (C, H, W).

        That is base64 of a byte a pixel for the mask, 0 or 1, then a byte a pixel for the value in each channel.

        Raises PaintingRejected when that is not what ``text`` is.
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
        """The painting on images (N, C, H, W)."""
        return torch.where(self.mask, self.value, images)


@dataclass(frozen=True)
class Strip:
    """Pictures at every one of STRENGTHS: ``sheet`` shows the clean image, then the noisy ones, then each repair's."""

    sheet: str
    scores: str

    @classmethod
    def of(cls, clean: Tensor, pictures: Tensor, psnr: Tensor, ssim: Tensor) -> Strip:
        """``clean`` (1, C, H, W); ``pictures`` (4, S, C, H, W): noisy, autoencoder, PCA, median; scores (4, S)."""
        tiles = torch.cat([clean, pictures.flatten(0, 1)])
        return cls(mosaic(tiles, len(tiles)), _packed_scores(psnr, ssim))


@dataclass(frozen=True)
class Answer:
    """The repairs of one painting on one strength; the browser shows them where both are still what it has."""

    painting: str
    step: int
    sheet: str
    scores: str

    @classmethod
    def of(cls, painting: str, step: int, pictures: Tensor, psnr: Tensor, ssim: Tensor) -> Answer:
        """``pictures`` (4, 1, C, H, W) and scores (4, 1) in the order of :meth:`Strip.of`."""
        return cls(painting, step, mosaic(pictures[1:, 0], 3), _packed_scores(psnr, ssim))


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
) -> dict[str, str]:
    """What the component is sent.

    Args:
        shape: (C, H, W) of an image.
        strip: every strength's pictures.
        strength: where the slider starts, one of STRENGTHS.
        measure: what the strength is a measure of, in a few words.
        learned: the strengths that the model was trained on, lowest and highest.
        painting: what the visitor painted earlier, as the browser sent it.
        answer: the repairs of that painting.
        held: "fixed" where the strength cannot be moved, "hidden" where its slider is not shown either.
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
        "answer": answer and {"painting": answer.painting, "step": answer.step, "scores": answer.scores},
    }
    return {"json": json.dumps(data), "strip": strip.sheet, "answer": answer.sheet if answer else ""}


def noise_mixer(
    key: str, data: dict[str, str], on_strength: Callable[[], None], on_painting: Callable[[], None]
) -> None:
    """Show the mixer. The callbacks find ``strength`` and ``painting`` in ``st.session_state[key]``, unchecked."""
    _component(key=key, data=data, on_strength_change=on_strength, on_painting_change=on_painting)


def step_of(strength: float) -> int:
    """The step of STRENGTHS that is nearest to a strength in [0, 1]."""
    return round(strength * STEPS)


def _packed_scores(psnr: Tensor, ssim: Tensor) -> str:
    return packed(torch.stack([psnr, ssim], -1).float().numpy())
