"""The script that is taken home from Clusters finds what the lab finds, without the lab."""

from __future__ import annotations

import contextlib
import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from scripts import assert_clean
from tiny import TINY

from ae_core.config.schema import Config
from ae_core.export.clusters import clusters_script
from ae_core.runs.fit import fit
from ae_core.tasks.clusters import study
from ae_core.tasks.study import file_of


@pytest.mark.parametrize("config", [TINY, replace(TINY, variational=True, classes=(1, 4, 7), code_size=1)])
def test_the_script_prints_the_page_s_accuracies(config: Config, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(study, "ON_A_PLANE", 150)
    run = fit(config, "cpu")
    code = clusters_script(run, 3)
    assert "ae_core" not in code
    monkeypatch.chdir(tmp_path)
    printed, threads = io.StringIO(), torch.get_num_threads()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "clusters.py", "exec"), {"__name__": "taken_home"})
    torch.set_num_threads(threads)
    found = dict(re.findall(r"clusters by (\w+): ([\d.]+)", printed.getvalue()))
    assert set(found) == {"kmeans", "mixture", "plane"}
    for method, share in found.items():
        ours = study.clustered(file_of(run), f"codes-{method}", 3, on_a_plane=150)["accuracy"]
        assert float(share) == pytest.approx(ours, abs=5e-3), method


def test_the_script_is_clean_python(tmp_path: Path, tiny_run: Any) -> None:
    (tmp_path / "clusters.py").write_text(clusters_script(tiny_run, 10))
    assert_clean(tmp_path)
