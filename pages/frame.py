"""What every page begins with: page settings, navigation, the sidebar, notices; then the page itself."""

import gc
import sys

import streamlit as st

st.set_page_config("Autoencoder Lab", page_icon="⏳", layout="wide")

from ae_core.errors import LabError  # noqa: E402  (the page's title and icon come before a second of imports)
from ui import lesson, link, navigation, shelf, sidebar, style, training, waiting  # noqa: E402


@st.cache_resource(show_spinner=False)
def freeze_imports(modules: int) -> None:
    """Keep what was imported, which never becomes garbage, out of every later collection: it costs 100 ms a time."""
    gc.freeze()


freeze_imports(len(sys.modules))
page = st.navigation(
    {
        section: [st.Page(page.script, title=page.title, default=not address) for address, page in pages.items()]
        for section, pages in navigation.SECTIONS.items()
    }
)
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
except LabError as error:
    st.error(str(error), icon=":material/error:")
with link_notes:
    link.show_notes()
