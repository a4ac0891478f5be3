"""Uploads: every picture is either prepared or refused by a sentence, and ink comes out as MNIST's makers' did."""

from __future__ import annotations

import os
import struct
import time
import zlib

import numpy as np
import pytest
import safetensors.numpy
from picture_files import HEIC, encoded, png
from PIL import ExifTags, Image, ImageDraw, ImageFilter
from scenes import SCENES

from ae_core.data.upload import (
    MAX_BYTES,
    STEP_SIDE,
    Prepared,
    UploadRejected,
    has_fine_noise,
    heic,
    open_image,
    prepare,
)
from ae_core.errors import LabError

MNIST = (1, 28, 28)
SHAPES = [(1, 8, 8), MNIST, (3, 32, 32)]
LOSSLESS = {"PNG": {}, "WEBP": {"lossless": True}, "GIF": {}, "BMP": {}, "TIFF": {"compression": "tiff_lzw"}}
FORMATS = {**LOSSLESS, "JPEG": {"quality": 95}, "AVIF": {"quality": 95}}


def from_bytes(image: Image.Image, format: str = "PNG", **options: object) -> Image.Image:
    """The picture after a journey through a file."""
    return open_image(encoded(image, format, **options))


def blot() -> np.ndarray:
    """A smooth grey picture, 40 x 40, in which no two corners are alike."""
    y, x = np.mgrid[:40, :40]
    return (x * 4 + y * 2).astype(np.uint8)


def stroke(width: int, height: int, *, thickness: float = 0.06) -> Image.Image:
    """A white 7 on black: three strokes, off the middle."""
    image = Image.new("L", (width, height))
    side = min(width, height)
    x, y = 0.3 * side, 0.25 * side
    ImageDraw.Draw(image).line(
        [(x, y), (x + 0.35 * side, y), (x + 0.15 * side, y + 0.5 * side)],
        fill=255,
        width=round(thickness * side),
        joint="curve",
    )
    return image


def mnist_style() -> Image.Image:
    """A digit as MNIST holds them: 28 x 28, in a box of 20, centred by mass, with soft edges."""
    image = Image.new("L", (280, 280))
    ImageDraw.Draw(image).ellipse((85, 45, 204, 244), outline=255, width=25)
    return image.resize((28, 28), Image.Resampling.BOX)


def photo(width: int = 480, height: int = 640, *, shade: float = 0.5, noise: float = 0.02) -> Image.Image:
    """A dark 7 on off-white paper, lit from the left, slightly blurred and noisy."""
    ink = np.asarray(stroke(width, height).filter(ImageFilter.GaussianBlur(1.5)), float)[..., None] / 255
    colour = np.array([0.93, 0.91, 0.86]) * (1 - ink) + np.array([0.12, 0.13, 0.2]) * ink
    light = 1 - shade * np.linspace(0, 1, width)[None, :, None]
    grain = np.random.default_rng(0).normal(0, noise, (height, width, 1))
    return Image.fromarray((np.clip(colour * light + grain, 0, 1) * 255).astype(np.uint8))


def centre_of_mass(picture: np.ndarray) -> np.ndarray:
    rows, columns = np.mgrid[: picture.shape[0], : picture.shape[1]]
    return np.array([(picture * rows).sum(), (picture * columns).sum()]) / picture.sum()


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    """The cosine of the angle between two pictures: 1 for equal ones, whatever their brightness."""
    return float((one * other).sum() / np.sqrt((one * one).sum() * (other * other).sum()))


def note(prepared: Prepared, title: str) -> str:
    return next(step.note for step in prepared.steps if step.title == title)


# ---------------------------------------------------------------------------------- opening what is a picture


@pytest.mark.parametrize("format", LOSSLESS)
def test_lossless_formats_come_back_exactly(format):
    image = from_bytes(Image.fromarray(blot()), format, **LOSSLESS[format])
    np.testing.assert_array_equal(np.asarray(image.convert("L")), blot())


