"""Compression: the coder's directions, bytes there and back, what the entropy promises, files of strangers, the study."""

from __future__ import annotations

import contextlib
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from ae_core.cli import main
from ae_core.config.schema import Config
from ae_core.data.datasets import load
from ae_core.data.items import to_float
from ae_core.models.pca import PCACodec
from ae_core.runs import checkpoint, zoo
from ae_core.runs.fit import fit
from ae_core.runs.run import Run
from ae_core.tasks.compression import container, entropy, formats, images, opening, study, tiles
from ae_core.tasks.compression.coder import GAUSSIAN, LAPLACE, STEPS, Coder
from ae_core.tasks.compression.container import HEADER_BYTES, CompressedError
from ae_core.tasks.compression.files import Name, compressed, decoded, decompressed, file_of, quantised
from ae_core.tasks.compression.measures import MOST_PSNR, psnr_of

FEW = Config(dataset="digits", hidden_sizes=(16,), code_size=4, epochs=2, batch_size=32, learning_rate=1e-2)


@pytest.fixture(scope="module")
def digits() -> torch.Tensor:
    return load("digits", "train").images


@pytest.fixture(scope="module")
def run() -> Run:
    return zoo.load("digits-code-16")


@pytest.fixture(scope="module")
def coder(run: Run) -> Coder:
    return study.fitted(run)


# ------------------------------------------------------------------------------------------------ the coder


def test_of_pca_the_directions_are_pca_and_the_spreads_are_its_singular_values(digits: torch.Tensor) -> None:
    codec = PCACodec.fit(digits).truncated(10)
    found = Coder.fit(codec, to_float(digits))
    flat = to_float(digits).flatten(1).numpy()
    assert np.allclose(found.spread, PCA(10).fit(flat).singular_values_ / math.sqrt(len(flat)), rtol=0.095)
    assert torch.allclose(found.turn.abs(), torch.eye(10), atol=2e-2)


def test_directions_that_the_decoder_hides_are_turned_back(digits: torch.Tensor) -> None:
    """A code that is mixed and stretched at random tells the same, so it must be coded the same."""
    plain = PCACodec.fit(digits).truncated(6)
    mixed = torch.randn(6, 6, generator=torch.Generator().manual_seed(1)) + 2 * torch.eye(6)

    class Mixed:
        code_size = 6

        def encode(self, pictures: torch.Tensor) -> torch.Tensor:
            return plain.encode(pictures) @ mixed

        def decode(self, codes: torch.Tensor) -> torch.Tensor:
            return plain.decode(codes @ torch.linalg.inv(mixed))

    pictures = to_float(digits)
    one, other = Coder.fit(plain, pictures), Coder.fit(Mixed(), pictures)
    assert torch.allclose(one.spread, other.spread, rtol=0.2)  # of neighbouring quarters of an octave
    sizes = [
        len(entropy.encode(quantised(codec, coder, digits[:200], 20, search=False), coder.scales(20), coder.family))
        for codec, coder in ((plain, one), (Mixed(), other))
    ]
    assert sizes[0] == pytest.approx(sizes[1], rel=0.02)


def test_rounding_costs_a_twelfth_of_the_squared_step_a_direction(digits: torch.Tensor) -> None:
    """Bennett 1948, of fine steps."""
    codec = PCACodec.fit(digits).truncated(8)
    found = Coder.fit(codec, to_float(digits))
    step = 32
    codes = codec.encode(to_float(digits))
    directions = found.directions(codes)
    width = found.step_size(step)
    again = codec.decode(found.codes((directions / width).round() * width))
    cost = (again - codec.decode(codes)).square().flatten(1).sum(1).mean()
    assert float(cost) == pytest.approx(8 * width**2 / 12, rel=0.05)


def test_a_code_and_its_directions_are_the_same_thing(coder: Coder) -> None:
    codes = torch.randn(50, 16, generator=torch.Generator().manual_seed(0)) * 3
    assert torch.allclose(coder.codes(coder.directions(codes)), codes, atol=1e-3)
    assert list(coder.spread) == sorted(coder.spread, reverse=True)
    again = Coder.from_arrays(coder.to_arrays())
    assert again.digest(20) == coder.digest(20)
    assert replace(again, spread=again.spread * 2).digest(20) != coder.digest(20)
    assert replace(again, family="another").digest(20) != coder.digest(20)


