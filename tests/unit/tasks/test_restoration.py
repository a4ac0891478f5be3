"""Repair of photographs: networks of any size of picture, what corrupts pictures, training that goes on, tiles without seams."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from safetensors.torch import load_file
from skimage import data
from torch import Tensor

from ae_core.evaluation.metrics import psnr
from ae_core.tasks.restoration import corruption, marks, restoring, training, weights
from ae_core.tasks.restoration import crops as cutting
from ae_core.tasks.restoration import overview as overview_module
from ae_core.tasks.restoration.marks import Overlay
from ae_core.tasks.restoration.network import Layout, RestorationNet, parameters
from ae_core.tasks.restoration.overview import Overview
from ae_core.tasks.restoration.repairs import REPAIRS
from ae_core.tasks.restoration.restoring import NothingToRepair
from ae_core.tasks.restoration.tiles import MARGIN, SIDE, tiles

SMALL = Layout(1, 1, (8, 8, 8), (1, 1), bias=False)
shipped = pytest.mark.parametrize("name", list(REPAIRS))


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def photo(side: int = 128) -> Tensor:
    """A part of scikit-image's picture of an astronaut, which no network was trained on, (1, 3, side, side)."""
    return (
        torch.from_numpy(data.astronaut()[30 : 30 + side, 150 : 150 + side].copy()).permute(2, 0, 1)[None].float() / 255
    )


# --- The network --------------------------------------------------------------------------------------------


@given(height=st.integers(1, 40), width=st.integers(1, 40), grows=st.booleans())
def test_a_picture_of_any_size_keeps_it_or_doubles(height: int, width: int, grows: bool) -> None:
    model = RestorationNet(replace(SMALL, grows=grows))
    times = 2 if grows else 1
    assert model(torch.rand(1, 1, height, width)).shape == (1, 1, height * times, width * times)


def test_without_biases_twice_the_contrast_is_repaired_alike() -> None:
    torch.manual_seed(0)
    x = torch.rand(1, 1, 24, 24)
    plain, biased = RestorationNet(SMALL), RestorationNet(replace(SMALL, bias=True))
    for model in (plain, biased):
        torch.nn.init.normal_(model.tail.weight, std=0.1)
    torch.testing.assert_close(plain(3 * x), 3 * plain(x))
    assert not torch.allclose(biased(3 * x), 3 * biased(x))


def test_without_skips_nothing_passes_but_through_the_bottleneck() -> None:
    layout = replace(SMALL, skips=False, residual=False)
    model = RestorationNet(layout)
    model.deepest = torch.nn.Sequential(torch.nn.Identity(), _Silence())
    assert model(torch.rand(1, 1, 16, 16)).abs().max() == 0
    model.layout = replace(layout, skips=True)
    assert model(torch.rand(1, 1, 16, 16)).abs().max() > 0


def test_edges_are_mirrored_to_make_a_multiple() -> None:
    seen: list[Tensor] = []
    model = RestorationNet(replace(SMALL, residual=False))
    model.head.register_forward_pre_hook(lambda _, given_: seen.append(torch.pixel_shuffle(given_[0], 2)))
    picture = torch.rand(1, 1, 21, 19)
    model(picture)
    mirrored = np.pad(picture[0, 0].numpy(), ((0, 3), (0, 5)), mode="reflect")
    assert np.array_equal(seen[0][0, 0].numpy(), mirrored)


