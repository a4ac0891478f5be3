"""The script of a scan that is taken home from "Can it be read?" counts what the lab counts, without the lab."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from scripts import assert_clean, printed_by

from ae_core.export.scan import scan_zip
from ae_core.tasks.reading.scan import SIDES, THRESHOLDS, thresholded


@pytest.mark.parametrize(("scan", "grain"), [("page", 20), ("text", 0)])
def test_the_script_counts_what_the_page_does(scan: str, grain: int, tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(scan_zip(scan, grain))) as packed:
        assert set(packed.namelist()) == {"scan.py", "denoise-grey.safetensors"}
        packed.extractall(tmp_path)
    assert_clean(tmp_path)
    said = [line.split() for line in printed_by(tmp_path, ["scan"])["scan"].splitlines()]
    found = {(side, way): (float(wrong), int(specks)) for side, way, _, wrong, _, specks in said}
    assert len(found) == len(SIDES) * len(THRESHOLDS)
    for side in SIDES:
        answer = thresholded(scan, grain, side)
        for way in THRESHOLDS:
            wrong, specks = found[side, way]
            assert wrong == pytest.approx(answer[f"{way}_wrong"], abs=1e-5)
            assert specks == answer[f"{way}_specks"]
