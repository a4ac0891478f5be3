"""The interface: all that the pages draw. A model's numbers are computed in ``ae_core``, never here."""

from ui.shell import streamlit_patches

streamlit_patches.apply()