def test_jpeg_comes_back_nearly():
    image = from_bytes(Image.fromarray(blot()), "JPEG", quality=95)
    assert np.abs(np.asarray(image, int) - blot()).max() <= 6


def test_the_photo_of_an_iphone_is_opened():
    image = open_image(HEIC)
    assert image.size == (64, 48)
    assert image.convert("L").getpixel((2, 2)) > 240 > 60 > image.convert("L").getpixel((30, 8))


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "TIFF", "AVIF"])
def test_the_first_of_several_pictures_is_taken_and_that_is_said(format):
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue", "lime")]
    options = {"lossless": True} if format == "WEBP" else {}
    image = open_image(encoded(frames[0], format, save_all=True, append_images=frames[1:], **options))
    assert np.abs(np.subtract(image.convert("RGB").getpixel((20, 20)), (255, 0, 0))).max() < 4
    assert "first of several" in note(prepare(image, MNIST), "Upright")
    assert "first of several" not in note(prepare(from_bytes(frames[0], format), MNIST), "Upright")


def test_a_phones_jpeg_with_a_map_behind_it_counts_as_one_picture():
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    image = open_image(encoded(frames[0], "MPO", save_all=True, append_images=frames[1:]))
    assert "first of several" not in note(prepare(image, MNIST), "Upright")


def test_large_jpeg_is_shrunk_while_it_is_decoded():
    data = encoded(Image.new("RGB", (8160, 6120), "teal"), "JPEG")  # a 50-megapixel phone's
    start = time.perf_counter()
    image = open_image(data)
    assert image.size == (2040, 1530)
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "I;16"])
def test_large_png_is_averaged_down(mode):
    if mode == "I;16":
        image = Image.fromarray(np.full((1500, 2500), 40_000, np.uint16))
    else:
        image = Image.new(mode, (2500, 1500), 1 if mode == "1" else None)
    assert from_bytes(image).size == (1250, 750)


def test_large_palette_keeps_its_transparency():
    image = Image.new("P", (2500, 1500), 1)
    image.putpalette([0, 0, 0, 255, 0, 0])
    assert from_bytes(image, transparency=1).getchannel("A").getextrema() == (0, 0)


def test_picture_no_longer_holds_the_file():
    image = from_bytes(Image.fromarray(blot()), "GIF")
    assert type(image) is Image.Image


def test_orientation_survives_reduction():
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    image = from_bytes(Image.new("L", (2500, 1500)), exif=exif)
    assert note(prepare(image, MNIST), "Upright").startswith("Turned 90° clockwise")


# --------------------------------------------------------------------------------------- refusing what is not


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"Dear sir or madam, please find attached a picture of my cat.",
        b"<!doctype html><html><body><img src='cat.png'></body></html>",
        b'<svg xmlns="http://www.w3.org/2000/svg"><circle r="5"/></svg>',
        b"%PDF-1.7\n",
        b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42",
        b"PK\x03\x04" + bytes(26) + b"archive/data.pkl" + bytes(MAX_BYTES),
        safetensors.numpy.save({"weight": np.zeros(MAX_BYTES // 4, np.float32)}),
        np.random.default_rng(0).bytes(5000),
    ],
    ids=["empty", "one byte", "text", "html", "svg", "pdf", "film", "pth", "safetensors", "random"],
)
def test_other_files_are_refused_by_a_sentence(data):
    with pytest.raises(UploadRejected, match=r"(?s)^[A-Z].+\. Please upload a PNG.+\.$"):
        open_image(data)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"<?xml version='1.0'?>\n<svg/>", "SVG.*screenshot"),
        (b"%PDF-1.7\n", "PDF.*screenshot"),
        (b"PK\x03\x04" + bytes(26) + b"archive/data.pkl", "PyTorch file"),
        (safetensors.numpy.save({"weight": np.zeros(3, np.float32)}), "checkpoint"),
    ],
    ids=["svg", "pdf", "pth", "safetensors"],
)
def test_what_is_often_taken_for_a_picture_is_called_by_its_name(data, what):
    with pytest.raises(UploadRejected, match=what):
        open_image(data)


