"""Few labels: the draws, each classifier against a known truth or scikit-learn, and the study of a run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from tiny import TINY

from ae_core.cli import main
from ae_core.errors import LabError
from ae_core.runs import checkpoint
from ae_core.runs.run import Run
from ae_core.tasks.few_labels import by_hand, figures, linear, nearest, network, spreading
from ae_core.tasks.few_labels.by_hand import Bench
from ae_core.tasks.few_labels.draws import COUNTS, counts, draw
from ae_core.tasks.few_labels.material import features_of, material
from ae_core.tasks.few_labels.methods import METHODS
from ae_core.tasks.few_labels.study import BY_HAND, errors_of, errors_so_far, refusal, study_of
from ae_core.tasks.study import file_of


def clouds(count: int, dimensions: int = 5, apart: float = 4.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Three round clouds of points, and which one each is of."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    middles = np.random.default_rng(9).normal(size=(3, dimensions)) * apart
    return (middles[labels] + random.normal(size=(count, dimensions))).astype(np.float32), labels


# --- Draws --------------------------------------------------------------------------------------------------


def test_a_draw_is_balanced_and_holds_the_smaller_ones() -> None:
    labels = np.random.default_rng(0).integers(0, 7, 500)
    most = draw(labels, 70, seed=3)
    assert len(set(most.tolist())) == 70
    assert np.bincount(labels[most]).tolist() == [10] * 7
    np.testing.assert_array_equal(draw(labels, 14, seed=3), most[:14])
    assert set(labels[draw(labels, 10, seed=3)]) == set(range(7))
    assert not np.array_equal(draw(labels, 70, seed=4), most)


def test_a_class_that_runs_out_leaves_its_place_to_the_others() -> None:
    labels = np.array([0] * 3 + [1] * 50)
    assert np.bincount(labels[draw(labels, 20, seed=0)]).tolist() == [3, 17]


@pytest.mark.parametrize(
    ("images", "classes", "expected"), [(1437, 10, COUNTS[:7]), (60_000, 10, COUNTS), (60, 12, (20, 50))]
)
def test_as_many_labels_are_tried_as_there_are_images_and_one_a_class_at_least(
    images: int, classes: int, expected: tuple[int, ...]
) -> None:
    assert counts(images, classes) == expected


# --- Classifiers --------------------------------------------------------------------------------------------


def test_features_are_centred_and_of_one_scale() -> None:
    train = np.random.default_rng(0).normal(3, [1, 5], (1000, 2)).astype(np.float32)
    middle, spread = linear.scale_of(train)
    ours = (train - middle) / spread
    np.testing.assert_allclose(ours.mean(0), 0, atol=1e-5)
    assert np.mean(ours**2) == pytest.approx(1, abs=1e-4)
    assert ours[:, 1].std() / ours[:, 0].std() == pytest.approx(train[:, 1].std() / train[:, 0].std(), rel=1e-4)


@pytest.mark.parametrize("dimensions", [3, 40], ids=["fewer numbers than images", "more numbers than images"])
def test_linear_is_scikit_learns_logistic_regression(dimensions: int) -> None:
    features, labels = clouds(30, dimensions, apart=1.0)
    asked, _ = clouds(400, dimensions, apart=1.0, seed=1)
    weights, offsets = linear.fitted(features, labels)
    _, spread = linear.scale_of(features)
    penalty = linear.chosen_penalty(features / spread, labels)
    sklearn = LogisticRegression(C=penalty / spread**2, max_iter=2000, tol=1e-6).fit(features, labels)
    np.testing.assert_allclose(weights, sklearn.coef_, atol=0.03 * np.abs(sklearn.coef_).max())
    assert np.mean(linear.predicted(asked, weights, offsets) == sklearn.predict(asked)) > 0.98


@pytest.mark.parametrize("count", [60, 300])
def test_the_penalty_is_that_of_scikit_learns_cross_validation(count: int) -> None:
    features, labels = clouds(count, 30, apart=0.15)
    folds = StratifiedKFold(5 if count <= 200 else 3, shuffle=True, random_state=0)
    right = [
        cross_val_score(LogisticRegression(C=penalty, max_iter=1000), features, labels, cv=folds).mean()
        for penalty in linear.PENALTIES
    ]
    assert linear.chosen_penalty(features, labels) == linear.PENALTIES[int(np.argmax(right))]
    assert np.ptp(right) > 0.01, "all alike would show nothing"


def test_of_one_image_a_class_nothing_can_be_held_back() -> None:
    assert linear.chosen_penalty(*clouds(3)) == linear.UNTRIED


def test_two_classes_are_told_apart_too() -> None:
    features = np.array([[-2], [-1], [1], [2]], np.float32)
    labels = np.array([0, 0, 1, 1])
    assert linear.predicted(features, *linear.fitted(features, labels)).tolist() == [0, 0, 1, 1]


def test_neighbours_are_scikit_learns() -> None:
    features, labels = clouds(60, apart=1.0)
    asked, _ = clouds(200, apart=1.0, seed=1)
    sklearn = KNeighborsClassifier(3).fit(features, labels)
    squares, found = nearest.neighbours(features, asked, 3)
    distances, rows = sklearn.kneighbors(asked)
    np.testing.assert_array_equal(found, rows)
    np.testing.assert_allclose(np.sqrt(squares), distances, rtol=1e-3)
    decided = [len(set(labels[row])) < 3 for row in rows]  # of three that differ scikit-learn takes the first class
    np.testing.assert_array_equal(nearest.voted(labels[found])[decided], sklearn.predict(asked)[decided])
    assert nearest.voted(np.array([[2, 0, 1]])).tolist() == [2]


def test_one_neighbour_is_asked_where_classes_have_one_image() -> None:
    features, labels = clouds(3)
    assert nearest.chosen_voters(features, labels) == 1
    assert nearest.classes_by_neighbours(features, labels, features).tolist() == [0, 1, 2]


def test_labels_spread_along_a_curved_band_that_no_line_divides() -> None:
    turn = np.linspace(0, np.pi, 60)
    upper = np.stack([np.cos(turn), np.sin(turn)], 1)
    lower = np.stack([1 - np.cos(turn), 0.5 - np.sin(turn)], 1)
    points = np.concatenate([upper, lower]).astype(np.float32)
    truth = np.repeat([0, 1], 60)
    rows = np.array([0, 119])  # one end of each band
    links = spreading.graph(points, 6)
    assert abs(links - links.T).max() < 1e-6
    belief = spreading.spread(links, rows, truth[rows])
    assert np.mean(belief.argmax(1) == truth) > 0.95
    assert np.mean(spreading.classes_of(belief, spreading.bridge(points, points + 0.01)) == truth) > 0.95
    by_line = linear.predicted(points, *linear.fitted(points[rows], truth[rows]))
    assert np.mean(by_line == truth) < 0.9


def test_spreading_is_the_closed_form_of_zhou_and_others(monkeypatch: pytest.MonkeyPatch) -> None:
    features, labels = clouds(30, apart=1.0)
    links = spreading.graph(features, 5)
    monkeypatch.setattr(spreading, "_STEPS", 3000)
    belief = spreading.spread(links, np.arange(6), labels[:6])
    told = np.zeros((30, 3))
    told[np.arange(6), labels[:6]] = 1
    exact = np.linalg.solve(np.eye(30) - spreading.KEPT * links.toarray(), told)
    np.testing.assert_allclose(belief, exact * told.sum(0) / exact.sum(0), rtol=1e-3, atol=1e-5)


# --- By hand ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dimensions", [2, 50])
def test_the_classifier_of_a_click_is_scikit_learns(dimensions: int) -> None:
    features, labels = clouds(10, dimensions, apart=1.0)
    asked, _ = clouds(500, dimensions, apart=1.0, seed=1)
    told = by_hand.classes_from(features @ features.T, labels + 4, asked @ features.T)
    sklearn = LogisticRegression(C=1.0, max_iter=2000, tol=1e-8).fit(features, labels + 4)
    assert np.mean(told == sklearn.predict(asked)) > 0.99


def test_who_labels_one_class_alone_is_told_that_all_are_of_it() -> None:
    told = by_hand.classes_from(np.eye(2), np.array([7, 7]), np.ones((3, 2)))
    assert told.tolist() == [7, 7, 7]


# --- A run --------------------------------------------------------------------------------------------------


def test_the_offer_is_balanced_and_judges_a_choice(tiny_run: Run) -> None:
    answer = by_hand.offer(file_of(tiny_run))
    assert np.bincount(answer["labels"]).tolist() == [10] * 10
    assert len(set(answer["medoids"])) == 10
    bench = Bench.of(answer)
    ten = [int(np.flatnonzero(bench.labels == name)[0]) for name in range(10)]
    errors = bench.errors(ten)
    given = material(file_of(tiny_run))
    images = answer["images"][ten].reshape(10, -1).astype(np.float32) / 255
    middle, spread = (given.train.flatten(1).float() / 255).numpy().mean(0), given.features("pixels")
    scale = np.sqrt((given.train.flatten(1).float() / 255).numpy().var(0).mean())
    model = LogisticRegression(C=1.0, max_iter=2000).fit((images - middle) / scale, bench.labels[ten])
    assert errors["pixels"] == pytest.approx(1 - model.score(spread[1], given.test_labels), abs=0.02)
    one = bench.errors(ten[:1])["codes"]
    assert one == pytest.approx(np.mean(given.test_labels != bench.labels[ten[0]]))
    assert set(answer["random"]) == {"codes", "pca", "pixels"}
    assert all(len(each) == by_hand.RANDOM for each in answer["random"].values())


def test_all_methods_are_told_the_same_labels_and_none_the_test_images(tiny_run: Run) -> None:
    study = study_of(tiny_run, "x")
    parts = [part for part in study.parts if part.name != BY_HAND]
    assert len({part.name for part in study.parts}) == len(study.parts)
    asked = {(part.arguments[1], part.arguments[2], one) for part in parts for one in part.arguments[3]}
    assert asked == {(name, count, one) for name in METHODS for count in counts(1437, 10) for one in range(5)}
    given = material(file_of(tiny_run))
    assert all(len(rows) == count for count, draws in given.draws.items() for rows in draws)
    assert all(rows.max() < given.pool for count, draws in given.draws.items() if count <= 2000 for rows in draws)
    shown = {image.tobytes() for image in given.train.numpy()}
    assert sum(image.tobytes() in shown for image in given.test.numpy()) <= 2  # digits hold a few twice


@pytest.mark.parametrize("method", METHODS)
def test_each_method_learns_from_more_labels(tiny_run: Run, method: str) -> None:
    file = file_of(tiny_run)
    few, many = (errors_of(file, method, count, [0])["errors"][0] for count in (10, 1000))
    assert many < few
    assert many < 0.7, "by chance it were 0.9, and this run has learned for a second"
    assert errors_of(file, method, 10, [0])["errors"] == [few], "the same numbers again"


def test_networks_leave_the_run_as_it_was_and_tuning_begins_at_the_linear_classifier(
    tiny_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {name: weight.clone() for name, weight in tiny_run.model.state_dict().items()}
    given = material(file_of(tiny_run))
    rows = given.draws[100][0]
    images, labels = given.train[rows], given.labels[rows]
    network.tuned(tiny_run, images, labels)
    network.from_scratch(tiny_run, images, labels)
    assert all(bool((weight == before[name]).all()) for name, weight in tiny_run.model.state_dict().items())
    monkeypatch.setattr(network, "steps_for", lambda count: 0)
    untouched = network.classes_by(network.tuned(tiny_run, images, labels), given.test)
    codes, asked = (features_of(tiny_run, some, "codes") for some in (images, given.test))
    told = linear.predicted(asked, *linear.fitted(codes, labels))
    assert np.mean(untouched == told) > 0.99


# --- What it says -------------------------------------------------------------------------------------------


def test_figures_are_means_with_their_spread_and_the_best_comes_first() -> None:
    errors = {"codes": {10: [0.2, 0.4]}, "pca": {10: [0.1]}, "pixels": {10: []}}
    (best, one), (_, other) = figures.ranked(errors, 10)
    assert (best, one) == ("pca", figures.Figure(0.1, 0.0, 1))
    assert other.error == pytest.approx(0.3)
    assert other.spread == pytest.approx(0.2 / 2**0.5)


def test_the_verdict_names_the_winner_whoever_it_is() -> None:
    errors = {"codes": {10: [0.3, 0.3]}, "pca": {10: [0.2, 0.2]}, "pixels": {10: [0.1, 0.1]}}
    words = figures.verdict(errors, 10)
    assert "**a linear classifier on the pixels** makes the fewest errors, 10.0%, ahead of" in words
    assert (
        "does best on the pixels themselves, 10.0% against 20.0% on PCA of the same size and 30.0% on the codes."
        in words
    )
    close = {"codes": {10: [0.1, 0.3]}, "pca": {10: [0.21, 0.21]}}
    assert "within the spread" in figures.verdict(close, 10)
    assert figures.verdict({"codes": {10: [0.1]}}, 10) == ""


def test_the_numbers_are_a_table(tiny_run: Run) -> None:
    answers = {
        "a": {"method": "codes", "count": 10, "errors": [0.5]},
        "b": {"method": "codes", "count": 10, "errors": [0.25]},
    }
    lines = figures.as_csv(errors_so_far(answers)).splitlines()
    assert lines == ["method,labels,draw,test_error", "codes,10,0,0.500000", "codes,10,1,0.250000"]


# --- Runs without an answer ---------------------------------------------------------------------------------


def test_what_makes_no_sense_is_refused_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(TINY) == ""
    assert "one class" in refusal(replace(TINY, classes=(3,)))
    assert "this visit does not have" in refusal(replace(TINY, dataset="own-patches16-0123456789abcdef01234567"))
    monkeypatch.setenv("AE_DATA_DIR", str(tmp_path))
    assert "not on this machine" in refusal(replace(TINY, dataset="mnist"))


def test_the_command_prints_the_figures_of_a_run_file(
    tiny_run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, table = tmp_path / "run.safetensors", tmp_path / "errors.csv"
    checkpoint.save(tiny_run, file)
    words = ["few-labels", str(file), "--labels", "10", "20", "--methods", "codes", "pixels"]
    assert main([*words, "--json", "--csv", str(table)]) == 0
    said = json.loads(capsys.readouterr().out)
    assert set(said) == {"10", "20"}
    expected = np.mean(errors_of(file_of(tiny_run), "codes", 10, [0, 1, 2, 3, 4])["errors"])
    assert said["10"]["codes"]["error"] == pytest.approx(expected, abs=1e-4)
    assert len(table.read_text().splitlines()) == 1 + 2 * 2 * 5
    assert main(words) == 0
    assert "Linear on codes" in capsys.readouterr().out
    assert main(["few-labels", str(file), "--labels", "11"]) == 1
    assert "There is no 11" in capsys.readouterr().err
    assert main(["few-labels", "no-such-run"]) == 1


def test_one_class_alone_is_an_error_in_words_in_the_worker_too(tiny_run: Run) -> None:
    with pytest.raises(LabError, match="one class"):
        material(file_of(replace(tiny_run, config=replace(tiny_run.config, classes=(3,)))))
