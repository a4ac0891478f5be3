"""Config: what is refused and in which words, and what survives the trips through JSON and through a link."""

from __future__ import annotations

import json
import random
from dataclasses import asdict, fields, replace
from typing import Any

import pytest

from ae_core.config import (
    ACTIVATIONS,
    ARCHITECTURES,
    DATASETS,
    DOWNSAMPLINGS,
    LOSSES,
    MAX_LAYERS,
    MAX_WIDTH,
    NOISES,
    OPTIMISERS,
    OUTPUTS,
    PRECISIONS,
    SCHEDULES,
    SPARSITIES,
    UPSAMPLINGS,
    Config,
    ConfigError,
    denoiser_code_size,
    spec,
)

NAMES = [f.name for f in fields(Config)]


def random_config(rng: random.Random) -> Config:
    """Any valid Config, with floats of full precision."""
    architecture = rng.choice(ARCHITECTURES)
    dataset = rng.choice(DATASETS)
    loss = rng.choice(LOSSES)
    strength = rng.choice([0.0, 1.0, rng.random()])
    layers = rng.randint(architecture in ("conv", "lstm"), MAX_LAYERS[architecture])
    size = denoiser_code_size(dataset) if architecture == "denoiser" else rng.randint(1, 2048)
    config = Config(
        dataset=dataset,
        architecture=architecture,
        hidden=tuple(rng.randint(1, MAX_WIDTH[architecture]) for _ in range(layers)),
        code_size=size,
        activation=rng.choice(ACTIVATIONS),
        downsampling=rng.choice(DOWNSAMPLINGS),
        upsampling=rng.choice(UPSAMPLINGS),
        output="sigmoid" if loss == "bce" else rng.choice(OUTPUTS),
        loss=loss,
        noise=rng.choice(NOISES),
        noise_strength=strength,
        noise_min=strength * rng.random(),
        beta=rng.choice([0.0, 1.0, 100 * rng.random()]),
        kl_warmup=rng.choice([0.0, rng.random()]),
        free_bits=rng.choice([0.0, 10 * rng.random()]),
        sparsity_weight=100 * rng.random(),
        target_activity=rng.uniform(0.001, 0.999),
        active=rng.randint(1, size),
        pretraining_epochs=rng.randint(1, 100),
        optimiser=rng.choice(OPTIMISERS),
        schedule=rng.choice(SCHEDULES),
        learning_rate=10 ** rng.uniform(-6, 1),
        precision=rng.choice(PRECISIONS),
        batch_size=rng.randint(8, 4096),
        epochs=rng.randint(1, 1000),
        seed=rng.randint(0, 2**31 - 1),
    )
    return replace(config, **random_code(rng, architecture))


def random_code(rng: random.Random, architecture: str) -> dict[str, Any]:
    """What is done to the code: settings of which one excludes another."""
    if rng.random() < 0.3 and architecture != "denoiser":
        return {"variational": True}
    if rng.random() < 0.2 and architecture == "dense":
        return {"pretraining": "rbm", "hidden": (9, 7), "activation": "sigmoid", "output": "sigmoid"}
    sparsity = rng.choice(SPARSITIES)
    activation = "sigmoid" if sparsity == "kl" else rng.choice(ACTIVATIONS)
    contraction = 0.0 if architecture == "lstm" else rng.choice([0.0, 100 * rng.random()])
    return {"sparsity": sparsity, "code_activation": activation, "contraction": contraction}


def many_configs(count: int = 300) -> list[Config]:
    rng = random.Random(0)
    return [random_config(rng) for _ in range(count)]


