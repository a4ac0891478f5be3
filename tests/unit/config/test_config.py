"""Config: what is refused and in which words, and what survives the trips through JSON and through a link."""

from __future__ import annotations

import json
import random
import re
from dataclasses import asdict, fields, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import configs

from ae_core.classroom.lesson import CONTROLS, Lesson
from ae_core.config.schema import FIELD_NAMES, FORMER_NAMES, Config, ConfigError, nearest, spec
from ui.compare import comparison

NAMES = [f.name for f in fields(Config)]
WORDS = {"loss": "categorical", "output_activation": "softmax"}


# --- What does not go together ---


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"variational": True, "sparsity": "l1"}, "A sparsity penalty is for a plain code"),
        ({"variational": True, "contraction": 0.1}, "A contractive penalty is for a plain code"),
        ({"variational": True, "pretraining": "rbm"}, "Pretraining by Boltzmann machines is for a plain code"),
        ({"variational": True, "code_activation": "relu"}, "A non-linearity on the code is for a plain code"),
        ({"sparsity": "kl"}, "set the code's activation to sigmoid"),
        ({"sparsity": "top_k", "k": 33}, "at most 32 units can fire; k was 33"),
        ({"pretraining": "rbm"}, "A stack of Boltzmann machines unrolls into dense hidden layers of sigmoid units"),
        ({"pretraining": "rbm", "activation": "sigmoid", "hidden_sizes": ()}, "A stack of Boltzmann machines"),
        ({"architecture": "lstm", "hidden_sizes": (8,), "contraction": 0.1}, "needs second derivatives"),
        ({"architecture": "lstm", "hidden_sizes": ()}, "A recurrent autoencoder needs at least one hidden layer"),
        ({"architecture": "denoiser", "hidden_sizes": ()}, "a code of 2048 on these images"),
        ({"output_activation": "relu", "loss": "bce"}, "set the output to sigmoid"),
        ({"output_activation": "softmax", "loss": "categorical"}, "is for documents, and MNIST are none"),
        ({"dataset": "documentation", "loss": "categorical"}, "set the output to softmax"),
        ({"dataset": "documentation", "output_activation": "softmax"}, "set the loss to categorical"),
        ({"dataset": "documentation", **WORDS, "variational": True}, "shares of one whole are not: leave one of them"),
    ],
)
def test_settings_that_contradict_each_other_are_refused_by_a_sentence(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        Config(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {
            "architecture": "conv",
            "hidden_sizes": (8,),
            "corruption": "blur",
            "sparsity": "l1",
            "code_activation": "relu",
        },
        {
            "corruption": "masking",
            "corruption_strength": 0.3,
            "contraction": 0.1,
            "sparsity": "kl",
            "code_activation": "sigmoid",
        },
        {"architecture": "lstm", "hidden_sizes": (8,), "variational": True, "corruption": "gaussian"},
        {"architecture": "conv48", "hidden_sizes": (), "sparsity": "top_k", "k": 5},
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
            "Dataset must be one of digits, shapes, patches16, patches8, patches16_colour, patches8_colour, mnist, fashion, kmnist, binary, documentation, newsgroups, heartbeats, ecg5000, cancer, payments; it was “cifar”.",
        ),
        ({"loss": None}, "Loss must be one of mse, bce, categorical; it was None."),
        ({"corruption": ["blur"]}, "Noise must be one of none, gaussian, salt_pepper, masking, block, blur, warp; "),
        ({"code_size": 0}, "Code size must be a whole number from 1 to 2048; it was 0."),
        ({"code_size": 8.0}, "Code size must be a whole number from 1 to 2048; it was 8.0."),
        ({"epochs": True}, "Epochs must be a whole number from 1 to 1000; it was True."),
        ({"epochs": "5"}, "Epochs must be a whole number from 1 to 1000; it was “5”."),
        ({"seed": 2**31}, "Seed must be a whole number from 0 to "),
        ({"beta": 100.5}, "Beta must be a number from 0 to 100; it was 100.5."),
        ({"beta": float("nan")}, "Beta must be a number from 0 to 100; it was nan."),
        ({"beta": False}, "Beta must be a number from 0 to 100; it was False."),
        ({"learning_rate": float("inf")}, "Learning rate must be a number from 1e-06 to 10; it was inf."),
        ({"learning_rate": 0}, "Learning rate must be a number from 1e-06 to 10; it was 0."),
        ({"variational": 1}, "Variational must be true or false; it was 1."),
        ({"hidden_sizes": (0,)}, "Hidden layers must be at most 8, each of 1 to 4096 nodes; they were (0,)."),
        ({"hidden_sizes": (4097,)}, "Hidden layers must be at most 8, each of 1 to 4096 nodes; they were (4097,)."),
        ({"hidden_sizes": (True,)}, "Hidden layers must be at most 8, each of 1 to 4096 nodes; they were (True,)."),
        ({"hidden_sizes": (8,) * 9}, "Hidden layers must be at most 8"),
        ({"hidden_sizes": 512}, "Hidden layers must be at most 8, each of 1 to 4096 nodes; they were 512."),
        ({"hidden_sizes": "512-256"}, "Hidden layers must be at most 8"),
        (
            {"hidden_sizes": (8,) * 4, "architecture": "conv"},
            "Hidden layers must be at most 3, each of 1 to 256 channels",
        ),
        ({"hidden_sizes": (), "architecture": "conv"}, "A convolutional autoencoder needs at least one hidden layer."),
        ({"loss": "bce", "output_activation": "linear"}, "Cross-entropy (bce) needs pixels between 0 and 1"),
        ({"corruption_min": 0.5}, "The least noise (0.5) must not exceed the noise strength (0)."),
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
    others = {"corruption_strength": 1.0} if name == "corruption_min" else {}
    for allowed in (rule.low, rule.high):
        assert getattr(Config(**{**others, name: allowed}), name) == allowed
    for beyond in (rule.low - 1, rule.high + 1):
        with pytest.raises(ConfigError, match=re.escape(rule.name)):
            Config(**{**others, name: beyond})


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(ConfigError, match=r"^Code size .+\. Epochs .+\. Seed .+\.$"):
        Config(code_size=0, epochs=0, seed=-1)


def test_every_field_has_a_help_sentence_and_a_default_of_its_own_kind() -> None:
    for f in fields(Config):
        assert spec(f.name).help.endswith(".")
        assert spec(f.name).problem(f.default) is None


def test_a_config_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Config().epochs = 6  # type: ignore[misc]


# --- JSON ---------------------------------------------------------------------------------------------------


@given(configs())
def test_json_brings_back_exactly_what_was_written(config: Config) -> None:
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
        ('{"hidden_sizes": {"a": 1}}', "Hidden layers must be at most 8"),
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
    with pytest.raises(ConfigError, match="does not know the setting “temperature”; the file may come from a later"):
        Config.from_json('{"temperature": 1}')


@pytest.mark.parametrize(
    "values",
    [{"dataset": "x" * 100_000}, {"x" * 100_000: 1}, {"hidden_sizes": [1] * 100_000}, {"\ud800": 1}],
    ids=["long choice", "long name", "many layers", "half a character"],
)
def test_a_refusal_can_be_shown_whatever_was_written(values: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as refusal:
        Config.from_json(json.dumps(values))
    assert len(str(refusal.value).encode()) < 2000


# --- Links --------------------------------------------------------------------------------------------------


RECURRENT = Config(architecture="lstm", hidden_sizes=(512, 256))  # as many as a dense one has where nothing is said


@given(configs())
@example(RECURRENT)
def test_a_link_brings_back_the_same_run_to_the_last_digit(config: Config) -> None:
    query = config.to_query()
    assert Config.from_query(query) == (config.canonical(), [])
    written = urlencode(query)
    assert Config.from_query(dict(parse_qsl(written, keep_blank_values=True))) == (config.canonical(), [])
    assert comparison.from_text(comparison.to_text(config)) == (config.canonical(), [])


@given(configs(), configs())
@example(RECURRENT, Config())
def test_a_lessons_settings_come_back_from_its_link_whatever_run_the_page_shows(config: Config, shown: Config) -> None:
    lesson = Lesson.of("Look.", CONTROLS, (), config)
    back, notes = Lesson.from_query(lesson.to_query(shown), shown)
    assert back is not None
    assert (back.held, notes) == (lesson.held, [])
    assert back.settings in (config.canonical(), shown)


@pytest.mark.parametrize(
    ("link", "hidden_sizes"),
    [
        ({}, (512, 256)),
        ({"architecture": "conv"}, (16, 32)),
        ({"architecture": "lstm"}, (64,)),
        ({"architecture": "lstm", "hidden_sizes": "64"}, (64,)),
        ({"architecture": "conv48"}, ()),
        ({"architecture": "conv48", "hidden_sizes": ""}, ()),
        ({"hidden_sizes": ""}, ()),
    ],
)
def test_a_link_of_an_earlier_version_opens_the_run_that_it_opened_then(
    link: dict[str, str], hidden_sizes: tuple[int, ...]
) -> None:
    assert Config.from_query(link) == (
        Config(architecture=link.get("architecture", "dense"), hidden_sizes=hidden_sizes),
        [],
    )


FORMER = {"dataset": "digits", "architecture": "conv", "hidden": [8], "code_size": 8, "output": "linear"}
FORMER |= {"noise": "masking", "noise_strength": 0.3, "noise_min": 0.1, "sparsity": "top_k", "active": 3}


def test_what_was_made_when_settings_had_other_names_is_the_run_that_it_was() -> None:
    config = Config(
        dataset="digits",
        architecture="conv",
        hidden_sizes=(8,),
        code_size=8,
        output_activation="linear",
        corruption="masking",
        corruption_strength=0.3,
        corruption_min=0.1,
        sparsity="top_k",
        k=3,
    )
    assert Config.from_json(json.dumps(FORMER)) == config
    assert Config.from_query({**FORMER, "hidden": "8"}) == (config, [])
    assert config.key == "3f186cc1536a7dc5"  # as version b46a5b0 filed it
    assert not FORMER_NAMES.keys() & FIELD_NAMES  # no setting may be called as another one was


def test_of_a_setting_under_both_its_names_the_new_one_counts() -> None:
    for link in ({"k": "3", "active": "5"}, {"active": "5", "k": "3"}):
        assert Config.from_query(link)[0].k == 3


def test_a_link_of_the_default_run_names_only_the_dataset() -> None:
    assert Config().to_query() == {"dataset": "mnist"}


def test_a_link_leaves_out_what_makes_no_difference() -> None:
    assert Config(beta=7.0, corruption_strength=0.3).to_query() == {"dataset": "mnist"}


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
        ({"hidden_sizes": "512-9999"}, {"hidden_sizes": (512, 4096)}),
        ({"hidden_sizes": "64-x-32"}, {"hidden_sizes": (64, 32)}),
        ({"architecture": "conv", "hidden_sizes": "-"}, {"hidden_sizes": (16, 32)}),
        ({"architecture": "conv", "hidden_sizes": "8-8-8-8"}, {"hidden_sizes": (8, 8, 8)}),
        ({"corruption_min": "0.4", "corruption_strength": "0.2"}, {"corruption_min": 0.2, "corruption_strength": 0.2}),
        ({"loss": "bce", "output_activation": "linear"}, {"loss": "bce", "output_activation": "sigmoid"}),
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
        lambda: rng.choice([choice for name in NAMES for choice in spec(name).choices]),
    ]
    return rng.choice(kinds)()


def test_any_link_at_all_gives_a_valid_config_and_short_notes() -> None:
    rng = random.Random(1)
    for _ in range(2000):
        params = {name: fuzz(rng) for name in NAMES if rng.random() < 0.6}
        config, notes = Config.from_query(params)
        assert Config.from_json(config.to_json()) == config
        assert all(note.startswith("The link") and len(note) < 300 for note in notes)


def test_a_decimal_comma_is_a_decimal_point() -> None:
    link = {"corruption": "gaussian", "corruption_strength": "0,5", "corruption_min": " 0,25 "}
    assert Config.from_query(link) == (Config(corruption="gaussian", corruption_strength=0.5, corruption_min=0.25), [])
    config, notes = Config.from_query({"code_size": "1,000"})  # tenths or thousands: there is no telling
    assert (config, len(notes)) == (Config(), 1)


# --- The nearest Config -------------------------------------------------------------------------------------

ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.sampled_from([choice for name in NAMES for choice in spec(name).choices]),
    st.lists(st.integers(-1, 5000), max_size=12),
    st.sampled_from([10**5000, [[]], {}, b"1", ("1", 2.5)]),
)


