"""Checkpoints: what is saved comes back, and no file, however damaged or malicious, does more than be refused."""

from __future__ import annotations

import errno
import json
import math
import os
import pickle
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from ae_core.config.schema import Config
from ae_core.config.variants import VARIANTS
from ae_core.data.datasets import INFO
from ae_core.data.items import to_bytes as to_uint8
from ae_core.evaluation.metrics import EQUAL_PSNR, metric_names
from ae_core.models.autoencoder import build
from ae_core.runs import checkpoint
from ae_core.runs.checkpoint import MAX_BYTES, CheckpointError, from_bytes, halved, load, save, to_bytes
from ae_core.runs.fit import fit, images_of, measure, pca_of
from ae_core.runs.run import MAP_POINTS, LatentMap, Run
from ae_core.training.film import history_columns


def same_weights(first: Run, second: Run) -> bool:
    pairs = zip(first.model.state_dict().items(), second.model.state_dict().items(), strict=True)
    return all(a == b and torch.equal(x, y) for (a, x), (b, y) in pairs)


def untrained(config: Config) -> Run:
    """A run of ``config`` that has learned nothing: good enough for a file."""
    shape = INFO[config.dataset].shape
    model = build(config, shape)
    generator = torch.Generator().manual_seed(0)
    pixels = math.prod(shape)
    count = min(MAP_POINTS, INFO[config.dataset].test_count)
    return Run(
        config=config,
        model=model,
        pca=replace(
            pca_of("digits"),
            mean=torch.rand(pixels, generator=generator),
            components=torch.rand(max(2, config.code_size), pixels, generator=generator),
            shape=shape,
        ),
        history={name: [1.0] for name in history_columns(config)} | {"epoch": [0.0]},
        metrics=dict.fromkeys(metric_names(config), 0.1),
        latent_map=LatentMap(
            torch.rand(count, config.code_size, generator=generator),
            torch.arange(count).remainder(10).to(torch.uint8),
            torch.rand(count, 2, generator=generator),
        ),
    )


# --- The round trip -----------------------------------------------------------------------------------------


def test_a_run_comes_back_whole(tiny_run: Run, tiny_file: Path) -> None:
    back = load(tiny_file)
    for name in ("config", "history", "metrics", "seconds", "device", "finished", "versions", "parameters"):
        assert getattr(back, name) == getattr(tiny_run, name)
    assert same_weights(back, tiny_run)
    for part in ("pca", "latent_map", "film"):
        for name, tensor in vars(getattr(tiny_run, part)).items():
            if isinstance(tensor, Tensor):
                assert torch.equal(getattr(getattr(back, part), name), tensor)
                assert getattr(getattr(back, part), name).dtype == tensor.dtype


def test_a_run_that_came_back_computes_the_same(tiny_run: Run, tiny_file: Path) -> None:
    back = load(tiny_file)
    images = images_of("digits")[1].images / 255
    codes = tiny_run.model.encode(images)
    assert torch.equal(back.model.encode(images), codes)
    assert torch.equal(back.model.decode(codes), tiny_run.model.decode(codes))
    torch.testing.assert_close(back.pca.encode(images), tiny_run.pca.encode(images))


def test_a_run_that_came_back_has_the_same_metrics(tiny_run: Run, tiny_file: Path) -> None:
    back = load(tiny_file)
    assert measure(back.config, back.model, *images_of("digits")) == tiny_run.metrics


def test_saving_what_came_back_writes_the_same_again(tiny_bytes: bytes) -> None:
    first, second = Parts(tiny_bytes), Parts(to_bytes(from_bytes(tiny_bytes)))
    assert first.metadata == second.metadata
    assert set(first.tensors) == set(second.tensors)
    assert all(torch.equal(first.tensors[name], second.tensors[name]) for name in first.tensors)


@pytest.mark.parametrize(
    "changes",
    [
        {"architecture": "conv", "hidden_sizes": (4, 8, 8)},
        {"variational": True, "loss": "bce", "beta": 0.1 + 0.2},
        {"corruption": "block", "corruption_strength": 1 / 3, "corruption_min": 0.1},
        {"hidden_sizes": (), "output_activation": "linear", "code_size": 1},
        {"dataset": "fashion", "hidden_sizes": (8,)},
        {"hidden_sizes": (5,), "code_size": 64},
    ],
    ids=["conv", "variational", "denoising", "linear", "fashion", "every component"],
)
def test_runs_of_every_kind_come_back(changes: dict[str, Any]) -> None:
    run = untrained(replace(Config(dataset="digits", hidden_sizes=(8,), code_size=4), **changes))
    back = from_bytes(to_bytes(run))
    assert back.config == run.config
    assert back.film is None
    assert same_weights(back, run)