# --- What does not go together ---


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"variational": True, "sparsity": "l1"}, "A sparsity penalty is for a plain code"),
        ({"variational": True, "contraction": 0.1}, "A contractive penalty is for a plain code"),
        ({"variational": True, "pretraining": "rbm"}, "Pretraining by Boltzmann machines is for a plain code"),
        ({"variational": True, "code_activation": "relu"}, "A non-linearity on the code is for a plain code"),
        ({"sparsity": "kl"}, "set the code's activation to sigmoid"),
        ({"sparsity": "top_k", "active": 33}, "at most 32 units can fire; active was 33"),
        ({"pretraining": "rbm"}, "A stack of Boltzmann machines unrolls into dense hidden layers of sigmoid units"),
        ({"pretraining": "rbm", "activation": "sigmoid", "hidden": ()}, "A stack of Boltzmann machines"),
        ({"architecture": "lstm", "hidden": (8,), "contraction": 0.1}, "needs second derivatives"),
        ({"architecture": "lstm", "hidden": ()}, "A recurrent autoencoder needs at least one hidden layer"),
        ({"architecture": "denoiser", "hidden": ()}, "a code of 2048 on these images"),
        ({"output": "relu", "loss": "bce"}, "set the output to sigmoid"),
    ],
)
def test_settings_that_contradict_each_other_are_refused_by_a_sentence(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        Config(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"architecture": "conv", "hidden": (8,), "noise": "blur", "sparsity": "l1", "code_activation": "relu"},
        {"noise": "masking", "noise_strength": 0.3, "contraction": 0.1, "sparsity": "kl", "code_activation": "sigmoid"},
        {"architecture": "lstm", "hidden": (8,), "variational": True, "noise": "gaussian"},
        {"architecture": "conv48", "hidden": (), "sparsity": "top_k", "active": 5},
    ],
    ids=["sparse denoising conv", "sparse contractive denoising", "denoising recurrent VAE", "k-sparse tutorial"],
)
def test_what_makes_sense_together_is_allowed(changes: dict[str, Any]) -> None:
    config = Config(**changes)
    assert Config.from_query(config.to_query()) == (config.canonical(), [])


# --- What is refused ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"dataset": "cifar"},
            "Dataset must be one of digits, shapes, mnist, fashion, kmnist, binary; it was 'cifar'.",
        ),
        ({"loss": None}, "Loss must be one of mse, bce; it was None."),
        ({"noise": ["blur"]}, "Noise must be one of none, gaussian, salt_pepper, masking, block, blur, warp; "),
        ({"code_size": 0}, "Code size must be a whole number from 1 to 2048; it was 0."),
        ({"code_size": 8.0}, "Code size must be a whole number from 1 to 2048; it was 8.0."),
        ({"epochs": True}, "Epochs must be a whole number from 1 to 1000; it was True."),
        ({"epochs": "5"}, "Epochs must be a whole number from 1 to 1000; it was '5'."),
        ({"seed": 2**31}, "Seed must be a whole number from 0 to "),
        ({"beta": 100.5}, "Beta must be a number from 0 to 100; it was 100.5."),
        ({"beta": float("nan")}, "Beta must be a number from 0 to 100; it was nan."),
        ({"beta": False}, "Beta must be a number from 0 to 100; it was False."),
        ({"learning_rate": float("inf")}, "Learning rate must be a number from 1e-06 to 10; it was inf."),
        ({"learning_rate": 0}, "Learning rate must be a number from 1e-06 to 10; it was 0."),
        ({"variational": 1}, "Variational must be true or false; it was 1."),
        ({"hidden": (0,)}, "Hidden layers must be at most 8, each of 1 to 4096 nodes; they were (0,)."),
        ({"hidden": (4097,)}, "Hidden layers must be at most 8, each of 1 to 4096 nodes; they were (4097,)."),
        ({"hidden": (True,)}, "Hidden layers must be at most 8, each of 1 to 4096 nodes; they were (True,)."),
        ({"hidden": (8,) * 9}, "Hidden layers must be at most 8"),
        ({"hidden": 512}, "Hidden layers must be at most 8, each of 1 to 4096 nodes; they were 512."),
        ({"hidden": "512-256"}, "Hidden layers must be at most 8"),
        ({"hidden": (8,) * 4, "architecture": "conv"}, "Hidden layers must be at most 3, each of 1 to 256 channels"),
        ({"hidden": (), "architecture": "conv"}, "A convolutional autoencoder needs at least one hidden layer."),
        ({"loss": "bce", "output": "linear"}, "Cross-entropy (bce) needs pixels between 0 and 1"),
        ({"noise_min": 0.5}, "The least noise (0.5) must not exceed the noise strength (0)."),
    ],
)
def test_a_setting_out_of_its_range_is_refused_by_a_sentence(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        Config(**changes)
    assert str(refusal.value).startswith(sentence)
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize("name", [name for name in NAMES if spec(name).kind in ("int", "float")])
def test_both_ends_of_a_range_are_allowed_and_nothing_beyond_them(name: str) -> None:
    rule = spec(name)
    others = {"noise_strength": 1.0} if name == "noise_min" else {}
    for allowed in (rule.low, rule.high):
        assert getattr(Config(**{**others, name: allowed}), name) == allowed
    for beyond in (rule.low - 1, rule.high + 1):
        with pytest.raises(ConfigError, match=name.replace("_", " ").capitalize()):
            Config(**{**others, name: beyond})


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(ConfigError, match=r"^Code size .+\. Epochs .+\. Seed .+\.$"):
        Config(code_size=0, epochs=0, seed=-1)


def test_every_field_has_a_help_sentence_and_a_default_of_its_own_kind() -> None:
    for f in fields(Config):
        assert spec(f.name).help.endswith(".")
        assert spec(f.name).problem(f.name, f.default) is None


def test_a_config_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Config().epochs = 6  # type: ignore[misc]


# --- JSON ---------------------------------------------------------------------------------------------------


def test_json_brings_back_exactly_what_was_written() -> None:
    for config in many_configs():
        assert Config.from_json(config.to_json()) == config


def test_json_names_every_field() -> None:
    assert sorted(json.loads(Config().to_json())) == sorted(NAMES)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The settings are not valid JSON."),
        ("{", "The settings are not valid JSON."),
        ("[" * 100_000, "The settings are not valid JSON."),
        ('{"seed": ' + "9" * 5000 + "}", "The settings are not valid JSON."),
        ("null", "The settings must be a JSON object."),
        ("[1, 2]", "The settings must be a JSON object."),
        ('{"hidden": {"a": 1}}', "Hidden layers must be at most 8"),
        ('{"beta": NaN}', "Beta must be a number from 0 to 100; it was nan."),
        ('{"beta": 1e999}', "Beta must be a number from 0 to 100; it was inf."),
        ('{"dataset": ["digits"]}', "Dataset must be one of"),
    ],
)
def test_json_that_is_no_config_is_refused_by_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        Config.from_json(text)
    assert str(refusal.value).startswith(sentence)


