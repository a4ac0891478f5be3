"""The look that Streamlit's theme does not cover: one colour an actor, and the figures built of HTML.

The autoencoder is blue and PCA orange wherever they appear, in both themes (a pair that colour-blind visitors can
tell apart), and each is always named beside its colour.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ui.visit import widget_values

LOGO = Path(__file__).with_name("logo.svg")
COLOURS = {
    "light": {"ae": "#0b5f8a", "pca": "#a8480f", "train": "#7d8794", "grid": "#e3dfd5", "text": "#1b212c"},
    "dark": {"ae": "#62bde6", "pca": "#f2a65e", "train": "#8793a3", "grid": "#2a3341", "text": "#e8ebf0"},
}

_CSS = """
<style>
:root { --ae: AE; --pca: PCA; }
.stMainBlockContainer { padding-top: 3.2rem; max-width: 1280px; }
.strip { display: grid; grid-template-columns: 7.5rem 1fr 6.5rem; align-items: center;
  gap: .25rem .9rem; margin: .3rem 0; }
.strip.bare { grid-template-columns: 7.5rem 1fr; }
.strip .name { font-weight: 600; line-height: 1.2; text-align: right; }
.strip .name small, .strip .note small { display: block; font-weight: 400; opacity: .8; }
.strip .note { font-variant-numeric: tabular-nums; line-height: 1.25; }
.strip img, .px { width: 100%; display: block; image-rendering: pixelated; }
.strip img.smooth, .px.smooth { image-rendering: auto; }
.strip.ae .name, .ae > b, figure.ae b { color: var(--ae); }
.strip.pca .name, .pca > b, figure.pca b { color: var(--pca); }
.panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 1rem; margin: .4rem 0; }
.panels.three { grid-template-columns: repeat(3, minmax(0, 1fr)); gap: .5rem; font-size: .85rem; }
.panels.small { grid-template-columns: repeat(auto-fill, 8.5rem); }
.panels figure { margin: 0; }
.panels figcaption { margin-top: .4rem; line-height: 1.25; }
.panels figcaption b { display: block; }
.panels figcaption span { font-variant-numeric: tabular-nums; opacity: .9; }
.panels .frame { background: #000; border-radius: .4rem; padding: 4%; }
.neck.panels { align-items: start; text-align: center; --gap: 2.4rem; gap: 0;
  grid-template-columns: 1fr var(--gap) 1fr var(--gap) 1fr calc(var(--gap) * .45) 1fr; }
.neck figure:nth-child(2) { grid-column: 3; } .neck figure:nth-child(3) { grid-column: 5; }
.neck figure:nth-child(4) { grid-column: 7; }
.neck .code { position: relative; aspect-ratio: 1; display: grid; align-items: center; }
.neck .cone { position: absolute; top: 0; height: 100%; width: var(--gap); background: var(--ae); opacity: .22; }
.neck .cone.in { right: 100%; clip-path: polygon(0 0, 100% 22%, 100% 78%, 0 100%); }
.neck .cone.out { left: 100%; clip-path: polygon(0 22%, 100% 0, 100% 100%, 0 78%); }
.neck .bars { position: relative; height: 56%; border: 1.5px solid var(--ae); border-radius: .3rem;
  background: linear-gradient(var(--ae), var(--ae)) center / 100% 1px no-repeat; overflow: hidden; }
.neck .bars i { position: absolute; background: var(--ae); }
.code-line { position: relative; height: 4.5rem; margin: .8rem 0 .2rem; overflow: hidden;
  background: linear-gradient(var(--ae), var(--ae)) center / 100% 1px no-repeat; }
.code-line i { position: absolute; background: var(--ae); }
[class*=st-key-noise_mixer] { min-height: 44rem; }
[class*=st-key-noise_mixer_1x1x] { min-height: 27rem; }
/* the server takes 100 MB, for checkpoints; a picture's limit is in the label */
[class*=st-key-own_upload] [data-testid=stFileUploaderDropzoneInstructions],
[class*=st-key-photo_upload] [data-testid=stFileUploaderDropzoneInstructions],
[class*=st-key-photo_mask] [data-testid=stFileUploaderDropzoneInstructions] { display: none; }
.stPageLink a { padding-left: 0; }
.st-key-training_slot { min-height: 2.6rem; flex-wrap: nowrap; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: .6rem 2rem; }
.pair figure { margin: .4rem 0 0; } .pair figcaption { margin-bottom: .5rem; } .pair img { background: #000; }
p.caption:has(+ img) { margin-top: 1rem; } img + p.caption { margin-top: .4rem; }
p.caption { font-size: .875rem; line-height: 1.5; opacity: .75; margin: .3rem 0 0; }
table.figures { border-collapse: collapse; width: 100%; max-width: 46rem; font-variant-numeric: tabular-nums; }
table.figures th, table.figures td { padding: .3rem .7rem; text-align: right; border-bottom: 1px solid GRID; }
table.figures th:first-child, table.figures td:first-child { text-align: left; }
table.figures thead th.ae { color: var(--ae); }
table.figures thead th.pca { color: var(--pca); }
.documents { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(17rem, 100%), 1fr)); gap: 1.2rem 2rem; }
.documents h4 { padding: 0; margin: 0; font-size: 1.1rem; } .documents section > p { margin: 0 0 .3rem; opacity: .8; font-size: .9rem; }
.documents ol { list-style: none; margin: 0; padding: 0; }
.documents li { margin: 0; padding: .4rem 0; border-top: 1px solid GRID; line-height: 1.3; }
.documents .title { display: flex; gap: .8rem; justify-content: space-between; overflow-wrap: anywhere; }
.documents .apart { font-variant-numeric: tabular-nums; white-space: nowrap; } .documents .about { font-size: .9rem; opacity: .85; overflow-wrap: anywhere; }
.documents.asked { gap: 0; border-left: .3rem solid; padding-left: .8rem; margin-bottom: .8rem; }
.st-key-documents_controls [data-testid=stTextInput] { min-width: min(24rem, 100%); flex: 1; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr)); gap: .6rem 1.5rem; margin: .2rem 0 .6rem; }
.facts div { line-height: 1.2; }
.facts b { display: block; font-size: 1.45rem; font-variant-numeric: tabular-nums; }
.facts small { opacity: .85; }
.cost { margin: 0; }
.stExpander .katex-display { font-size: .8rem; overflow-x: auto; overflow-y: hidden; padding-bottom: .3rem; }
/* What is narrow is the page, not the screen: the sidebar takes 300 px of a tablet. Lengths grow with the projector's type. */
.stMain { container: page / inline-size; }
.st-key-picture_and_panel > * > .stHorizontalBlock > .stColumn:last-child { min-width: 15.5rem; }
.st-key-picture_and_panel .stColumn .stColumn { min-width: 6.5rem; }
.st-key-pad_and_figure, .st-key-own_and_result { --pad-width: 13.75rem; }
.st-key-pad_and_figure > * > .stHorizontalBlock > .stColumn:first-child { flex: 0 0 13.75rem; }
.st-key-own_and_result > * > .stHorizontalBlock > .stColumn:first-child { flex: 0 0 max(13.75rem, 22%); }
.st-key-map_planes > * > .stHorizontalBlock > .stColumn:last-child { flex: 0 0 13rem; }
/* the other column takes the rest, whatever its share was to be: else it would go below */
:is(.st-key-pad_and_figure, .st-key-own_and_result) > * > .stHorizontalBlock > .stColumn:last-child,
.st-key-map_planes > * > .stHorizontalBlock > .stColumn:first-child { flex: 1 1 0; }
.st-key-prepared { display: grid; grid-template-columns: repeat(auto-fill, minmax(max(5.5rem, 28%), 1fr)); gap: .6rem; }
.st-key-where_to_go { display: grid; grid-template-columns: repeat(auto-fit, minmax(max(13rem, 30%), 1fr)); gap: 1rem; }
/* a button beside a control is never narrower than its label */
:is(.st-key-first_image, .st-key-random_codes, .st-key-train_buttons, .st-key-two_runs) > * > .stHorizontalBlock > .stColumn:has(.stButton) {
  min-width: max-content; }
