"""Which number of the code follows which factor, on the pages that show a code."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from apptest_helpers import InstantManager, open_lab

from ae_core.config.schema import Config
from ui.widgets.factors import matrix_html

BRIEF = Config(dataset="shapes", hidden_sizes=(16,), code_size=3, epochs=1, batch_size=256)


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InstantManager:
    monkeypatch.setenv("AE_DATA_DIR", str(tmp_path / "nothing"))
    return open_lab(tmp_path, monkeypatch)


def test_the_number_that_tells_most_of_a_factor_is_bold() -> None:
    table = matrix_html(torch.tensor([[0.9, 0.1], [0.2, 0.6]]), ["hue", "<b>size</b>"])
    assert "<b>90%</b>" in table
    assert "<b>60%</b>" in table
    assert "<b>10%</b>" not in table
    assert "&lt;b&gt;size&lt;/b&gt;" in table


def test_of_long_codes_the_telling_numbers_are_shown_in_their_order() -> None:
    shares = torch.zeros(40, 2)
    shares[7, 0] = shares[30, 1] = 0.5
    rows = matrix_html(shares, ["hue", "size"]).split("<tr>")[2:]
    assert len(rows) == 16
    assert next(row for row in rows if "50%" in row).startswith("<td>Number 8<")