def test_an_unknown_setting_is_named_and_put_down_to_a_later_version() -> None:
    with pytest.raises(ConfigError, match="does not know the setting 'temperature'; the file may come from a later"):
        Config.from_json('{"temperature": 1}')


@pytest.mark.parametrize(
    "values",
    [{"dataset": "x" * 100_000}, {"x" * 100_000: 1}, {"hidden": [1] * 100_000}, {"\ud800": 1}],
    ids=["long choice", "long name", "many layers", "half a character"],
)
def test_a_refusal_can_be_shown_whatever_was_written(values: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as refusal:
        Config.from_json(json.dumps(values))
    assert len(str(refusal.value).encode()) < 2000


# --- Links --------------------------------------------------------------------------------------------------


def test_a_link_brings_back_the_same_run_to_the_last_digit() -> None:
    for config in many_configs():
        back, notes = Config.from_query(config.to_query())
        assert back == config.canonical()
        assert notes == []


def test_a_link_of_the_default_run_names_only_the_dataset() -> None:
    assert Config().to_query() == {"dataset": "mnist"}


def test_a_link_leaves_out_what_makes_no_difference() -> None:
    assert Config(beta=7.0, noise_strength=0.3).to_query() == {"dataset": "mnist"}


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"code_size": "9999"}, {"code_size": 2048}),
        ({"code_size": "-3"}, {"code_size": 1}),
        ({"code_size": "7.6"}, {"code_size": 8}),
        ({"code_size": "many"}, {"code_size": 32}),
        ({"epochs": "inf"}, {"epochs": 1000}),
        ({"learning_rate": "nan"}, {"learning_rate": 2e-3}),
        ({"dataset": "MNIST"}, {"dataset": "mnist"}),
        ({"dataset": "fashon"}, {"dataset": "fashion"}),
        ({"dataset": "🙂"}, {"dataset": "mnist"}),
        ({"variational": "yes"}, {"variational": False}),
        ({"hidden": "512-9999"}, {"hidden": (512, 4096)}),
        ({"hidden": "64-x-32"}, {"hidden": (64, 32)}),
        ({"architecture": "conv", "hidden": "-"}, {"hidden": (16, 32)}),
        ({"architecture": "conv", "hidden": "8-8-8-8"}, {"hidden": (8, 8, 8)}),
        ({"noise_min": "0.4", "noise_strength": "0.2"}, {"noise_min": 0.2, "noise_strength": 0.2}),
        ({"loss": "bce", "output": "linear"}, {"loss": "bce", "output": "sigmoid"}),
    ],
)
def test_an_impossible_link_becomes_the_nearest_run_and_says_so(
    params: dict[str, str], expected: dict[str, Any]
) -> None:
    config, notes = Config.from_query(params)
    assert {name: getattr(config, name) for name in expected} == expected
    assert len(notes) == 1
    assert notes[0].startswith("The link")
    assert notes[0].endswith(".")


