"""The command line: one JSON object on standard output, or one sentence on standard error."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ae_core.cli import main
from ae_core.config.schema import Config
from ae_core.config.variants import VARIANTS
from ae_core.data.datasets import INFO
from ae_core.runs import checkpoint
from ae_core.runs.run import Run
from ae_core.runs.zoo import ZOO

TRAIN = ["train", "--dataset", "digits", "--hidden", "16", "--code-size", "3", "--epochs", "2", "--batch-size", "64"]
TRAIN += ["--device", "cpu"]
KEYS = {"config", "test_mse", "test_sse", "pca_test_mse", "seconds", "epochs", "device", "parameters"}

Captured = pytest.CaptureFixture[str]


def json_of(arguments: list[str], capsys: Captured) -> dict[str, Any]:
    """What a command that works prints, which must be one line of JSON and nothing else."""
    assert main(arguments) == 0
    out, _ = capsys.readouterr()
    assert out.count("\n") == 1
    value = json.loads(out)
    assert isinstance(value, dict)
    return value


def complaint_of(arguments: list[str], capsys: Captured) -> str:
    """What a command that fails says, which must be one sentence and no result."""
    assert main(arguments) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.endswith(".\n")
    return err


# --- train --------------------------------------------------------------------------------------------------


def test_training_prints_what_it_found(capsys: Captured) -> None:
    found = json_of([*TRAIN, "--json"], capsys)
    assert set(found) >= KEYS
    assert Config.from_json(json.dumps(found["config"])) == VARIANTS["dense"].config(
        "digits", hidden_sizes=(16,), code_size=3, epochs=2, batch_size=64
    )
    assert found["epochs"] == 2
    assert found["seconds"] > 0
    assert found["device"].startswith("cpu")
    assert found["parameters"] == (65 * 16 + 17 * 3) + (4 * 16 + 17 * 64)
    assert found["test_sse"] == pytest.approx(64 * found["test_mse"])
    assert 0 < found["pca_test_mse"] < found["test_mse"]  # two epochs are not enough


def test_training_twice_finds_the_same(capsys: Captured) -> None:
    first, second = (json_of([*TRAIN, "--json"], capsys) for _ in range(2))
    assert first["metrics"] == second["metrics"]


def test_another_seed_finds_something_else(capsys: Captured) -> None:
    first, second = (json_of([*TRAIN, "--json", "--seed", seed], capsys) for seed in ("0", "1"))
    assert first["test_mse"] != second["test_mse"]
    assert second["config"]["seed"] == 1


def test_without_json_the_results_are_lines_and_the_progress_is_elsewhere(capsys: Captured) -> None:
    assert main(TRAIN) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0].startswith("config: ")
    assert any(line.startswith("test_mse: 0.") for line in out.splitlines())
    assert "held-out loss" in err


def test_every_setting_is_an_option(capsys: Captured) -> None:
    arguments = ["train", "--variant", "vae", "--dataset", "digits", "--hidden", "12-8", "--code-size", "2"]
    arguments += ["--activation", "tanh", "--output", "sigmoid", "--loss", "bce", "--noise", "blur"]
    arguments += ["--noise-strength", "0.3", "--noise-min", "0.1", "--beta", "0.5", "--learning-rate", "1e-3"]
    arguments += ["--batch-size", "256", "--epochs", "1", "--seed", "7", "--device", "cpu", "--json"]
    assert Config.from_json(json.dumps(json_of(arguments, capsys)["config"])) == Config(
        dataset="digits",
        hidden_sizes=(12, 8),
        code_size=2,
        activation="tanh",
        loss="bce",
        corruption="blur",
        corruption_strength=0.3,
        corruption_min=0.1,
        variational=True,
        beta=0.5,
        learning_rate=1e-3,
        batch_size=256,
        epochs=1,
        seed=7,
    )


@pytest.mark.parametrize(
    "option",
    [["--architecture", "conv"], ["--noise", "gaussian", "--noise-strength", "0.3"], ["--variational", "true"]],
    ids=lambda option: option[0],
)
def test_an_option_is_followed_or_refused_and_never_ignored(capsys: Captured, option: list[str]) -> None:
    code = main([*TRAIN, "--json", *option])
    out, err = capsys.readouterr()
    if code == 0:
        name = option[0].removeprefix("--")
        assert json.dumps(json.loads(out)["config"][name]).strip('"') == option[1]
    else:
        assert err.startswith("error: ")


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        (["--epochs", "0"], "Epochs must be a whole number from 1 to 1000"),
        (["--epochs", "1e3"], "Epochs must be a whole number from 1 to 1000"),
        (["--epochs", "9" * 5000], "Epochs must be a whole number from 1 to 1000"),
        (["--learning-rate", "nan"], "Learning rate must be a number from 1e-06 to 10"),
        (["--learning-rate", "fast"], "Learning rate must be a number from 1e-06 to 10"),
        (["--hidden", "64x32"], "Hidden layers must be at most 8"),
        (["--hidden", "9999"], "Hidden layers must be at most 8"),
        (["--seed", "-1"], "Seed must be a whole number from 0"),
        (["--variant", "transformer"], "There is no variant 'transformer'; choose from linear, "),
        (["--device", "tpu"], "This machine has no device “tpu”"),
        (["--loss", "bce", "--output", "linear"], "Cross-entropy (bce) needs pixels between 0 and 1"),
    ],
)
def test_an_option_out_of_its_range_is_refused_by_a_sentence(
    capsys: Captured, option: list[str], sentence: str
) -> None:
    assert sentence in complaint_of([*TRAIN, *option], capsys)


def test_a_negative_width_is_refused(capsys: Captured) -> None:
    assert "Hidden layers" in complaint_of([*TRAIN, "--hidden-sizes=-5"], capsys)


def test_an_unknown_choice_is_refused_with_the_known_ones(capsys: Captured) -> None:
    with pytest.raises(SystemExit) as end:
        main([*TRAIN, "--loss", "l1"])
    assert end.value.code == 2
    assert "choose from" in capsys.readouterr().err


def test_a_data_set_that_is_not_here_is_refused_with_how_to_get_it(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AE_DATA_DIR", str(tmp_path))
    complaint = complaint_of(["train", "--dataset", "kmnist"], capsys)
    assert "KMNIST is not on this machine" in complaint
    assert "python -m ae_core datasets --download kmnist" in complaint


def test_a_place_that_cannot_be_written_is_refused_before_training(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def train(*arguments: object, **options: object) -> Run:
        pytest.fail("it trained first")

    monkeypatch.setattr("ae_core.runs.fit.fit", train)
    complaint_of([*TRAIN, "--out", str(tmp_path / "nowhere" / "run.safetensors")], capsys)


# --- evaluate -----------------------------------------------------------------------------------------------


def test_evaluating_what_was_trained_finds_the_same(capsys: Captured, tmp_path: Path) -> None:
    path = str(tmp_path / "run.safetensors")
    trained = json_of([*TRAIN, "--json", "--out", path], capsys)
    assert json_of(["evaluate", path, "--json"], capsys) == trained


def test_evaluate_measures_and_does_not_repeat_what_the_file_says(
    capsys: Captured, tiny_run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "boastful.safetensors"
    checkpoint.save(replace(tiny_run, metrics={**tiny_run.metrics, "mse": 0.0}), path)
    assert json_of(["evaluate", str(path), "--json"], capsys)["test_mse"] > 0.01


def test_a_file_that_is_no_checkpoint_is_refused_by_a_sentence(capsys: Captured, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a checkpoint")
    assert "not a whole safetensors file" in complaint_of(["evaluate", str(path)], capsys)
    assert "cannot be read" in complaint_of(["evaluate", str(tmp_path / "nothing")], capsys)


# --- datasets and zoo ---------------------------------------------------------------------------------------


def test_the_data_sets_are_listed(capsys: Captured) -> None:
    listed = json_of(["datasets", "--json"], capsys)
    assert tuple(listed) == tuple(INFO)
    digits = {"title": "Digits", "on_disk": True, "image": "1x8x8", "train": 1437, "test": 360, "download_bytes": 0}
    assert listed["digits"] == digits
    assert listed["mnist"]["download_bytes"] == 11_594_722


def test_a_bundled_data_set_needs_no_download(capsys: Captured) -> None:
    assert main(["datasets", "--download", "digits"]) == 0
    assert "digits: already in" in capsys.readouterr().err


def test_the_shipped_runs_are_listed(capsys: Captured) -> None:
    listed = json_of(["zoo", "--list", "--json"], capsys)
    assert list(listed) == list(ZOO)
    for name, row in listed.items():
        assert row["key"] == ZOO[name].config.key
        assert row["shipped"] == ZOO[name].path.is_file()
        assert not row["shipped"] or row["mse"] < 0.1


def test_an_unknown_shipped_run_cannot_be_built(capsys: Captured) -> None:
    complaint = complaint_of(["zoo", "--build", "imagenet"], capsys)
    assert complaint == "error: There is no shipped run named 'imagenet'; zoo --list shows them.\n"


# --- The rest -----------------------------------------------------------------------------------------------


def test_no_command_shows_how_to_use_it(capsys: Captured) -> None:
    with pytest.raises(SystemExit) as end:
        main([])
    assert end.value.code == 2
    assert "usage: python -m ae_core" in capsys.readouterr().err


def test_an_interrupt_ends_without_a_traceback(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object, **options: object) -> Run:
        raise KeyboardInterrupt

    monkeypatch.setattr("ae_core.runs.fit.fit", interrupted)
    assert main(TRAIN) == 130
    assert capsys.readouterr().err == "stopped\n"