@given(configs(), st.dictionaries(st.sampled_from(NAMES), ANYTHING))
def test_the_nearest_of_anything_is_a_config_and_says_what_is_otherwise(
    config: Config, changes: dict[str, Any]
) -> None:
    settled, notes = nearest(config, **changes)
    assert Config.from_json(settled.to_json()) == settled
    for name in NAMES:
        asked = changes.get(name, getattr(config, name))
        otherwise = spec(name).nearest(asked, None) != (getattr(settled, name), True)
        assert sum(f"“{spec(name).label}” is now" in note for note in notes) == otherwise, name
    assert all(len(note) < 400 for note in notes)


@given(configs())
def test_the_nearest_of_a_config_is_itself(config: Config) -> None:
    assert nearest(config) == (config, [])
    assert nearest(config, **{name: getattr(config, name) for name in NAMES}) == (config, [])


@given(configs(), configs(), st.sets(st.sampled_from(NAMES)))
def test_what_was_changed_just_now_is_kept_where_any_config_has_it(
    old: Config, wanted: Config, names: set[str]
) -> None:
    """``wanted`` shows that its settings go together, whichever of them are asked for."""
    changes = {name: getattr(wanted, name) for name in {*names, "dataset"}}
    settled, notes = nearest(old, **changes)
    assert {name: getattr(settled, name) for name in changes} == changes
    others = [name for name in NAMES if getattr(settled, name) != getattr(old, name) and name not in changes]
    assert len(notes) == len(others)