def test_a_run_that_was_stopped_comes_back_as_stopped(tiny_run: Run) -> None:
    assert not from_bytes(to_bytes(replace(tiny_run, finished=False))).finished


def test_a_checkpoint_is_read_without_gradients_and_ready_to_use(tiny_file: Path) -> None:
    model = load(tiny_file).model
    assert not model.training
    assert not any(parameter.requires_grad for parameter in model.parameters())


def test_a_run_with_enormous_codes_comes_back() -> None:
    wild = Config(dataset="digits", hidden_sizes=(64,), code_size=2, epochs=5, batch_size=32, learning_rate=10.0)
    run = fit(wild, "cpu")
    assert run.latent_map.codes.abs().max() > 65504  # not diverged, but no good either
    assert from_bytes(to_bytes(run)).metrics == run.metrics


# --- Half the bytes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2])  # times the number of columns
def test_a_run_whose_code_is_as_long_as_its_items_comes_back(size: int) -> None:
    """PCA of that size gives rows back to the last bit: a PSNR without end, which no file could hold."""
    columns = INFO["cancer"].pixels
    run = fit(VARIANTS["sparse"].config("cancer", code_size=size * columns, epochs=1))
    assert run.metrics["pca_mse"] < 1e-12
    assert 100 < run.metrics["pca_psnr"] <= EQUAL_PSNR
    assert from_bytes(to_bytes(run)).metrics == run.metrics


def test_a_half_checkpoint_is_about_half_as_large_and_close(tiny_run: Run) -> None:
    still = replace(tiny_run, film=None)
    half, whole = to_bytes(still, half=True), to_bytes(still)
    assert len(half) < 0.8 * len(whole)
    images = images_of("digits")[1].images / 255
    back = from_bytes(half).model
    assert (back.decode(back.encode(images)) - tiny_run.model.decode(tiny_run.model.encode(images))).abs().max() < 0.02


def test_a_half_checkpoint_of_halved_weights_is_exact(tiny_bytes: bytes) -> None:
    run = from_bytes(tiny_bytes)  # a copy: halved() rounds in place
    before = to_bytes(run)
    run = replace(run, model=halved(run.model))
    assert to_bytes(run) != before
    assert same_weights(from_bytes(to_bytes(run, half=True)), run)


# --- Damaged files ------------------------------------------------------------------------------------------


class Parts:
    """A checkpoint taken apart: its tensors and what is written beside them, to be changed and put together again."""

    def __init__(self, data: bytes) -> None:
        self.tensors: dict[str, Tensor] = load_tensors(data)
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        self.metadata: dict[str, str] = header["__metadata__"]
        self.about: dict[str, Any] = json.loads(self.metadata["about"])

    def data(self) -> bytes:
        return save_tensors(self.tensors, {**self.metadata, "about": json.dumps(self.about)})


@pytest.fixture
def parts(tiny_bytes: bytes) -> Parts:
    return Parts(tiny_bytes)


def test_the_pieces_put_together_again_are_a_checkpoint(parts: Parts, tiny_run: Run) -> None:
    assert same_weights(from_bytes(parts.data()), tiny_run)  # or the tests below would refuse for another reason


def refusal_of(data: bytes) -> str:
    """The sentence with which ``data`` is refused, which must be one that can be shown."""
    with pytest.raises(CheckpointError) as refusal:
        from_bytes(data)
    sentence = str(refusal.value)
    assert sentence.endswith(".")
    assert len(sentence.encode()) < 2000
    return sentence


def length(number: int) -> bytes:
    return number.to_bytes(8, "little")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        length(0),
        length(2) + b"{}",
        length(2) + b"[]",
        length(4) + b"null",
        length(2**63) + b"{}",
        length(2**64 - 1) + b"{}",
        length(10**8) + b"{}",
        length(100_000) + b"[" * 100_000,
        random.Random(0).randbytes(5000),
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"PK\x03\x04" + bytes(100),
    ],
    ids=lambda data: repr(data[:12]),
)
def test_what_is_no_checkpoint_is_refused(data: bytes) -> None:
    assert refusal_of(data)


def test_a_safetensors_file_from_elsewhere_is_told_so() -> None:
    sentence = refusal_of(save_tensors({"weight": torch.zeros(3)}))
    assert "was not saved by the Autoencoder Lab" in sentence


