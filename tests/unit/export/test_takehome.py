"""Take home: what is downloaded of a run repeats it, shows it and says its numbers, without the lab."""

from __future__ import annotations

import ast
import contextlib
import csv
import io
import json
import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from apptest_helpers import described_otherwise, description_of
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scripts import assert_clean, printed_by
from strategies import SMALL, configs

from ae_core.config.schema import FIELD_NAMES, Config
from ae_core.config.variants import VARIANTS
from ae_core.data.datasets import load
from ae_core.data.items import to_bytes, to_float
from ae_core.data.own import lent
from ae_core.data.own_patches import PatchPicture, file_name
from ae_core.data.torchvision_compat import import_torchvision
from ae_core.errors import LabError
from ae_core.evaluation.metrics import metric_names
from ae_core.export.figures import beside_png, curve_png, images_png, picture_png
from ae_core.export.notebook import notebook
from ae_core.export.numbers import history_csv, meaning_of, numbers_csv
from ae_core.export.onnx import decoder_onnx
from ae_core.export.recipe import recipe
from ae_core.export.script import device_of, result_of, script
from ae_core.models.autoencoder import Autoencoder, build
from ae_core.models.codec import reconstruct
from ae_core.runs.checkpoint import from_bytes
from ae_core.runs.checkpoint import to_bytes as to_checkpoint
from ae_core.runs.fit import fit, images_of, images_of_classes
from ae_core.runs.run import Run
from ae_core.training.film import film_indices
from ae_core.training.loop import run_to_end, train

BRIEF = Config(dataset="digits", hidden_sizes=(16,), code_size=4, epochs=1, batch_size=64)


def _kind(name: str) -> Config:
    brief = {"epochs": 1, "batch_size": 64}
    return VARIANTS[name].config("digits", **brief, **({"pretraining_epochs": 1} if name == "rbm" else {}))


#: Every kind, and every setting that writes other code than the kinds' own.
KINDS = {name: _kind(name) for name in VARIANTS}
OTHERS = {
    "pool": replace(BRIEF, architecture="conv", hidden_sizes=(4, 8), downsampling="pool", upsampling="nearest"),
    "conv48": replace(BRIEF, architecture="conv48", hidden_sizes=(), activation="elu"),
    "denoiser": replace(
        BRIEF,
        architecture="denoiser",
        hidden_sizes=(),
        code_size=128,
        corruption="masking",
        corruption_strength=0.5,
        batch_size=256,
    ),
    "block": replace(BRIEF, corruption="block", corruption_strength=0.3, corruption_min=0.1, activation="gelu"),
    "blur": replace(BRIEF, corruption="blur", corruption_strength=0.6, activation="tanh"),
    "warp": replace(BRIEF, corruption="warp", corruption_strength=0.4, corruption_min=0.1),
    "salt": replace(BRIEF, corruption="salt_pepper", corruption_strength=0.4, activation="sigmoid", shift=1),
    "adadelta": replace(BRIEF, optimiser="adadelta", schedule="constant", learning_rate=1.0, loss="bce"),
    "rectified": replace(BRIEF, schedule="constant", output_activation="relu", code_activation="tanh"),
    "contractive-deep": replace(BRIEF, contraction=1e-3),
    "contractive-tanh": replace(BRIEF, contraction=1e-3, hidden_sizes=(), code_activation="tanh"),
    "contractive-relu": replace(BRIEF, contraction=1e-3, hidden_sizes=(), code_activation="relu"),
    "contractive-elu": replace(BRIEF, contraction=1e-3, hidden_sizes=(), code_activation="elu"),
    "contractive-linear": replace(BRIEF, contraction=1e-3, hidden_sizes=()),
    "vae-warmed": replace(BRIEF, variational=True, loss="bce", kl_warmup=0.3, free_bits=0.1, beta=2.0, epochs=2),
    "coarse": replace(BRIEF, precision="bfloat16", contraction=1e-3),
    "coarse-vae": replace(BRIEF, precision="bfloat16", variational=True),
    "conv-top-k": replace(BRIEF, architecture="conv", hidden_sizes=(4,), code_size=16, sparsity="top_k", k=3),
    "lstm-vae": replace(BRIEF, architecture="lstm", hidden_sizes=(8, 6), variational=True),
    "one-batch": replace(BRIEF, batch_size=4096, seed=3),
    "colour": replace(
        BRIEF,
        dataset="shapes",
        classes=(0, 2),
        architecture="conv",
        hidden_sizes=(4, 8),
        corruption="salt_pepper",
        corruption_strength=0.3,
        shift=1,
        batch_size=256,
    ),
    "text": replace(
        BRIEF,
        dataset="documentation",
        hidden_sizes=(),
        loss="categorical",
        output_activation="softmax",
        corruption="masking",
        corruption_strength=0.5,
        classes=(3, 5),
        batch_size=256,
    ),
}
CONFIGS = KINDS | OTHERS