@pytest.mark.parametrize("format", ["JPEG2000", "ICO", "PPM", "TGA"])
def test_formats_that_are_not_listed_never_reach_their_decoder(format):
    with pytest.raises(UploadRejected, match="not a picture the lab can read"):
        from_bytes(Image.new("RGB", (32, 32), "red"), format)


def test_rejection_is_a_lab_error():
    assert issubclass(UploadRejected, LabError)


def test_too_many_bytes_are_refused():
    data = encoded(Image.new("L", (8, 8)), "BMP")
    open_image(data + bytes(MAX_BYTES - len(data)))
    with pytest.raises(UploadRejected, match=r"10\.0 MB, more than the 10 MB"):
        open_image(data + bytes(MAX_BYTES - len(data) + 1))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(("width", "height"), [(60_000, 60_000), (10_000, 10_000), (2**31 - 1, 2**31 - 1)])
def test_enormous_header_is_refused_before_anything_is_decoded(width, height):
    with pytest.raises(UploadRejected, match="more than the 50 million"):
        open_image(png(width, height, b"\0" * 100))


def test_highly_compressed_bomb_is_refused_quickly():
    data = png(9000, 9000, bytes(9001 * 9000))
    assert len(data) < 100_000
    start = time.perf_counter()
    with pytest.raises(UploadRejected, match="9000 × 9000 pixels"):
        open_image(data)
    assert time.perf_counter() - start < 0.5


def test_jpeg_of_thousands_of_scans_is_refused_quickly():
    data = encoded(Image.new("L", (2000, 2000), 200), "JPEG", progressive=True)
    open_image(data)
    last_scan = data[data.rfind(b"\xff\xda") : -2]
    start = time.perf_counter()
    with pytest.raises(UploadRejected, match="so many passes"):
        open_image(data[:-2] + last_scan * 5000 + data[-2:])
    assert time.perf_counter() - start < 0.5


@pytest.mark.filterwarnings("ignore")  # Pillow warns of what it misses in a TIFF
@pytest.mark.parametrize("format", FORMATS)
def test_truncated_file_is_decoded_or_refused(format):
    data = encoded(photo(60, 80), format, **FORMATS[format])
    refused = 0
    for cut in {1, 2, 5, 12, 20, 30, 60, *np.linspace(1, len(data) - 1, 40, dtype=int).tolist()}:
        try:
            prepare(open_image(data[:cut]), MNIST)
        except UploadRejected:
            refused += 1
    assert refused > 10


def test_a_small_tiff_of_enormous_tiles_is_refused_before_anything_is_decoded():
    tags = {256: 64, 257: 64, 258: 8, 259: 5, 262: 1, 277: 1, 322: 40_000, 323: 40_000, 324: 200, 325: 30}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    data = b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(100)
    with pytest.raises(UploadRejected, match="tiles of 40000 × 40000"):
        open_image(data)


@pytest.mark.skipif(os.name == "nt", reason="there is no such signal")
def test_a_heic_that_crashes_its_decoder_ends_no_other_process(monkeypatch, tmp_path):
    crash = tmp_path / "crash.py"
    crash.write_text("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    monkeypatch.setattr(heic, "__file__", str(crash))
    with pytest.raises(UploadRejected, match="damaged or incomplete"):
        open_image(HEIC)


@pytest.mark.filterwarnings("ignore")  # Pillow warns of some damage that it can read past
@pytest.mark.parametrize("format", [*FORMATS, "HEIC"])
def test_flipped_bytes_never_raise_anything_but_a_rejection(format):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    options = {"exif": exif} if format in ("PNG", "JPEG", "WEBP", "TIFF", "AVIF") else {}
    mode = {"GIF": "P", "PNG": "RGBA"}.get(format, "RGB")
    valid = HEIC if format == "HEIC" else encoded(photo(24, 32).convert(mode), format, **options, **FORMATS[format])
    rng = np.random.default_rng(0)
    opened = 0
    for _ in range(10 if format == "HEIC" else 200):  # HEIC starts a process for each
        data = bytearray(valid)
        reach = len(data) if rng.random() < 0.5 else min(200, len(data))  # half of them in the headers
        for place in rng.integers(0, reach, rng.integers(1, 6)):
            data[place] = rng.integers(256)
        try:
            image = open_image(bytes(data))
        except UploadRejected:
            continue
        try:
            prepare(image, (1, 8, 8), centre=False)
        except UploadRejected:
            continue
        opened += 1
    assert opened < (10 if format == "HEIC" else 200)


@pytest.mark.parametrize(
    "error", [SyntaxError, struct.error, zlib.error, MemoryError, OverflowError, KeyError, RecursionError]
)
def test_whatever_a_decoder_raises_becomes_a_rejection(monkeypatch, error):
    def fail(*_: object, **__: object) -> None:
        raise error("deep inside")

    monkeypatch.setattr(Image, "open", fail)
    with pytest.raises(UploadRejected, match=r"Please"):
        open_image(b"anything")


def test_interruption_is_not_swallowed(monkeypatch):
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Image, "open", interrupt)
    with pytest.raises(KeyboardInterrupt):
        open_image(b"anything")