def test_a_file_cut_short_anywhere_is_refused(tiny_bytes: bytes) -> None:
    for end in [*range(0, 300, 7), *range(300, len(tiny_bytes), 997), len(tiny_bytes) - 1]:
        assert "not a whole safetensors file" in refusal_of(tiny_bytes[:end])


def test_a_file_with_something_behind_it_is_refused(tiny_bytes: bytes) -> None:
    assert refusal_of(tiny_bytes + b"\0")


def test_a_flipped_bit_in_the_header_is_refused_or_harmless(tiny_bytes: bytes) -> None:
    rng = random.Random(0)
    end = 8 + int.from_bytes(tiny_bytes[:8], "little")
    refused = 0
    for position in [*range(8), *rng.sample(range(8, end), 150)]:
        damaged = bytearray(tiny_bytes)
        damaged[position] ^= 1 << rng.randrange(8)
        try:
            run = from_bytes(bytes(damaged))
        except CheckpointError:
            refused += 1
        else:  # one digit of a metric, say
            assert run.model.decode(torch.zeros(1, 3)).shape == (1, 1, 8, 8)
    assert refused > 50


def test_a_file_over_the_largest_size_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.safetensors"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)  # takes no room on the disk
    with pytest.raises(CheckpointError, match=f"at most {MAX_BYTES // 2**20} MB"):
        load(path)


