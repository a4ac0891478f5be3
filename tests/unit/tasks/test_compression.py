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
from ae_core.tasks.compression import coder_file, container, entropy, formats, images, opening, study, tiles
from ae_core.tasks.compression.coder import STEPS, Coder, Mixture
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
    found = Coder.fit(codec, digits)
    flat = to_float(digits).flatten(1).numpy()
    assert np.allclose(found.spread, PCA(10).fit(flat).singular_values_ / math.sqrt(len(flat)), rtol=1e-2)
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

    one, other = Coder.fit(plain, digits), Coder.fit(Mixed(), digits)
    assert torch.allclose(one.spread, other.spread, rtol=1e-2)
    sizes = [
        len(entropy.encode(quantised(codec, coder, digits[:200], 40, search=False), coder.mixture(40)))
        for codec, coder in ((plain, one), (Mixed(), other))
    ]
    assert sizes[0] == pytest.approx(sizes[1], rel=0.02)


def test_rounding_costs_a_twelfth_of_the_squared_step_a_direction(digits: torch.Tensor) -> None:
    """Bennett 1948, of fine steps."""
    codec = PCACodec.fit(digits).truncated(8)
    found = Coder.fit(codec, digits)
    step = 64
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
    assert again.digest == coder.digest
    assert replace(again, spread=again.spread * 2).digest != coder.digest
    assert replace(again, centres=again.centres + 1).digest != coder.digest


def test_heaps_are_found_where_codes_lie_in_heaps() -> None:
    """Two heaps far apart along one direction: its spread is of both, their widths are their own."""
    generator = torch.Generator().manual_seed(0)
    near = torch.randn(2000, 1, 1, 1, generator=generator) * 2 + 60
    far = torch.randn(2000, 1, 1, 1, generator=generator) * 2 + 180
    found = Coder.fit(_One(), torch.cat([near, far]).round().to(torch.uint8))
    assert float(found.spread[0]) == pytest.approx(60, rel=0.02)
    assert float((found.shares * found.widths[:, 0]).sum()) < 2.2
    assert float((found.shares * found.centres[:, 0].abs()).sum()) == pytest.approx(60, rel=0.02)


class _One:
    """An image of one pixel is its own code."""

    code_size = 1

    def encode(self, pictures: torch.Tensor) -> torch.Tensor:
        return pictures.flatten(1) * 255

    def decode(self, codes: torch.Tensor) -> torch.Tensor:
        return codes[:, :, None, None]


def test_a_coder_is_the_same_however_many_threads_a_process_has(run: Run, coder: Coder, digits: torch.Tensor) -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2 if before == 1 else 1)
        other = Coder.fit(run.model, digits)
        assert torch.get_num_threads() != before
    finally:
        torch.set_num_threads(before)
    assert other.digest == Coder.fit(run.model, digits).digest
    assert coder.digest == other.digest


def test_a_coder_lies_in_a_file_and_any_other_file_is_refused(coder: Coder) -> None:
    data = coder_file.to_bytes(coder)
    assert coder_file.from_bytes(data, 16).digest == coder.digest
    broken = Coder.from_arrays(coder.to_arrays() | {"mean": np.full(16, np.nan, np.float32)})
    for wrong, size in ((data, 8), (data[:-1], 16), (b"", 16), (b"AEC", 16), (coder_file.to_bytes(broken), 16)):
        with pytest.raises(CompressedError, match="no coder of this run"):
            coder_file.from_bytes(wrong, size)


# ------------------------------------------------------------------------------------------------ bytes


def _mixture(widths: list[float]) -> Mixture:
    return Mixture(np.ones(1), np.zeros((1, len(widths))), np.array([widths]))


def test_the_bytes_are_what_the_entropy_promises() -> None:
    generator = np.random.default_rng(0)
    scales = [4.0, 1.0, 0.3]
    symbols = np.stack([np.round(generator.normal(0, scale, 4000)) for scale in scales], 1).astype(np.int32)
    counts = [np.unique(column, return_counts=True)[1] / 4000 for column in symbols.T]
    bits = sum(-(p * np.log2(p)).sum() for p in counts) * 4000
    data = entropy.encode(symbols, _mixture(scales))
    assert len(data) * 8 == pytest.approx(bits, rel=0.01)
    assert np.array_equal(entropy.decode(data, 4000, _mixture(scales)), symbols)
    assert len(data) < entropy.zlib_bytes(symbols)