# ------------------------------------------------------------------------------------------------------ upright


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_gives_the_same_upright_picture(orientation, format):
    stored = {  # how a camera stores an upright picture, by its tag
        1: lambda a: a,
        2: np.fliplr,
        3: lambda a: np.rot90(a, 2),
        4: np.flipud,
        5: np.transpose,
        6: np.rot90,
        7: lambda a: np.rot90(a, 2).T,
        8: lambda a: np.rot90(a, -1),
    }[orientation]
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    upright = blot()[:, :30]
    options = {"exif": exif} | ({} if format == "TIFF" else {"quality": 100, "lossless": True})
    image = from_bytes(Image.fromarray(np.ascontiguousarray(stored(upright))), format, **options)
    step = prepare(image, MNIST).steps[0]
    assert step.pixels.shape[:2] == upright.shape
    seen = step.pixels if step.pixels.ndim == 2 else step.pixels[..., 0]
    assert np.abs(seen.astype(int) - upright).max() <= 4
    if format != "TIFF":  # Pillow turns it by itself, unasked
        assert ("Already upright" in step.note) == (orientation == 1)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_unreadable_orientation_is_no_reason_to_refuse():
    image = Image.fromarray(blot())
    image.info["exif"] = b"Exif\0\0II*\0\xff\xff\xff\xff garbage"
    prepare(image, MNIST)


# --------------------------------------------------------------------------------------------------------- flat


def on_transparency(mode: str) -> Image.Image:
    """A black square on nothing, where nothing is stored as black too."""
    alpha = Image.new("L", (40, 40))
    alpha.paste(255, (15, 15, 25, 25))
    image = Image.new("LA" if mode == "LA" else "RGBA", (40, 40))
    image.putalpha(alpha)
    return image.quantize(4) if mode == "P" else image


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparency_is_filled_with_white(mode):
    flat = prepare(from_bytes(on_transparency(mode)), (3, 32, 32)).steps[1]
    assert "white" in flat.note
    assert flat.pixels[0, 0].min() == 255
    assert flat.pixels[20, 20].max() == 0


def test_white_strokes_on_nothing_do_not_vanish():
    image = Image.new("RGBA", (60, 60), (255, 255, 255, 0))
    image.putalpha(stroke(60, 60))
    prepared = prepare(from_bytes(image), MNIST)
    assert "black" in note(prepared, "Flat")
    assert prepared.pixels.max() > 0.9


def test_fully_transparent_picture_is_empty():
    assert not prepare(from_bytes(Image.new("RGBA", (40, 40), (90, 0, 0, 0))), MNIST).pixels.any()


def test_sixteen_bits_are_scaled_by_their_range_not_clipped():
    values = np.linspace(100, 4095, 1600).reshape(40, 40).astype(np.uint16)  # a 12-bit camera's
    flat = prepare(from_bytes(Image.fromarray(values)), MNIST).steps[1].pixels
    assert (flat[0, 0], flat[-1, -1]) == (0, 255)
    assert abs(int(flat[20, 0]) - 127) < 5


