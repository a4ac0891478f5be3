"""Offer to fetch a dataset that is not on this machine."""

from __future__ import annotations

import streamlit as st

from ae_core.data.datasets import INFO
from ae_core.data.download import download
from ae_core.errors import LabError
from ae_core.text import as_written


def offer(name: str) -> None:
    """Say which data set is missing and how large it is, and fetch it when asked."""
    info = INFO[name]
    st.info(f"{info.about} Its {info.items} are not on this machine yet ({info.download_bytes / 1e6:.0f} MB to fetch).")
    if button(name):
        st.rerun()


def button(name: str) -> bool:
    """Show a button that fetches a data set, and return whether it was pressed and the data set is here now."""
    info = INFO[name]
    if not st.button(f"Download {info.title} ({info.download_bytes / 1e6:.0f} MB)", icon=":material/download:"):
        return False
    bar = st.progress(0.0, "Connecting")
    try:
        download(name, lambda done, total: bar.progress(done / total, f"{done / 1e6:.1f} of {total / 1e6:.1f} MB"))
    except LabError as error:
        bar.empty()
        st.error(as_written(error))
        return False
    return True
