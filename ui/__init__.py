"""What the pages share: the run shelf, links, controls, image strips, charts and browser-side components."""