def test_sums_that_are_rounded_otherwise_change_nothing_that_a_file_is_read_with(run: Run, coder: Coder) -> None:
    """As on another machine, or with other threads: a file that was written there can be read here."""

    class Rounded:
        code_size = 16

        def encode(self, pictures: torch.Tensor) -> torch.Tensor:
            return run.model.encode(pictures) * (1 + 1e-6)

        def decode(self, codes: torch.Tensor) -> torch.Tensor:
            return run.model.decode(codes) * (1 - 1e-6)

    other = Coder.fit(Rounded(), to_float(load("digits", "train").images))
    pictures = load("digits", "test").images[:20]
    again = decompressed(run, coder, compressed(run, other, pictures, 30, search=False))
    here = decompressed(run, coder, compressed(run, coder, pictures, 30, search=False))
    assert psnr_of(again, here) > 40


# ------------------------------------------------------------------------------------------------ bytes


@pytest.mark.parametrize("family", [GAUSSIAN, LAPLACE])
def test_the_bytes_are_what_the_entropy_promises(family: str) -> None:
    generator = np.random.default_rng(0)
    scales = np.array([4.0, 1.0, 0.3])
    draw = generator.normal if family == GAUSSIAN else lambda a, b, n: generator.laplace(a, b / math.sqrt(2), n)
    symbols = np.stack([np.round(draw(0, scale, 4000)) for scale in scales], 1).astype(np.int32)
    counts = [np.unique(column, return_counts=True)[1] / 4000 for column in symbols.T]
    bits = sum(-(p * np.log2(p)).sum() for p in counts) * 4000
    data = entropy.encode(symbols, scales, family)
    assert len(data) * 8 == pytest.approx(bits, rel=0.01)
    assert np.array_equal(entropy.decode(data, 4000, scales, family), symbols)
    assert len(data) < entropy.zlib_bytes(symbols)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-1023, 1023), min_size=0, max_size=40), st.sampled_from([GAUSSIAN, LAPLACE]))
def test_all_whole_numbers_come_back(numbers: list[int], family: str) -> None:
    symbols = np.array(numbers, np.int32).reshape(-1, 1)
    scales = np.array([0.7])
    assert np.array_equal(
        entropy.decode(entropy.encode(symbols, scales, family), len(symbols), scales, family), symbols
    )


def test_a_file_is_its_header_and_its_codes_and_comes_back(run: Run, coder: Coder) -> None:
    pictures = load("digits", "test").images[:20]
    data = compressed(run, coder, pictures, 20)
    header, payload = container.read(data)
    assert (header.run, header.count, header.step) == (run.config.key, 20, 20)
    assert len(data) == HEADER_BYTES + len(payload)
    symbols = quantised(run.model, coder, pictures, 20, search=True)
    assert torch.equal(decompressed(run, coder, data), decoded(run.model, coder, symbols, 20))
    assert psnr_of(decompressed(run, coder, data), pictures) > 18


def test_search_gives_less_error_for_fewer_bytes(run: Run, coder: Coder) -> None:
    pictures = load("digits", "test").images[:100]
    found = {}
    for search in (False, True):
        symbols = quantised(run.model, coder, pictures, 24, search=search)
        size = len(file_of(Name.of(run), coder, symbols, 24))
        found[search] = psnr_of(decoded(run.model, coder, symbols, 24), pictures) - 6.02 * size * 8 / 100 / 16
    assert found[True] > found[False] + 0.3  # 6.02 dB are worth a bit a number


def test_nothing_can_be_written_of_no_image_or_too_many(run: Run, coder: Coder, digits: torch.Tensor) -> None:
    for wrong in (digits[:0], digits[:1001]):
        with pytest.raises(CompressedError, match="1 to 1,000"):
            compressed(run, coder, wrong, 8)


def test_another_run_is_named_and_not_read(run: Run, coder: Coder) -> None:
    data = compressed(run, coder, load("digits", "test").images[:2], 20)
    other = zoo.load("digits-code-32")
    with pytest.raises(CompressedError, match=f"another run \\({run.config.key}\\)"):
        decompressed(other, study.fitted(other), data)
    retrained = checkpoint.from_bytes(checkpoint.to_bytes(run))
    next(retrained.model.parameters()).data[0] += 1
    with pytest.raises(CompressedError, match="trained elsewhere"):
        decompressed(retrained, coder, data)
    with pytest.raises(CompressedError, match="rounded otherwise"):
        decompressed(run, replace(coder, spread=coder.spread * 2), data)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 400), value=st.integers(0, 255), cut=st.integers(0, 400))
