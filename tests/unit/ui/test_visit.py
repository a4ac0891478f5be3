"""What is remembered of a visitor is typed and in one place, and what all visitors share is started once."""

from __future__ import annotations

import ast
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import streamlit as st

from ui.visit import caches

ROOT = Path(__file__).resolve().parents[3]
SCRIPTS = [ROOT / "app.py", *sorted(ROOT.glob("ui/**/*.py")), *sorted(ROOT.glob("pages/**/*.py"))]
STATE, WIDGETS = ROOT / "ui" / "visit" / "state.py", ROOT / "ui" / "visit" / "widget_values.py"
COMPONENTS = ROOT / "ui" / "components"


class _WithoutReading(ast.NodeTransformer):
    """Takes each ``st.session_state[...]`` that is only read out of a syntax tree."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        reads = isinstance(node.ctx, ast.Load) and ast.unparse(node.value) == "st.session_state"
        return node.slice if reads else self.generic_visit(node)


def loose_state(path: Path, code: str) -> list[int]:
    """The lines that touch Streamlit's state past the two files that are there for it.

    Only ``state.py`` and ``widget_values.py`` name ``session_state``, and only the latter makes keys of widgets. A
    component of our own, which lies below them, may read by its own key what its browser told.
    """
    tree: ast.AST = ast.parse(code)
    if COMPONENTS in path.parents:
        tree = _WithoutReading().visit(tree)
    lines = []
    for node in ast.walk(tree):
        state = "session_state" in (getattr(node, "attr", ""), getattr(node, "id", ""), getattr(node, "name", ""))
        makes = isinstance(node, ast.Call) and ast.unparse(node.func).endswith("WidgetKey")
        if (state and path not in (STATE, WIDGETS)) or (makes and path != WIDGETS):
            lines.append(node.lineno)  # type: ignore[attr-defined]  # whatever has such a name has a line
    return lines


def test_no_page_keeps_a_loose_key() -> None:
    found = {str(path.relative_to(ROOT)): loose_state(path, path.read_text()) for path in SCRIPTS}
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "code",
    [
        "st.session_state.chosen = 1",
        "st.session_state['chosen'] = 1",
        "state = st.session_state",
        "from streamlit import session_state",
        "st.session_state.setdefault('chosen', 1)",
        "del st.session_state['chosen']",
        "widget_values.write(WidgetKey('chosen'), 1)",
    ],
)
@pytest.mark.parametrize("folder", [COMPONENTS / "squeeze", ROOT / "pages" / "learn"])
def test_a_loose_key_would_be_found(folder: Path, code: str) -> None:
    assert loose_state(folder / "any.py", code) == [1]


def test_neither_a_crowd_nor_an_emptied_cache_starts_a_second_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    started = []

    class Slow:
        def __init__(self, **about: object) -> None:
            started.append(threading.get_ident())
            time.sleep(0.05)  # long enough for the others to come, too

    monkeypatch.setattr(caches, "JobManager", Slow)
    monkeypatch.setattr(caches, "_manager", None)
    with ThreadPoolExecutor(8) as crowd:
        found = {crowd.submit(caches.manager) for _ in range(8)}
    st.cache_resource.clear()  # what the server does at a browser's "clear_cache" message
    assert {id(one.result()) for one in found} == {id(caches.manager())}
    assert len(started) == 1
