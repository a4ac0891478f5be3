"""Clusters: groups that are there are found, decisions along a plane are exact, and agreement is what it is by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.mixture import GaussianMixture

from ae_core.cli import main
from ae_core.data.datasets import load
from ae_core.runs import zoo
from ae_core.runs.run import Run
from ae_core.tasks import study_file
from ae_core.tasks.clusters import opening
from ae_core.tasks.clusters.deciding import Quadratics, principal_plane
from ae_core.tasks.clusters.fitting import METHODS, kmeans, mixture
from ae_core.tasks.clusters.measures import agreement
from ae_core.tasks.clusters.study import POINTS, WAYS, clustered, how_many, silhouettes, study, verdict
from ae_core.tasks.study import file_of


def heaps(count: int = 4, size: int = 5, each: int = 40) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(count), each)
    return 12 * rng.standard_normal((count, size))[labels] + rng.standard_normal((count * each, size)), labels


@pytest.mark.parametrize("method", METHODS)
def test_heaps_that_lie_apart_are_found_and_new_vectors_given_to_them(method: str) -> None:
    vectors, labels = heaps()
    found = METHODS[method](vectors[::2], 4)
    assert agreement(found.of(vectors[1::2]), labels[1::2], 4).accuracy == 1.0


def test_agreement_by_hand() -> None:
    labels = np.array([0, 0, 0, 1, 1, 1])
    swapped = agreement(1 - labels, labels, 2)
    assert (swapped.accuracy, swapped.nmi, swapped.ari) == (1.0, 1.0, 1.0)
    assert swapped.classes.tolist() == [1, 0]
    more = agreement(np.array([0, 0, 2, 1, 1, 1]), labels, 4)
    assert more.accuracy == pytest.approx(5 / 6)
    assert sorted(more.classes.tolist()) == [-1, -1, 0, 1]
    one = agreement(np.zeros(6, int), labels, 1)
    assert (one.accuracy, one.nmi, one.ari) == (0.5, 0.0, 0.0)


def test_scores_decide_as_scikit_learn_does() -> None:
    vectors, _ = heaps(3, 4)
    blurred = vectors + 6 * np.random.default_rng(1).standard_normal(vectors.shape)
    means = KMeans(3, n_init=2, random_state=0).fit(blurred)
    ours = Quadratics.of_centres(means.cluster_centers_)
    np.testing.assert_array_equal(ours.scores(vectors).argmax(1), means.predict(vectors))
    for kind in ("full", "diag"):
        fitted = GaussianMixture(3, covariance_type=kind, random_state=0).fit(blurred)
        mixed = Quadratics.of_mixture(fitted.weights_, fitted.means_, fitted.precisions_)
        shares = np.exp(mixed.scores(blurred) - mixed.scores(blurred).max(1, keepdims=True))
        np.testing.assert_allclose(
            shares / shares.sum(1, keepdims=True), fitted.predict_proba(blurred), atol=1e-6, err_msg=kind
        )


@pytest.mark.parametrize("find", [kmeans, mixture])
def test_what_the_browser_is_told_decides_exactly_along_the_plane(find: Any) -> None:
    vectors, _ = heaps(4, 6)
    decides = find(vectors, 4).decides
    _, axes = principal_plane(vectors)
    start, slope, bend = decides.along(vectors[:20], axes)
    for moved in np.random.default_rng(2).standard_normal((5, 2)) * 10:
        told = start - slope @ moved - np.einsum("a,kab,b->k", moved, bend, moved) / 2
        np.testing.assert_allclose(told, decides.scores(vectors[:20] + axes @ moved), rtol=1e-6, atol=1e-6)


def test_the_plane_is_that_of_the_most_variance_and_a_plane_stays_as_it_is() -> None:
    vectors = np.random.default_rng(0).standard_normal((500, 3)) * [1, 9, 4]
    _, axes = principal_plane(vectors)
    np.testing.assert_allclose(np.abs(axes), [[0, 0], [1, 0], [0, 1]], atol=0.15)
    np.testing.assert_array_equal(principal_plane(vectors[:, :2])[1], np.eye(2))


@pytest.mark.parametrize("way", [way for way in WAYS if WAYS[way].method != "plane"])
def test_held_out_images_are_given_to_clusters_of_training_images(tiny_run: Run, way: str) -> None:
    found = clustered(file_of(tiny_run), way, 6)
    labels = load("digits", "test").labels.numpy()
    assert found["measured"] == len(labels)
    assert found["centres"].shape == (6, 1, 8, 8)
    assert found["together"].sum() == len(labels)
    np.testing.assert_array_equal(found["together"].sum(0), np.bincount(labels))
    assert found["clusters"].shape == (POINTS,)
    np.testing.assert_array_equal(found["start"].argmax(1), found["clusters"])
    assert 0.1 < found["accuracy"] < 1


def test_codes_of_one_number_have_a_map_and_codes_on_a_plane_their_own(tmp_path: Path) -> None:
    file = file_of(zoo.load("digits-code-1"))
    line = clustered(file, "codes-kmeans", 3)
    assert (line["places"][:, 1] == 0).all()
    np.testing.assert_array_equal(line["start"].argmax(1), line["clusters"])
    plane = clustered(file, "codes-plane", 3, on_a_plane=120)
    np.testing.assert_array_equal(plane["start"].argmax(1), plane["clusters"])
    assert plane["bend"].shape == (3, 2, 2)


def test_the_silhouette_finds_how_many_heaps_there_are(tiny_run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ae_core.tasks.clusters.study._fitted_in", lambda file, space: heaps(5)[0])
    found = silhouettes(b"")
    assert found["best"] == 5
    assert len(found["counts"]) == len(found["silhouettes"])


def test_studies_of_other_counts_have_other_keys(tiny_run: Run) -> None:
    assert len({study(tiny_run, "a", 5).key, study(tiny_run, "a", 6).key, how_many(tiny_run, "a").key}) == 3


def test_the_page_says_which_way_agrees_best() -> None:
    shares = {"codes": 0.5, "pca": 0.7, "pixels": 0.6}
    said = verdict({f"{space}-kmeans": {"accuracy": share} for space, share in shares.items()})
    assert said.startswith("PCA, k-means agrees best with the classes: accuracy 0.700.")
    assert "Of k-means, PCA is first (0.700), then pixels (0.600) and the code (0.500)." in said
    said = verdict({f"{space}-plane": {"accuracy": share} for space, share in shares.items()})
    assert said.startswith("PCA, plane and mixture agrees best")  # a plane is no merit of the code's
    assert "Of planes, PCA is first (0.700), then pixels (0.600) and the code (0.500)." in said


@pytest.mark.parametrize("name", opening.RUNS)
def test_what_the_page_opens_on_is_there(name: str) -> None:
    run = zoo.load(name)
    shipped = study_file.shipped(study(run, run.config.key, opening.COUNT).key)
    assert shipped is not None
    assert set(shipped) == set(WAYS)
    assert study_file.shipped(how_many(run, run.config.key).key) is not None
    if name == "digits-code-32":
        again = clustered(file_of(run), "codes-kmeans", opening.COUNT)
        assert again["accuracy"] == pytest.approx(shipped["codes-kmeans"]["accuracy"], abs=0.02)


def test_the_shell_prints_each_way(tiny_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    ways = {way: WAYS[way] for way in ("codes-kmeans", "pca-mixture")}
    monkeypatch.setattr("ae_core.tasks.clusters.command.WAYS", ways)
    assert main(["clusters", str(tiny_file), "--count", "4", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["count"] == 4
    assert set(printed["ways"]) == set(ways)
    assert main(["clusters", str(tiny_file)]) == 0
    assert "Code, k-means: accuracy" in capsys.readouterr().out
    assert main(["clusters", "digits-one-class", "--count", "3"]) == 0
    told = capsys.readouterr().out
    assert "All of these images are of one class" in told
    assert "accuracy" not in told
    assert main(["clusters", str(tiny_file), "--count", "99"]) == 1
    assert "2 to 20" in capsys.readouterr().err
