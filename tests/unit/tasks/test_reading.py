"""Reading: who reads what, counted as by hand; the readers that come with the lab; thresholds that scikit-image knows."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from scipy import ndimage, stats

from ae_core.cli import main
from ae_core.data.corruption import CORRUPTIONS, corrupt
from ae_core.data.datasets import INFO, load, on_disk
from ae_core.data.items import to_bytes, to_float
from ae_core.models.codec import reconstruct
from ae_core.runs import zoo
from ae_core.runs.run import Run
from ae_core.tasks import study_file
from ae_core.tasks.reading import opening, scan, training
from ae_core.tasks.reading.methods import METHODS, STEPS, STRENGTHS, noisy_at, read_by_all, repaired
from ae_core.tasks.reading.reader import KINDS, Reader, ReaderMissing, card, load_reader, read, reader_file, rival_of
from ae_core.tasks.reading.row import row_of
from ae_core.tasks.reading.study import (
    COUNT,
    read_at,
    readings,
    right_in,
    said_at,
    shares,
    summary,
    surely_more,
)
from ae_core.tasks.study import Answer, file_of

NOISES = [name for name in CORRUPTIONS if name != "none"]


def answer(*rates: float, count: int = 1000) -> Answer:
    """An answer in which each method reads the first so many images right, as a share of all."""
    right = np.stack([np.arange(count) < rate * count for rate in rates])
    return {"right": np.packbits(right, axis=1), "count": count}


# --- Readers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 28, 28), (3, 32, 32), (1, 16, 16), (3, 9, 13)])
def test_a_reader_takes_images_of_any_size(shape: tuple[int, int, int]) -> None:
    reader = Reader(shape, 7)
    assert reader(torch.zeros(2, *shape)).shape == (2, 7)


@pytest.mark.parametrize("dataset", training.with_readers())
@pytest.mark.parametrize("kind", KINDS)
def test_the_readers_that_come_with_the_lab_are_small_and_say_where_they_are_from(dataset: str, kind: str) -> None:
    path = reader_file(dataset, kind)
    assert path.stat().st_size <= 100_000
    assert {tensor.dtype for tensor in load_file(path).values()} == {torch.float16}
    about = card(dataset, kind)
    assert (about["dataset"], about["kind"]) == (dataset, kind)
    assert about["held_back"][about["epoch"] - 1] == max(about["held_back"])
    assert about["noise"] == {"clean": [], "noisy": NOISES, "gaussian": ["gaussian"]}[kind]


@pytest.mark.parametrize("dataset", training.with_readers())
def test_a_reader_reads_as_its_card_says(dataset: str) -> None:
    if not on_disk(dataset):
        pytest.skip(f"{dataset} is not in AE_DATA_DIR")
    held_out = load(dataset, "test")
    images, labels = to_float(held_out.images[:2000]), held_out.labels[:2000]
    share = float((read(load_reader(dataset, "clean"), images) == labels).float().mean())
    assert share == pytest.approx(card(dataset, "clean")["accuracy"], abs=0.02)
    assert share > {"fashion": 0.86}.get(dataset, 0.95)


def test_images_of_another_draw_of_the_same_digits_are_read_by_the_same_reader() -> None:
    assert reader_file("binary", "clean") == reader_file("mnist", "clean")


def test_where_there_is_no_reader_a_sentence_says_so() -> None:
    with pytest.raises(ReaderMissing, match="No reader of KMNIST"):
        load_reader("kmnist", "clean")


def test_training_keeps_the_epoch_after_which_held_back_images_are_read_best() -> None:
    trained = training.train("digits", "clean", 2)
    images = load("digits", "train")
    kept = len(images.images) - len(images.images) // training.HELD_BACK
    found = read(trained.reader, to_float(images.images[kept:]))
    assert float((found == images.labels[kept:]).float().mean()) == pytest.approx(max(trained.held_back), abs=0.01)
    assert len(trained.held_back) == 2
    assert trained.held_back[trained.epoch - 1] == max(trained.held_back)


def test_a_reader_learns_from_every_kind_of_noise() -> None:
    images = to_float(load("digits", "train").images[:600])
    assert set(training.noises_of("noisy")) == set(NOISES)
    noisy = training.noised(images, training.noises_of("noisy"), torch.Generator().manual_seed(0))
    assert 0.8 < float(((noisy - images).abs().amax((1, 2, 3)) > 0).float().mean()) <= 1


def test_a_reader_of_one_noise_sees_that_alone_at_every_strength() -> None:
    (noise,) = training.noises_of("gaussian")
    grey = torch.full((4000, 1, 8, 8), 0.5)
    noisy = training.noised(grey, (noise,), torch.Generator().manual_seed(0))
    inside = (noisy > 0) & (noisy < 1)  # what is not cut off there
    strengths = torch.rand(4000, 1, 1, 1, generator=torch.Generator().manual_seed(1))
    expected = (0.5 + strengths * torch.randn(4000, 1, 8, 8, generator=torch.Generator().manual_seed(2))).clamp(0, 1)
    assert float(noisy.std()) == pytest.approx(float(expected.std()), rel=0.02)
    assert float(inside.float().mean()) == pytest.approx(
        float(((expected > 0) & (expected < 1)).float().mean()), rel=0.02
    )
    assert training.noises_of("clean") == ()


@pytest.mark.parametrize("noise", NOISES)
def test_the_rival_learned_the_noise_alone_where_there_is_one_that_did(noise: str) -> None:
    alone = any(card("digits", kind)["noise"] == [noise] for kind in KINDS)
    learned = card("digits", rival_of(noise))["noise"]
    assert learned == ([noise] if alone else NOISES)


@pytest.mark.parametrize("dataset", training.with_readers())
def test_one_noise_alone_makes_a_better_reader_of_it_than_all_at_once(dataset: str) -> None:
    if not on_disk(dataset):
        pytest.skip(f"{dataset} is not in AE_DATA_DIR")
    held_out = load(dataset, "test")
    noisy = noisy_at(to_float(held_out.images[:1000]), "gaussian", 0.3, 0)
    alone, all_kinds = (read(load_reader(dataset, kind), noisy) for kind in ("gaussian", "noisy"))
    right = held_out.labels[:1000]
    assert (alone == right).float().mean() > (all_kinds == right).float().mean()


# --- What is read -------------------------------------------------------------------------------------------


def test_what_is_counted_is_what_a_count_by_hand_gives(tiny_run: Run) -> None:
    found = read_at(file_of(tiny_run), "gaussian", 0.4, count=50)
    held_out = load("digits", "test")
    clean, labels = to_float(held_out.images[:50]), held_out.labels[:50]
    noisy = corrupt(clean, "gaussian", 0.4, torch.Generator().manual_seed(0))
    plain, rival = (load_reader("digits", kind) for kind in ("clean", "gaussian"))
    with torch.inference_mode():
        median = torch.from_numpy(ndimage.median_filter(noisy.numpy(), (1, 1, 3, 3), mode="nearest"))
        expected = [
            plain(noisy),
            plain(reconstruct(tiny_run.model, noisy).clamp(0, 1)),
            plain(reconstruct(tiny_run.pca_at_code_size, noisy).clamp(0, 1)),
            plain(median),
            rival(noisy),
        ]
    by_hand = np.stack([(logits.argmax(1) == labels).numpy() for logits in expected])
    np.testing.assert_array_equal(right_in(found), by_hand)
    assert list(METHODS) == ["noisy", "autoencoder", "pca", "median", "rival"]


def test_without_noise_the_reader_reads_what_its_card_says_and_less_the_more_there_is(tiny_run: Run) -> None:
    file = file_of(tiny_run)
    rates = [right_in(read_at(file, "gaussian", strength))[0].mean() for strength in (0.0, 0.4, 1.0)]
    assert rates[0] == pytest.approx(card("digits", "clean")["accuracy"], abs=0.01)
    assert rates[0] > rates[1] > rates[2]


def test_a_run_of_some_classes_is_measured_on_those(tiny_run: Run) -> None:
    some = replace(tiny_run, config=replace(tiny_run.config, classes=(3, 5)))
    assert read_at(file_of(some), "blur", 0.1)["count"] == int(
        torch.isin(load("digits", "test").labels, torch.tensor([3, 5])).sum()
    )


def test_a_study_has_a_part_for_each_strength_and_another_key_for_another_noise(tiny_run: Run) -> None:
    study = readings(tiny_run, "a", "gaussian")
    assert sorted(int(part.name) for part in study.parts) == list(range(STEPS + 1))
    assert {part.arguments[2] for part in study.parts} == set(STRENGTHS)
    assert study.key == readings(tiny_run, "a", "gaussian").key
    assert len({study.key, readings(tiny_run, "a", "blur").key, readings(tiny_run, "b", "gaussian").key}) == 3


@pytest.mark.parametrize("noise", NOISES)
def test_a_row_is_each_image_at_each_strength_and_what_is_read_in_it(noise: str, tiny_run: Run) -> None:
    clean = to_float(load("digits", "test").images[3:6])
    row = row_of(tiny_run, clean, noise, 4)
    assert row.pictures.shape == (4, len(STRENGTHS), 3, 1, 8, 8)
    assert row.classes.shape == (5, len(STRENGTHS), 3)
    assert torch.equal(row.pictures[0, 0], to_bytes(clean))
    pictures = repaired(tiny_run, noisy_at(clean, noise, STRENGTHS[7], 4))
    for number, picture in enumerate(pictures.values()):
        assert (row.pictures[number, 7].int() - to_bytes(picture).int()).abs().max() <= 1
    assert (
        row.classes[:, 7] == read_by_all("digits", pictures, noise)
    ).float().mean() > 0.9  # a batch rounds otherwise


# --- Which wins ---------------------------------------------------------------------------------------------


def test_a_difference_counts_where_a_sign_test_finds_it() -> None:
    generator = np.random.default_rng(0)
    for _ in range(200):
        one, other = generator.random((2, 400)) < generator.uniform(0.3, 0.9, (2, 1))
        won, lost = int((one & ~other).sum()), int((other & ~one).sum())
        if won + lost == 0:
            continue
        chance = stats.binomtest(won, won + lost, alternative="greater").pvalue
        if abs(chance - 0.0228) > 0.012:  # of two standard errors, but for the rounding of a binomial
            assert surely_more(one, other) == (chance < 0.0228)


def test_the_sentence_names_the_best_and_says_when_the_rival_wins() -> None:
    said = said_at(10, answer(0.5, 0.8, 0.6, 0.7, 0.9))
    assert "At strength 0.50, of 1,000 held-out images, 50.0 % are read as they are" in said
    assert "80.0 % after the best repair, the autoencoder's" in said
    assert "The reader trained on noise wins with 90.0 %" in said
    assert "reads fewer, 40.0 %" in said_at(10, answer(0.5, 0.8, 0.6, 0.7, 0.4))
    assert "every repair costs" in said_at(2, answer(0.9, 0.8, 0.6, 0.7, 0.9))
    assert "no repair changes that surely" in said_at(2, answer(0.9, 0.9, 0.6, 0.7, 0.9))
    assert "after the best, the median filter's" in said_at(2, answer(0.9, 0.5, 0.6, 0.9, 0.9))


def test_the_summary_says_at_which_strengths_it_helps_and_where_it_loses() -> None:
    def at(step: int) -> Answer:
        if step < 4:
            return answer(0.9, 0.8, 0.6, 0.7, 0.9)
        return answer(0.4, 0.8, 0.6, 0.7, 0.9 if step < 12 else 0.8)

    text = summary({str(step): at(step) for step in range(STEPS + 1)}, "gaussian")
    assert "read more at strengths 0.2 to 1, and fewer at strengths 0 to 0.15." in text
    assert "beats both PCA and the median filter at every strength" in text
    rival = "reader trained on noise, which learned this noise alone and repairs nothing,"
    assert f"**The {rival} beats it at strengths 0 to 0.55, and is beaten at none.**" in text
    equal = summary({"3": answer(0.5, 0.5, 0.5, 0.5, 0.5)}, "gaussian")
    assert "At no strength does the autoencoder" in equal
    assert "reads about as many at every strength" in equal
    assert "at strength 0.15" in summary({"3": answer(0.5, 0.6, 0.5, 0.5, 0.5)}, "gaussian")
    won = summary({"3": answer(0.5, 0.6, 0.5, 0.5, 0.5)}, "blur")
    assert "**It beats the reader trained on noise, which learned every kind of noise at once" in won
    lost = summary({str(step): answer(0.5, 0.6, 0.5, 0.5, 0.7) for step in range(STEPS + 1)}, "gaussian")
    assert f"**The {rival} beats it at every strength.**" in lost
    both = {"3": answer(0.5, 0.6, 0.5, 0.5, 0.7), "4": answer(0.5, 0.6, 0.5, 0.5, 0.5)}
    assert "beats it at strength 0.15, and is beaten at strength 0.2." in summary(both, "gaussian")


def test_shares_that_are_not_there_yet_are_none() -> None:
    found = shares({"20": answer(0.1, 0.2, 0.3, 0.4, 0.5, count=10)})
    assert found["rival"] == [None] * STEPS + [0.5]


# --- Scans --------------------------------------------------------------------------------------------------


def test_noise_is_added_to_a_scan_and_the_same_each_time() -> None:
    clean, noisy = scan.scanned("text", 0), scan.scanned("text", 20)
    inner = (clean > 70) & (clean < 185)
    assert (noisy.astype(float) - clean)[inner].std() == pytest.approx(20, rel=0.05)
    np.testing.assert_array_equal(noisy, scan.scanned("text", 20))


def test_a_threshold_finds_ink_and_the_following_one_finds_it_in_the_shade_too() -> None:
    light = np.linspace(90, 250, 200)[None].repeat(60, 0)
    ink = np.zeros((60, 200), bool)
    ink[20:24, 5:195:8] = ink[40:44, 5:195:8] = True
    picture = np.where(ink, 0.4 * light, light).astype(np.uint8)
    assert (scan.sauvola(picture) == ink).mean() > 0.995
    assert (scan.otsu(picture) == ink).mean() < 0.8


def test_specks_are_small_islands_of_either_colour() -> None:
    ink = np.zeros((20, 20), bool)
    ink[2:8, 2:8] = True
    assert scan.specks(ink) == 0
    ink[4, 4] = False
    ink[12, 12:14] = True
    ink[16:18, 16:18] = True
    assert scan.specks(ink) == 3
    assert scan.specks(~ink) == 3


def test_a_scan_s_study_is_named_by_the_network_s_weights_and_not_by_its_card(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = load_file(scan.weights_file("denoise-grey"))
    first = scan.cleaning("page", 20).key
    monkeypatch.setattr(scan, "weights_file", lambda _: tmp_path / "network")
    save_file(weights, tmp_path / "network", {"card": "{}"})
    assert scan.cleaning("page", 20).key == first
    name = next(iter(weights))
    save_file(weights | {name: weights[name] + 1}, tmp_path / "network", {"card": "{}"})
    assert scan.cleaning("page", 20).key != first
    (tmp_path / "network").unlink()
    assert scan.cleaning("page", 20).key != first


def test_an_undamaged_scan_has_nothing_wrong_by_its_own_threshold() -> None:
    found = scan.thresholded("text", 0, "scan")
    assert found["sauvola_wrong"] == 0
    np.testing.assert_array_equal(scan.ink_in(found, "otsu"), scan.otsu(scan.scanned("text", 0)))
    noisy = scan.thresholded("text", 20, "median")
    assert 0 < noisy["sauvola_wrong"] < scan.thresholded("text", 20, "scan")["sauvola_wrong"]


def test_the_verdict_on_a_scan_names_what_wins() -> None:
    def found(**wrong: float) -> dict[str, dict[str, Any]]:
        return {
            side: {
                "otsu_wrong": value + 0.1, "sauvola_wrong": value, "otsu_specks": 900, "sauvola_specks": int(1000 * value)
            }
            for side, value in wrong.items()
        }  # fmt: skip

    assert scan.verdict(found(scan=0.01, median=0.1, network=0.1), 20).startswith("**Plain thresholding wins")
    assert "median filter wins" in scan.verdict(found(scan=0.2, median=0.05, network=0.1), 20)
    assert "Sauvola's threshold leaves 1.0 % of the pixels wrong, against 20.0 % (Sauvola's) as it is" in scan.verdict(
        found(scan=0.2, median=0.05, network=0.01), 20
    )
    assert "finds little to do" in scan.verdict(found(scan=0.1, median=0.1, network=0.1), 0)
    assert "fewer specks" in scan.verdict(found(scan=0.1, median=0.1, network=0.02), 0)


# --- What comes with the lab --------------------------------------------------------------------------------


def test_what_the_page_opens_on_comes_with_the_lab_and_is_what_is_computed() -> None:
    for study in opening.studies():
        found = study_file.shipped(study.key)
        assert found is not None, study.key
        assert set(found) == {part.name for part in study.parts}
    run = zoo.load("digits-denoising")
    kept = study_file.shipped(readings(run, run.config.key, run.config.corruption).key)
    assert kept is not None
    computed = read_at(file_of(run), run.config.corruption, 0.5)
    differing = right_in(kept["10"]) != right_in(computed)
    assert differing.mean() < 0.01  # other processors round otherwise
    shown = scan.thresholded("page", 20, "scan")
    shipped = study_file.shipped(scan.cleaning("page", 20).key)
    assert shipped is not None
    np.testing.assert_array_equal(shipped["scan"]["sauvola"], shown["sauvola"])
    assert shipped["network"]["sauvola_wrong"] < shown["sauvola_wrong"]


def test_the_command_prints_a_line_a_strength(
    tiny_file: Any, capsys: pytest.CaptureFixture[str], tiny_run: Run
) -> None:
    assert (
        main(["reading", str(tiny_file), "--noise", "masking", "--strengths", "0", "0.5", "--count", "60", "--json"])
        == 0
    )
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["strength"] for line in lines] == [0, 0.5]
    expected = right_in(read_at(file_of(tiny_run), "masking", 0.5, 60)).mean(1)
    assert [lines[1][method] for method in METHODS] == pytest.approx(expected, abs=1e-4)
    assert main(["reading", "digits-denoising", "--strengths", "0.3", "--count", "30"]) == 0
    assert "gaussian noise" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["digits-denoising", "--strengths", "2"], "from 0 to 1"),
        (["digits-denoising", "--strengths", "nan"], "from 0 to 1"),
        (["digits-denoising", "--count", "0"], "At least one image"),
        (["patches16-k-sparse"], "No reader of the images"),
        (["no-such-run"], "neither a shipped run nor a file"),
    ],
)
def test_the_command_refuses_with_a_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["reading", *arguments]) == 1
    assert sentence in capsys.readouterr().err


def test_every_data_set_with_a_reader_has_names_for_its_classes() -> None:
    assert all(INFO[dataset].class_names for dataset in training.with_readers())
    assert COUNT == 2000