@pytest.mark.parametrize(("entries", "sentence"), [(1_000, "names 1,000 tensors"), (200_000, "damaged")])
def test_a_file_of_many_empty_tensors_is_refused_before_they_are_made(
    entries: int, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
    header = json.dumps({f"model.{number}": empty for number in range(entries)}).encode()
    monkeypatch.setattr(checkpoint, "load_tensors", lambda data: pytest.fail("they are made"))
    with pytest.raises(CheckpointError, match=sentence):
        checkpoint.from_bytes(len(header).to_bytes(8, "little") + header)


def test_too_many_bytes_are_refused_as_a_file_would_be(monkeypatch: pytest.MonkeyPatch, tiny_bytes: bytes) -> None:
    monkeypatch.setattr(checkpoint, "MAX_BYTES", len(tiny_bytes) - 1)
    with pytest.raises(CheckpointError, match="this file is larger"):
        from_bytes(tiny_bytes)


@pytest.mark.parametrize("place", ["nothing.safetensors", "."])
def test_a_path_that_is_no_file_is_refused(tmp_path: Path, place: str) -> None:
    with pytest.raises(CheckpointError, match=r"^The checkpoint .+ cannot be read: .+\.$"):
        load(tmp_path / place)


class Bomb:
    """What a pickle may do to whoever opens it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return Path.write_text, (self.path, "executed")


@pytest.mark.parametrize(
    "write", [lambda bomb, path: torch.save(bomb, path), lambda bomb, path: path.write_bytes(pickle.dumps(bomb))]
)
def test_nothing_in_a_file_is_ever_executed(tmp_path: Path, write: Callable[[Bomb, Path], object]) -> None:
    path, crater = tmp_path / "bomb.safetensors", tmp_path / "crater"
    write(Bomb(crater), path)
    with pytest.raises(CheckpointError):
        load(path)
    assert not crater.exists()
    pickle.loads(pickle.dumps(Bomb(crater)))
    assert crater.exists()  # it was live


# --- Files that are whole but not what they say ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("metadata", "sentence"),
    [
        ({"format": "pt"}, "was not saved by the Autoencoder Lab"),
        ({"format_version": "2"}, "of format version “2”; this lab reads version 1. Update the lab"),
        ({"format_version": "9" * 10_000}, "of format version “99999"),
        ({"format_version": ""}, "of format version “”"),
    ],
)
def test_a_file_of_another_format_says_what_to_do(parts: Parts, metadata: dict[str, str], sentence: str) -> None:
    parts.metadata |= metadata
    assert sentence in refusal_of(parts.data())


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, '{"config": ' + "9" * 5000 + "}"])
def test_a_description_that_cannot_be_read_is_refused(parts: Parts, text: str) -> None:
    data = save_tensors(parts.tensors, {**parts.metadata, "about": text})
    assert "description is damaged" in refusal_of(data)


def test_a_missing_description_is_refused(parts: Parts) -> None:
    del parts.metadata["about"]
    assert "description is damaged" in refusal_of(save_tensors(parts.tensors, parts.metadata))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"epochs": 0}, "Epochs must be"),
        ({"learning_rate": math.nan}, "Learning rate must be"),
        ({"dataset": "../../etc"}, "Dataset must be"),
        ({"hidden_sizes": [10**9] * 3}, "Hidden layers must be"),
        ({"hidden_sizes": "x" * 50_000}, "Hidden layers must be"),
        ({"temperature": 1}, "does not know the setting"),
        ({"\ud800": 1}, "does not know the setting"),
    ],
)
def test_settings_that_are_not_valid_are_refused_with_their_own_sentence(
    parts: Parts, changes: dict[str, Any], sentence: str
) -> None:
    parts.about["config"] |= changes
    refused = refusal_of(parts.data())
    assert refused.startswith("The checkpoint's settings are not valid. ")
    assert sentence in refused


@pytest.mark.parametrize("depth", [10, 300, 900, 950, 980])
def test_settings_nested_without_end_are_refused(parts: Parts, depth: int) -> None:
    about = '{"config": {"hidden_sizes": ' + "[" * depth + "]" * depth + "}}"
    assert refusal_of(save_tensors(parts.tensors, {**parts.metadata, "about": about}))


@pytest.mark.parametrize("settings", [None, [], "digits", 3])
def test_missing_settings_are_refused(parts: Parts, settings: object) -> None:
    parts.about["config"] = settings
    assert "settings are not valid" in refusal_of(parts.data())


@pytest.mark.parametrize(
    "changes",
    [
        {"code_size": 4},
        {"hidden_sizes": [17]},
        {"hidden_sizes": [4096] * 8},
        {"variational": True},
        {"dataset": "mnist"},
    ],
)
def test_settings_of_another_network_are_refused(parts: Parts, changes: dict[str, Any]) -> None:
    parts.about["config"] |= changes
    assert "settings call for" in refusal_of(parts.data())


ALWAYS = [
    "model.encoder.1.weight",
    "model.decoder.2.bias",
    "pca.mean",
    "pca.components",
    "map.codes",
    "map.labels",
    "map.pca",
]
FILM = ["film.epochs", "film.images", "film.points"]


@pytest.mark.parametrize("name", ALWAYS + FILM)
def test_a_missing_tensor_is_named(parts: Parts, name: str) -> None:
    del parts.tensors[name]
    assert f"“{name}” is missing or not expected" in refusal_of(parts.data())


def test_a_tensor_that_is_not_expected_is_named(parts: Parts) -> None:
    parts.tensors["model.extra"] = torch.zeros(3)
    assert "“model.extra” is missing or not expected" in refusal_of(parts.data())


def test_many_tensors_that_are_not_expected_fit_into_a_sentence(parts: Parts) -> None:
    parts.tensors |= {f"model.{'x' * 500}{index}": torch.zeros(1) for index in range(50)}
    assert "are missing or not expected" in refusal_of(parts.data())


@pytest.mark.parametrize("name", ALWAYS + FILM)
def test_a_tensor_of_another_shape_is_refused(parts: Parts, name: str) -> None:
    parts.tensors[name] = torch.cat([parts.tensors[name]] * 2, dim=-1)
    assert "has not the shape or type that its settings call for" in refusal_of(parts.data())


@pytest.mark.parametrize("name", ALWAYS + FILM)
def test_a_tensor_of_another_rank_is_refused(parts: Parts, name: str) -> None:
    parts.tensors[name] = parts.tensors[name][None]
    assert f"{name} has not the shape or type" in refusal_of(parts.data())


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.int32, torch.bool])
@pytest.mark.parametrize("name", ALWAYS + FILM)
def test_a_tensor_of_another_type_is_refused(parts: Parts, name: str, dtype: torch.dtype) -> None:
    parts.tensors[name] = parts.tensors[name].to(dtype)
    assert f"{name} has not the shape or type" in refusal_of(parts.data())


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", [name for name in ALWAYS + FILM if name not in ("map.labels", "film.images")])
def test_numbers_that_are_not_finite_are_refused(parts: Parts, name: str, value: float) -> None:
    parts.tensors[name].flatten()[-1] = value
    assert f"{name} holds values that are not finite" in refusal_of(parts.data())


def test_a_map_longer_than_the_lab_writes_is_refused(parts: Parts) -> None:
    count = 20_001
    parts.tensors["map.codes"] = torch.zeros(count, 3)
    parts.tensors["map.pca"] = torch.zeros(count, 2)
    parts.tensors["map.labels"] = torch.zeros(count, dtype=torch.uint8)
    assert "more map points or film frames" in refusal_of(parts.data())


@pytest.mark.parametrize("name", ["map.codes", "map.pca", "map.labels"])
def test_a_map_of_unequal_lengths_is_refused_even_when_one_is_nothing(
    parts: Parts, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    parts.tensors[name] = parts.tensors[name][:0]
    # safetensors gives the tensors in any order; the empty one first is the worst
    in_order = {name: parts.tensors[name], **parts.tensors}
    monkeypatch.setattr(checkpoint, "load_tensors", lambda data: in_order)
    assert "has not the shape or type" in refusal_of(parts.data())


def test_a_map_shorter_than_the_lab_writes_is_refused(parts: Parts) -> None:
    for name in ("map.codes", "map.labels", "map.pca"):
        parts.tensors[name] = parts.tensors[name][:-1]
    assert "fewer points" in refusal_of(parts.data())


def test_a_label_that_is_no_class_is_refused(parts: Parts) -> None:
    parts.tensors["map.labels"][0] = 10
    assert refusal_of(parts.data())


@pytest.mark.parametrize("kind", ["map", "film"])
def test_an_empty_map_or_film_is_refused(parts: Parts, kind: str) -> None:
    for name in parts.tensors:
        if name.startswith(kind):
            parts.tensors[name] = parts.tensors[name][:0]
    assert refusal_of(parts.data())


@pytest.mark.parametrize(
    "metrics", [{"mse": "0.01"}, {"mse": None}, {"mse": True}, {"mse": math.nan}, {"mse": math.inf}, {"mse": [0.1]}]
)
def test_metrics_that_are_not_numbers_are_refused(parts: Parts, metrics: dict[str, object]) -> None:
    parts.about["metrics"] |= metrics
    assert "metrics are not numbers" in refusal_of(parts.data())


@pytest.mark.parametrize("name", ["mse", "pca_mse", "sse"])
def test_squared_errors_below_zero_are_refused(parts: Parts, name: str) -> None:
    parts.about["metrics"][name] = -0.1
    assert "below zero" in refusal_of(parts.data())


@pytest.mark.parametrize("name", ["psnr", "ssim"])
def test_what_may_be_below_zero_is_taken(parts: Parts, name: str) -> None:
    parts.about["metrics"][name] = -0.1  # a run that was stopped early can come to that
    assert from_bytes(parts.data()).metrics[name] == -0.1


def test_a_variational_history_has_the_parts_of_its_loss() -> None:
    run = untrained(Config(dataset="digits", hidden_sizes=(8,), code_size=4, variational=True))
    del run.history["held_out_kl"]
    assert "history is damaged" in refusal_of(to_bytes(run))


@pytest.mark.parametrize("epoch", [-1.0, 3.01])
def test_a_film_of_epochs_that_the_settings_do_not_have_is_refused(parts: Parts, epoch: float) -> None:
    parts.tensors["film.epochs"][-1] = epoch
    assert "film has epochs" in refusal_of(parts.data())


def test_a_metric_beyond_all_floats_is_refused(parts: Parts) -> None:
    parts.about["metrics"]["mse"] = 10**400
    assert "metrics are not numbers" in refusal_of(parts.data())


@pytest.mark.parametrize("metrics", [None, {}, [], {"note": 1.0}])
def test_missing_metrics_are_refused(parts: Parts, metrics: object) -> None:
    parts.about["metrics"] = metrics
    assert refusal_of(parts.data())


@pytest.mark.parametrize(
    "history",
    [
        None,
        [],
        {},
        {"held_out_loss": [0.1]},
        {"epoch": [0.0, 1.0], "held_out_loss": [0.1]},
        {"epoch": 1.0},
        {"epoch": [0.0] * 10_001},
    ],
    ids=["none", "list", "empty", "no epochs", "unequal", "no column", "endless"],
)
def test_a_damaged_history_is_refused(parts: Parts, history: object) -> None:
    parts.about["history"] = history
    assert "history is damaged" in refusal_of(parts.data())


@pytest.mark.parametrize(
    "history",
    [
        {"epoch": ["a"], "held_out_loss": ["b"], "train_loss": [None]},
        {"epoch": [], "held_out_loss": [], "train_loss": []},
        {"epoch": [0.0]},
    ],
    ids=["words", "no rows", "no losses"],
)
def test_a_history_that_cannot_be_drawn_is_refused(parts: Parts, history: object) -> None:
    parts.about["history"] = history
    assert "history is damaged" in refusal_of(parts.data())


@pytest.mark.parametrize("epoch", [-1.0, 3.01])
def test_a_history_of_epochs_that_the_settings_do_not_have_is_refused(parts: Parts, epoch: float) -> None:
    parts.about["history"]["epoch"][-1] = epoch
    assert "epochs that its settings do not have" in refusal_of(parts.data())


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("cpu (2 threads)", "cpu (2 threads)"),
        ("cuda (NVIDIA A100-SXM4-80GB MIG 1g.10gb)", "cuda (NVIDIA A100-SXM4-80GB MIG 1g.10gb)"),
        ("mps:0", "mps:0"),
        ("cuda (AMD Radeon™ [x](https://evil.example) \u202e)", "cuda (AMD Radeon x(https//evil.example) )"),
        ("cpu " + "x" * 10_000, "cpu " + "x" * 96),
        *((other, "an unknown device") for other in ("", "\ud800", "![x](y)", "www.evil.example", "cpus", None, ["cpu"])),
    ],
)  # fmt: skip
def test_a_device_is_read_in_the_letters_of_devices(parts: Parts, written: object, read: str) -> None:
    parts.about["device"] = written
    assert from_bytes(parts.data()).device == read


def test_versions_are_read_that_can_be_some(parts: Parts) -> None:
    proper = {"torch": "2.13.0+cpu", "ae_core": "0.1.0", "code": "5dcfcd7fb9f6", "commit": "0123456789ab-dirty"}
    odd = {
        "\ud800": "1",
        "pip": "\ud800",
        "x y": "1",
        "a": "www evil",
        "b": "[1](2)",
        "c": "1\n",
        "d": "1" * 41,
        "e": "",
    }
    parts.about["versions"] = proper | odd
    assert from_bytes(parts.data()).versions == proper
    parts.about["versions"] = {f"package{index}": "1" for index in range(1000)}
    assert len(from_bytes(parts.data()).versions) == 10


def test_only_metrics_and_curves_that_the_lab_knows_are_read(parts: Parts, tiny_run: Run) -> None:
    odd = {f"![x](https://evil.example/{index})": 1.0 for index in range(1000)}
    parts.about["metrics"] |= odd
    parts.about["history"] |= {name: tiny_run.history["epoch"] for name in odd}
    run = from_bytes(parts.data())
    assert (run.metrics, run.history) == (tiny_run.metrics, tiny_run.history)


@pytest.mark.parametrize("seconds", ["soon", None, math.nan, True, 10**400])
def test_seconds_that_are_no_number_are_unknown(parts: Parts, seconds: object) -> None:
    parts.about["seconds"] = seconds
    assert from_bytes(parts.data()).seconds == 0


# --- Saving -------------------------------------------------------------------------------------------------


def test_a_saved_file_is_the_only_one_that_appears(tiny_run: Run, tmp_path: Path) -> None:
    save(tiny_run, tmp_path / "run.safetensors")
    assert [path.name for path in tmp_path.iterdir()] == ["run.safetensors"]
    assert same_weights(load(tmp_path / "run.safetensors"), tiny_run)


def test_a_saved_file_may_be_read_by_others(tiny_run: Run, tmp_path: Path) -> None:
    save(tiny_run, tmp_path / "run.safetensors")
    assert (tmp_path / "run.safetensors").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    ("number", "advice"), [(errno.ENOSPC, "the disk is full; make room"), (errno.EACCES, "choose another place")]
)
def test_a_failed_save_says_why_and_leaves_the_old_file_alone(
    tiny_run: Run, tiny_file: Path, monkeypatch: pytest.MonkeyPatch, number: int, advice: str
) -> None:
    before = tiny_file.read_bytes()

    def fail(source: str, target: Path) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(CheckpointError, match=advice):
        save(replace(tiny_run, seconds=99.0), tiny_file)
    assert [path.name for path in tiny_file.parent.iterdir()] == [tiny_file.name]
    assert tiny_file.read_bytes() == before


def test_a_save_that_is_interrupted_leaves_nothing_half_written(
    tiny_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(run: Run, *, half: bool = False) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "to_bytes", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save(tiny_run, tmp_path / "run.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_does_not_exist_is_refused_by_a_sentence(tiny_run: Run, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"could not be written to .+ No such file or directory; choose another"):
        save(tiny_run, tmp_path / "nowhere" / "run.safetensors")


def test_pictures_become_bytes_by_clipping_and_rounding() -> None:
    assert to_uint8(torch.tensor([-1.0, 0.0, 0.5, 0.999, 7.0])).tolist() == [0, 0, 128, 255, 255]