# Runs scripts one after the other, as importing PyTorch for each would take longer than all of them.
_KEEP = """
    weights = [*left["encoder"].parameters(), *left["decoder"].parameters()]
    torch.save([w.detach().clone() for w in weights], name + ".pt")
    left["picture"].save(name + ".png")
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every script, written down."""
    folder = tmp_path_factory.mktemp("scripts")
    for name, config in CONFIGS.items():
        (folder / f"{name}.py").write_text(script(config), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def printed(folder: Path) -> dict[str, str]:
    """What each script printed, run where there is no lab; beside it lie the weights it ended with."""
    return printed_by(folder, CONFIGS, _KEEP)


def held_out_mse(text: str) -> float:
    found = re.search(r"held-out MSE ([\d.]+)", text)
    assert found, text
    return float(found[1])


# --- The script ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", KINDS)
def test_the_script_of_every_kind_prints_what_the_lab_measures(name: str, printed: dict[str, str]) -> None:
    metrics = fit(KINDS[name], "cpu").metrics
    assert held_out_mse(printed[name]) == pytest.approx(metrics["mse"], abs=2e-6)
    pca = re.search(r"\(PCA ([\d.]+)\)", printed[name])
    assert pca
    assert float(pca[1]) == pytest.approx(metrics["pca_mse"], abs=2e-6)
    if "denoised_mse" in metrics:
        said = re.search(r"noisy MSE ([\d.]+), denoised ([\d.]+)", printed[name])
        assert said
        assert float(said[1]) == pytest.approx(metrics["noisy_mse"], abs=2e-6)
        assert float(said[2]) == pytest.approx(metrics["denoised_mse"], abs=2e-6)


@pytest.mark.parametrize("name", CONFIGS)
def test_a_script_ends_with_the_labs_weights_to_the_last_bit(name: str, folder: Path, printed: dict[str, str]) -> None:
    model = run_to_end(train(CONFIGS[name], *images_of_classes(CONFIGS[name]))).model
    theirs = torch.load(folder / f"{name}.pt")
    assert len(theirs) == len([*model.parameters()])
    assert all(torch.equal(ours, its) for ours, its in zip(model.parameters(), theirs, strict=True))


@settings(max_examples=10)
@given(configs(**{name: st.sampled_from(levels) for name, levels in SMALL.items()}))
def test_the_script_of_any_settings_together_ends_with_the_labs_weights(config: Config) -> None:
    config = replace(config, batch_size=256)  # few steps over all the images
    names: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()):
        exec(script(config), names)
    theirs = [*names["encoder"].parameters(), *names["decoder"].parameters()]
    model = run_to_end(train(config, *images_of("digits"))).model
    assert all(torch.equal(ours, its) for ours, its in zip(model.parameters(), theirs, strict=True))


def test_a_script_draws_images_and_what_comes_back(folder: Path, printed: dict[str, str]) -> None:
    picture = np.asarray(Image.open(folder / "dense.png"))
    assert picture.shape == (2 * 8 * 4, 12 * 8 * 4)
    originals = load("digits", "test").images[:12, 0].numpy()
    assert (picture[:32:4, ::4] == np.concatenate(list(originals), axis=1)).all()
    assert Image.open(folder / "denoising.png").height == 3 * 8 * 4
    colour = np.asarray(Image.open(folder / "colour.png"))
    assert colour.shape == (3 * 32 * 4, 12 * 32 * 4, 3)
    originals = images_of_classes(CONFIGS["colour"])[1].images[:12].permute(0, 2, 3, 1).numpy()
    assert (colour[: 32 * 4 : 4, ::4] == np.concatenate(list(originals), axis=1)).all()
    assert (folder / "reconstructions.png").is_file()


def test_scripts_are_clean_python(folder: Path) -> None:
    """Nothing unused, nothing undefined, imports in order, laid out as the lab's own code."""
    assert_clean(folder)


