"""Adding a noise, an activation, a sparsity or a data set is an entry in one file: it is then found everywhere."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from apptest_helpers import address, assert_opens, link_of, open_lab, remembered, visit
from torch import Tensor, nn

from ae_core.__main__ import main
from ae_core.config.activations import ACTIVATIONS, Activation
from ae_core.config.schema import Config, ConfigError
from ae_core.config.sparsities import SPARSITIES, Sparsity
from ae_core.config.variants import VARIANTS
from ae_core.data.corruption import CORRUPTIONS, Corruption
from ae_core.data.datasets import INFO, DatasetInfo, Images, Split
from ae_core.export.script import script
from ae_core.runs.fit import images_of
from ae_core.training.loop import run_to_end, train

THICKEST = 0.8  # a constant and a function of this file, which the script has to bring along


def _droplets(images: Tensor, generator: torch.Generator) -> Tensor:
    return THICKEST * torch.rand(images.shape, generator=generator, device=images.device)


def _fog(images: Tensor, amount: Tensor, generator: torch.Generator) -> Tensor:
    return images * (1 - amount) + amount * _droplets(images, generator)


def _root(codes: Tensor, target_activity: float) -> Tensor:
    """Mean root of absolute values, above a target."""
    return (codes.abs() + 1e-3).sqrt().clamp_min(target_activity).mean()


def _stripes(info: DatasetInfo, split: Split) -> Images:
    count = 96 if split == "train" else 24
    rows = torch.arange(count)[:, None, None, None] + torch.arange(8)[:, None]
    images = (rows % 4 < 2).expand(count, 1, 8, 8).to(torch.uint8) * 255
    return Images(images.contiguous(), torch.arange(count) % 4)


_STRIPES = DatasetInfo(
    name="stripes",
    title="Stripes",
    shape=(1, 8, 8),
    train_count=96,
    test_count=24,
    class_names=tuple("0123"),
    about="Stripes at four heights.",
    read=_stripes,
    script=lambda info, labelled: (
        """
rows = torch.arange(120)[:, None, None, None] % 96 + torch.arange(8)[:, None]
stripes = (rows % 4 < 2).expand(120, 1, 8, 8).to(torch.uint8) * 255
train, held_out = stripes[:96], stripes[96:]
"""
    ),
    packages="",
)

#: by field: the registry, the made-up entry's name and itself, and the kind of autoencoder that chooses it
MADE_UP: dict[str, tuple[dict[str, Any], str, Any, str]] = {
    "corruption": (
        CORRUPTIONS,
        "fog",
        Corruption("fog", "The amount is how thick the fog is.", "of the thickest fog", _fog),
        "denoising",
    ),
    "activation": (ACTIVATIONS, "softsign", Activation("softsign", nn.Softsign, 1.0, 1.0), "dense"),
    "sparsity": (
        SPARSITIES,
        "root",
        Sparsity("root penalty", "Few loud units are cheap.", "mean root", _root, settings=("target_activity",)),
        "sparse",
    ),
    "dataset": (INFO, "stripes", _STRIPES, "dense"),
}


@pytest.fixture(params=MADE_UP)
def made_up(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str, str, str]:
    """A field, and of the entry that was added for it the name, the label and the kind that chooses it."""
    registry, name, entry, kind = MADE_UP[request.param]
    monkeypatch.setitem(registry, name, entry)
    return request.param, name, entry.label, kind


def config_of(field: str, name: str, kind: str) -> Config:
    changes = {"code_size": 3, "epochs": 1, "batch_size": 32, field: name}
    return VARIANTS[kind].config(changes.pop("dataset", "digits"), **changes)


def test_it_is_chosen_on_the_train_page(
    made_up: tuple[str, str, str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    field, name, label, kind = made_up
    monkeypatch.setenv("AE_DATA_DIR", str(tmp_path / "nothing"))
    open_lab(tmp_path, monkeypatch)
    at = visit("train", **link_of(VARIANTS[kind].config("digits", code_size=3)))
    at.selectbox(key=f"knob_{field}").select(name).run()
    at.run()  # of the whole page, where a knob has only what follows from it drawn
    assert_opens(at, "train")
    assert label in at.selectbox(key=f"knob_{field}").options
    assert getattr(remembered(at).settings.draft, field) == name
    assert address(at)[field] == name


def test_a_link_carries_it(made_up: tuple[str, str, str, str]) -> None:
    field, name, _, kind = made_up
    config = config_of(field, name, kind)
    assert config.to_query()[field] == name
    assert Config.from_query(config.to_query()) == (config.canonical(), [])


def test_the_command_line_knows_it_and_trains_it(
    made_up: tuple[str, str, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    field, name, _, kind = made_up
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    assert name in capsys.readouterr().out
    chosen = {"dataset": "digits", "code-size": "3", "epochs": "1", "batch-size": "32", field: name}
    options = [part for option, value in chosen.items() for part in (f"--{option}", value)]
    assert main(["train", "--variant", kind, "--device", "cpu", "--json", *options]) == 0
    assert json.loads(capsys.readouterr().out)["config"][field] == name


def test_its_take_home_script_ends_with_the_labs_weights(
    made_up: tuple[str, str, str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    field, name, _, kind = made_up
    config = config_of(field, name, kind)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(script(config), names)
    theirs = [*names["encoder"].parameters(), *names["decoder"].parameters()]
    model = run_to_end(train(config, *images_of(config.dataset))).model
    assert all(torch.equal(ours, its) for ours, its in zip(model.parameters(), theirs, strict=True))


def test_what_is_not_registered_is_no_setting() -> None:
    for field, (_, name, _, _) in MADE_UP.items():
        with pytest.raises(ConfigError, match="must be one of"):
            Config(**{field: name})
