"""The training film: one run, or two in step, at every moment of its training.

Python sends the frames once (see :mod:`ui.figures.film`); scrubbing and playing draw from them in the browser. A moment is a
share of the training's budget, so that two runs of different length are seen in step. The scale is stretched at the
start, as the frames are: place u on the slider is the share u squared.
"""

from __future__ import annotations

from ui.components.shared import component

mount = component(__file__)