@pytest.mark.parametrize("name", CONFIGS)
def test_a_script_holds_only_what_its_run_uses(name: str) -> None:
    config, text = CONFIGS[name], script(CONFIGS[name])
    assert "ae_core" not in text
    assert "streamlit" not in text
    assert "# %%" not in text  # the template's sections were all found
    for field in FIELD_NAMES - set(config.used_fields()):
        assert not re.search(rf"\b{field.upper()}\b", text), field
    for field, word in (("variational", "log_variance"), ("contraction", "CONTRACTION"), ("shift", "SHIFT")):
        assert (word in text) == bool(getattr(config, field))
    for field, plain, word in (("corruption", "none", "corrupt("), ("pretraining", "none", "RBM")):
        assert (word in text) == (getattr(config, field) != plain)


def test_a_script_says_what_the_lab_reached(tiny_run: Run) -> None:
    text = script(tiny_run.config, device_of(tiny_run), result_of(tiny_run))
    assert f"{tiny_run.metrics['mse']:.6f}" in text
    assert 'DEVICE = "cpu"' in text
    assert "stopped" not in text
    stopped = " ".join(result_of(replace(tiny_run, finished=False)).split())
    assert "It was stopped after 3.00 epochs; this runs to the end." in stopped


def test_a_script_is_for_the_device_of_the_run(tiny_run: Run) -> None:
    elsewhere = replace(tiny_run, device="cuda (NVIDIA H100)")
    assert 'DEVICE = "cuda"' in script(elsewhere.config, device_of(elsewhere))


@pytest.mark.parametrize(
    "dataset",
    [
        *(pytest.param(name, marks=pytest.mark.needs_mnist) for name in ("mnist", "binary")),
        *("patches16", "patches8_colour"),
    ],
)
def test_a_script_reads_the_images_that_the_lab_reads(dataset: str) -> None:
    import_torchvision()
    steps = recipe(VARIANTS["dense"].config(dataset, classes=(0, 3)))
    data: dict[str, Any] = {}
    settings, reading = steps.sections[:2]
    exec("\n".join((steps.imports, settings.code, reading.code)), data)
    assert torch.equal(data["train"], load(dataset, "train").of_classes((0, 3)).images)
    assert torch.equal(data["held_out"], load(dataset, "test").of_classes((0, 3)).images)


@pytest.mark.parametrize("kind", ["patches16", "patches8_colour"])
def test_a_script_reads_a_picture_of_ones_own_from_the_file_beside_it(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    picture = PatchPicture.of(Image.fromarray(small).resize((640, 480), Image.Resampling.BICUBIC))
    name = picture.name(kind)
    steps = recipe(VARIANTS["dense"].config(name, classes=(0, 3)))
    settings, reading = steps.sections[:2]
    code = "\n".join((steps.imports, settings.code, reading.code))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match=f"Put {file_name(name)} into this folder first"):
        exec(code, {})
    file = tmp_path / file_name(name)
    Image.new("RGB", picture.image.size).save(file)
    with pytest.raises(SystemExit, match="is another picture"):
        exec(code, {})
    file.write_bytes(picture.as_file())
    data: dict[str, Any] = {}
    exec(code, data)
    with lent(name, picture):
        assert torch.equal(data["train"], load(name, "train").of_classes((0, 3)).images)
        assert torch.equal(data["held_out"], load(name, "test").of_classes((0, 3)).images)


