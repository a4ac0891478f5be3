"""The look that Streamlit's theme does not cover: one colour an actor, and the figures built of HTML.

The autoencoder is blue and PCA orange wherever they appear, in both themes (a pair that colour-blind visitors can
tell apart), and each is always named beside its colour.
"""

from __future__ import annotations

import streamlit as st

COLOURS = {
    "light": {"ae": "#0b5f8a", "pca": "#a8480f", "train": "#7d8794", "grid": "#e3dfd5", "text": "#1b212c"},
    "dark": {"ae": "#62bde6", "pca": "#f2a65e", "train": "#8793a3", "grid": "#2a3341", "text": "#e8ebf0"},
}

_CSS = """
<style>
.lab { --ae: AE; --pca: PCA; font-family: inherit; color: inherit; }
.block-container, .stMainBlockContainer { padding-top: 3.2rem; max-width: 1280px; }
.strip { display: grid; grid-template-columns: 8.5rem 1fr 6.5rem; align-items: center; gap: .25rem .9rem; margin: .3rem 0; }
.strip .name { font-weight: 600; line-height: 1.2; text-align: right; }
.strip .name small, .strip .note small { display: block; font-weight: 400; opacity: .75; }
.strip .note { font-variant-numeric: tabular-nums; line-height: 1.25; }
.strip img { width: 100%; display: block; image-rendering: pixelated; }
.strip.ae .name { color: var(--ae); } .strip.pca .name { color: var(--pca); }
.px { image-rendering: pixelated; display: block; width: 100%; }
.panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: 1rem; margin: .4rem 0; }
.panels figure { margin: 0; } .panels figcaption { margin-top: .35rem; line-height: 1.3; }
.panels figcaption b { display: block; } .panels figcaption span { font-variant-numeric: tabular-nums; opacity: .85; }
.panels .frame, .hero .frame { background: #000; border-radius: .4rem; padding: 4%; }
.panels figure.ae b { color: var(--ae); } .panels figure.pca b { color: var(--pca); }
.hero { display: grid; grid-template-columns: minmax(6rem, 1fr) 2.2rem minmax(7rem, 1.15fr) 2.2rem minmax(6rem, 1fr) minmax(6rem, 1fr);
  align-items: center; gap: .5rem; max-width: 60rem; margin: .2rem auto; }
.hero figure { margin: 0; text-align: center; } .hero figcaption { margin-top: .4rem; line-height: 1.25; }
.hero figcaption b { display: block; } .hero figcaption span { font-variant-numeric: tabular-nums; opacity: .85; }
.hero .cone svg { width: 100%; height: 100%; display: block; } .hero .cone { height: 9rem; opacity: .55; color: var(--ae); }
.hero .bars { height: 9rem; display: flex; align-items: stretch; gap: 1px; border: 1.5px solid var(--ae);
  border-radius: .4rem; padding: .4rem; }
.hero .ae b { color: var(--ae); } .hero .pca b { color: var(--pca); } .hero .bars svg { width: 100%; height: 100%; }
table.figures { border-collapse: collapse; width: 100%; max-width: 46rem; font-variant-numeric: tabular-nums; }
table.figures th, table.figures td { padding: .3rem .7rem; text-align: right; border-bottom: 1px solid GRID; }
table.figures th:first-child, table.figures td:first-child { text-align: left; }
table.figures thead th.ae { color: var(--ae); } table.figures thead th.pca { color: var(--pca); }
table.figures td small { opacity: .75; }
.facts { display: flex; flex-wrap: wrap; gap: .6rem 2rem; margin: .2rem 0 .6rem; }
.facts div { line-height: 1.2; } .facts b { display: block; font-size: 1.45rem; font-variant-numeric: tabular-nums; }
.facts .ae b { color: var(--ae); } .facts .pca b { color: var(--pca); } .facts small { opacity: .8; }
@media (max-width: 640px) {
  .stMainBlockContainer { padding-left: .9rem; padding-right: .9rem; }
  .strip { grid-template-columns: 1fr auto; } .strip img { grid-column: 1 / -1; grid-row: 2; }
  .strip .name { text-align: left; grid-column: 1; } .strip .note { grid-column: 2; grid-row: 1; text-align: right; }
  .strip .name small, .strip .note small { display: inline; margin-left: .3rem; }
  .hero { grid-template-columns: 1fr 1.3rem 1.2fr 1.3rem 1fr; } .hero .pca { grid-column: 5; }
  .hero .bars, .hero .cone { height: 5.5rem; } .hero figcaption { font-size: .85rem; }
  table.figures th, table.figures td { padding: .3rem .35rem; }
}
</style>
"""


def theme() -> str:
    """ "light" or "dark", as this visitor sees the page."""
    return st.context.theme.type or "light"


def colour(name: str) -> str:
    """The current theme's colour for an actor or a part of a chart."""
    return COLOURS[theme()][name]


def apply() -> None:
    """Add the rules to the page. Called once a run, before anything is drawn."""
    css = _CSS.replace("--ae: AE; --pca: PCA", f"--ae: {colour('ae')}; --pca: {colour('pca')}")
    css = css.replace("GRID", colour("grid")).replace(".lab {", ":root {")
    st.html(css)