@pytest.mark.parametrize("dtype", [np.int32, np.float32])
def test_wide_values_are_scaled_by_their_range(dtype):
    values = np.linspace(-1e6, 1e6, 1600).reshape(40, 40).astype(dtype)
    flat = prepare(Image.fromarray(values), MNIST).steps[1].pixels
    assert (flat.min(), flat.max()) == (0, 255)


def test_values_that_are_no_numbers_do_no_harm():
    values = np.full((40, 40), np.nan, np.float32)
    values[0], values[1], values[2], values[3] = np.inf, -np.inf, 3.0, 5.0
    flat = prepare(Image.fromarray(values), MNIST).steps[1].pixels
    assert flat[:5, 0].tolist() == [255, 0, 0, 255, 0]


def test_cmyk_jpeg_keeps_its_colours():
    image = from_bytes(Image.new("CMYK", (40, 40), (0, 255, 255, 0)), "JPEG", quality=95)
    red, green, blue = prepare(image, (3, 32, 32)).pixels.mean(axis=(1, 2))
    assert red > 0.9
    assert max(green, blue) < 0.1


def test_one_bit_picture_is_black_and_white():
    flat = prepare(from_bytes(stroke(60, 60).convert("1")), MNIST).steps[1].pixels
    assert set(np.unique(flat)) == {0, 255}


# ------------------------------------------------------------------------------------------------------- square


def test_middle_is_cut_out_of_a_photo():
    image = Image.new("RGB", (300, 200), "red")
    image.paste("blue", (50, 0, 250, 200))
    square = prepare(image, (3, 32, 32)).steps[2]
    assert "200 × 200" in square.note
    assert (square.pixels == (0, 0, 255)).all()


def test_without_cropping_the_border_is_padded_in_its_own_colour():
    image = Image.new("RGB", (60, 40), (200, 180, 160))
    image.paste("blue", (20, 10, 40, 30))
    square = prepare(image, (3, 32, 32), crop=False).steps[2].pixels
    assert square.shape == (60, 60, 3)
    assert tuple(square[0, 0]) == tuple(square[-1, -1]) == (200, 180, 160)


def test_thin_picture_is_padded_though_cropping_is_asked_for():
    square = prepare(Image.new("RGB", (500, 20), "red"), (3, 32, 32), crop=True).steps[2]
    assert square.pixels.shape[:2] == (STEP_SIDE, STEP_SIDE)
    assert "Too narrow" in square.note


def test_ink_beyond_the_middle_is_not_cut():
    tall = Image.new("L", (100, 250), 255)
    ImageDraw.Draw(tall).line([(50, 15), (50, 235)], fill=0, width=12)
    prepared = prepare(tall, MNIST)
    assert "no ink is cut" in note(prepared, "Square")
    rows = np.flatnonzero(prepared.pixels[0].max(axis=1) > 0.3)
    assert 19 <= np.ptp(rows) + 1 <= 21


# ----------------------------------------------------------------------------------------------- bright on dark


def test_dark_ink_on_shaded_paper_becomes_bright_on_black():
    digit = prepare(from_bytes(photo(), "JPEG"), MNIST).pixels[0]
    assert digit.max() > 0.95
    assert (digit == 0).mean() > 0.5
    assert digit[:5].max() == digit[:, :5].max() == digit[:, 24:].max() == 0


def test_ink_is_centred_by_its_mass():
    digit = prepare(from_bytes(photo(), "JPEG"), MNIST).pixels[0]
    assert np.abs(centre_of_mass(digit) - 13.5).max() < 1


def test_ink_is_fitted_into_twenty_pixels():
    rows, columns = np.nonzero(prepare(from_bytes(photo(), "JPEG"), MNIST).pixels[0] > 0.4)
    assert 19 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 21


def test_filled_side_reaches_the_edges():
    digit = prepare(photo(), (1, 8, 8), fill=1.0).pixels[0]
    assert digit[0].max() > 0.3
    assert digit[-1].max() > 0.3


