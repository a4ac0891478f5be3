"""The script that is taken home from "Can it be read?" counts what the lab counts, without the lab."""

from __future__ import annotations

import contextlib
import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from scripts import assert_clean
from tiny import TINY

from ae_core.config.schema import Config
from ae_core.export.reading import reading_script, reading_zip
from ae_core.runs.fit import fit
from ae_core.tasks.reading.methods import METHODS
from ae_core.tasks.reading.study import read_at, right_in
from ae_core.tasks.study import file_of

SOME = replace(TINY, corruption="salt_pepper", corruption_strength=0.3, classes=(1, 4, 7))
CASES: dict[str, tuple[Config, str]] = {
    "its own noise": (replace(TINY, corruption="gaussian", corruption_strength=0.4), "gaussian"),
    "another that shares code": (SOME, "masking"),
    "never shown noise": (replace(TINY, variational=True), "warp"),
}


@pytest.mark.parametrize(("config", "noise"), CASES.values(), ids=CASES)
def test_the_script_prints_the_page_s_shares(config: Config, noise: str, tmp_path: Path, monkeypatch: Any) -> None:
    run = fit(config, "cpu")
    with zipfile.ZipFile(io.BytesIO(reading_zip(run, noise))) as packed:
        rival = "gaussian" if noise == "gaussian" else "noisy"
        assert set(packed.namelist()) == {"digits-clean.safetensors", f"digits-{rival}.safetensors", "reading.py"}
        packed.extractall(tmp_path)
    code = (tmp_path / "reading.py").read_text()
    assert "ae_core" not in code
    monkeypatch.chdir(tmp_path)
    printed, threads = io.StringIO(), torch.get_num_threads()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "reading.py", "exec"), {"__name__": "taken_home"})
    torch.set_num_threads(threads)
    lines = re.findall(r"^strength ([\d.]+) (.+)$", printed.getvalue(), re.MULTILINE)
    assert [float(strength) for strength, _ in lines] == [0, 0.25, 0.5, 0.75, 1]
    for strength, said in lines[:3]:
        found = dict(zip(said.split()[::2], map(float, said.split()[1::2]), strict=True))
        expected = right_in(read_at(file_of(run), noise, float(strength))).mean(1)
        for method, share in zip(METHODS, expected, strict=True):
            assert found[method] == pytest.approx(share, abs=0.01), (strength, method)


def test_the_script_is_clean_python(tmp_path: Path) -> None:
    run = fit(replace(TINY, epochs=1), "cpu")
    for name, (config, noise) in CASES.items():
        text = reading_script(replace(run, config=config.canonical()), noise)
        (tmp_path / f"{name.replace(' ', '_')}.py").write_text(text)
    assert_clean(tmp_path)
