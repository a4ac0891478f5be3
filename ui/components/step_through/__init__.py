"""One training step, stage by stage: a row of stages, and the images, codes and numbers of the chosen one.

Python sends a whole step at once (see :mod:`ui.train.step_through`); going through its stages, by hand or in slow motion,
happens in the browser. The next batch is asked of the server. All stages lie in one place of the page, as tall as the
tallest, so that nothing moves from one to the next.
"""

from __future__ import annotations

from ui.components.shared import component

mount = component(__file__)