@container page (max-width: 62rem) {
  .stMainBlockContainer { padding-left: 1.5rem; padding-right: 1.5rem; }
  :is(.st-key-picture_and_panel, .st-key-own_and_result, .st-key-map_planes, .st-key-sweep) > * > .stHorizontalBlock { gap: 2rem; }
}
@container page (max-width: 52rem) {
  :is(.st-key-pad_and_figure, .st-key-own_and_result, .st-key-map_planes, .st-key-sweep) > * > .stHorizontalBlock > .stColumn {
    min-width: 100%; }
  .st-key-pad_and_figure, .st-key-own_and_result { --pad-width: 100%; --pad-columns: 13rem minmax(0, 18rem); }
  /* Latent map: the pad right above the planes, so that a finger on it and the star that it moves are seen together */
  .st-key-map_planes .stColumn:last-child, .st-key-map_planes .stColumn:last-child > .stVerticalBlock { display: contents; }
  .st-key-map_planes [data-testid=stLayoutWrapper]:has(> .st-key-map_own) { order: -1; width: 100%; }
  .st-key-map_own { --pad: 13rem; --pad-width: 100%; --pad-columns: var(--pad) minmax(0, 22rem); position: relative; margin-bottom: -2.5rem; }
  .st-key-map_own [data-testid=stElementContainer]:has(.panels) { position: absolute; top: 6rem; left: calc(var(--pad) + .7rem);
    right: 0; width: auto; max-width: 18rem; }
  .st-key-map_own .panels { gap: .3rem; font-size: .75rem; margin: 0; } .st-key-map_own .panels .frame { padding: 2%; }
}
@container page (max-width: 40rem) {
  .stMainBlockContainer { padding-left: .9rem; padding-right: .9rem; }
  .stColumn { min-width: calc(100% - 1.5rem) !important; } /* as Streamlit does it on a screen of this width */
  h1 { font-size: 2rem !important; }
  .strip, .strip.bare { grid-template-columns: 1fr auto; }
  .strip img { grid-column: 1 / -1; grid-row: 2; }
  .strip .name { text-align: left; grid-column: 1; }
  .strip .note { grid-column: 2; grid-row: 1; text-align: right; }
  .strip .name small, .strip .note small { display: inline; margin-left: .3rem; }
  .to-read { overflow-x: auto; }
  .to-read .strip { width: 40rem; grid-template-columns: auto 1fr; }
  .to-read .strip .name { position: sticky; left: 0; }
  .to-read .strip .note { text-align: left; }
  .neck.panels { --gap: .9rem; grid-template-columns: 1fr var(--gap) 1fr var(--gap) 1fr calc(var(--gap) * .45) 1fr; }
  .neck figcaption { font-size: .8rem; line-height: 1.2; overflow-wrap: anywhere; }
  .facts { grid-template-columns: 1fr 1fr; }
  table.figures { font-size: .85rem; }
  table.figures th, table.figures td { padding: .3rem .3rem; }
  .panels { grid-template-columns: repeat(auto-fit, minmax(6.5rem, 1fr)); }
  .st-key-map_own [data-testid=stElementContainer]:has(.panels) { top: 8.2rem; }
}
@container page (max-width: 28rem) {
  .st-key-map_own { --pad: 10.5rem; } /* a phone's screen shows the plane below it, too */
}
</style>
"""


#: Larger type and figures: everything is measured in the root's type size, components included.
_PROJECTOR = """
<style>
html { font-size: 21px; }
.stMainBlockContainer { max-width: 1720px; padding-left: 2.2rem; padding-right: 2.2rem; }
</style>
"""


def projecting() -> bool:
    """Return whether this visitor has switched to larger type, to be read from the back of a classroom."""
    return bool(widget_values.read(widget_values.PROJECTOR))


def projector_switch() -> None:
    """Show the switch to larger type and figures."""
    st.toggle(
        "Projector",
        key=widget_values.PROJECTOR,
        persist_state="session",
        help="Larger type and figures, to be read from the back of a classroom.",
    )


def theme() -> str:
    """Return "light" or "dark", as this visitor sees the page."""
    return st.context.theme.type or "light"


def colour(name: str) -> str:
    """Return the current theme's colour for an actor or a part of a chart."""
    return COLOURS[theme()][name]


def apply() -> None:
    """Add the style sheet and the logo to the page; called once a run, before anything is drawn."""
    css = _CSS.replace("--ae: AE; --pca: PCA", f"--ae: {colour('ae')}; --pca: {colour('pca')}")
    st.html(css.replace("GRID", colour("grid")) + (_PROJECTOR if projecting() else ""))
    st.logo(LOGO, size="large")