def test_a_link_to_a_convolutional_run_need_not_spell_out_its_layers() -> None:
    config, notes = Config.from_query({"architecture": "conv"})
    assert config.architecture == "conv"
    assert notes == []


def test_parameters_that_are_no_settings_are_left_to_the_caller() -> None:
    assert Config.from_query({"page": "train", "utm_source": "mail"}) == (Config(), [])


def test_the_case_and_the_spaces_of_a_switch_do_not_matter() -> None:
    assert Config.from_query({"variational": " TRUE "}) == (Config(variational=True), [])


def fuzz(rng: random.Random) -> str:
    """Something a link might carry: nearly right, absurd, or noise."""
    nearly = [
        "nan",
        "-inf",
        "1e999",
        "-1",
        "0",
        "1e-320",
        "0x10",
        "1_000",
        "٣",
        "½",
        "true",
        "512-256",
        "--",
        "8-" * 300,
    ]
    kinds = [
        lambda: rng.choice(nearly),
        lambda: "".join(chr(rng.choice([rng.randrange(32, 127), rng.randrange(0xD800)])) for _ in range(12)),
        lambda: "".join(rng.choice("0123456789.-eE+ ") for _ in range(rng.randrange(60))),
        lambda: rng.choice(["9", "a", "\0", "-", "🙂"]) * rng.choice([0, 1, 41, 3000]),
        lambda: repr(rng.uniform(-1e6, 1e6)),
        lambda: rng.choice(DATASETS + ARCHITECTURES + ACTIVATIONS + OUTPUTS + LOSSES + NOISES),
    ]
    return rng.choice(kinds)()


def test_any_link_at_all_gives_a_valid_config_and_short_notes() -> None:
    rng = random.Random(1)
    for _ in range(2000):
        params = {name: fuzz(rng) for name in NAMES if rng.random() < 0.6}
        config, notes = Config.from_query(params)
        assert Config.from_json(config.to_json()) == config
        assert all(note.startswith("The link") and len(note) < 300 for note in notes)


# --- Keys ---------------------------------------------------------------------------------------------------


def test_a_key_is_16_hexadecimal_digits() -> None:
    assert all(len(config.key) == 16 and int(config.key, 16) >= 0 for config in many_configs(20))


@pytest.mark.parametrize(
    ("config", "unused"),
    [
        (Config(), {"noise_strength": 0.5}),
        (Config(), {"noise_strength": 0.5, "noise_min": 0.2}),
        (Config(), {"beta": 4.0}),
        (Config(hidden=()), {"activation": "tanh"}),
    ],
)
def test_an_unused_setting_does_not_change_the_key(config: Config, unused: dict[str, Any]) -> None:
    changed = replace(config, **unused)
    assert changed.key == config.key
    assert changed.canonical() == config.canonical()