@pytest.mark.parametrize(
    ("config", "changes", "expected", "note"),
    [
        (
            Config(loss="bce"),
            {"output_activation": "relu"},
            {"loss": "mse"},
            "needs pixels between 0 and 1, so “Loss” is now squared",
        ),
        (
            Config(output_activation="relu"),
            {"loss": "bce"},
            {"output_activation": "sigmoid"},
            "so “Output layer” is now sigmoid.",
        ),
        (Config(sparsity="l1"), {"variational": True}, {"sparsity": "none"}, "so “Sparsity” is now none."),
        (Config(variational=True), {"sparsity": "l1"}, {"variational": False}, "so “Variational” is now false."),
        (Config(), {"sparsity": "kl"}, {"code_activation": "sigmoid"}, "so “Activation of the code” is now sigmoid."),
        (Config(sparsity="top_k"), {"code_size": 9}, {"k": 9}, "so “Units that may fire (k)” is now 9."),
        (Config(), {"architecture": "lstm"}, {"hidden_sizes": (64,)}, "so “Hidden layers” is now 64."),
        (Config(), {"corruption_min": 0.3}, {"corruption_strength": 0.3}, "so “Noise strength” is now 0.3."),
        (
            Config(dataset="documentation"),
            {"loss": "categorical"},
            {"output_activation": "softmax"},
            "so “Output layer” is now softmax (over its largest).",
        ),
        (Config(), {"code_size": 9999}, {"code_size": 2048}, "; it was 9999, so “Code size” is now 2048."),
    ],
)
def test_what_stood_before_gives_way_and_it_is_said_why(
    config: Config, changes: dict[str, Any], expected: dict[str, Any], note: str
) -> None:
    settled, (said,) = nearest(config, **changes)
    assert settled == replace(config, **changes | expected)
    assert note in said


