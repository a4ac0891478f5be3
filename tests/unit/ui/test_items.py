"""One function draws an item: another kind of item, or a colour image, needs no change to a page; nor does a data set."""

from __future__ import annotations

import ast
import base64
import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from apptest_helpers import assert_opens, link_of, tables, visit
from PIL import Image
from torch import Tensor

from ae_core.data.datasets import INFO, DatasetInfo
from ae_core.runs.zoo import ZOO
from ui.figures.items import KINDS, draw, in_a_sheet, in_a_tile, picture_size, signed
from ui.figures.pictures import Row, sprite, strip_html

ROOT = Path(__file__).resolve().parents[3]
#: where a data set may be named: those that say what there is, what is shipped, what tutorials train, and the default
NAMED = {"ae_core/runs/zoo.py", "ae_core/config/presets.py", "ae_core/config/schema.py"}


def pictures(html: str) -> list[np.ndarray]:
    """The pictures in a piece of HTML as (H, W, bands)."""
    files = re.findall(r"data:image/png;base64,([^\"]+)", html)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(file)))) for file in files]


def as_lines(items: Tensor, over: Tensor | None, info: DatasetInfo) -> Tensor:
    """Draw each row of numbers as a green line in a picture twice as high as there are numbers in it."""
    values = items.flatten(1).float()
    heights = (values / values.amax().clamp_min(1e-6) * (2 * values.shape[1] - 1)).long()
    lines = torch.zeros(len(items), 3, 2 * values.shape[1], values.shape[1])
    lines[:, 1].scatter_(1, heights[:, None], 1.0)
    return lines


def test_every_data_set_is_of_a_kind_that_can_be_drawn() -> None:
    assert {info.kind for info in INFO.values()} <= set(KINDS)
    for info in INFO.values():
        if info.kind == "image":
            assert picture_size(info) == (info.shape[2], info.shape[1])  # an image is its own picture


def test_what_is_red_is_drawn_red() -> None:
    red = torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1).expand(1, 3, 32, 32)
    (sheet,) = pictures(sprite(red, INFO["shapes"]))
    assert (sheet[:, :, :3] == [255, 0, 0]).all()


@pytest.mark.parametrize(
    ("page", "view"), [("reconstruct", {}), ("generate", {}), ("generate", {"show": "Interpolation"}), ("train", {})]
)
def test_a_made_up_kind_of_item_is_drawn_on_pages_that_know_nothing_of_it(
    page: str, view: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(KINDS, "series", as_lines)
    monkeypatch.setitem(INFO, "digits", replace(INFO["digits"], kind="series"))
    assert draw(torch.rand(5, 1, 8, 8), INFO["digits"]).shape == (5, 3, 128, 64)
    at = visit(page, **link_of(ZOO["digits-vae-2"].config, **view))
    assert_opens(at, page)
    drawn = [sheet for html in tables(at) for sheet in pictures(html)]
    assert drawn
    for sheet in drawn:
        assert sheet.shape[0] % 2 == 0
        assert sheet.shape[2] == 4  # green lines and what shows the gaps
        assert not sheet[:, :, [0, 2]].any()
        assert sheet[:, :, 1].any()


def test_nothing_asks_for_a_data_set_by_name() -> None:
    asked = []
    for folder in ("ui", "pages", "ae_core"):
        for file in (ROOT / folder).rglob("*.py"):
            where = str(file.relative_to(ROOT))
            if where.startswith("ae_core/data/") or where in NAMED:
                continue
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    name, *rest = re.split(r"[-_]", node.value, maxsplit=1)
                    if name in INFO and (not rest or rest[0].strip()) and " " not in node.value:
                        asked.append(f"{where}:{node.lineno} {node.value}")
    assert asked == []


@pytest.mark.parametrize("each", [False, True])
@pytest.mark.parametrize("dataset", ["digits", "heartbeats", "cancer"])
def test_signed_differences_lie_about_one_half(dataset: str, each: bool) -> None:
    info = INFO[dataset]
    differences = torch.zeros(2, *info.shape)
    differences[0, 0, 0, 0], differences[1, 0, -1, -1] = -3.0, 1.0
    drawn = signed(differences, info, each=each)
    assert drawn[0, 0, 0, 0] == 0
    assert drawn[1, 0, -1, -1] == pytest.approx(1.0 if each else 2 / 3)
    assert drawn.median() == 0.5


def test_of_signed_words_only_what_is_more_is_drawn() -> None:
    info = INFO["documentation"]
    differences = torch.zeros(1, *info.shape)
    differences[..., 7], differences[..., 8] = 2.0, -2.0
    assert signed(differences, info).nonzero()[:, -1].tolist() == [7]


def test_what_has_to_be_read_is_drawn_larger_and_moves_aside_on_phones() -> None:
    words, digits = INFO["documentation"], INFO["digits"]
    assert in_a_tile(words) < in_a_tile(INFO["heartbeats"]) < in_a_tile(digits)
    assert in_a_sheet(words)[0] < in_a_sheet(digits)[0]
    strips = {info.name: strip_html([Row("Original", torch.zeros(5, *info.shape))], info) for info in (words, digits)}
    assert 'class="to-read" tabindex="0"' in strips["documentation"]
    assert "to-read" not in strips["digits"]
