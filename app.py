"""The entrance: page settings, navigation, nothing else. Run with ``streamlit run app.py``."""

import gc

import streamlit as st

st.set_page_config("Autoencoder Lab", page_icon="⏳", layout="wide")

from ae_core.errors import LabError  # noqa: E402  (the page's title and icon come before a second of imports)
from ui import link, shelf, style, waiting  # noqa: E402

PAGES = [
    st.Page("pages/home.py", title="Home", default=True),
    st.Page("pages/train.py", title="Train"),
    st.Page("pages/reconstruct.py", title="Reconstruct"),
    st.Page("pages/denoise.py", title="Denoise"),
    st.Page("pages/latent_map.py", title="Latent map"),
    st.Page("pages/generate.py", title="Generate"),
]


@st.cache_resource(show_spinner=False)
def freeze_imports() -> None:
    """Keep what was imported out of the collection after every run, which would cost 35 ms and more."""
    gc.collect()
    gc.freeze()


page = st.navigation(PAGES)
style.apply()
link.open_link()
shelf.begin()
shelf.collect()
shelf.sidebar(page.url_path)
shelf.show_messages()
link_notes = st.container()  # filled last: a page adds to them
try:
    waiting.for_link(page.url_path)
    page.run()
except LabError as error:
    st.error(str(error), icon=":material/error:")
with link_notes:
    link.show_notes()
freeze_imports()