@pytest.mark.parametrize("shade", [0.0, 0.3, 0.7])
def test_shading_of_the_paper_makes_no_difference(shade):
    even = prepare(photo(shade=0), MNIST).pixels
    assert np.abs(prepare(photo(shade=shade), MNIST).pixels - even).mean() < 0.02


def test_noise_of_a_dim_room_is_smoothed():
    prepared = prepare(photo(shade=0.3, noise=0.1), MNIST)
    assert "noise is smoothed" in note(prepared, "Bright on dark")
    assert np.abs(prepared.pixels - prepare(photo(shade=0.3, noise=0), MNIST).pixels).mean() < 0.03


def test_chalk_on_a_board_is_not_inverted():
    prepared = prepare(Image.eval(photo().convert("L"), lambda v: 255 - v), MNIST)
    assert "dark already" in note(prepared, "Bright on dark")
    assert np.abs(prepared.pixels - prepare(photo(), MNIST).pixels).mean() < 0.02


def test_table_beside_the_paper_is_not_taken_for_ink():
    image = photo(480, 480)
    with_table = image.copy()
    with_table.paste((60, 40, 25), (0, 0, 12, 480))
    assert np.abs(prepare(with_table, MNIST).pixels - prepare(image, MNIST).pixels).mean() < 0.02


def test_fine_pen_does_not_fade():
    image = Image.eval(stroke(400, 400, thickness=0.008), lambda v: 255 - v)
    prepared = prepare(image, MNIST)
    assert "thickened" in note(prepared, "Size")
    assert (prepared.pixels > 0.7).sum() > 25


def soft_scene() -> np.ndarray:
    y, x = np.mgrid[:200, :200] / 200
    return 0.5 + 0.25 * np.sin(19 * x + 4 * y) + 0.25 * np.cos(17 * y * (1 + x))


def soft_spots() -> np.ndarray:
    """Cones, which are half-tones for the most part."""
    y, x = np.mgrid[:200, :200]
    return sum(np.clip(1 - np.hypot(y - row, x - 90) / 25, 0, 1) for row in (60, 140))


def coarse_weave() -> np.ndarray:
    """Bars that leave a quarter of the picture free."""
    return np.tile(np.repeat((0.0, 1.0, 1.0, 1.0), 10), (200, 5))


def mere_speck() -> np.ndarray:
    scene = np.zeros((400, 400))
    scene[200:205, 200:205] = 1
    return scene


@pytest.mark.parametrize("scene", [soft_scene, soft_spots, coarse_weave, mere_speck])
def test_what_is_not_ink_on_an_even_ground_keeps_its_framing(scene):
    tones = scene().astype(np.float32)
    prepared = prepare(Image.fromarray((tones * 255).astype(np.uint8)), MNIST, polarity="as is")
    assert "Averaged down" in note(prepared, "Size")
    small = np.asarray(Image.fromarray(tones).resize((28, 28), Image.Resampling.HAMMING))
    assert np.corrcoef(prepared.pixels.ravel(), small.ravel())[0, 1] > 0.95


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", SCENES)
def test_the_ink_is_found_on_paper_tables_and_screens_as_it_was_drawn(name, seed):
    scene = SCENES[name](np.random.default_rng(seed))
    alone = prepare(scene.ink, MNIST).pixels
    assert likeness(prepare(scene.image, MNIST).pixels, alone) > 0.95


@pytest.mark.parametrize("polarity", ["auto", "invert"])
def test_a_sheet_is_found_whatever_lies_around_it(polarity):
    scene = SCENES["table"](np.random.default_rng(0))
    prepared = prepare(scene.image, MNIST, polarity=polarity)
    assert "Cut to the sheet" in note(prepared, "Square")
    assert likeness(prepared.pixels, prepare(scene.ink, MNIST).pixels) > 0.95


