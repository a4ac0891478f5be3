"""The script that is taken home from Documents measures what the lab measures, without the lab."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from scripts import assert_clean, printed_by
from tiny_text import tiny_text_run

from ae_core.export.documents import documents_script
from ae_core.tasks.documents.spaces import BITS, SPACES
from ae_core.tasks.documents.study import measure
from ae_core.tasks.study import file_of


def test_the_script_prints_the_page_s_precisions(tmp_path: Path) -> None:
    run = tiny_text_run()
    code = documents_script(run)
    assert "ae_core" not in code
    (tmp_path / "home.py").write_text(code, encoding="utf-8")
    assert_clean(tmp_path)
    found = dict(re.findall(r"precision at 10 by (\w+): ([\d.]+)", printed_by(tmp_path, ["home"])["home"]))
    assert set(found) == {*SPACES, BITS}
    for space, share in found.items():
        assert float(share) == pytest.approx(measure(file_of(run), space)["precision"], abs=3e-3), space