@pytest.mark.parametrize(
    ("config", "used"),
    [
        (Config(noise="gaussian"), {"noise_strength": 0.5}),
        (Config(noise="gaussian", noise_strength=0.5), {"noise_min": 0.2}),
        (Config(variational=True), {"beta": 4.0}),
        (Config(hidden=(8,)), {"activation": "tanh"}),
    ],
)
def test_the_same_setting_changes_the_key_where_it_is_used(config: Config, used: dict[str, Any]) -> None:
    assert replace(config, **used).key != config.key


PLAIN = Config(noise="blur", noise_strength=0.5, noise_min=0.1, hidden=(8,))


USED = [
    (
        replace(PLAIN, variational=True),
        {
            "dataset": "digits",
            "architecture": "conv",
            "hidden": (16,),
            "code_size": 31,
            "activation": "gelu",
            "output": "linear",
            "loss": "bce",
            "noise": "block",
            "noise_strength": 0.6,
            "noise_min": 0.2,
            "shift": 1,
            "variational": False,
            "beta": 2.0,
            "kl_warmup": 0.1,
            "free_bits": 0.1,
            "optimiser": "adadelta",
            "schedule": "constant",
            "learning_rate": 1e-3,
            "precision": "bfloat16",
            "batch_size": 64,
            "epochs": 6,
            "seed": 1,
        },
    ),
    (replace(PLAIN, architecture="conv"), {"downsampling": "pool", "upsampling": "nearest"}),
    (replace(PLAIN, activation="sigmoid"), {"code_activation": "relu", "contraction": 0.1, "pretraining": "rbm"}),
    (replace(PLAIN, sparsity="l1"), {"sparsity": "none", "sparsity_weight": 0.3}),
    (replace(PLAIN, sparsity="kl", code_activation="sigmoid"), {"target_activity": 0.2}),
    (replace(PLAIN, sparsity="top_k"), {"active": 7}),
    (replace(PLAIN, pretraining="rbm", activation="sigmoid"), {"pretraining_epochs": 7}),
]


@pytest.mark.parametrize(("config", "changes"), USED, ids=["variational", "conv", "code", "l1", "kl", "top-k", "rbm"])
def test_every_used_setting_changes_the_key(config: Config, changes: dict[str, Any]) -> None:
    keys = {replace(config, **{name: value}).key for name, value in changes.items()}
    assert len(keys | {config.key}) == len(changes) + 1


def test_no_setting_was_left_out_above() -> None:
    assert set(NAMES) == set().union(*(changes for _, changes in USED))


def test_different_runs_have_different_keys() -> None:
    runs = {config.canonical().to_json() for config in many_configs()}
    assert len(runs) == len({config.key for config in many_configs()})


def test_whole_numbers_and_floats_name_the_same_run() -> None:
    whole, floating = Config(variational=True, beta=2), Config(variational=True, beta=2.0)
    assert whole == floating
    assert whole.key == floating.key


def test_equal_configs_have_equal_keys_even_with_a_negative_zero() -> None:
    zero = Config(noise="gaussian", noise_strength=0.3, noise_min=0.0)
    negative, _ = Config.from_query({**zero.to_query(), "noise_min": "-0.0"})
    assert negative == Config.from_query(zero.to_query())[0]
    assert negative.key == Config.from_query(zero.to_query())[0].key


def test_a_list_of_layers_is_the_same_as_a_tuple() -> None:
    assert Config(hidden=[64, 32]) == Config(hidden=(64, 32))  # type: ignore[arg-type]
    assert hash(Config(hidden=[64, 32])) == hash(Config(hidden=(64, 32)))  # type: ignore[arg-type]


def test_making_a_config_canonical_twice_changes_nothing_more() -> None:
    for config in many_configs(50):
        assert config.canonical().canonical() == config.canonical()
        assert {name: asdict(config)[name] for name in config.used_fields()}.items() <= asdict(
            config.canonical()
        ).items()


# --- Differences in words -----------------------------------------------------------------------------------


def test_a_difference_is_told_field_by_field_in_words() -> None:
    other = Config(code_size=8, hidden=(), variational=True)
    assert Config().describe_difference(other) == "hidden 512-256 → none, code size 32 → 8, variational false → true"


def test_runs_that_are_the_same_have_no_difference() -> None:
    assert Config(beta=3.0).describe_difference(Config(noise_strength=0.2)) == ""