# --- The notebook -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["dense", "denoising", "rbm"])
def test_a_notebook_is_valid_and_its_cells_do_what_the_script_does(
    name: str,
    printed: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    book = nbformat.reads(notebook(CONFIGS[name]), as_version=4)
    nbformat.validate(book)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for cell in book.cells:
        if cell.cell_type == "code":
            exec(cell.source, names)
    assert held_out_mse(capsys.readouterr().out) == held_out_mse(printed[name])
    assert book.cells[-1].source.endswith("\npicture")  # which Jupyter shows
    assert isinstance(names["picture"], Image.Image)


def test_a_notebook_explains_each_of_its_parts() -> None:
    book = nbformat.reads(notebook(KINDS["conv-denoising"], measured="It was so."), as_version=4)
    assert "It was so." in book.cells[0].source
    for above, cell in zip(book.cells[1:], book.cells[2:], strict=False):
        if cell.cell_type == "code":
            assert re.fullmatch(r"## .+\n\n.+", above.source), above.source


# --- Text of a stranger's checkpoint ---------------------------------------------------------------------------

HOSTILE = [
    '"""\nimport os; os.system("evil")\n"""',
    'cpu"""\nevil()\n"""',
    'cuda"; evil(); "',
    "cpu'''\nevil()\n'''",
    "cpu (\\",
    'cpu (\\"""\nevil()\n',
    "2.13.0\r\nevil()\n#",
    "2.13.0\x0cevil()\x00\u2028evil()",
    "cpu\n```\n<script>evil()</script> ![x](https://evil.example/x.png) www.evil.example $x$",
    "%run evil",
    "",
    " ",
]


def code_of(python: str) -> str:
    """The syntax tree, without the words of the docstring that a script begins with."""
    tree = ast.parse(python)
    if tree.body and isinstance(tree.body[0], ast.Expr) and isinstance(tree.body[0].value, ast.Constant):
        tree.body[0].value.value = ""
    return ast.dump(tree)


def strangers(run: Run, text: str) -> list[Run]:
    """Runs that say ``text`` wherever a checkpoint may say anything: four read from files, and two made without one."""
    data = to_checkpoint(run)
    about = description_of(data)
    changes: list[dict[str, Any]] = [
        {"device": text, "finished": text, "seconds": text, text: text},
        {"versions": {"torch": text, text: "2", "ae_core": text, "code": text}},
        {"versions": {"torch": {text: text}}, "metrics": {**about["metrics"], text: 1.0}},
        {"history": {**about["history"], text: about["history"]["epoch"]}, "device": [text]},
    ]
    read = [from_bytes(described_otherwise(data, **change)) for change in changes]
    return [*read, replace(run, device=text), replace(run, device=f"cpu {text}", versions={"torch": text, text: text})]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_checkpoint_is_code_of_a_script_or_a_notebook(text: str, tiny_run: Run) -> None:
    for run in strangers(tiny_run, text):
        device = device_of(run)
        assert device in ("cpu", "cuda")
        clean, hostile = (device, result_of(tiny_run)), (device, result_of(run))
        assert code_of(script(run.config, *hostile)) == code_of(script(tiny_run.config, *clean))
        cells, usual = (json.loads(notebook(tiny_run.config, *each))["cells"] for each in (hostile, clean))
        assert cells[1:] == usual[1:]
        opening, plain_opening = cells[0]["source"].split("\n"), usual[0]["source"].split("\n")
        assert len(opening) == len(plain_opening)
        for line, plain_line in zip(opening, plain_opening, strict=True):
            assert line == plain_line or not re.search(r"(?<!\\)[<>\[\]`*_$|&]|www\.|:[\w/]", line)


def test_no_text_of_a_checkpoint_is_a_formula_of_a_table(tiny_run: Run) -> None:
    for run in strangers(tiny_run, '=HYPERLINK("https://evil.example")')[:4]:
        for table in (numbers_csv(run), history_csv(run)):
            assert "HYPERLINK" not in table


def test_code_for_a_device_that_does_not_exist_is_refused() -> None:
    with pytest.raises(LabError, match=r"cpu, cuda, mps; not for “cpu.; evil"):
        script(BRIEF, 'cpu"; evil()')


# --- The decoder --------------------------------------------------------------------------------------------

DECODERS = {
    "dense": BRIEF,
    "conv": replace(BRIEF, architecture="conv", hidden_sizes=(4, 8)),
    "conv-nearest": replace(BRIEF, architecture="conv", hidden_sizes=(4, 8), upsampling="nearest"),
    "conv48": OTHERS["conv48"],
    "denoiser": OTHERS["denoiser"],
    "lstm": replace(BRIEF, architecture="lstm", hidden_sizes=(8, 6)),
    "vae": replace(BRIEF, variational=True),
    "linear": replace(BRIEF, output_activation="linear", hidden_sizes=()),
}


@pytest.mark.parametrize("config", DECODERS.values(), ids=DECODERS)
def test_the_exported_decoder_decodes_as_pytorch_does(config: Config) -> None:
    model = build(config, (1, 8, 8)).eval()
    session = onnxruntime.InferenceSession(decoder_onnx(model))
    assert [(i.name, i.shape) for i in session.get_inputs()] == [("code", ["images", config.code_size])]
    assert [(o.name, o.shape) for o in session.get_outputs()] == [("image", ["images", 1, 8, 8])]
    for count in (1, 5):
        codes = 3 * torch.randn(count, config.code_size, generator=torch.Generator().manual_seed(count))
        (images,) = session.run(["image"], {"code": codes.numpy()})
        assert images.dtype == np.float32
        np.testing.assert_allclose(images, model.decode(codes).clamp(0, 1).numpy(), atol=2e-6)
        assert images.std() > 0


def test_an_exported_decoder_is_a_valid_model_without_the_encoder() -> None:
    model: Autoencoder = build(BRIEF, (1, 8, 8)).eval()
    exported = onnx.load_from_string(decoder_onnx(model))
    onnx.checker.check_model(exported, full_check=True)
    assert sum(np.prod(tensor.dims) for tensor in exported.graph.initializer) < 1.1 * sum(
        p.numel() for p in model.decoder.parameters()
    )


# --- Figures and numbers ------------------------------------------------------------------------------------


def test_the_images_of_a_run_are_drawn_in_whole_pixels(tiny_run: Run) -> None:
    held_out = load("digits", "test")
    chosen = film_indices(held_out.labels)
    clean = held_out.images[chosen]
    rows = (clean, to_bytes(reconstruct(tiny_run.model, to_float(clean))))
    sheet = np.asarray(Image.open(io.BytesIO(images_png(tiny_run, held_out))))
    dark = np.flatnonzero((sheet[: sheet.shape[0] // 3] == 0).all(2).any(0))  # the background of digits
    scale, gap, top, left = 10, 6, 24, int(dark[0])
    for row, images in enumerate(rows):
        for column, image in enumerate(images):
            y, x = top + row * (8 * scale + gap), left + column * (8 * scale + gap)
            tile = sheet[y : y + 8 * scale, x : x + 8 * scale, 0]
            assert (tile == np.kron(image[0].numpy(), np.ones((scale, scale), np.uint8))).all()


def test_a_denoising_run_shows_its_damaged_images_too(tiny_run: Run) -> None:
    noisy = replace(tiny_run, config=replace(tiny_run.config, corruption="gaussian", corruption_strength=0.4))
    held_out = load("digits", "test")
    heights = [Image.open(io.BytesIO(images_png(run, held_out))).height for run in (tiny_run, noisy)]
    assert heights[1] - heights[0] == 8 * 10 + 6


def colours(png: bytes) -> set[tuple[int, ...]]:
    counted = Image.open(io.BytesIO(png)).convert("RGB").getcolors(1 << 20)
    assert counted
    return {colour for _, colour in counted}  # type: ignore[misc]


def test_the_curve_has_pca_in_it_where_the_two_can_be_compared(tiny_run: Run) -> None:
    autoencoder, pca = (0x0B, 0x5F, 0x8A), (0xA8, 0x48, 0x0F)
    assert {autoencoder, pca} <= colours(curve_png(tiny_run))
    otherwise = colours(curve_png(replace(tiny_run, config=replace(tiny_run.config, loss="bce"))))
    assert autoencoder in otherwise
    assert pca not in otherwise


@pytest.mark.parametrize("epochs", [[0.0], [0.0, 0.02], [0.0, 400.0]], ids=["nothing", "a moment", "long"])
def test_a_curve_is_drawn_of_whatever_was_trained(epochs: list[float], tiny_run: Run) -> None:
    history = {name: values[: len(epochs)] for name, values in tiny_run.history.items()} | {"epoch": epochs}
    assert curve_png(replace(tiny_run, history=history))


def test_the_numbers_say_what_they_are(tiny_run: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(numbers_csv(tiny_run))))
    assert all(row["meaning"] for row in rows)
    results = {row["name"]: float(row["value"]) for row in rows if row["kind"] == "result"}
    assert results == tiny_run.metrics
    settings = {row["name"]: row["value"] for row in rows if row["kind"] == "setting"}
    assert set(settings) == set(tiny_run.config.used_fields())
    assert settings["hidden_sizes"] == "16"
    assert settings["learning_rate"] == "0.01"


@pytest.mark.parametrize("config", KINDS.values(), ids=KINDS)
def test_every_metric_has_a_meaning(config: Config) -> None:
    assert all(meaning_of(name) for name in metric_names(config))


def test_the_curves_are_a_table_of_the_history(tiny_run: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(history_csv(tiny_run))))
    assert {"epoch", "train_loss", "held_out_loss"} <= set(rows[0])
    for name, values in tiny_run.history.items():
        assert [float(row[name]) for row in rows] == values


def test_a_repaired_picture_is_saved_with_every_pixel_as_it_is() -> None:
    image = torch.rand(1, 28, 28, generator=torch.Generator().manual_seed(0))
    wanted = (image[0] * 255).round().numpy()
    alone = np.asarray(Image.open(io.BytesIO(picture_png(image))))
    assert alone.shape == (560, 560)
    assert np.array_equal(alone[10::20, 10::20], wanted)
    beside = np.asarray(Image.open(io.BytesIO(beside_png({"Yours": image, "Autoencoder": 1 - image}))).convert("L"))
    assert np.array_equal(beside[60 + 5 : 60 + 280 : 10, 24 + 5 : 24 + 280 : 10], wanted)