def test_fine_noise_is_kept_for_a_model_that_is_to_remove_it():
    clean = np.asarray(stroke(280, 280, thickness=0.1), float) / 255
    rng = np.random.default_rng(0)
    noisy = Image.fromarray((np.clip(clean + rng.normal(0, 0.4, clean.shape), 0, 1) * 255).astype(np.uint8))
    assert has_fine_noise(noisy)
    kept, averaged = (prepare(noisy, MNIST, keep_noise=keep).pixels[0] for keep in (True, False))
    alone = prepare(stroke(280, 280, thickness=0.1), MNIST).pixels[0]
    ground = alone == 0
    assert averaged[ground].std() < 0.02
    assert 0.15 < kept[ground].std() < 0.35  # half of the noise is clipped at black
    assert likeness(averaged, alone) > 0.95
    assert likeness(kept, alone) > 0.7


@pytest.mark.parametrize("speckled", [0.02, 0.2])
def test_pixels_that_are_wrong_altogether_are_fine_noise(speckled):
    rng = np.random.default_rng(0)
    pixels = np.asarray(stroke(280, 280))
    chosen = rng.random(pixels.shape) < speckled
    assert has_fine_noise(
        Image.fromarray(np.where(chosen, rng.integers(0, 2, pixels.shape) * 255, pixels).astype(np.uint8))
    )


@pytest.mark.parametrize("name", SCENES)
def test_what_a_camera_adds_is_no_fine_noise(name):
    assert not has_fine_noise(SCENES[name](np.random.default_rng(1)).image)


def test_a_bold_zero_is_no_sheet_with_a_blot_on_it():
    image = Image.new("L", (280, 280))
    ImageDraw.Draw(image).ellipse((70, 40, 209, 239), outline=255, width=45)
    prepared = prepare(image, MNIST)
    assert "sheet" not in note(prepared, "Square")
    assert prepared.pixels[0, 14, 14] == 0


def test_dark_strokes_on_plain_white_stay_dark_on_white_where_that_is_asked_for():
    prepared = prepare(Image.eval(stroke(300, 300), lambda v: 255 - v), MNIST, polarity="as is").pixels[0]
    assert prepared[:5].min() > 0.95
    assert prepared.min() < 0.3


