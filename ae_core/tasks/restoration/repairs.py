"""What can be repaired, and by a network of which layout: adding a repair is adding an entry to :data:`REPAIRS`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ae_core.tasks.restoration import corruption
from ae_core.tasks.restoration.crops import Crops
from ae_core.tasks.restoration.network import Layout

Pair = tuple[
    Tensor, Tensor, Tensor | None
]  # what the network is given, what it should return, and how much each counts


@dataclass(frozen=True)
class Repair:
    """One repair.

    Attributes:
        title: what a page calls it.
        layout: of its network.
        pairs: makes a batch to learn from.
        error: what is descended, for each number that it returns and the one wanted: squared errors, which the few pixels
            that are far off lead; absolute ones, by which a network learns to leave alone whatever most pixels want left
            alone; or the cross-entropy of shares, of which it returns the logits.
    """

    title: str
    layout: Layout
    pairs: Callable[[Crops, torch.Generator], Pair]
    error: Callable[[Tensor, Tensor], Tensor]


def _squared(found: Tensor, wanted: Tensor) -> Tensor:
    return (found - wanted).square()


def _absolute(found: Tensor, wanted: Tensor) -> Tensor:
    return ((found - wanted).square() + 1e-6).sqrt()


def _of_shares(found: Tensor, wanted: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(found, wanted, reduction="none")


def _noisy(most: float, grey: bool, files: float = 0) -> Callable[[Crops, torch.Generator], Pair]:
    """Return what makes noisy pictures, and the clean ones that are wanted.

    Args:
        most: of the noise's standard deviation, in levels of 256.
        grey: whether they are grey.
        files: the share of them that are as a camera's files hold them.
    """

    def pairs(crops: Crops, generator: torch.Generator) -> Pair:
        channels = corruption.luma if grey else lambda images: images
        clean = channels(crops.clean())
        sigma = most / 255 * torch.rand(len(clean), 1, 1, 1, generator=generator, device=clean.device)
        given = clean + sigma * torch.randn(clean.shape, generator=generator, device=clean.device)
        if count := round(files * len(clean)):
            true, noisy, strength = crops.clean_and_noisy_files()
            clean[:count], given[:count], sigma[:count] = (
                channels(true)[:count],
                channels(noisy)[:count],
                strength[:count],
            )
        return given, clean, 1 / sigma.clamp_min(2 / 255)

    return pairs


def _blocky(crops: Crops, generator: torch.Generator) -> Pair:
    clean, coded = crops.clean_and_coded()
    return coded, clean, None


def _holed(crops: Crops, generator: torch.Generator) -> Pair:
    clean = corruption.sometimes_grey(crops.clean(), generator)
    known = corruption.known(clean, crops.lettering(), generator)
    return torch.cat([corruption.roughly_filled(clean, known), known], 1), clean, (1 - known) + 0.02


def _marked(crops: Crops, generator: torch.Generator) -> Pair:
    clean, letters = corruption.sometimes_grey(crops.clean(), generator), crops.lettering()
    marked, strokes = corruption.watermarked(clean, letters, generator)
    return marked, strokes, None


def _grey(crops: Crops, generator: torch.Generator) -> Pair:
    clean = crops.views()
    return corruption.retoned(corruption.luma(clean), generator), corruption.chroma(clean), None


def _halved(crops: Crops, generator: torch.Generator) -> Pair:
    clean = corruption.luma(crops.clean())
    return corruption.halved(clean), clean, None


_WIDE = (48, 96, 128)  # for noise, the repair that is asked for most
_SLIM = (32, 64, 64)  # for the lesson, and for doubling, which works at the full resolution of what it is given

# The shipped weights against noise began with plain ReLUs and white noise alone, and went on with ReLUs that leak a little,
# and with a camera's files. Those of the lesson keep the ReLUs of Mohan et al., with which biases matter.
REPAIRS: dict[str, Repair] = {
    "denoise-grey": Repair(
        "Clean noise", Layout(1, 1, _WIDE, leak=0.01, bias=False), _noisy(55, True, 1 / 10), _squared
    ),
    "denoise": Repair("Clean noise", Layout(3, 3, _WIDE, leak=0.01, bias=False), _noisy(55, False, 1 / 5), _squared),
    "jpeg": Repair("Mend JPEG blocks", Layout(3, 3), _blocky, _absolute),
    "fill": Repair("Fill holes", Layout(4, 3), _holed, _squared),
    "watermark": Repair("Take off a watermark", Layout(3, 1, residual=False), _marked, _of_shares),
    "colour": Repair("Colour a grey picture", Layout(1, 2, (32, 80, 112), (1, 1), residual=False), _grey, _squared),
    "double": Repair("Double the size", Layout(1, 1, _SLIM, grows=True), _halved, _absolute),
    # For the lesson: as "denoise-grey", but trained to noise of 30 alone, with biases and without; and without skips.
    "lesson-bias-free": Repair("No biases", Layout(1, 1, _SLIM, leak=0, bias=False), _noisy(30, grey=True), _squared),
    "lesson-biases": Repair("Biases", Layout(1, 1, _SLIM, leak=0, bias=True), _noisy(30, grey=True), _squared),
    "lesson-bottleneck": Repair(
        "A bottleneck alone",
        Layout(1, 1, _SLIM, leak=0, bias=False, skips=False, residual=False),
        _noisy(30, grey=True),
        _squared,
    ),
}
