"""What all visitors share is started once."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import streamlit as st

from ui.visit import caches


def test_neither_a_crowd_nor_an_emptied_cache_starts_a_second_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    started = []

    class Slow:
        def __init__(self) -> None:
            started.append(threading.get_ident())
            time.sleep(0.05)  # long enough for the others to come, too

    monkeypatch.setattr(caches, "JobManager", Slow)
    monkeypatch.setattr(caches, "_manager", None)
    with ThreadPoolExecutor(8) as crowd:
        found = {crowd.submit(caches.manager) for _ in range(8)}
    st.cache_resource.clear()  # what the server does at a browser's "clear_cache" message
    assert {id(one.result()) for one in found} == {id(caches.manager())}
    assert len(started) == 1