class _Silence(torch.nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.zeros_like(x)


def test_all_networks_are_small() -> None:
    sizes = {name: parameters(repair.layout) for name, repair in REPAIRS.items()}
    assert max(sizes.values()) < 1_000_000
    assert 2 * sum(sizes.values()) < 12 * 1024 * 1024  # bytes of weights in 16 bits


# --- What corrupts pictures ---------------------------------------------------------------------------------


def test_brightness_and_colour_differences_are_jpegs_and_make_the_picture_again() -> None:
    picture = photo(32)
    bright, differences = corruption.luma(picture), corruption.chroma(picture)
    torch.testing.assert_close(corruption.coloured(bright, differences), picture, atol=1e-5, rtol=0)
    image = Image.fromarray((picture[0].permute(1, 2, 0) * 255).round().byte().numpy())
    pillows = torch.from_numpy(np.asarray(image.convert("YCbCr")).copy()).permute(2, 0, 1).float()
    assert (bright[0] * 255 - pillows[:1]).abs().max() < 1.01
    assert (differences[0] * 255 + 128 - pillows[1:]).abs().max() < 1.01


def test_halving_is_pillows() -> None:
    picture = corruption.luma(photo(64))
    image = Image.fromarray((picture[0, 0] * 255).numpy(), "F")
    theirs = torch.from_numpy(np.asarray(image.resize((32, 32), Image.Resampling.BICUBIC)).copy()) / 255
    assert (corruption.halved(picture)[0, 0] - theirs.clamp(0, 1)).abs().max() < 1.01 / 255


def test_holes_are_of_all_kinds_and_sizes() -> None:
    images, letters = torch.rand(200, 3, 48, 48), corruption.sheets([None], 4, 48)[torch.arange(200) % 4].float() / 255
    known = corruption.known(images, letters, seeded())
    assert set(known.unique().tolist()) == {0.0, 1.0}
    share = known.mean((1, 2, 3))
    assert share.min() < 0.3
    assert share.max() > 0.9


def test_a_watermark_is_half_transparent_and_only_where_the_letters_are() -> None:
    images = torch.full((300, 3, 8, 8), 0.5)
    letters = torch.zeros(300, 1, 8, 8)
    letters[..., :4] = 1
    marked, strokes = corruption.watermarked(images, letters, seeded())
    assert torch.equal(marked[..., 4:], images[..., 4:])
    assert torch.equal(marked[strokes.expand_as(images) == 0], images[strokes.expand_as(images) == 0])
    assert set(strokes[..., :4].unique().tolist()) == {0.0, 1.0}
    moved = (marked[..., :4] - 0.5).abs().amax((1, 2, 3))
    assert 0.05 < (moved == 0).float().mean() < 0.2  # a picture without a mark is left alone
    assert moved.max() <= 0.75 * 0.5 + 1e-6
    assert moved[moved > 0.05].numel() > 150


@pytest.mark.parametrize(
    ("opacity", "colour"), [(0.4, (1.0, 1.0, 1.0)), (0.25, (0.0, 0.0, 0.0)), (0.6, (0.9, 0.2, 0.1))]
)
def test_an_overlay_is_told_from_what_changes_where_strokes_begin(
    opacity: float, colour: tuple[float, float, float]
) -> None:
    below, shade = photo(256), torch.tensor(colour)
    strokes = corruption.sheets([None], 1, 256, seed=3, size=24).float() / 255
    cover = opacity * strokes
    marked = below * (1 - cover) + shade.view(1, 3, 1, 1) * cover
    overlay = marks.overlay_of(marked, strokes)
    assert overlay is not None
    assert overlay.opacity == pytest.approx(opacity, abs=0.04)
    assert (overlay.colour - shade).abs().max() < 0.12
    mended = marks.taken_off(marked, strokes, overlay)
    assert float(psnr(mended.clamp(0, 1), below) - psnr(marked, below)) > 15


def test_where_nothing_is_covered_nothing_is_taken_off() -> None:
    below = photo(128)
    strokes = corruption.sheets([None], 1, 128, seed=3, size=24).float() / 255
    assert marks.overlay_of(below, strokes) is None
    assert marks.overlay_of(below, torch.zeros_like(strokes)) is None
    assert torch.equal(marks.taken_off(below, strokes, None), below)


def test_coded_copies_are_what_jpeg_makes_of_each() -> None:
    photos = (torch.cat([photo(32), photo(32).flip(3)]) * 255).byte()
    coded = cutting.coded_copies(photos, [10, 50])
    assert coded.shape == (2, 2, 3, 32, 32)
    file = io.BytesIO()
    Image.fromarray(photos[1].permute(1, 2, 0).numpy()).save(file, "JPEG", quality=10)
    assert np.array_equal(coded[0, 1].permute(1, 2, 0).numpy(), np.asarray(Image.open(file)))


def test_crops_are_parts_of_the_photographs_turned_in_every_way() -> None:
    photos = torch.arange(2 * 3 * 20 * 30).view(2, 3, 20, 30).remainder(251).byte()
    pictures = cutting.Pictures([photos, photos[..., :12, :16]])
    places = cutting.Places.drawn(len(pictures), 400, seeded())
    crops = (pictures.cut(places, 9) * 255).round().byte()
    seen = set()
    for crop, which, turn in zip(crops, places.which.tolist(), places.turn.tolist(), strict=True):
        photo_ = photos[which] if which < 2 else photos[which - 2, :, :12, :16]
        upright = crop.mT if turn & 4 else crop
        upright = upright.flip(1) if turn & 1 else upright
        upright = upright.flip(2) if turn & 2 else upright
        windows = photo_.unfold(1, 9, 1).unfold(2, 9, 1).permute(1, 2, 0, 3, 4)
        assert (windows == upright).flatten(2).all(2).any()
        seen.add((which, turn))
    assert len(seen) == 4 * 8
    assert places.down.min() >= 0
    assert places.across.max() < 1


def test_noisy_files_hold_the_noise_that_they_say_and_what_jpeg_does_to_it() -> None:
    photos = torch.full((40, 3, 64, 64), 128, dtype=torch.uint8)
    files, sigmas = cutting.noisy_files(photos, 1)
    assert files.shape == (1, *photos.shape)
    bright = corruption.luma(files[0].float() / 255)
    assert (bright.mean((1, 2, 3)) - 128 / 255).abs().max() < 0.01
    spread = bright.std((1, 2, 3)) / (sigmas[0] * 0.669)  # of the brightness of noise in three channels
    assert spread.min() > 0.5  # JPEG takes some of it
    assert spread.max() < 1.2
    beside = (bright[..., 1:] - bright.mean((2, 3), keepdim=True)) * (
        bright[..., :-1] - bright.mean((2, 3), keepdim=True)
    )
    assert (beside.mean((1, 2, 3)) / bright.var((1, 2, 3))).mean() > 0.05  # and what it leaves is blots


def test_other_tones_keep_the_order_of_light_and_dark() -> None:
    ramp = torch.linspace(0.3, 0.7, 20).view(1, 1, 1, 20).expand(50, 1, 1, 20)
    toned = corruption.retoned(ramp, seeded())
    assert (toned.diff(dim=3) >= 0).all()
    assert toned.min() >= 0
    assert toned.max() <= 1
    assert toned[:, 0, 0, 10].std() > 0.05


def test_views_are_parts_of_a_photograph_that_are_not_turned() -> None:
    photos = torch.zeros(3, 3, 64, 96, dtype=torch.uint8)
    photos[:, 0] = (2 * torch.arange(64)).byte()[:, None]  # brighter downwards
    photos[:, 1] = (2 * torch.arange(96)).byte()  # and to the right
    views = cutting.Crops(photos, 40, 48, seeded()).views() * 255 / 2
    assert views.shape == (40, 3, 32, 48)
    down, across = views[:, 0, -1, 0] - views[:, 0, 0, 0], views[:, 1, 0, -1] - views[:, 1, 0, 0]
    assert down.min() > 0.25 * 64
    assert down.max() < 64
    assert across.abs().min() > 0.25 * 96
    assert 10 < (across > 0).sum() < 30  # mirrored or not


def test_upright_photographs_stand_in_views() -> None:
    upright = torch.zeros(3, 3, 96, 64, dtype=torch.uint8)
    upright[:, 0] = (2 * torch.arange(96)).byte()[:, None]  # brighter downwards
    photos = torch.cat([torch.zeros(3, 3, 64, 96, dtype=torch.uint8), upright.rot90(1, (2, 3))])
    crops = cutting.Crops(photos, 2, 48, seeded(), torch.tensor([False] * 3 + [True] * 3))
    shapes = []
    for _ in range(40):
        views = crops.views()
        shapes.append(tuple(views.shape[2:]))
        if shapes[-1] == (48, 32):
            assert (views[:, 0, -1] > views[:, 0, 0]).all()
        else:
            assert views.max() == 0
    assert set(shapes) == {(32, 48), (48, 32)}
    assert 10 < shapes.count((48, 32)) < 30


def test_crops_of_noisy_files_lie_where_the_clean_ones_do() -> None:
    crops = cutting.Crops((photo(96) * 255).byte().repeat(3, 1, 1, 1), 8, 24, seeded())
    clean, noisy, sigma = crops.clean_and_noisy_files()
    assert sigma.shape == (8, 1, 1, 1)
    assert (noisy - clean).square().mean((1, 2, 3)).sqrt().sub(sigma.flatten()).abs().max() < 0.05
    other = clean.roll(1, 0)
    assert (noisy - clean).abs().mean() < 0.5 * (noisy - other).abs().mean()


def test_sheets_are_written_all_over_and_each_otherwise() -> None:
    sheets = corruption.sheets([None], 6, 320)
    assert sheets.shape == (6, 1, 320, 320)
    corners = (sheets > 127).float().unflatten(2, (2, 160)).unflatten(4, (2, 160)).mean((1, 3, 5))
    assert corners.min() > 0.005
    assert corners.max() < 0.6
    assert len({sheet.numpy().tobytes() for sheet in sheets}) == 6
    assert torch.equal(sheets, corruption.sheets([None], 6, 320))


# --- Training -----------------------------------------------------------------------------------------------


@pytest.fixture
def photographs(monkeypatch: pytest.MonkeyPatch) -> None:
    tile = (photo(200)[0] * 255).byte()
    monkeypatch.setattr(
        training, "photographs", lambda: (torch.stack([tile, tile.flip(2)] * 11), torch.zeros(22, dtype=torch.bool))
    )


def trained(name: str, folder: Path, steps: int) -> dict[str, object]:
    folder.mkdir(exist_ok=True)
    return training.train(name, folder, "cpu", steps, 0, batch=2, side=32, peak=1e-3, seed=0)


@pytest.mark.usefixtures("photographs")
def test_a_training_that_was_stopped_goes_on_to_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = trained("lesson-biases", tmp_path / "whole", 6)
    assert (card["steps"], card["parameters"]) == (6, parameters(REPAIRS["lesson-biases"].layout))
    monkeypatch.setattr(training, "_SAVE_EVERY", 0.0)
    learn, made = training.loss_of, iter(range(4))

    def stopped(*given: object) -> Tensor:
        if next(made, None) is None:
            raise KeyboardInterrupt
        return learn(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(training, "loss_of", stopped)
    with pytest.raises(KeyboardInterrupt):
        trained("lesson-biases", tmp_path / "parts", 6)
    monkeypatch.setattr(training, "loss_of", learn)
    trained("lesson-biases", tmp_path / "parts", 6)
    whole, parts = (load_file(tmp_path / name / "lesson-biases.safetensors") for name in ("whole", "parts"))
    assert all(torch.equal(whole[key], parts[key]) for key in whole)
    assert not list(tmp_path.rglob("*.state"))


def test_a_training_goes_on_with_an_optimiser_that_is_fused(tmp_path: Path) -> None:
    def made() -> tuple[RestorationNet, torch.optim.AdamW]:
        network = RestorationNet(SMALL).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return network, torch.optim.AdamW(network.parameters(), fused=True)

    def step(network: RestorationNet, optimiser: torch.optim.Optimizer) -> None:
        network(torch.ones(1, SMALL.inputs, 16, 16)).square().mean().backward()
        optimiser.step()

    (network, optimiser), file = made(), tmp_path / "a.state"
    step(network, optimiser)
    average, usual = dict(network.state_dict()), torch.ones(())
    training._keep(file, network, average, optimiser, seeded(), usual, 1, 2.0)
    again, of_again = made()
    assert training._go_on(file, again, dict(again.state_dict()), of_again, seeded(), usual) == (1, 2.0)
    for weight, state in of_again.state.items():
        assert state["exp_avg"].stride() == weight.stride()
    step(again, of_again)


@pytest.mark.usefixtures("photographs")
@pytest.mark.parametrize("name", [name for name in REPAIRS if not name.startswith("lesson")])
def test_every_repair_learns_from_its_own_pairs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "training_fonts", lambda: [None])
    monkeypatch.setattr(cutting, "SHEETS", 3)
    crops = cutting.Crops(training.photographs()[0], 2, 32, seeded())
    given_, wanted, weight = REPAIRS[name].pairs(crops, seeded())
    layout = REPAIRS[name].layout
    times = 2 if layout.grows else 1
    height = 16 if name == "colour" else 32  # views are as wide as photographs
    assert given_.shape == (2, layout.inputs, height // times, 32 // times)
    assert wanted.shape == (2, layout.outputs, height, 32)
    assert weight is None or weight.expand_as(wanted).min() >= 0


def test_units_that_are_off_everywhere_are_woken_and_change_nothing_at_first() -> None:
    torch.manual_seed(0)
    model, given_ = RestorationNet(replace(SMALL, leak=0)), torch.rand(2, 1, 32, 32)
    torch.nn.init.normal_(model.tail.weight, std=0.1)
    block = model.deepest[0]
    block.first.weight.data[:3] = 0  # never above 0
    before, alive = model(given_), block.first.weight[3:].clone()
    assert training.wake(model, given_, seeded()) == 3
    assert (model(given_) - before).abs().max() < 1e-6
    assert torch.equal(block.first.weight[3:], alive)
    model(given_).square().mean().backward()
    assert (block.second.weight.grad[:, :3].flatten(1).norm(dim=1) > 0).all()  # they learn again


def test_gradients_that_stand_out_are_shortened_to_the_usual_length() -> None:
    usual = torch.zeros(())
    for step, length in enumerate([3.0, 5.0], 1):
        training._shorten([torch.tensor([length, 0.0])], usual, step)
    assert usual == 4
    far, near = [torch.tensor([0.0, 60.0]), torch.tensor([80.0])], [torch.tensor([0.5, 0.5])]
    for gradients in (far, near):
        training._shorten(gradients, usual, training._USUAL_AFTER + 1)
    assert torch.cat(far).tolist() == pytest.approx([0, 2.4, 3.2])
    assert near[0].tolist() == [0.5, 0.5]
    assert usual == 4


def test_the_rate_rises_shortly_and_falls_to_nothing() -> None:
    rates = [training.rate_at(share / 100, 1.0) for share in range(101)]
    assert rates[0] == 0
    assert max(rates) == pytest.approx(1, abs=0.01)
    assert rates[-1] == pytest.approx(0)
    assert rates[2:] == sorted(rates[2:], reverse=True)


# --- What is shipped ----------------------------------------------------------------------------------------


@shipped
def test_a_shipped_network_fits_its_repair(name: str) -> None:
    model = weights.network(name)
    assert sum(p.numel() for p in model.parameters()) == parameters(REPAIRS[name].layout)


def test_a_missing_or_damaged_file_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights.network.cache_clear()
    monkeypatch.setattr(weights, "weights_file", lambda name: tmp_path / f"{name}.safetensors")
    with pytest.raises(weights.RepairMissing, match="missing here or damaged"):
        weights.network("denoise")
    (tmp_path / "denoise.safetensors").write_bytes(b"rubbish")
    with pytest.raises(weights.RepairMissing, match="missing here or damaged"):
        weights.network("denoise")
    weights.network.cache_clear()


# --- Whole pictures -----------------------------------------------------------------------------------------


def as_pixels(picture: Tensor) -> np.ndarray:
    return (picture[0].permute(1, 2, 0) * 255).round().byte().numpy()


@pytest.mark.parametrize(("height", "width"), [(1, 1), (7, 3000), (512, 512), (513, 1100)])
def test_tiles_settle_every_pixel_once_and_see_around_it(height: int, width: int) -> None:
    settled = np.zeros((height, width), np.uint8)
    picture = np.random.default_rng(0).integers(0, 256, (height, width, 1), np.uint8)
    result = np.zeros_like(picture)
    for tile in tiles(height, width):
        settled[tile.rows, tile.columns] += 1
        seen = tile.seen(picture)
        assert max(seen.shape) <= SIDE + 2 * MARGIN
        tile.put(result, seen)
    assert (settled == 1).all()
    assert np.array_equal(result, picture)


@pytest.mark.parametrize("task", ["denoise", "jpeg", "double", "colour"])
def test_tiles_leave_no_seam(task: str, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = as_pixels(photo(250))[:, :230]
    whole = restoring.repair(task, picture)
    monkeypatch.setattr(restoring, "tiles", lambda height, width: tiles(height, width, 96))
    told: list[tuple[int, int]] = []
    tiled = restoring.repair(task, picture, on_progress=lambda done, of: told.append((done, of)))
    assert whole is not None
    assert tiled is not None
    assert np.abs(tiled.astype(int) - whole).max() <= 1
    assert len(told) == 9
    assert told[-1] == (230 * 250, 230 * 250)
    assert restoring.repair(task, picture, should_stop=lambda: len(told) >= 9) is None


def test_a_hole_across_tiles_is_filled_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = as_pixels(photo(250))[:, :230]
    mask = np.random.default_rng(0).random(picture.shape[:2]) < 0.3
    mask[90:104, 20:210] = True  # along the edge of the tiles, and across another
    whole = restoring.repair("fill", picture, mask=mask)
    monkeypatch.setattr(restoring, "tiles", lambda height, width: tiles(height, width, 96))
    tiled = restoring.repair("fill", picture, mask=mask)
    assert whole is not None
    assert tiled is not None
    difference = np.abs(tiled.astype(int) - whole)
    assert difference.max() <= 2  # of 255; the averages around are rounded
    assert (difference[~mask] == 0).all()


def test_a_large_picture_is_turned_in_fewer_ways_to_be_filled() -> None:
    sizes = {megapixels: np.zeros((round(125 * megapixels), 125, 1), np.uint8) for megapixels in (0.15, 1, 3)}
    ways = {megapixels: overview_module.overview("fill", seen).ways for megapixels, seen in sizes.items()}
    assert ways == {0.15: 8, 1: 4, 3: 2}


def test_a_watermark_leaves_no_seam_where_tiles_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    clean = torch.from_numpy(data.coffee()[:384, :512].copy()).permute(2, 0, 1)[None].float() / 255
    letters = corruption.sheets([None], 1, 512, seed=3, size=40)[:, :, :384].float() / 255
    letters[..., 256:] = 0  # no tile of the right half could tell how opaque it is
    letters[..., :40, 300:340] = 1
    marked = as_pixels(clean * (1 - 0.4 * letters) + 0.4 * letters)
    monkeypatch.setattr(overview_module, "SIDE", 300)
    monkeypatch.setattr(restoring, "tiles", lambda height, width: tiles(height, width, 256))
    seen: list[Overlay | None] = []
    unmarked = restoring.unmarked
    monkeypatch.setattr(restoring, "unmarked", lambda picture, told: seen.append(told) or unmarked(picture, told))
    mended = restoring.repair("watermark", marked)
    assert mended is not None
    assert len(seen) == 4
    assert seen[0] is not None
    assert all(one is seen[0] for one in seen)
    assert seen[0].opacity == pytest.approx(0.4, abs=0.05)


def test_the_colours_of_parts_are_those_of_the_whole() -> None:
    small = np.random.default_rng(0).normal(size=(2, 16, 24)).astype(np.float16)
    told = Overview(differences=small)
    whole = told.differences_at(96, 144)
    as_torch = torch.nn.functional.interpolate(torch.from_numpy(small).float()[None], (96, 144), mode="bilinear")
    assert (whole - as_torch).abs().max() < 1e-5
    for tile in tiles(96, 144, side=48, margin=16):
        height, width = (part.stop - part.start for part in (tile.seen_rows, tile.seen_columns))
        part = told.seen_by(tile, 96, 144).differences_at(height, width)
        assert (part - whole[:, :, tile.seen_rows, tile.seen_columns]).abs().max() < 1e-5


def test_answers_of_turned_pictures_are_turned_back(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = torch.rand(1, 1, 5, 7, generator=seeded())
    given_: list[Tensor] = []
    monkeypatch.setattr(weights, "applied", lambda name, x: given_.append(x) or x)
    assert (weights.mean_answer("fill", picture, 8) - picture).abs().max() < 1e-6
    assert len({tuple(x.flatten().tolist()) for x in given_}) == 8
    assert torch.equal(given_[0], picture)


def test_holes_take_averages_from_as_near_as_there_are_any() -> None:
    picture, known = torch.zeros(1, 1, 16, 16), torch.zeros(1, 1, 16, 16)
    picture[..., :8], known[..., :8] = 0.25, 1
    assert corruption.roughly_filled(picture, known).sub(0.25).abs().max() < 1e-6
    assert (corruption.roughly_filled(picture, 0 * known) == 0.5).all()
    assert torch.equal(corruption.roughly_filled(picture, torch.ones_like(known)), picture)


def test_averages_of_the_whole_picture_are_those_of_its_tiles() -> None:
    picture = as_pixels(photo(200))[:, :171]
    mask = np.zeros(picture.shape[:2], bool)
    mask[20:150, 10:140] = True
    around = overview_module.averages_around(picture, mask)
    assert around.shape == (25, 22, 3)
    floats, known = torch.from_numpy(picture).permute(2, 0, 1)[None] / 255, torch.from_numpy(~mask).float()[None, None]
    whole = corruption.roughly_filled(floats, known)
    coarse = torch.from_numpy(around).permute(2, 0, 1)[None] / 255
    assert (corruption.roughly_filled(floats, known, coarse, 3) - whole).abs().max() < 1.01 / 255


def test_what_cannot_be_filled_is_said() -> None:
    picture = as_pixels(photo(32))
    mask = np.zeros((32, 32), bool)
    for given_mask, sentence in ((None, "Nothing is marked"), (mask, "Nothing is marked"), (~mask, "whole picture")):
        with pytest.raises(NothingToRepair, match=sentence):
            restoring.repair("fill", picture, mask=given_mask)
    mask[3, 3] = True
    with pytest.raises(NothingToRepair, match="has 20 × 32 pixels"):
        restoring.repair("fill", picture, mask=mask[:, :20])


@pytest.mark.parametrize(("sigma", "gain"), [(15, 5.0), (25, 6.5), (50, 9.0)])
def test_noise_is_cleaned(sigma: int, gain: float) -> None:
    clean = photo()
    noisy = clean + sigma / 255 * torch.randn(clean.shape, generator=seeded())
    assert float(psnr(repaired("denoise", noisy), clean) - psnr(noisy, clean)) > gain


def test_a_picture_of_odd_size_is_cleaned_as_well_as_one_that_is_not() -> None:
    clean = corruption.luma(photo(129))
    noisy = clean + 50 / 255 * torch.randn(clean.shape, generator=seeded())
    whole, part = repaired("denoise-grey", noisy), repaired("denoise-grey", noisy[..., :128, :128])
    near = np.s_[..., :128, 100:128]
    assert float(psnr(whole[near], clean[near])) > float(psnr(part[near], clean[near])) - 0.2


def test_jpeg_and_size_are_mended() -> None:
    clean = photo()
    coded = cutting.coded_copies((clean * 255).round().byte(), [10])[0].float() / 255
    assert float(psnr(repaired("jpeg", coded), clean) - psnr(coded, clean)) > 0.8
    bright = corruption.luma(clean)
    small = corruption.halved(bright)
    bicubic = torch.nn.functional.interpolate(small, scale_factor=2, mode="bicubic", align_corners=False)
    assert float(psnr(repaired("double", small), bright) - psnr(bicubic.clamp(0, 1), bright)) > 1.4


def test_a_watermark_is_taken_off_and_a_picture_without_one_left_alone() -> None:
    clean = torch.from_numpy(data.coffee()[:384, :512].copy()).permute(2, 0, 1)[None].float() / 255
    letters = (
        corruption.sheets([None], 1, 512, seed=3, size=40)[:, :, :384].float() / 255
    )  # in a font that is new to it
    marked = clean * (1 - 0.4 * letters) + 0.4 * letters
    assert float(psnr(restoring.unmarked(marked).clamp(0, 1), clean) - psnr(marked, clean)) > 5
    assert torch.equal(restoring.unmarked(clean), clean)
    grey = restoring.repair("watermark", as_pixels(corruption.luma(marked)))
    assert grey is not None
    assert grey.shape == (384, 512, 1)


def test_holes_are_filled() -> None:
    picture, mask = as_pixels(photo()), np.zeros((128, 128), bool)
    mask[torch.rand(128, 128, generator=seeded()).numpy() < 0.5] = True
    damaged_ = np.where(mask[..., None], np.uint8(0), picture)
    filled = restoring.repair("fill", damaged_, mask=mask)
    assert filled is not None
    assert np.array_equal(filled[~mask], picture[~mask])
    assert np.square(filled[mask].astype(float) - picture[mask]).mean() < 15**2


def test_a_mirrored_picture_is_filled_as_a_mirror_would_show_it() -> None:
    picture, known = photo(64)[:, :, :48], (torch.rand(1, 1, 48, 64, generator=seeded()) < 0.5).float()
    found = restoring.filled(picture, known)
    for turned in (lambda x: x.flip(3), lambda x: x.mT):
        assert (restoring.filled(turned(picture), turned(known)) - turned(found)).abs().max() < 0.01
    assert torch.equal(found[known.expand_as(found) > 0], picture[known.expand_as(found) > 0])


def repaired(name: str, given_: Tensor) -> Tensor:
    return weights.applied(name, given_).clamp(0, 1)
