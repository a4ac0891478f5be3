"""The script of Compress prints, without the lab, what the lab's study found."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

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
_RUNNER = """
import contextlib, io, json, runpy, sys
said = {}
for name in sys.argv[1:]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        runpy.run_path(name + ".py")
    said[name] = out.getvalue()
assert not {"ae_core", "streamlit"} & set(sys.modules)
print(json.dumps(said))
"""


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
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["OMP_NUM_THREADS"] = str(torch.get_num_threads())
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _RUNNER, *CASES],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", CASES)
def test_the_script_prints_what_the_study_found(name: str, runs: dict[str, Run], printed: dict[str, str]) -> None:
    said = re.search(r"^compressed: ([\d.]+) bytes an image, PSNR ([\d.]+) dB$", printed[name], re.MULTILINE)
    assert said is not None
    answer = study.codec_answer(file_of(runs[name]), study.RUN, *CASES[name][1:], [STEP])["together"]
    assert float(said[1]) == pytest.approx(answer["bytes"][0], rel=1.5e-2)  # a search by chance grows the last digits
    assert float(said[2]) == pytest.approx(answer["psnr"][0], abs=0.05)


def test_the_scripts_are_clean_python(folder: Path) -> None:
    """Nothing unused, nothing undefined, imports in order, laid out as the lab's own code."""
    for command in (["check", "--select", "F,E7,E9,I,W"], ["format", "--check", "--diff"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--isolated", "--line-length", "120", "--no-cache", "."]
        done = subprocess.run(ruff, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