def test_a_strangers_file_is_refused_with_a_sentence_or_read(
    run: Run, coder: Coder, place: int, value: int, cut: int
) -> None:
    """One byte is changed and the end is cut off: nothing but a CompressedError, and never other pictures."""
    pictures = load("digits", "test").images[:30]
    data = bytearray(_whole(run, coder))
    data[place % len(data)] = value
    changed = bytes(data[: len(data) - cut])
    with contextlib.suppress(CompressedError):
        read = decompressed(run, coder, changed)
        if changed == _whole(run, coder):
            assert read.shape == pictures.shape
        else:  # a checksum of two bytes is all that stands between
            assert len(read) <= container.MOST_IMAGES


_files: dict[str, bytes] = {}


def _whole(run: Run, coder: Coder) -> bytes:
    if not _files:
        _files["whole"] = compressed(run, coder, load("digits", "test").images[:30], 24, search=False)
    return _files["whole"]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200), step=st.integers(0, 255), count=st.integers(0, 65535))
def test_whatever_follows_a_right_header_is_bounded(run: Run, coder: Coder, body: bytes, step: int, count: int) -> None:
    name = Name.of(run)
    header = container.Header(
        name.run, name.weights, coder.digest(min(step, STEPS - 1)), b"\0\0", step, count
    ).to_bytes()
    with contextlib.suppress(CompressedError):
        assert len(decompressed(run, coder, header + body)) <= container.MOST_IMAGES


def test_other_files_are_told_what_they_are() -> None:
    for data, said in (
        (b"", "no file that Compress wrote"),
        (b"\x89PNG\r\n", "no file that Compress wrote"),
        (b"AEC", "cut short"),
        (b"AEC\x02" + bytes(30), "version 2"),
        (b"AEC" + bytes(container.MOST_BYTES), "at most 4 MB"),
    ):
        with pytest.raises(CompressedError, match=said):
            container.read(data)


# ------------------------------------------------------------------------------------------------ the others


