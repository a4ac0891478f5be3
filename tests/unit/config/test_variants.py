"""Variants: every kind fits every data set, and is recognised by what makes it one."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from strategies import configs

from ae_core.config.schema import Config, ConfigError
from ae_core.config.variants import VARIANTS, Variant, variant_of
from ae_core.data.datasets import INFO
from ae_core.runs.fit import fit

FIELDS = {f.name for f in fields(Config)}

every_variant = pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
every_dataset = pytest.mark.parametrize("dataset", INFO)


every_pair = pytest.mark.parametrize(
    ("variant", "dataset"), [(v, d) for v in VARIANTS.values() for d in INFO if v.suits(d)]
)


@every_pair
def test_a_variant_has_a_start_on_every_data_set_that_it_suits(variant: Variant, dataset: str) -> None:
    config = variant.config(dataset)
    assert config.dataset == dataset
    assert Config.from_query(config.to_query()) == (config.canonical(), [])  # and a link carries it


@every_dataset
def test_a_network_that_does_not_suit_the_items_is_refused(dataset: str) -> None:
    for variant in VARIANTS.values():
        if not variant.suits(dataset):
            with pytest.raises(ConfigError, match="does not suit"):
                variant.config(dataset)


@every_pair
def test_a_variants_own_config_is_recognised_as_of_its_kind(variant: Variant, dataset: str) -> None:
    assert variant_of(variant.config(dataset)) is variant
    assert variant_of(variant.config(dataset).canonical()) is variant


@every_variant
def test_what_makes_a_variant_cannot_be_changed(variant: Variant) -> None:
    others = {
        "architecture": "conv",
        "hidden_sizes": (8,),
        "output_activation": "linear",
        "loss": "mse",
        "variational": True,
        "corruption": "block",
        "activation": "tanh",
        "code_activation": "relu",
        "sparsity": "l1",
        "contraction": 0.5,
        "pretraining": "none",
    }
    contrary = {name: others[name] for name in variant.fixed}
    config = variant.config("digits", **contrary)
    assert {name: getattr(config, name) for name in variant.fixed} == dict(variant.fixed)


@every_variant
def test_what_does_not_make_a_variant_can_be_changed(variant: Variant) -> None:
    config = variant.config("digits", code_size=15, epochs=7, seed=9, learning_rate=0.001)
    assert (config.code_size, config.epochs, config.seed, config.learning_rate) == (15, 7, 9, 0.001)


@every_variant
def test_its_knobs_are_settings_that_it_leaves_free_and_that_matter(variant: Variant) -> None:
    assert set(variant.knobs) <= FIELDS - set(variant.fixed)
    assert len(set(variant.knobs)) == len(variant.knobs) > 0
    assert set(variant.knobs) <= set(variant.config("digits").used_fields())


@every_variant
def test_what_a_variant_sets_are_settings(variant: Variant) -> None:
    assert set(variant.fixed) | set(variant.suggested) <= FIELDS
    assert not set(variant.fixed) & set(variant.suggested)
    for suggested in variant.suggested_for.values():
        assert set(suggested) <= FIELDS - set(variant.fixed)


@every_variant
def test_a_variant_is_explained_in_sentences(variant: Variant) -> None:
    assert variant.adds.endswith(".")
    assert variant.look_for.endswith(".")
    assert variant.title
    assert variant.reference
    assert variant.formula.count("{") == variant.formula.count("}")


def test_names_and_titles_tell_the_variants_apart() -> None:
    assert all(name == variant.name for name, variant in VARIANTS.items())
    assert len({variant.title for variant in VARIANTS.values()}) == len(VARIANTS)


def test_the_variants_of_a_data_set_are_different_runs() -> None:
    assert len({variant.config("digits").key for variant in VARIANTS.values()}) == len(VARIANTS)


@given(configs())
def test_every_config_is_of_a_kind(config: Config) -> None:
    convolutional = "conv-" if config.architecture in ("conv", "conv48", "denoiser") else ""
    names = {  # what is done to the code names it before the layers around it do, and a penalty before the noise
        "k-sparse": config.sparsity == "top_k",
        "sparse-kl": config.sparsity == "kl",
        "sparse": config.sparsity == "l1",
        "contractive": config.contraction > 0,
        "rbm": config.pretraining == "rbm",
        "lstm": config.architecture == "lstm",
        f"{convolutional}vae": config.variational,
        f"{convolutional}denoising": config.corruption != "none",
        "conv": bool(convolutional),
        "dense": bool(config.hidden_sizes),
        "linear": config.output_activation == config.code_activation == "linear",
        "single": True,
    }
    assert variant_of(config).name == next(name for name, fits in names.items() if fits)


def test_a_denoising_config_without_noise_is_a_plain_one() -> None:
    assert variant_of(VARIANTS["denoising"].config("digits", corruption="none")) is VARIANTS["dense"]


def test_unused_settings_do_not_change_the_kind() -> None:
    config = VARIANTS["linear"].config("digits")
    assert variant_of(replace(config, corruption_strength=0.4, beta=3.0)) is VARIANTS["linear"]


def test_an_invalid_change_is_refused() -> None:
    with pytest.raises(ConfigError, match="Code size"):
        VARIANTS["vae"].config("mnist", code_size=0)


def test_the_linear_variant_as_suggested_comes_down_to_pca() -> None:
    metrics = fit(VARIANTS["linear"].config("digits"), "cpu").metrics
    assert metrics["mse"] < 1.05 * metrics["pca_mse"]
