"""Compression: what is written comes back, its bytes are those that theory allows, and a stranger's file does no harm."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

from ae_core.cli import main
from ae_core.data.datasets import load
from ae_core.data.items import to_float
from ae_core.errors import LabError
from ae_core.evaluation.metrics import psnr
from ae_core.models.pca import PCACodec
from ae_core.runs import zoo
from ae_core.runs.run import Run
from ae_core.tasks import study_file
from ae_core.tasks.compression import coder_file, container, entropy
from ae_core.tasks.compression.coder import Coder, fit_coder
from ae_core.tasks.compression.container import FileRejected, Header, from_file, nearest_step, to_file
from ae_core.tasks.compression.curves import best_within, format_points, steps_for
from ae_core.tasks.compression.files import compress, decompress
from ae_core.tasks.compression.formats import FORMATS, present, sheets, singles
from ae_core.tasks.compression.quantise import pictures, rounded, searched
from ae_core.tasks.compression.sources import SOURCES, images_to_code, other_dataset
from ae_core.tasks.compression.study import compression_study, fitted_coder, gathered

STEP = nearest_step(0.2)


@pytest.fixture(scope="module")
def train() -> Tensor:
    return load("digits", "train").images


@pytest.fixture(scope="module")
def held_out() -> Tensor:
    return to_float(load("digits", "test").images[:40])


@pytest.fixture(scope="module")
def coder(tiny_run: Run, train: Tensor) -> Coder:
    return fit_coder(tiny_run.model, train)


@pytest.fixture(scope="module")
def file(tiny_run: Run, coder: Coder, held_out: Tensor) -> bytes:
    return compress(tiny_run, coder, held_out, STEP)


@pytest.fixture
def only_digits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AE_DATA_DIR", str(tmp_path / "nothing"))
    yield
    study_file.shipped.cache_clear()


def plain_coder(size: int, spread: float = 1.0) -> Coder:
    """A coder that turns nothing, of numbers that are normal around zero."""
    eye, one = torch.eye(size), torch.ones(1)
    return Coder(
        torch.zeros(size), eye, eye, spread * torch.ones(size), one, torch.zeros(1, size), torch.full((1, size), spread)
    )


# --- The coder ----------------------------------------------------------------------------------------------


def test_turned_codes_are_uncorrelated_and_turn_back(tiny_run: Run, coder: Coder, train: Tensor) -> None:
    codes = tiny_run.model.encode(to_float(train))
    turned = coder.to_turned(codes)
    covariance = torch.cov(turned.T)
    off = covariance - covariance.diagonal().diag()
    assert off.abs().max() < 1e-3 * covariance.diagonal().max()
    torch.testing.assert_close(turned.std(0), coder.spread)
    torch.testing.assert_close(coder.to_codes(turned), codes, atol=1e-3, rtol=1e-3)


def test_of_pca_nothing_is_scaled(train: Tensor) -> None:
    """Its components are orthonormal: a step of one changes the picture by a step, but for what is clipped."""
    pca = PCACodec.fit(train, 6)
    coder = fit_coder(pca, train)
    torch.testing.assert_close(coder.spread, pca.encode(to_float(train)).std(0), rtol=0.2, atol=0.05)


# --- The numbers --------------------------------------------------------------------------------------------


def test_rounding_costs_what_fine_quantisation_is_known_to_cost(train: Tensor, held_out: Tensor) -> None:
    """A uniform step adds its square over twelve for each number (Bennett 1948)."""
    pca = PCACodec.fit(train, 8)
    eye = torch.eye(8)
    coder = replace(plain_coder(8), mean=pca.encode(to_float(train)).mean(0), analysis=eye, synthesis=eye)
    numbers = rounded(pca, coder, held_out, 0.05)
    error = (coder.to_codes(numbers * 0.05) - pca.encode(held_out)).square().mean()
    assert float(error) == pytest.approx(0.05**2 / 12, rel=0.15)


def test_a_search_comes_nearer_for_as_many_bytes(tiny_run: Run, coder: Coder, held_out: Tensor) -> None:
    def reached(numbers: Tensor) -> tuple[int, float]:
        back = pictures(tiny_run.model, coder, numbers, STEP)
        return len(entropy.to_bytes(numbers, coder, STEP)), float((back - held_out).square().sum())

    few, far = reached(rounded(tiny_run.model, coder, held_out, STEP))
    size, near = reached(searched(tiny_run.model, coder, held_out, STEP))
    assert near < far
    a_bit = STEP**2 * math.log(2) / 6
    assert near + a_bit * 8 * size < far + a_bit * 8 * few


@pytest.mark.parametrize("step", [0.05, 0.5, 2.0])
def test_normal_numbers_take_the_bytes_of_their_entropy(step: float) -> None:
    """Of a normal distribution in fine steps: log2(sqrt(2 pi e) / step) bits a number; coarser ones less exactly."""
    numbers = (torch.randn(500, 20, generator=torch.Generator().manual_seed(0)) / step).round()
    normal = torch.distributions.Normal(torch.tensor(0.0, dtype=torch.float64), torch.tensor(1.0, dtype=torch.float64))
    k = torch.arange(-200, 201, dtype=torch.float64)
    p = normal.cdf((k + 0.5) * step) - normal.cdf((k - 0.5) * step)
    entropy_bits = -(p * p.clamp_min(1e-300).log2()).sum() * numbers.numel()
    if step < 0.1:
        assert float(entropy_bits) / numbers.numel() == pytest.approx(
            math.log2(math.sqrt(2 * math.pi * math.e) / step), abs=0.01
        )
    assert 8 * len(entropy.to_bytes(numbers, plain_coder(20), step)) == pytest.approx(float(entropy_bits), rel=0.03)


@given(st.lists(st.integers(-5000, 5000), min_size=1, max_size=40), st.integers(0, 2**20))
def test_whatever_numbers_are_coded_come_back(values: list[int], seed: int) -> None:
    numbers = torch.tensor(values, dtype=torch.float32)[:, None].clamp(-4095, 4095)
    heaps = torch.rand(3, generator=torch.Generator().manual_seed(seed))
    coder = replace(
        plain_coder(1),
        shares=heaps / heaps.sum(),
        centres=torch.tensor([[-5.0], [0.0], [80.0]]),
        widths=torch.tensor([[0.1], [3.0], [9.0]]),
    )
    data = entropy.to_bytes(numbers, coder, 0.5)
    torch.testing.assert_close(entropy.from_bytes(data, len(numbers), coder, 0.5), numbers)


def test_the_range_coder_needs_less_than_zlib(tiny_run: Run, coder: Coder, held_out: Tensor) -> None:
    numbers = rounded(tiny_run.model, coder, held_out, STEP)
    assert len(entropy.to_bytes(numbers, coder, STEP)) < entropy.zlib_bytes(numbers)


# --- The file -----------------------------------------------------------------------------------------------


def test_a_file_gives_back_what_its_numbers_draw(tiny_run: Run, coder: Coder, held_out: Tensor, file: bytes) -> None:
    back = decompress(file, tiny_run, coder)
    expected = pictures(tiny_run.model, coder, searched(tiny_run.model, coder, held_out, STEP), STEP)
    torch.testing.assert_close(back, expected)
    header, numbers = from_file(file)
    assert (header.run, header.step, header.count) == (tiny_run.config.key, STEP, 40)
    assert len(file) == container.HEADER_BYTES + len(numbers)


def test_a_finer_step_is_more_bytes_and_a_nearer_picture(tiny_run: Run, coder: Coder, held_out: Tensor) -> None:
    files = [compress(tiny_run, coder, held_out, step, search=False) for step in steps_for(coder)[::3]]
    sizes = [len(one) for one in files]
    near = [float(psnr(decompress(one, tiny_run, coder), held_out).mean()) for one in files]
    assert sizes == sorted(sizes, reverse=True)
    assert near[0] > near[-1]


def test_another_run_is_told_which_run_is_meant(tiny_run: Run, coder: Coder, file: bytes) -> None:
    other = zoo.load("digits-code-4")
    with pytest.raises(FileRejected, match=tiny_run.config.key):
        decompress(file, other, coder)
    again = replace(tiny_run, model=zoo.load("digits-code-4").model)  # equal settings, other weights
    with pytest.raises(FileRejected, match="weights"):
        decompress(file, again, coder)
    with pytest.raises(FileRejected, match="coder"):
        decompress(file, tiny_run, plain_coder(3))


def test_no_damage_of_a_file_does_harm(tiny_run: Run, coder: Coder, file: bytes) -> None:
    random = np.random.default_rng(0)
    for _ in range(300):
        damaged = bytearray(file)
        for place in random.integers(0, len(file), random.integers(1, 4)):
            damaged[place] ^= random.integers(1, 256)
        cut = bytes(damaged[: random.integers(0, len(file) + 1)]) if random.random() < 0.3 else bytes(damaged)
        with pytest.raises(FileRejected):
            decompress(cut, tiny_run, coder)


def test_a_file_that_is_made_up_with_a_right_check_does_no_harm(tiny_run: Run, coder: Coder, file: bytes) -> None:
    """Whoever knows the format can make every header and every number; what comes is images or a sentence."""
    header, _ = from_file(file)
    random = np.random.default_rng(1)
    for length in (0, 1, 3, 4, 7, 40, 400):
        for count in (1, 40, 200):
            made = to_file(replace(header, count=count), random.bytes(length))
            try:
                images = decompress(made, tiny_run, coder)
            except LabError:
                continue
            assert images.shape == (count, 1, 8, 8)
            assert bool(images.isfinite().all())
    with pytest.raises(FileRejected, match="10,000 images"):
        from_file(to_file(replace(header, count=1_000_000), b""))


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_no_file(data: bytes) -> None:
    for start in (b"", b"AELZ", b"AELZ\x01"):
        with pytest.raises(FileRejected):
            from_file(start + data)


def test_a_later_version_says_so(file: bytes) -> None:
    with pytest.raises(FileRejected, match="version 7"):
        from_file(file[:4] + b"\x07" + file[5:])


# --- The formats --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", list(FORMATS))
@pytest.mark.parametrize("how", [sheets, singles])
def test_a_format_is_measured_by_its_files(key: str, how: object) -> None:
    if key not in present():
        pytest.skip(f"Pillow has no {key} here")
    images = load("shapes", "test").images[:5]
    made = list(how(images, FORMATS[key]))  # type: ignore[operator]
    assert all(one.pictures.shape == images.shape for one in made)
    near = [float((one.pictures - to_float(images)).square().mean()) for one in made]
    assert near[-1] <= near[0]
    assert near[-1] < 5e-3
    if key == "png":
        buffers = []
        for image in images:
            buffers.append(io.BytesIO())
            Image.fromarray(image.permute(1, 2, 0).numpy()).save(buffers[-1], "PNG", optimize=True)
        if how is singles:
            assert made[0].bytes == sum(len(one.getvalue()) for one in buffers)
        assert near == [0.0]


def test_headers_are_what_a_hundred_images_in_a_file_save() -> None:
    answer = format_points(load("digits", "test").images[:50], FORMATS["jpeg"])
    by_mode = {
        mode: [one["bytes"] for one in answer["points"] if one["mode"] == mode] for mode in ("hundred", "single")
    }
    assert min(by_mode["single"]) > 5 * min(by_mode["hundred"])
    assert best_within(answer["points"], "single", 50.0) is None
    assert best_within(answer["points"], "hundred", 1e9) == max(
        one["psnr"] for one in answer["points"] if one["mode"] == "hundred"
    )


@pytest.mark.parametrize("name", ["digits-code-8", "shapes-code-8"])
@pytest.mark.parametrize("source", SOURCES)
def test_every_source_has_images_of_the_runs_size(name: str, source: str, only_digits: None) -> None:
    config = zoo.ZOO[name].config
    images = images_to_code(config, source, 10)
    own = images_to_code(config, "own", 10)
    assert images.shape == own.shape
    assert images.dtype == torch.uint8
    assert float(images.float().std()) > 2
    if source != "own":
        assert not torch.equal(images, own)
        assert other_dataset(config.dataset) != config.dataset


# --- The study ----------------------------------------------------------------------------------------------


def test_a_study_counts_the_files_that_it_gives(tiny_run: Run, only_digits: None) -> None:
    study = compression_study(tiny_run, "x", "own")
    for part in study.parts:
        if part.name in ("coder", "png", "ae 4", "pca 4"):
            study.answers[part.name] = part.function(*part.arguments)
    points, tiles = gathered(study.answers, "ae")
    assert tiles is not None
    coder = Coder.from_arrays(study.answers["coder"]["arrays"])
    for step, data, one in zip(
        study.answers["ae 4"]["steps"],
        study.answers["ae 4"]["files"],
        [point for point in study.answers["ae 4"]["points"] if point["mode"] == "hundred"],
        strict=True,
    ):
        assert from_file(bytes(data))[0].step == step
        assert one["bytes"] == len(data) / 100
        back = decompress(bytes(data), tiny_run, coder)
        originals = to_float(load("digits", "test").images[:100])
        assert one["psnr"] == pytest.approx(float(psnr(back, originals).mean()), abs=0.05)
    assert {point["tile"] for point in points} == set(range(len(tiles)))
    assert gathered(study.answers, "webp") == ([], None)
    assert gathered(study.answers, "png")[0][0]["psnr"] == 120


# --- The shell ----------------------------------------------------------------------------------------------


def test_the_shell_writes_a_file_and_reads_it_again(
    tiny_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], only_digits: None
) -> None:
    packed, folder, coder = tmp_path / "digits.aelz", tmp_path / "back", tmp_path / "tiny.coder"
    run = str(tiny_file)
    assert main(["compress", run, "--held-out", "20", "--out", str(packed), "--coder", str(coder), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["bytes"] == packed.stat().st_size == round(20 * said["bytes_per_image"])
    assert main(["decompress", str(packed), "--run", run, "--out", str(folder), "--coder", str(coder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["images"] == 20
    back = torch.stack([torch.from_numpy(np.array(Image.open(path)))[None] for path in sorted(folder.glob("*.png"))])
    near = psnr(to_float(back), to_float(load("digits", "test").images[:20])).mean()
    assert float(near) == pytest.approx(said["psnr"], abs=1e-3)

    (tmp_path / "one.png").write_bytes((folder / "0003.png").read_bytes())
    assert main(["compress", run, str(tmp_path / "one.png"), "--out", str(packed), "--fast", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["images"] == 1
    assert main(["decompress", str(packed), "--out", str(folder)]) == 1
    assert "--run" in capsys.readouterr().err
    assert main(["compress", run, "--out", str(packed)]) == 1
    assert main(["compress", run, "--held-out", "0", "--out", str(packed)]) == 1
    assert main(["compress", run, "--held-out", "5", "--step", "nan", "--out", str(packed)]) == 1


def test_a_coder_comes_back_from_its_file(coder: Coder) -> None:
    data = coder_file.to_bytes(coder)
    assert coder_file.from_bytes(data, 3).digest == coder.digest
    for wrong, size in ((data, 4), (data[:50], 3), (b"", 3)):
        with pytest.raises(coder_file.CoderRejected):
            coder_file.from_bytes(wrong, size)


def test_a_shipped_coder_is_taken_for_the_run_that_it_was_fitted_for(tiny_run: Run, only_digits: None) -> None:
    assert fitted_coder(tiny_run).digest == fitted_coder(tiny_run).digest


def test_a_header_names_its_run() -> None:
    header = Header("0123456789abcdef", b"abcd", b"efgh", STEP, 300)
    assert from_file(to_file(header, b"xyz")) == (header, b"xyz")