@pytest.mark.parametrize(("polarity", "bright"), [("as is", True), ("invert", False)])
def test_polarity_can_be_forced(polarity, bright):
    ground = prepare(Image.fromarray(255 - blot() // 8), MNIST, polarity=polarity, centre=False)
    assert ("Inverted" in note(ground, "Bright on dark")) == (not bright)


def test_clothes_on_a_shaded_wall_stand_on_black_and_keep_their_framing():
    wall = np.linspace(235, 190, 200).astype(np.uint8)
    image = Image.fromarray(np.tile(wall, (200, 1)))
    ImageDraw.Draw(image).rectangle((60, 30, 139, 169), fill=60)
    shirt = prepare(image, MNIST, centre=False).pixels[0]
    assert shirt[:3].max() < 0.1
    assert shirt[8:20, 10:18].min() > 0.8


def test_colours_are_inverted_only_when_asked():
    red = Image.new("RGB", (40, 40), "red")
    assert prepare(red, (3, 32, 32)).pixels[:, 0, 0].tolist() == [1, 0, 0]
    assert prepare(red, (3, 32, 32), polarity="invert").pixels[:, 0, 0].tolist() == [0, 1, 1]


# --------------------------------------------------------------------------------------------------------- size


@pytest.mark.parametrize("format", LOSSLESS)
def test_picture_of_the_models_size_passes_to_the_last_bit(format):
    digit = mnist_style()
    pixels = prepare(from_bytes(digit, format, **LOSSLESS[format]), MNIST).pixels
    np.testing.assert_array_equal(pixels[0], np.asarray(digit, np.float32) / np.float32(255))


def test_sixteen_bit_picture_of_the_models_size_passes_to_the_last_bit():
    digit = np.asarray(mnist_style())
    pixels = prepare(from_bytes(Image.fromarray(digit.astype(np.uint16) * 257)), MNIST).pixels
    np.testing.assert_array_equal(pixels[0], digit.astype(np.float32) / np.float32(255))


def test_colour_picture_of_the_models_size_passes_to_the_last_bit():
    colours = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    pixels = prepare(from_bytes(Image.fromarray(colours)), (3, 32, 32)).pixels
    np.testing.assert_array_equal(pixels, colours.transpose(2, 0, 1).astype(np.float32) / np.float32(255))


def test_inverted_digit_of_the_models_size_is_only_inverted():
    digit = np.asarray(mnist_style())
    pixels = prepare(from_bytes(Image.fromarray(255 - digit)), MNIST).pixels
    np.testing.assert_allclose(pixels[0], digit / 255, atol=1e-6)


def test_enlarged_digit_comes_back_as_it_was():
    digit = mnist_style()
    pixels = prepare(digit.resize((140, 140), Image.Resampling.BICUBIC), MNIST).pixels[0]
    assert np.abs(pixels - np.asarray(digit) / 255).mean() < 0.03


# ---------------------------------------------------------------------------------------------- any picture at all


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (5000, 3), (2, 3), (28, 27), (513, 511)])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_size_gives_the_models_shape(size, shape):
    rng = np.random.default_rng(0)
    image = from_bytes(Image.fromarray(rng.integers(0, 256, (*size[::-1], 3), dtype=np.uint8)))
    pixels = prepare(image, shape).pixels
    assert pixels.shape == shape
    assert pixels.dtype == np.float32
    assert 0 <= pixels.min() <= pixels.max() <= 1


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("centre", [True, False])
@pytest.mark.parametrize("crop", [True, False])
def test_every_setting_gives_the_models_shape(shape, centre, crop):
    for polarity in ("auto", "as is", "invert"):
        pixels = prepare(photo(90, 120), shape, crop=crop, polarity=polarity, centre=centre).pixels
        assert pixels.shape == shape
        assert pixels.dtype == np.float32
        assert 0 <= pixels.min() <= pixels.max() <= 1


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "I", "F", "I;16"])
def test_every_mode_can_be_prepared_and_shown(mode):
    for step in prepare(Image.new(mode, (50, 40), 1), MNIST).steps:
        assert step.pixels.dtype == np.uint8


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("level", [0, 128, 255])
@pytest.mark.parametrize("side", [28, 50])
@pytest.mark.parametrize("polarity", ["auto", "as is", "invert"])
def test_picture_of_one_colour_comes_out_empty(level, side, polarity):
    prepared = prepare(Image.new("L", (side, side), level), MNIST, polarity=polarity)
    assert not prepared.pixels.any()
    assert "All of one colour" in note(prepared, "Bright on dark")


def test_steps_are_named_in_order_and_fit_the_page():
    prepared = prepare(photo(900, 1200), MNIST)
    titles = [step.title for step in prepared.steps]
    assert titles == ["Upright", "Flat", "Square", "Grey", "Bright on dark", "Size"]
    assert max(max(step.pixels.shape[:2]) for step in prepared.steps) <= STEP_SIDE
    assert all(step.note[0].isupper() and step.note.endswith(".") for step in prepared.steps)


def test_last_step_shows_what_the_model_sees():
    prepared = prepare(photo(), MNIST)
    np.testing.assert_array_equal(prepared.steps[-1].pixels, (prepared.pixels[0] * 255).round())


def test_colour_models_have_no_grey_step():
    assert "Grey" not in [step.title for step in prepare(photo(90, 120), (3, 32, 32)).steps]


def test_the_picture_given_is_left_alone():
    image = photo(90, 120)
    before = image.tobytes()
    prepare(image, MNIST)
    assert image.tobytes() == before


@pytest.mark.parametrize(
    ("shape", "options"),
    [((2, 28, 28), {}), ((1, 28, 27), {}), ((1, 0, 0), {}), (MNIST, {"polarity": "up"}), (MNIST, {"fill": 0})],
)
def test_impossible_settings_are_refused(shape, options):
    with pytest.raises(ValueError, match="must be"):
        prepare(photo(90, 120), shape, **options)
