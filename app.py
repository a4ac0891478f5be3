"""The entrance: serves the lab. Run with ``streamlit run app.py``.

What every page begins with stands in ``pages/frame.py``. That it is served from there, and not from here, is what keeps
Streamlit from serving the scripts of ``pages/`` by itself, past the navigation, to those who come first.
"""

from __future__ import annotations

import os

import streamlit as st

# One picture is decoded at a time: more threads would only take time from the workers. Read when PyTorch loads, so it
# holds for every thread; torch.set_num_threads would not, and each visitor's thread would gather a team for 15 ms.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from ae_core import logs
from ui.operator.ending import lifespan
from ui.operator.routes import ROUTES
from ui.shell.answers import middleware

logs.set_up()
app = st.App("pages/frame.py", middleware=middleware(), routes=ROUTES, lifespan=lifespan)
