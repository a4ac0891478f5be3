"""Everything that pages show. It draws, and never computes a model's numbers."""

from ui.shell import streamlit_patches

streamlit_patches.apply()