# --- Keys ---------------------------------------------------------------------------------------------------


@given(configs())
def test_a_key_is_16_hexadecimal_digits(config: Config) -> None:
    assert len(config.key) == 16
    assert int(config.key, 16) >= 0


@pytest.mark.parametrize(
    ("config", "unused"),
    [
        (Config(), {"corruption_strength": 0.5}),
        (Config(), {"corruption_strength": 0.5, "corruption_min": 0.2}),
        (Config(), {"beta": 4.0}),
        (Config(hidden_sizes=()), {"activation": "tanh"}),
    ],
)
def test_an_unused_setting_does_not_change_the_key(config: Config, unused: dict[str, Any]) -> None:
    changed = replace(config, **unused)
    assert changed.key == config.key
    assert changed.canonical() == config.canonical()


@pytest.mark.parametrize(
    ("config", "used"),
    [
        (Config(corruption="gaussian"), {"corruption_strength": 0.5}),
        (Config(corruption="gaussian", corruption_strength=0.5), {"corruption_min": 0.2}),
        (Config(variational=True), {"beta": 4.0}),
        (Config(hidden_sizes=(8,)), {"activation": "tanh"}),
    ],
)
def test_the_same_setting_changes_the_key_where_it_is_used(config: Config, used: dict[str, Any]) -> None:
    assert replace(config, **used).key != config.key