def test_a_heap_costs_its_bits_and_saves_more() -> None:
    """Rows of one of two heaps, which eight columns tell apart: a bit for the heap, and each number costs as in its own."""
    generator = np.random.default_rng(0)
    middles = np.where(generator.random((4000, 1)) < 0.5, -20.0, 20.0)
    symbols = np.round(middles + generator.normal(0, 2, (4000, 8))).astype(np.int32)
    heaped = Mixture(np.array([0.5, 0.5]), np.array([[-20.0] * 8, [20.0] * 8]), np.full((2, 8), 2.0))
    data = entropy.encode(symbols, heaped)
    normal = 0.5 * math.log2(2 * math.pi * math.e * (4 + 1 / 12))
    assert len(data) * 8 / 4000 == pytest.approx(1 + 8 * normal, rel=0.01)
    assert len(data) < 0.7 * len(entropy.encode(symbols, _mixture([20.0] * 8)))
    assert np.array_equal(entropy.heaps_of(symbols, heaped), (middles[:, 0] > 0).astype(int))
    assert np.array_equal(entropy.decode(data, 4000, heaped), symbols)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-1023, 1023), min_size=0, max_size=40))
def test_all_whole_numbers_come_back(numbers: list[int]) -> None:
    symbols, drawn_from = np.array(numbers, np.int32).reshape(-1, 1), _mixture([0.7])
    assert np.array_equal(entropy.decode(entropy.encode(symbols, drawn_from), len(symbols), drawn_from), symbols)


def test_a_file_is_its_header_and_its_codes_and_comes_back(run: Run, coder: Coder) -> None:
    pictures = load("digits", "test").images[:20]
    data = compressed(run, coder, pictures, 40)
    header, payload = container.read(data)
    assert (header.run, header.count, header.step) == (run.config.key, 20, 40)
    assert len(data) == HEADER_BYTES + len(payload)
    symbols = quantised(run.model, coder, pictures, 40, search=True)
    assert torch.equal(decompressed(run, coder, data), decoded(run.model, coder, symbols, 40))
    assert psnr_of(decompressed(run, coder, data), pictures) > 18


def test_search_gives_less_error_for_fewer_bytes(run: Run, coder: Coder) -> None:
    pictures = load("digits", "test").images[:100]
    found = {}
    for search in (False, True):
        symbols = quantised(run.model, coder, pictures, 48, search=search)
        size = len(file_of(Name.of(run), coder, symbols, 48))
        found[search] = psnr_of(decoded(run.model, coder, symbols, 48), pictures) - 6.02 * size * 8 / 100 / 16
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
    with pytest.raises(CompressedError, match="another coder of this run"):
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
        _files["whole"] = compressed(run, coder, load("digits", "test").images[:30], 48, search=False)
    return _files["whole"]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200), step=st.integers(0, 255), count=st.integers(0, 65535))
def test_whatever_follows_a_right_header_is_bounded(run: Run, coder: Coder, body: bytes, step: int, count: int) -> None:
    name = Name.of(run)
    header = container.Header(name.run, name.weights, coder.digest, b"\0\0", step, count).to_bytes()
    with contextlib.suppress(CompressedError):
        assert len(decompressed(run, coder, header + body)) <= container.MOST_IMAGES


