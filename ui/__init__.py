"""What the pages share: the run shelf, links, controls, image strips, charts and browser-side components."""

from ui import sending

sending.improve()
