"""What the pages share: the run shelf, links, controls, image strips, charts and browser-side components."""

from ui.shell import streamlit_patches

streamlit_patches.improve()