def test_a_sheet_is_taken_apart_as_it_was_put_together() -> None:
    for shape in ((13, 1, 8, 8), (10, 3, 5, 7), (100, 1, 28, 28)):
        pictures = torch.randint(0, 256, shape, dtype=torch.uint8)
        sheet = tiles.sheet_of(pictures)
        assert sheet.shape[:2] == (-(-shape[0] // 10) * shape[2], 10 * shape[3])
        assert torch.equal(tiles.tiles_of(sheet, shape), pictures)


@pytest.mark.parametrize("kind", formats.FORMATS)
@pytest.mark.parametrize("channels", [1, 3])
def test_each_format_gives_more_for_more_bytes(kind: str, channels: int, digits: torch.Tensor) -> None:
    format = formats.FORMATS[kind]
    if not format.here:
        pytest.skip(f"this Pillow writes no {format.title}")
    pictures = digits[:20].expand(-1, channels, -1, -1)
    for together in (True, False):
        sizes, nearness = [], []
        for level in (format.levels[0], format.levels[-1]):
            size, read = formats.through(kind, pictures, level, together)
            sizes.append(size)
            nearness.append(psnr_of(read, pictures))
        assert sizes[0] <= sizes[1]
        assert nearness[0] <= nearness[1]
    assert (nearness[1] == MOST_PSNR) == (kind == "png")


def test_headers_dominate_where_each_image_is_a_file(digits: torch.Tensor) -> None:
    alone, _ = formats.through("jpeg", digits[:20], 50, False)
    together, _ = formats.through("jpeg", digits[:20], 50, True)
    assert alone > 5 * together


# ------------------------------------------------------------------------------------------------ study and shell


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer images, levels and rounds of the search."""
    study.coder_of.cache_clear()
    monkeypatch.setattr(study, "LEVELS", (8, 24, 40))
    monkeypatch.setattr(study, "_TRIED", 20)
    monkeypatch.setattr(images, "MOST_ALONE", 5)
    monkeypatch.setattr(images, "TOGETHER", 20)
    monkeypatch.setattr("ae_core.tasks.compression.search.ITERATIONS", 5)


@pytest.mark.parametrize("search", [False, True])
def test_the_study_counts_what_the_files_have(run: Run, short: None, search: bool) -> None:
    answers = study.study(run, "a run", images.OWN, search).done_here()
    assert list(answers) == ["coder", "run", "pca", *(name for name, one in formats.FORMATS.items() if one.here)]
    coder = Coder.from_arrays(answers["coder"])
    assert answers["coder"]["step"] in (8, 24, 40)
    held_out = load("digits", "test").images[:200]
    expected = [len(compressed(run, coder, part, 24, search=search)) for part in held_out.split(20)]
    together = answers["run"]["together"]
    assert together["bytes"][1] * 200 == pytest.approx(sum(expected), rel=0.01)
    alone = [len(compressed(run, coder, image[None], 24, search=search)) for image in held_out[:5]]
    assert answers["run"]["alone"]["bytes"][1] * 5 == pytest.approx(sum(alone), abs=4)  # searched one by one
    for name, answer in answers.items():
        if name == "coder":
            continue
        for way in ("alone", "together"):
            points = answer[way]
            assert points["bytes"] == sorted(points["bytes"])
            assert len(points["psnr"]) == len(points["ssim"]) == len(points["pictures"]) == len(points["bytes"])
    assert min(answers["run"]["zlib"]) > HEADER_BYTES / 20


def test_foreign_images_are_resized_and_cost_more(run: Run, short: None) -> None:
    own = images.held_out_of(run.config, images.OWN, 50)
    foreign = images.held_out_of(run.config, "patches16", 50)
    assert foreign.shape == own.shape
    coder = study.fitted(run)
    sizes = [len(compressed(run, coder, pictures, 24, search=False)) for pictures in (own, foreign)]
    nearness = [
        psnr_of(decompressed(run, coder, compressed(run, coder, pictures, 24, search=False)), pictures)
        for pictures in (own, foreign)
    ]
    assert nearness[0] > nearness[1] + 1 or sizes[0] < sizes[1]


@pytest.mark.parametrize(
    "config",
    [
        replace(FEW, variational=True),
        replace(FEW, architecture="conv", hidden_sizes=(4,)),
        replace(FEW, architecture="lstm", hidden_sizes=(8,)),
        replace(FEW, sparsity="top_k", code_size=20, k=3),
        replace(FEW, code_size=1, classes=(1, 2)),
    ],
)
def test_every_kind_is_coded(config: Config, short: None) -> None:
    trained = fit(config, "cpu")
    coder = study.fitted(trained)
    pictures = load("digits", "test").images[:7]
    for step in (0, STEPS - 1):
        assert decompressed(trained, coder, compressed(trained, coder, pictures, step)).shape == pictures.shape


def test_a_network_that_says_nothing_takes_a_header_and_no_more(short: None) -> None:
    trained = fit(FEW, "cpu")
    for parameter in trained.model.encoder.parameters():
        parameter.data.zero_()
    coder = study.fitted(trained)
    pictures = load("digits", "test").images[:7]
    data = compressed(trained, coder, pictures, 8, search=False)
    assert decompressed(trained, coder, data).shape == pictures.shape


def test_what_the_page_opens_on_is_shipped() -> None:
    from ae_core.tasks import study_file

    for one in opening.studies():
        assert study_file.path_of(one.key).is_file(), "run python -m ae_core.tasks.study_file compression"
        assert study_file.path_of(one.key).stat().st_size < 1_500_000
        answers = study_file.shipped(one.key)
        assert answers is not None
        assert {part.name for part in one.parts} >= set(answers)


def test_from_a_shell_and_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from PIL import Image

    file, folder = tmp_path / "digits.aec", tmp_path / "again"
    shipped = ["compress", "digits-code-16", "--json", "--out", str(file)]
    assert main([*shipped, "--held-out", "30", "--no-search"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["bytes"] == file.stat().st_size
    assert said["images"] == 30
    assert said["bytes"] < said["zlib_bytes"] < said["raw_bytes"]
    assert main(["decompress", str(file), "--out", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["images"] == 30
    read = torch.stack([torch.from_numpy(np.array(Image.open(path)))[None] for path in sorted(folder.iterdir())])
    assert psnr_of(read, load("digits", "test").images[:30]) == pytest.approx(said["psnr"])

    pictures = [str(folder / f"000{number}.png") for number in (3, 4)]
    assert main([*shipped[:2], *pictures, *shipped[2:], "--step", "30"]) == 0
    assert json.loads(capsys.readouterr().out)["images"] == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["compress", "digits-code-16", "--out", "x"], "one of the two"),
        (["compress", "digits-code-16", "--held-out", "0", "--out", "x"], "from 1"),
        (["compress", "digits-code-16", "--held-out", "3", "--step", "80", "--out", "x"], "0 to 79"),
        (["compress", "digits-code-16", "nowhere.png", "--out", "x"], "cannot be read"),
        (["compress", "digits-code-16", "--held-out", "3", "--step", "8", "--out", "nowhere/x"], "cannot be written"),
        (["decompress", "nowhere.aec", "--out", "x"], "cannot be read"),
    ],
)
def test_from_a_shell_what_cannot_be_done_is_said(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 1
    assert said in capsys.readouterr().err
