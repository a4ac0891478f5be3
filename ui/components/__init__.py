"""The parts of pages that run in the browser, a folder each (Streamlit components v2: no iframe, no build step).

``__init__.py`` mounts the component and checks what comes back from it; ``component.html``, ``component.css`` and
``component.js`` beside it are read at import. ``shared`` holds what they share, the look, the chart and the rules.
"""
