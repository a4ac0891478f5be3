"""The script that is taken home from Search measures what the lab measures, without the lab."""

from __future__ import annotations

import contextlib
import io
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from scripts import assert_clean
from tiny import TINY

from ae_core.config.schema import Config
from ae_core.export.search import search_script
from ae_core.runs.fit import fit
from ae_core.tasks.search.spaces import SPACES
from ae_core.tasks.search.study import measure
from ae_core.tasks.study import file_of

CONFIGS = {
    "dense": replace(TINY, code_size=33),
    "variational-of-some": replace(TINY, variational=True, classes=(1, 4, 7)),
    "noisy": replace(TINY, corruption="gaussian", corruption_strength=0.3),
}


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_the_script_prints_the_page_s_precisions(config: Config, tmp_path: Path, monkeypatch: Any) -> None:
    run = fit(config, "cpu")
    code = search_script(run)
    assert "ae_core" not in code
    monkeypatch.chdir(tmp_path)
    printed, threads = io.StringIO(), torch.get_num_threads()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "search.py", "exec"), {"__name__": "taken_home"} | _module())
    torch.set_num_threads(threads)
    found = dict(re.findall(r"precision at 10 by (\w+): ([\d.]+)", printed.getvalue()))
    assert set(found) == set(SPACES)
    for space, share in found.items():
        assert float(share) == pytest.approx(measure(file_of(run), space)["precision"], abs=3e-3), space


def _module() -> dict[str, Any]:
    # dataclasses look for the module that they are written in
    sys.modules.setdefault("taken_home", type(sys)("taken_home"))
    return {}


def test_the_script_is_clean_python(tmp_path: Path) -> None:
    (tmp_path / "search.py").write_text(search_script(fit(replace(TINY, epochs=1), "cpu")))
    assert_clean(tmp_path)