PLAIN = Config(corruption="blur", corruption_strength=0.5, corruption_min=0.1, hidden_sizes=(8,))


USED = [
    (
        replace(PLAIN, variational=True),
        {
            "dataset": "digits",
            "classes": (3, 8),
            "architecture": "conv",
            "hidden_sizes": (16,),
            "code_size": 31,
            "activation": "gelu",
            "output_activation": "linear",
            "loss": "bce",
            "corruption": "block",
            "corruption_strength": 0.6,
            "corruption_min": 0.2,
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
    (replace(PLAIN, sparsity="top_k"), {"k": 7}),
    (replace(PLAIN, pretraining="rbm", activation="sigmoid"), {"pretraining_epochs": 7}),
]


@pytest.mark.parametrize(("config", "changes"), USED, ids=["variational", "conv", "code", "l1", "kl", "top-k", "rbm"])
def test_every_used_setting_changes_the_key(config: Config, changes: dict[str, Any]) -> None:
    keys = {replace(config, **{name: value}).key for name, value in changes.items()}
    assert len(keys | {config.key}) == len(changes) + 1


def test_no_setting_was_left_out_above() -> None:
    assert set(NAMES) == set().union(*(changes for _, changes in USED))


@given(configs(), configs())
def test_different_runs_have_different_keys(one: Config, other: Config) -> None:
    assert (one.key == other.key) == (one.canonical() == other.canonical())


def test_whole_numbers_and_floats_name_the_same_run() -> None:
    whole, floating = Config(variational=True, beta=2), Config(variational=True, beta=2.0)
    assert whole == floating
    assert whole.key == floating.key


def test_equal_configs_have_equal_keys_even_with_a_negative_zero() -> None:
    zero = Config(corruption="gaussian", corruption_strength=0.3, corruption_min=0.0)
    negative, _ = Config.from_query({**zero.to_query(), "corruption_min": "-0.0"})
    assert negative == Config.from_query(zero.to_query())[0]
    assert negative.key == Config.from_query(zero.to_query())[0].key


def test_a_list_of_layers_is_the_same_as_a_tuple() -> None:
    assert Config(hidden_sizes=[64, 32]) == Config(hidden_sizes=(64, 32))  # type: ignore[arg-type]
    assert hash(Config(hidden_sizes=[64, 32])) == hash(Config(hidden_sizes=(64, 32)))  # type: ignore[arg-type]


@given(configs())
def test_making_a_config_canonical_twice_changes_nothing_more(config: Config) -> None:
    canonical = config.canonical()
    assert canonical.canonical() == canonical
    used = set(config.used_fields()) - {"classes"}  # all of them by name are none by name
    assert {name: asdict(config)[name] for name in used}.items() <= asdict(canonical).items()
    assert canonical.images_title == config.images_title


# --- Differences in words -----------------------------------------------------------------------------------


def test_a_difference_is_told_field_by_field_in_words() -> None:
    other = Config(code_size=8, hidden_sizes=(), variational=True)
    assert (
        Config().describe_difference(other)
        == "hidden layers 512-256 → none, code size 32 → 8, variational false → true"
    )


def test_runs_that_are_the_same_have_no_difference() -> None:
    assert Config(beta=3.0).describe_difference(Config(corruption_strength=0.2)) == ""
