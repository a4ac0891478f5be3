"""What the pages share: the run shelf, links, controls, image strips, charts and browser-side components."""

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from ui import sending

# A folder named pages/ makes Streamlit serve the files in it by itself until st.navigation is first called in the
# server's life. A first visitor who comes by a link to a page would so get that page alone, without app.py. Whoever
# imports this package first ends that, and has the run begin again at app.py, at the page that was asked for.
if PagesManager.uses_pages_directory:
    PagesManager.uses_pages_directory = False
    st.rerun()

sending.improve()
