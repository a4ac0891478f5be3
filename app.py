"""The entrance: page settings, navigation, nothing else. Run with ``streamlit run app.py``."""

import gc
import os
import sys

import streamlit as st

# One picture is decoded at a time: more threads would only take time from the workers. Read when PyTorch loads, so it
# holds for every thread; torch.set_num_threads would not, and each visitor's thread would gather a team for 15 ms.
os.environ.setdefault("OMP_NUM_THREADS", "1")

st.set_page_config("Autoencoder Lab", page_icon="⏳", layout="wide")

from ae_core.errors import LabError  # noqa: E402  (the page's title and icon come before a second of imports)
from ae_core.text import as_written  # noqa: E402
from ui import lesson, link, lost_run, shelf, sidebar, style, training, waiting  # noqa: E402
from ui.resources import RunLost  # noqa: E402

PAGES = [
    st.Page("pages/home.py", title="Home", default=True),
    st.Page("pages/train.py", title="Train"),
    st.Page("pages/reconstruct.py", title="Reconstruct"),
    st.Page("pages/denoise.py", title="Denoise"),
    st.Page("pages/latent_map.py", title="Latent map"),
    st.Page("pages/generate.py", title="Generate"),
    st.Page("pages/compare.py", title="Compare"),
]


@st.cache_resource(show_spinner=False)
def freeze_imports(modules: int) -> None:
    """Keep what was imported, which never becomes garbage, out of every later collection: it costs 100 ms a time."""
    gc.freeze()


freeze_imports(len(sys.modules))
page = st.navigation(PAGES)
style.apply()
link.open_link(page.url_path)
shelf.begin()
training.collect()
sidebar.draw(page.url_path)
training.show_messages()
lesson.show()
link_notes = st.container()  # filled last: a page adds to them
try:
    waiting.for_link(page.url_path)
    page.run()
    lesson.offer_on(page.url_path)
except RunLost as lost:
    lost_run.offer(lost)
except LabError as error:
    st.error(as_written(error), icon=":material/error:")
with link_notes:
    link.show_notes()
