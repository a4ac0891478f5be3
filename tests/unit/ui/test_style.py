"""Contrast of everything that is read, by WCAG 2.1, in both themes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from ui.figures.style import COLOURS

ROOT = Path(__file__).resolve().parents[3]
PALETTE = (ROOT / "ui" / "components" / "shared" / "palette.js").read_text("utf-8")
THEME = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"]
AA = 4.5  # for text of any size


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2.1)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted([luminance(one), luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


def mixed(colour: str, ground: str, share: float) -> str:
    """``colour`` at an opacity over a ground."""
    parts = [(int(colour[i : i + 2], 16) * share + int(ground[i : i + 2], 16) * (1 - share)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(part):02x}" for part in parts)


def grounds(theme: str) -> list[str]:
    return [THEME[theme]["backgroundColor"], THEME[theme]["secondaryBackgroundColor"]]


def class_colours(theme: str) -> list[str]:
    (colours,) = re.findall(rf"const {theme.upper()} = \[(.*?)\];", PALETTE, re.DOTALL)
    return re.findall(r"#[0-9A-Fa-f]{6}", colours)


def test_black_on_white_has_the_contrast_that_the_standard_gives() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_and_the_two_actors_can_be_read_on_every_ground(theme: str) -> None:
    for ground in grounds(theme):
        text = THEME[theme]["textColor"]
        assert contrast(mixed(text, ground, 0.75), ground) >= AA  # the palest caption
        for actor in ("ae", "pca", "text"):
            assert contrast(COLOURS[theme][actor], ground) >= AA, (actor, ground)
    primary = THEME[theme]["primaryColor"]
    assert contrast(primary, THEME[theme]["backgroundColor"]) >= AA  # a pressed button's words, too


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_ten_class_colours_can_be_read_where_digits_are_drawn_as_marks(theme: str) -> None:
    colours = class_colours(theme)
    assert len(set(colours)) == 10
    for colour in colours:
        assert contrast(colour, THEME[theme]["secondaryBackgroundColor"]) >= AA, colour
