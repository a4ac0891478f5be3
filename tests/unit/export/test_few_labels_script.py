"""The script of few labels repeats the page's number without the lab."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tiny import TINY

from ae_core.export.few_labels import few_labels_script
from ae_core.runs.fit import fit
from ae_core.runs.run import Run
from ae_core.tasks.few_labels.study import errors_of
from ae_core.tasks.study import file_of

HIDDEN = "import sys\nsys.modules['ae_core'] = None\n"  # whoever imports it then is refused


def printed(script: str, folder: Path) -> dict[str, float]:
    """The errors that a script prints, by the kind of features."""
    file = folder / "few_labels.py"
    file.write_text(f"{script}\nprint('ERRORS', errors)\n")
    ran = subprocess.run(
        [sys.executable, "-c", f"{HIDDEN}import runpy; runpy.run_path({str(file)!r})"],
        cwd=folder, env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return dict(eval(ran.stdout.rpartition("ERRORS ")[2]))


def test_the_script_says_the_labs_number(tmp_path: Path) -> None:
    run = fit(replace(TINY, classes=(1, 4, 7), variational=True, epochs=1), "cpu")
    lab = {kind: errors_of(file_of(run), kind, 20, [0, 1])["errors"] for kind in ("codes", "pixels")}
    script = few_labels_script(run, 20, lab["codes"], lab["pixels"])
    assert "ae_core" not in script
    errors = printed(script, tmp_path)
    for kind, each in lab.items():
        assert errors[kind] == pytest.approx(sum(each) / 2, abs=2e-3), kind


def test_of_all_classes_the_script_leaves_none_out(tiny_run: Run) -> None:
    script = few_labels_script(tiny_run, 20, [0.5], [0.25])
    compile(script, "few_labels.py", "exec")
    assert "isin" not in script
    assert "0.5000 and 0.2500" in script
