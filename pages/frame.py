"""What every page begins with: page settings, navigation, the sidebar, notices; then the page itself."""

import gc
import sys

import streamlit as st

st.set_page_config("Autoencoder Lab", page_icon="⏳", layout="wide")

from ae_core.errors import LabError  # noqa: E402  (the page's title and icon come before a second of imports)
from ae_core.text import as_written  # noqa: E402
from ui.classroom import lesson  # noqa: E402
from ui.figures import style  # noqa: E402
from ui.shell import navigation, sidebar  # noqa: E402
from ui.train import lost_run  # noqa: E402
from ui.visit import jobs, link, presence, run_from_link, shelf  # noqa: E402
from ui.visit.caches import RunLost  # noqa: E402


@st.cache_resource(show_spinner=False)
def freeze_imports(modules: int) -> None:
    """Take imported modules out of garbage collection, which would look through them for 100 ms each time."""
    gc.freeze()


freeze_imports(len(sys.modules))
page = st.navigation(
    {
        section: [st.Page(page.script, title=page.title, default=not address) for address, page in pages.items()]
        for section, pages in navigation.SECTIONS.items()
    },
    expanded=True,  # of more than twelve pages Streamlit would hide the last ones behind a button
)
presence.note()
style.apply()
link.open_link(page.url_path, lesson.VIEWS)
shelf.begin()
jobs.collect()
sidebar.draw(page.url_path)
jobs.show_messages()
lesson.show()
link_notes = st.container()  # filled last: a page adds to them
with link_notes:
    presence.ask_for_token()
try:
    run_from_link.for_link(page.url_path)
    page.run()
    lesson.offer_on(page.url_path)
except RunLost as lost:
    lost_run.offer(lost)
except LabError as error:
    st.error(as_written(error), icon=":material/error:")
with link_notes:
    link.show_notes()
