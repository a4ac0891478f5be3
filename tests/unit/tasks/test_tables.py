"""Rankings of a table's rows: measured as scikit-learn does, by methods that know what they may know and no more."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score, roc_auc_score
from tables import csv_table

from ae_core.config.schema import Config
from ae_core.config.variants import VARIANTS
from ae_core.data import own
from ae_core.data.datasets import DatasetMissing
from ae_core.data.tables.own_table import OwnTable, PreparedTable
from ae_core.runs import zoo
from ae_core.runs.fit import fit, forget_images, images_of
from ae_core.tasks import study_file
from ae_core.tasks.study import with_own
from ae_core.tasks.tables import opening
from ae_core.tasks.tables.ranking import METHODS, errors_of, first_of, measured, sought_of, verdict
from ae_core.tasks.tables.study import refusal, study_of


@pytest.fixture(scope="module")
def machines() -> PreparedTable:
    return OwnTable.of(csv_table()).prepare(class_column="state")


def figures(codes: float, pca: float, isolation: float, labels: float) -> dict[str, dict[str, float]]:
    return dict(zip(METHODS, ({"precision": value} for value in (codes, pca, isolation, labels)), strict=True))


def test_a_ranking_is_measured_as_scikit_learn_measures_it() -> None:
    rng = np.random.default_rng(0)
    score, sought = rng.random(500), rng.random(500) < 0.1
    found = measured(score, sought, 20)
    assert found["auroc"] == pytest.approx(roc_auc_score(sought, score))
    assert found["precision"] == pytest.approx(average_precision_score(sought, score))
    assert found["top"] == sum(sorted(zip(score, sought, strict=True), reverse=True)[k][1] for k in range(20))


def test_of_a_small_table_as_many_rows_are_looked_at_as_are_sought() -> None:
    assert first_of(np.arange(143) < 53) == 53
    assert first_of(np.arange(26_000) < 231) == 100


def test_an_error_is_the_mean_over_the_columns() -> None:
    run = zoo.load("cancer-default")
    items = images_of("cancer")[1].images[:5]
    values = items.float() / 255
    with torch.inference_mode():
        again = run.model.decode(run.model.encode(values))
    assert errors_of(run.model, items) == pytest.approx((again - values).square().mean((1, 2, 3)).numpy(), abs=1e-6)


def test_what_was_not_learned_is_sought_or_else_what_is_rare() -> None:
    assert sought_of(Config(dataset="payments", classes=(0,))) == (1,)
    assert sought_of(Config(dataset="payments")) == (1,)
    assert sought_of(Config(dataset="cancer", classes=(1,))) == (0,)
    assert sought_of(Config(dataset="cancer")) == (0,)  # the malignant ones are fewer


def test_what_the_page_opens_on_is_what_is_computed_here() -> None:
    entry = opening.run_to_open()
    assert entry is not None
    study = study_of(zoo.load(entry.name), entry.config.key)
    shipped = study_file.shipped(study.key)
    assert shipped is not None
    part = next(part for part in study.parts if part.name == "codes")
    here = part.function(*part.arguments)
    assert {name: pytest.approx(value, rel=1e-3) for name, value in here.items()} == shipped["codes"]
    assert shipped["labels"]["precision"] > shipped["codes"]["precision"] > 0.3  # and a guess has .009
    assert set(shipped) == set(METHODS)


def test_only_the_forest_with_labels_was_told_the_classes() -> None:
    run = zoo.load("cancer-one-class")
    answers = study_of(run, run.config.key).done_here()
    assert answers["labels"]["auroc"] > max(answers[name]["auroc"] for name in METHODS if not METHODS[name].told)
    assert all(answers[name]["auroc"] > 0.85 for name in METHODS)
    assert {one["sought"] for one in answers.values()} == {53}


def test_the_verdict_names_who_ranks_best_and_that_labels_beat_the_others() -> None:
    wins = verdict(figures(0.5, 0.4, 0.3, 0.9))
    assert "the autoencoder ranks best" in wins
    assert "PCA with 0.400" in wins
    assert "beats them all" in wins
    loses = verdict(figures(0.3, 0.4, 0.5, 0.45))
    assert "Isolation forest ranks better than the autoencoder" in loses
    assert "beats them all" not in loses


def test_own_rows_are_ranked_where_they_were_lent_and_nothing_of_them_stays(machines: PreparedTable) -> None:
    name = machines.name
    with own.lent(name, machines):
        config = VARIANTS["dense"].config(name, classes=(machines.class_names.index("fine"),), code_size=2)
        assert not refusal(config)
        run = fit(config, "cpu")
        study = study_of(run, "mine")
    forget_images()
    assert study.own is not None
    with pytest.raises(DatasetMissing):
        study.parts[0].function(*study.parts[0].arguments)
    answers = study.done_here()
    assert answers["codes"]["auroc"] > 0.8
    assert answers["codes"]["sought"] == int((machines.table.held_out_labels == 0).sum())
    with pytest.raises(DatasetMissing):
        images_of(name)


def test_a_part_that_fails_leaves_nothing_behind_either(machines: PreparedTable) -> None:
    with pytest.raises(ZeroDivisionError):
        with_own(machines.name, machines.as_file(), lambda: 1 / 0, ())  # type: ignore[arg-type, return-value]
    assert machines.name not in own.held()


def test_a_table_without_classes_is_not_ranked() -> None:
    table = OwnTable.of(csv_table()).prepare(("speed", "heat", "load"))
    with own.lent(table.name, table):
        assert "no classes" in refusal(Config(dataset=table.name))
