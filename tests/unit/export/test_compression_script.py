"""The script of Compress prints, without the lab, what the lab's study found."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from scripts import assert_clean, printed_by

from ae_core.config.schema import Config
from ae_core.export.compression import compression_script
from ae_core.runs.fit import fit
from ae_core.runs.run import Run
from ae_core.tasks.compression import images, study
from ae_core.tasks.study import file_of

BRIEF = Config(dataset="digits", hidden_sizes=(16,), code_size=5, epochs=3, batch_size=32, learning_rate=1e-2)
STEP = 48
CASES = {
    "dense": (BRIEF, images.OWN, True),
    "vae": (replace(BRIEF, variational=True, loss="bce", classes=(0, 1)), images.OWN, False),
    "conv": (replace(BRIEF, architecture="conv", hidden_sizes=(4,), output_activation="linear"), images.OWN, True),
    "foreign": (BRIEF, "shapes", False),
}


# Runs scripts one after the other, as importing PyTorch for each would take longer than all of them.
@pytest.fixture(scope="module")
def runs() -> dict[str, Run]:
    return {name: fit(config, "cpu") for name, (config, _, _) in CASES.items()}


@pytest.fixture(scope="module")
def folder(runs: dict[str, Run], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every script, written down."""
    folder = tmp_path_factory.mktemp("scripts")
    for name, run in runs.items():
        text = compression_script(run, STEP, CASES[name][1], search=CASES[name][2])
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def printed(folder: Path) -> dict[str, str]:
    """What each script printed, run where there is no lab."""
    return printed_by(folder, CASES)


@pytest.mark.parametrize("name", CASES)
def test_the_script_prints_what_the_study_found(name: str, runs: dict[str, Run], printed: dict[str, str]) -> None:
    said = re.search(r"^compressed: ([\d.]+) bytes an image, PSNR ([\d.]+) dB$", printed[name], re.MULTILINE)
    assert said is not None
    answer = study.codec_answer(file_of(runs[name]), study.RUN, *CASES[name][1:], [STEP])["together"]
    assert float(said[1]) == pytest.approx(answer["bytes"][0], rel=1.5e-2)  # a search by chance grows the last digits
    assert float(said[2]) == pytest.approx(answer["psnr"][0], abs=0.05)


def test_the_scripts_are_clean_python(folder: Path) -> None:
    """Nothing unused, nothing undefined, imports in order, laid out as the lab's own code."""
    assert_clean(folder)
