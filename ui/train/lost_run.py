"""The message in place of a run whose file has gone or is damaged, with the button that trains it again."""

from __future__ import annotations

import streamlit as st

from ae_core.config.variants import title_of
from ae_core.data.datasets import absence, on_disk
from ae_core.text import as_written, readable
from ui.visit import caches, jobs
from ui.visit.caches import RunLost
from ui.visit.state import visit


def offer(lost: RunLost) -> None:
    """Say that a run is lost and offer to train it again; while that is done, show its progress."""
    config = lost.config
    job = jobs.active_job()
    if job is not None and job.key == config.key:
        st.write(f"Training it again: {title_of(config)}.")
        jobs.follow()
        st.button("Stop", key="stop_lost_run", on_click=jobs.stop, icon=":material/stop:")
        return
    st.error(as_written(lost), icon=":material/error:")
    if not on_disk(config.dataset):
        st.info(f"It cannot be trained here now. {absence(config.dataset)} Or choose another run in the sidebar.")
        return
    seconds = caches.manager().pace.seconds(config)
    st.write(f"{title_of(config)}: training it again takes about {readable(seconds)}.")
    if st.button("Train it again", type="primary", key=f"train_lost_{config.key}"):
        visit().job.error = jobs.start(config, again=True)
        st.rerun()