def test_other_files_are_told_what_they_are() -> None:
    for data, said in (
        (b"", "no file that Compress wrote"),
        (b"\x89PNG\r\n", "no file that Compress wrote"),
        (b"AEC", "cut short"),
        (b"AEC\x01" + bytes(30), "version 1"),
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
    monkeypatch.setattr(study, "LEVELS", (16, 48, 80))
    monkeypatch.setattr(study, "_IN_A_PART", 2)
    monkeypatch.setattr(study, "_TRIED", 20)
    monkeypatch.setattr(images, "MOST_ALONE", 5)
    monkeypatch.setattr(images, "TOGETHER", 20)
    monkeypatch.setattr("ae_core.tasks.compression.search.ITERATIONS", 5)


@pytest.mark.parametrize("search", [False, True])
def test_the_study_counts_what_the_files_have(run: Run, short: None, search: bool) -> None:
    answers = study.study(run, "a run", images.OWN, search).done_here()
    formats_here = [name for name, one in formats.FORMATS.items() if one.here]
    assert list(answers) == ["coder", "run 0", "run 1", "pca 0", "pca 1", *formats_here]
    half = {name: answer for name, answer in answers.items() if name != "run 1"}
    assert "run" not in study.merged(half)
    answers = study.merged(answers)
    assert set(answers) == {"coder", "run", "pca", *formats_here}
    coder = Coder.from_arrays(answers["coder"])
    assert answers["coder"]["step"] in (16, 48, 80)
    held_out = load("digits", "test").images[:200]
    expected = [len(compressed(run, coder, part, 48, search=search)) for part in held_out.split(20)]
    together = answers["run"]["together"]
    assert together["bytes"][1] * 200 == pytest.approx(sum(expected), rel=0.01)
    alone = [len(compressed(run, coder, image[None], 48, search=search)) for image in held_out[:5]]
    assert answers["run"]["alone"]["bytes"][1] * 5 == pytest.approx(sum(alone), abs=4)  # searched one by one
    for name, answer in answers.items():
        if name == "coder":
            continue
        for way in ("alone", "together"):
            points = answer[way]
            assert points["bytes"] == pytest.approx(
                sorted(points["bytes"]), rel=0.02
            )  # qualities lie close to each other
            assert len(points["psnr"]) == len(points["ssim"]) == len(points["pictures"]) == len(points["bytes"])
    assert min(answers["run"]["zlib"]) > HEADER_BYTES / 20


def test_foreign_images_are_resized_and_cost_more(run: Run, short: None) -> None:
    own = images.held_out_of(run.config, images.OWN, 50)
    foreign = images.held_out_of(run.config, "patches16", 50)
    assert foreign.shape == own.shape
    coder = study.fitted(run)
    sizes = [len(compressed(run, coder, pictures, 48, search=False)) for pictures in (own, foreign)]
    nearness = [
        psnr_of(decompressed(run, coder, compressed(run, coder, pictures, 48, search=False)), pictures)
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
    data = compressed(trained, coder, pictures, 16, search=False)
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
    assert main([*shipped[:2], *pictures, *shipped[2:], "--step", "60"]) == 0
    assert json.loads(capsys.readouterr().out)["images"] == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["compress", "digits-code-16", "--out", "x"], "one of the two"),
        (["compress", "digits-code-16", "--held-out", "0", "--out", "x"], "from 1"),
        (["compress", "digits-code-16", "--held-out", "3", "--step", "160", "--out", "x"], "0 to 159"),
        (["compress", "digits-code-16", "nowhere.png", "--out", "x"], "cannot be read"),
        (["compress", "digits-code-16", "--held-out", "3", "--step", "16", "--out", "nowhere/x"], "cannot be written"),
        (["decompress", "nowhere.aec", "--out", "x"], "cannot be read"),
    ],
)
def test_from_a_shell_what_cannot_be_done_is_said(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 1
    assert said in capsys.readouterr().err


def test_a_file_is_read_without_any_image_by_its_coder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the one that comes with the lab, and by one that lies beside the file."""
    from ae_core.runs.fit import forget_images

    shipped, trained = opening.RUNS[1], zoo.load("mnist-code-4")
    pictures = torch.from_numpy(np.arange(2 * 784, dtype=np.uint8).reshape(2, 1, 28, 28) // 4)
    known = study.shipped_coder(zoo.load(shipped))
    assert known is not None
    (tmp_path / "shipped.aec").write_bytes(compressed(zoo.load(shipped), known, pictures, 16, search=False))
    own = Coder.fit(trained.model, pictures.repeat(50, 1, 1, 1))
    (tmp_path / "own.aec").write_bytes(compressed(trained, own, pictures, 16, search=False))
    (tmp_path / "own.coder").write_bytes(coder_file.to_bytes(own))
    forget_images()
    study.coder_of.cache_clear()
    monkeypatch.setenv("AE_DATA_DIR", str(tmp_path / "nothing"))
    assert main(["decompress", str(tmp_path / "shipped.aec"), "--out", str(tmp_path / "a")]) == 0
    own_file = ["decompress", str(tmp_path / "own.aec"), "--out", str(tmp_path / "b")]
    assert main(own_file) == 1
    assert "not on this machine" in capsys.readouterr().err
    assert main([*own_file, "--coder", str(tmp_path / "own.coder")]) == 0
    assert len(list((tmp_path / "b").iterdir())) == 2
