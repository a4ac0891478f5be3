"""A Config names the classes that it learns from: the images, the baseline, the numbers and the script keep to them."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import pytest
import torch

from ae_core.config.schema import Config, ConfigError, nearest
from ae_core.data.datasets import INFO, load
from ae_core.evaluation.metrics import squared_error
from ae_core.export.script import script
from ae_core.models.pca import PCACodec
from ae_core.runs import checkpoint
from ae_core.runs.fit import fit, images_of_classes

THREES = Config(
    dataset="digits", classes=(3,), hidden_sizes=(32,), code_size=4, epochs=30, batch_size=16, learning_rate=1e-2
)


@pytest.fixture(scope="module")
def run() -> Any:
    return fit(THREES, "cpu")


def test_only_the_images_of_its_classes_are_learned_from_and_measured(run: Any) -> None:
    train_images, held_out = images_of_classes(THREES)
    assert set(train_images.labels.tolist()) == set(held_out.labels.tolist()) == {3}
    assert torch.equal(train_images.images, load("digits", "train").of_classes([3]).images)
    assert run.metrics["mse"] == pytest.approx(squared_error(run.model, held_out.images), rel=1e-6)
    pca = PCACodec.fit(train_images.images).truncated(4)
    assert run.metrics["pca_mse"] == pytest.approx(squared_error(pca, held_out.images), rel=1e-5)


def test_trained_on_threes_it_draws_eights_far_worse(run: Any) -> None:
    eights = load("digits", "test").of_classes([8]).images
    assert squared_error(run.model, eights) > 2 * run.metrics["mse"]


def test_the_map_shows_the_classes_it_never_saw_too(run: Any) -> None:
    assert set(run.latent_map.labels.tolist()) == set(range(10))


def test_a_checkpoint_brings_it_back(run: Any) -> None:
    loaded = checkpoint.from_bytes(checkpoint.to_bytes(run))
    assert loaded.config == THREES.canonical()
    assert loaded.metrics == run.metrics


def test_its_script_ends_with_the_labs_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = Config(dataset="digits", classes=(1, 3), hidden_sizes=(8,), code_size=3, epochs=1, batch_size=64)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(script(config), names)
    theirs = [*names["encoder"].parameters(), *names["decoder"].parameters()]
    assert all(torch.equal(a, b) for a, b in zip(fit(config, "cpu").model.parameters(), theirs, strict=True))


def test_all_classes_by_name_are_the_run_that_names_none() -> None:
    everything = Config(dataset="digits", classes=tuple(range(10)))
    assert everything.key == Config(dataset="digits").key
    assert everything.images_title == INFO["digits"].title
    assert THREES.images_title == "Digits (3 alone)"
    assert (everything.class_count, THREES.class_count) == (10, 1)


@pytest.mark.parametrize("classes", [(10,), (3, 3), (8, 3), (-1,), ("3",), (True,), "3"])
def test_classes_that_there_are_not_are_refused_by_a_sentence(classes: Any) -> None:
    with pytest.raises(
        ConfigError, match="Classes to learn from must be numbers from 0 to 9, each once and in their order"
    ):
        Config(dataset="digits", classes=classes)


def test_a_link_brings_the_classes_and_repairs_what_is_none() -> None:
    assert Config.from_query(THREES.to_query()) == (THREES.canonical(), [])
    config, (note,) = Config.from_query({"dataset": "digits", "classes": "8-3-77"})
    assert config.classes == (3, 8)
    assert "Classes to learn from" in note


def test_other_images_have_other_classes() -> None:
    moved, notes = nearest(THREES, dataset="shapes")
    assert moved.classes == ()
    assert any("classes of its own" in note for note in notes)
