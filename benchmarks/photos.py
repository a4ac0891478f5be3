"""How well the networks for photographs repair: a row of the table in docs/benchmarks.md.

AE_DATA_DIR=... python -m benchmarks.photos [ROW ...] [--images N] [--weights FOLDER] [--record]

On photographs that no network was trained on. Noise is not clipped, results are; seeds are fixed.
"""

from __future__ import annotations

import argparse
import io
import json
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file
from safetensors.torch import save as save_tensors
from torch import Tensor

from ae_core.evaluation.metrics import psnr
from ae_core.paths import data_dir
from ae_core.runs.files import write_whole
from ae_core.tasks.restoration import explained, restoring, weights
from ae_core.tasks.restoration.corruption import chroma, halved, luma, sheets, training_fonts
from ae_core.tasks.restoration.overview import FILL_WAYS_OF_LARGER
from ae_core.tasks.restoration.pixels import to_pixels, to_tensor
from benchmarks.machine import describe

most = 0  # images of each set at most; 0 for all
# unlike any family that was trained on; they come with matplotlib (mpl-data/fonts/ttf), for the data folder's "fonts"
OTHER_FONTS = ("STIXGeneral.ttf", "cmr10.ttf")


def pictures(name: str, grey: bool = False) -> Iterator[Tensor]:
    """Yield the pictures of a test set as float (1, C, H, W) in [0, 1]."""
    files = sorted(path for path in (data_dir() / "photos" / name).iterdir() if path.suffix in (".png", ".jpg", ".bmp"))
    for file in files[: most or None]:
        array = np.asarray(Image.open(file).convert("L" if grey else "RGB"))
        yield torch.from_numpy(array.copy()).view(*array.shape[:2], -1).permute(2, 0, 1)[None].float() / 255


def repaired(name: str, given: Tensor) -> Tensor:
    """Return what is made of a picture (1, C, H, W)."""
    return weights.mean_answer(name, given, restoring.ways(name))


def decibels(result: Tensor, clean: Tensor) -> float:
    """Return the PSNR of a result, clamped to [0, 1]."""
    return float(psnr(result.clamp(0, 1), clean))


def noise(name: str, folder: str, grey: bool, sigmas: tuple[int, ...]) -> str:
    """Return the mean PSNR after white Gaussian noise of each strength, on one set."""
    generator = torch.Generator().manual_seed(0)
    found = []
    for sigma in sigmas:
        scores = []
        for clean in pictures(folder, grey):
            noisy = clean + sigma / 255 * torch.randn(clean.shape, generator=generator)
            scores.append(decibels(repaired(name, noisy), clean))
        found.append(f"{sigma}: {np.mean(scores):.2f}")
    return f"{folder}, {name}, sigma " + ", ".join(found)


def twins() -> str:
    """Return the PSNR of two networks that differ in their biases alone, within and beyond the noise of up to 30 they know."""
    sigmas = (15, 30, 50, 75, 100)
    found = [explained.beyond_training(clean, sigmas) for clean in pictures("BSD68", grey=True)]
    means = {name: np.mean([each[name] for each in found], 0) for name in found[0]}
    return "BSD68, sigma " + "; ".join(
        f"{sigma}: with biases {means[explained.WITH][i]:.2f}, without {means[explained.WITHOUT][i]:.2f}"
        for i, sigma in enumerate(sigmas)
    )


def through_jpeg(picture: Tensor, quality: int) -> Tensor:
    """Return a picture (1, 3, H, W) as it is read again from a JPEG file of a quality."""
    image = Image.fromarray((picture.clamp(0, 1)[0].permute(1, 2, 0) * 255).round().byte().numpy())
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    array = np.asarray(Image.open(file).convert("RGB"))
    return torch.from_numpy(array.copy()).permute(2, 0, 1)[None].float() / 255


def camera() -> str:
    """Return the mean PSNR of noisy colour pictures of CBSD68 in JPEG files as a camera writes them, and what is made of them."""
    generator = torch.Generator().manual_seed(0)
    found = []
    for sigma, quality in ((10, 92), (20, 92), (20, 75)):
        scores = []
        for clean in pictures("CBSD68"):
            file = through_jpeg(clean + sigma / 255 * torch.randn(clean.shape, generator=generator), quality)
            scores.append([decibels(file, clean), decibels(repaired("denoise", file), clean)])
        before, after = np.mean(scores, 0)
        found.append(f"noise of {sigma}, quality {quality}: {before:.2f}, after {after:.2f}")
    return "CBSD68, " + "; ".join(found)


