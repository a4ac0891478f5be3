"""The shipped runs: each loads, is what the list says it is, and is as good as it says."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from ae_core.cli import main
from ae_core.config.schema import Config, spec
from ae_core.config.variants import VARIANTS, variant_of
from ae_core.evaluation.metrics import squared_error
from ae_core.runs import checkpoint, provenance, zoo
from ae_core.runs.fit import images_of, images_of_classes, measure
from ae_core.runs.provenance import commit
from ae_core.runs.run import Run
from ae_core.runs.zoo import BY_KEY, CODE_SIZES, FOLDER, ZOO, ZooEntry, ZooError, present
from ae_core.training.cost import Pace
from ae_core.training.loop import run_to_end, train

Captured = pytest.CaptureFixture[str]
SHIPPED = present()

every_shipped = pytest.mark.parametrize("entry", SHIPPED, ids=lambda entry: entry.name)


def of_digits(entry: ZooEntry) -> bool:
    return entry.config.dataset == "digits"


# --- The list -----------------------------------------------------------------------------------------------


def test_every_entry_has_a_name_and_a_key_of_its_own() -> None:
    assert all(name == entry.name for name, entry in ZOO.items())
    assert len(BY_KEY) == len(ZOO)
    assert len({entry.title for entry in ZOO.values()}) == len(ZOO)


def test_a_run_is_found_by_the_key_of_its_config() -> None:
    for entry in ZOO.values():
        assert BY_KEY[entry.config.key] is entry
        if entry.config.corruption == "none":  # where it makes no difference
            assert BY_KEY[replace(entry.config, corruption_min=0.0).key] is entry


@pytest.mark.parametrize("dataset", ["digits", "shapes", "mnist", "fashion"])
def test_every_code_size_of_the_sweep_is_there_once(dataset: str) -> None:
    sizes = [ZOO[f"{dataset}-code-{size}"].config.code_size for size in CODE_SIZES]
    assert sizes == list(CODE_SIZES)
    assert not any(ZOO[f"{dataset}-code-{size}"].config.variational for size in CODE_SIZES)


@pytest.mark.parametrize("name", ["digits-code-3", "", "../digits-code-2"])
def test_an_unknown_name_is_refused_by_a_sentence(name: str) -> None:
    for use in (zoo.load, zoo.build):
        with pytest.raises(ZooError, match=r"^There is no shipped run named .+; zoo --list shows them\.$"):
            use(name)


# --- The files ----------------------------------------------------------------------------------------------


def test_what_is_neither_a_shipped_run_nor_a_file_is_refused_by_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ZooError, match=r"neither a shipped run nor a file named .*digits-code-33.*; zoo --list"):
        zoo.named_or_in(str(tmp_path / "digits-code-33"))


def test_the_bundled_digits_are_shipped_in_full() -> None:
    assert [entry for entry in ZOO.values() if of_digits(entry)] == [entry for entry in SHIPPED if of_digits(entry)]


def test_nothing_is_shipped_that_is_not_on_the_list() -> None:
    assert {path.name for path in FOLDER.glob("*.safetensors")} <= {entry.path.name for entry in ZOO.values()}


def test_the_shipped_runs_together_stay_within_their_budget() -> None:
    assert 0 < sum(path.stat().st_size for path in FOLDER.glob("*.safetensors")) <= zoo.BUDGET == 44 * 1024 * 1024


@every_shipped
def test_a_shipped_run_is_the_one_on_the_list(entry: ZooEntry) -> None:
    run = zoo.load(entry.name)
    assert run.config == entry.config.canonical()
    assert run.finished
    assert run.film is None or entry.filmed
    assert run.versions["ae_core"]


def test_shipped_runs_of_a_data_set_are_of_one_commit_and_all_bring_their_films() -> None:
    runs = {entry: zoo.load(entry.name) for entry in SHIPPED}
    for dataset in {entry.config.dataset for entry in runs}:  # they are shown beside each other
        whole = [run for entry, run in runs.items() if not entry.config.classes]  # one of some classes stands alone
        of_it = [run for run in whole if run.config.dataset == dataset]
        (source,) = {run.versions.get("commit") for run in of_it}
        assert source is not None
        assert re.fullmatch("[0-9a-f]{12}", source)
    assert all((run.film is not None) == entry.filmed for entry, run in runs.items())


@every_shipped
def test_a_shipped_run_has_a_history_that_falls(entry: ZooEntry) -> None:
    history = zoo.load(entry.name).history
    assert history["epoch"][0] == 0
    assert history["epoch"][-1] == entry.config.epochs
    # of a distribution its own entropy is left, however well it is told
    share = 0.9 if entry.config.loss == "categorical" else 0.8
    assert history["held_out_loss"][-1] < share * history["held_out_loss"][0]


@every_shipped
def test_a_shipped_run_beats_the_mean_image(entry: ZooEntry) -> None:
    run = zoo.load(entry.name)
    metrics = run.metrics
    if entry.config.loss == "categorical":  # it is not trained for the squared error
        kept, held_out = (F.normalize(part.images.flatten(1).float(), p=1) for part in images_of(entry.config.dataset))
        mean = -(held_out @ kept.mean(0).clamp_min(1e-9).log()).mean()
        assert run.history["held_out_loss"][-1] < mean - 0.3  # nats
        return
    error = metrics["denoised_mse"] if entry.config.corruption != "none" else metrics["mse"]
    assert error < 0.8 * metrics["mean_image_mse"]


@pytest.mark.parametrize("entry", [entry for entry in SHIPPED if of_digits(entry)], ids=lambda entry: entry.name)
def test_a_shipped_run_of_digits_measures_what_it_says(entry: ZooEntry) -> None:
    run = zoo.load(entry.name)
    found = measure(run.config, run.model, *images_of_classes(run.config))
    assert set(found) == set(run.metrics)
    # two neighbours at nearly the same distance may change places on another processor
    coarse = {name: 3 / 360 for name in ("knn_accuracy", "pca_knn_accuracy")}
    for name, value in found.items():
        assert run.metrics[name] == pytest.approx(value, rel=1e-6, abs=coarse.get(name, 1e-6)), name


# --- Training them again ------------------------------------------------------------------------------------

# the quickest of digits of each kind
OF_KIND = {
    variant_of(entry.config).name: entry
    for entry in sorted(filter(of_digits, ZOO.values()), key=lambda entry: -Pace().seconds(entry.config))
}


def test_every_kind_is_shipped_for_digits() -> None:
    assert set(OF_KIND) == set(VARIANTS)


@pytest.mark.parametrize("kind", VARIANTS)
def test_a_run_that_is_trained_again_is_the_shipped_one(kind: str) -> None:
    """What changes an algorithm has to train the shipped runs again.

    Another processor or number of threads rounds otherwise: what that does grows with the steps taken and stays small.
    Another seed, which is the least that a changed algorithm is, is told from it in the first epoch already.
    """
    config, card = OF_KIND[kind].config, zoo.load(OF_KIND[kind].name)
    trained = run_to_end(train(config, *images_of_classes(config)))
    then, now = (dict(zip(h["epoch"], h["held_out_loss"], strict=True)) for h in (card.history, trained.history))
    early = [epoch for epoch in then if epoch <= 1 and epoch in now]
    assert len(early) > 1
    assert [now[epoch] for epoch in early] == pytest.approx([then[epoch] for epoch in early], rel=1e-3)
    found = measure(config, checkpoint.halved(trained.model), *images_of_classes(config))
    for name in ("mse", "denoised_mse", "kl", "active_share", "contraction"):
        if name in found:
            assert found[name] == pytest.approx(card.metrics[name], rel=0.03), name


@pytest.mark.needs_mnist
@pytest.mark.parametrize("name", ["mnist-code-2", "mnist-code-32"])
def test_a_shipped_run_of_mnist_has_the_error_it_says(name: str) -> None:
    if not ZOO[name].path.is_file():
        pytest.skip(f"{name} is not shipped")
    run = zoo.load(name)
    assert squared_error(run.model, images_of("mnist")[1].images) == pytest.approx(run.metrics["mse"], abs=1e-6)


# --- Building -----------------------------------------------------------------------------------------------


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ZooEntry:
    """An entry that takes a moment to train, on a list of its own that ships elsewhere."""
    config = Config(
        dataset="digits",
        hidden_sizes=(8,),
        code_size=2,
        epochs=1,
        loss=spec("loss").choices[1],
        corruption_strength=0.5,
    )
    entry = ZooEntry("brief", "Brief", config)
    monkeypatch.setattr(zoo, "FOLDER", tmp_path / "checkpoints")
    monkeypatch.setitem(ZOO, "brief", entry)
    return entry


def test_building_writes_a_small_file_whose_metrics_are_its_own(brief: ZooEntry) -> None:
    built = zoo.build("brief")
    loaded = zoo.load("brief")
    assert loaded.config == brief.config.canonical()
    assert loaded.metrics == built.metrics
    # of the weights as they are in the file, not as they were before they were rounded
    assert measure(loaded.config, loaded.model, *images_of("digits")) == pytest.approx(loaded.metrics, abs=1e-6)
    assert loaded.film is not None
    assert built.film is not None
    assert torch.equal(loaded.film.images, built.film.images)
    torch.testing.assert_close(loaded.film.points, built.film.points, rtol=1e-3, atol=1e-3)  # in 16 bits


def test_a_build_goes_on_where_it_was(brief: ZooEntry, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    def trained(*options: str) -> bool:
        before = brief.path.stat().st_mtime_ns if brief.path.exists() else None
        assert main(["zoo", "--build", "brief", "--json", *options]) == 0
        assert "brief" in (brief.path.parent / "README.md").read_text()
        return brief.path.stat().st_mtime_ns != before

    now = "0123456789ab"
    monkeypatch.setattr(provenance, "commit", lambda: now)
    monkeypatch.setattr(zoo, "commit", lambda: now)
    assert trained()
    assert json.loads(capsys.readouterr().out)["brief"]["commit"] == now
    assert not trained()
    assert "1 of 1 are built already" in capsys.readouterr().err
    assert trained("--again")
    monkeypatch.setitem(ZOO, "brief", replace(brief, config=replace(brief.config, seed=1)))
    assert trained()  # for other settings
    now = "ba9876543210-dirty"
    assert trained()
    assert trained()  # nobody knows what the source was


def test_the_commit_is_the_last_that_changed_the_folder(tmp_path: Path) -> None:
    def git(*command: str) -> str:
        who = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.org"]
        return subprocess.run(["git", *who, *command], cwd=tmp_path, check=True, capture_output=True, text=True).stdout

    core = tmp_path / "core"
    core.mkdir()
    (core / "a.py").write_text("1")
    assert commit(core) == ""  # nobody keeps it
    git("init", "--quiet")
    assert commit(core) == ""
    git("add", "core")
    git("commit", "--quiet", "-m", "core")
    first = git("rev-parse", "HEAD")[:12]
    assert commit(core) == first
    (tmp_path / "shipped").write_text("a run")
    git("add", "shipped")
    git("commit", "--quiet", "-m", "a run")
    assert commit(core) == first
    (core / "a.py").write_text("2")
    assert commit(core) == f"{first}-dirty"


def test_building_needs_the_images(brief: ZooEntry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AE_DATA_DIR", str(tmp_path))
    with pytest.raises(ZooError, match=r"needs the images of fashion: run python -m ae_core datasets --download"):
        zoo.build("fashion-code-2")
    assert not ZOO["fashion-code-2"].path.is_file()


def test_a_damaged_shipped_file_is_refused_by_a_sentence(brief: ZooEntry, tiny_run: Run) -> None:
    brief.path.parent.mkdir()
    brief.path.write_bytes(checkpoint.to_bytes(tiny_run)[:-1])
    with pytest.raises(checkpoint.CheckpointError, match="not a whole safetensors file"):
        zoo.load("brief")