def jpeg() -> str:
    """Return how much closer to the original the luminance of a JPEG comes, on Kodak24."""
    found = []
    for quality in (10, 20):
        gains = []
        for clean in pictures("Kodak24"):
            coded = through_jpeg(clean, quality)
            before = decibels(luma(coded), luma(clean))
            gains.append((before, decibels(luma(repaired("jpeg", coded).clamp(0, 1)), luma(clean)) - before))
        before, gain = np.mean(gains, 0)
        found.append(f"quality {quality}: {before:.2f} {gain:+.2f} dB")
    return "Kodak24, luminance, " + ", ".join(found)


def double() -> str:
    """Return the PSNR of doubled pictures of Set5, luminance as Matlab has it, two pixels of the border left out."""
    scores = []
    for picture in pictures("Set5"):
        clean = luma(picture[:, :, : picture.shape[2] // 2 * 2, : picture.shape[3] // 2 * 2])
        small = halved(clean)
        bicubic = F.interpolate(small, scale_factor=2, mode="bicubic", align_corners=False)
        scores.append(
            [
                decibels(result.clamp(0, 1)[..., 2:-2, 2:-2] * 219 / 255, clean[..., 2:-2, 2:-2] * 219 / 255)
                for result in (bicubic, repaired("double", small))
            ]
        )
    bicubic, ours = np.mean(scores, 0)
    return f"Set5, luminance: bicubic {bicubic:.2f}, ours {ours:.2f}"


def holes(kind: str) -> str:
    """Return the PSNR of filled holes on BSD68: half of the pixels, or a text painted over; and as large pictures are filled."""
    from skimage.restoration import inpaint_biharmonic  # seconds a picture

    generator, scores = torch.Generator().manual_seed(0), []
    text = sheets([None], 68, 512, seed=1)
    for number, clean in enumerate(pictures("BSD68", grey=True)):
        height, width = clean.shape[2:]
        if kind == "pixels":
            known = (torch.rand(clean.shape, generator=generator) >= 0.5).float()
        else:
            known = (text[number : number + 1, :, :height, :width] < 77).float()
        smooth = inpaint_biharmonic(clean[0, 0].numpy(), known[0, 0].numpy() == 0)
        results = (
            torch.from_numpy(smooth)[None, None].float(),
            restoring.filled(clean, known),
            *(restoring.filled(clean, known, ways=ways) for ways in FILL_WAYS_OF_LARGER.values()),
        )
        scores.append([decibels(result * (1 - known) + clean * known, clean) for result in results])
    biharmonic, ours, *larger = np.mean(scores, 0)
    times = (f"{ways} times {of:.2f}" for ways, of in zip(FILL_WAYS_OF_LARGER.values(), larger, strict=True))
    return (
        f"BSD68, holes ({kind}): biharmonic {biharmonic:.2f}, ours {ours:.2f}; asked as for larger pictures "
        f"{', '.join(times)}"
    )


def watermark(opacity: float = 0.4, colour: tuple[float, float, float] = (1, 1, 1), font: str = "") -> str:
    """Return the PSNR of marked pictures of Kodak24 before and after, in a font that was not trained on.

    Args:
        opacity: of the mark.
        colour: of the mark, red, green and blue.
        font: a file in the data folder's ``fonts``; Pillow's own without it.
    """
    path = data_dir() / "fonts" / font if font else None
    assert path is None or path not in training_fonts()
    text, scores = sheets([path], 24, 768, seed=2).float() / 255, []
    shade = torch.tensor(colour).view(1, 3, 1, 1)
    for number, clean in enumerate(pictures("Kodak24")):
        cover = opacity * text[number : number + 1, :, : clean.shape[2], : clean.shape[3]]
        marked = clean * (1 - cover) + shade * cover
        scores.append([decibels(result, clean) for result in (marked, restoring.unmarked(marked))])
    before, after = np.mean(scores, 0)
    words = f"colour {colour}, opacity {opacity}, {font.removesuffix('.ttf') or 'Aileron'}"
    return f"Kodak24, watermark in an unseen font ({words}): {before:.2f}, after {after:.2f}"


def watermarks() -> str:
    """Return the same for other families of fonts, another opacity and another colour."""
    white, red = (1.0, 1.0, 1.0), (0.8, 0.1, 0.1)
    cases = [(0.4, white, font) for font in OTHER_FONTS] + [
        (0.2, white, ""),
        (0.4, (0.0, 0.0, 0.0), ""),
        (0.4, red, ""),
    ]
    return "\n  ".join(["", *(watermark(*case) for case in cases)])


def colour() -> str:
    """Return the root mean squared error of the two colour differences of coloured pictures of Kodak24."""
    mean = torch.cat([chroma(picture).mean((2, 3)) for picture in pictures("BSDS400")]).mean(0).view(1, 2, 1, 1)
    errors = []
    for clean in pictures("Kodak24"):
        right = chroma(clean)
        found = restoring.repair("colour", to_pixels(luma(clean)))
        assert found is not None
        guesses = (torch.zeros_like(right), mean.expand_as(right), chroma(to_tensor(found)))
        errors.append([float((guess - right).square().mean()) for guess in guesses])
    grey, average, ours = np.sqrt(np.mean(errors, 0))
    return f"Kodak24, chroma error: grey {grey:.4f}, mean colour {average:.4f}, ours {ours:.4f}"


def speed() -> str:
    """Return the seconds of every task for a picture of 512 x 512 and one of 12 megapixels, and the memory."""
    generator = np.random.default_rng(0)
    picture = generator.integers(0, 256, (512, 512, 3), np.uint8)
    large = np.tile(picture, (6, 8, 1))[:3000, :4000]
    holes = generator.random(large.shape[:2]) < 0.3
    found = []
    for task, channels in (("denoise", 1), *((task, 3) for task in restoring.offered())):
        times = []
        for _ in range(4):
            started = time.perf_counter()
            restoring.repair(task, picture[..., :channels], mask=holes[:512, :512])
            times.append(time.perf_counter() - started)
        before, started = _peak_memory(), time.perf_counter()
        restoring.repair(task, large[..., :channels], mask=holes)
        seconds = time.perf_counter() - started
        found.append(
            f"{task}{' in grey' if channels == 1 else ''}: {np.median(times[1:]):.2f} s; 12 megapixels {seconds:.1f} s "
            f"and {(_peak_memory() - before) / 1e6:.0f} MB more"
        )
    return "512 x 512 and 12 megapixels\n  " + "\n  ".join(found)


def _peak_memory() -> int:
    """Return the most bytes that this process has had in memory so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


OF_NETWORKS: dict[str, tuple[str, ...]] = {  # whose cards a row is written into
    "grey": ("denoise-grey",),
    "colour-noise": ("denoise",),
    "twins": ("lesson-bias-free", "lesson-biases"),
    "camera": ("denoise",),
    "jpeg": ("jpeg",),
    "double": ("double",),
    "holes": ("fill",),
    "text": ("fill",),
    "watermark": ("watermark",),
    "colour": ("colour",),
}


def record(row: str, figures: str) -> None:
    """Write a row's figures into the cards of the networks that they are of."""
    for name in OF_NETWORKS.get(row, ()):
        file = weights.weights_file(name)
        card = weights.read_card(file)
        card.setdefault("figures", {})[row] = figures
        write_whole(file, save_tensors(load_file(file), {"card": json.dumps(card)}))


ROWS: dict[str, Callable[[], str]] = {
    "grey": lambda: noise("denoise-grey", "BSD68", True, (15, 25, 50, 75)),
    "colour-noise": lambda: noise("denoise", "CBSD68", False, (15, 25, 50)),
    "twins": twins,
    "camera": camera,
    "jpeg": jpeg,
    "double": double,
    "holes": lambda: holes("pixels"),
    "text": lambda: holes("text"),
    "watermark": watermark,
    "watermarks": watermarks,
    "colour": colour,
    "speed": speed,
}


def main() -> None:
    """Print the rows that are named, or all of them."""
    global most
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(ROWS))
    parser.add_argument("--images", type=int, default=0, help="of each set at most, for a first look")
    parser.add_argument("--weights", type=Path, help="a folder of other weights than those that are shipped")
    parser.add_argument("--record", action="store_true", help="write the figures into the cards of the networks")
    options = parser.parse_args()
    most = options.images
    if options.record and (most or options.weights):
        parser.error("what is recorded is of all images and of the networks that are shipped")
    if options.weights:
        weights.weights_file = lambda name: options.weights / f"{name}.safetensors"
    print(describe())
    for row in options.rows or ROWS:
        figures = ROWS[row]()
        print(f"{row}: {figures}", flush=True)
        if options.record:
            record(row, figures)


if __name__ == "__main__":
    main()
