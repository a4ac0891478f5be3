"""A small table for tests: machines of two sorts, one of which is rare and odd."""

from __future__ import annotations

import numpy as np


def csv_table(rows: int = 240, seed: int = 0, odd: float = 0.1) -> bytes:
    """A CSV file with four columns of numbers that go together, a category, a class and some cells that are empty.

    Args:
        rows: of the table.
        seed: of the draw.
        odd: share of the rows whose columns do not go together.
    """
    rng = np.random.default_rng(seed)
    lines = ["speed,heat,load,noise,site,state"]
    for _ in range(rows):
        speed = rng.normal(50, 10)
        broken = rng.random() < odd
        heat = (rng.normal(20, 8) if broken else 0.8 * speed) + rng.normal(0, 1)
        load, noise = 2 * speed + rng.normal(0, 3), 0.5 * speed + rng.normal(0, 1)
        numbers = [f"{value:.2f}" for value in (speed, heat, load, noise)]
        if rng.random() < 0.05:
            numbers[2] = ""
        lines.append(",".join([*numbers, rng.choice(["north", "south"]), "broken" if broken else "fine"]))
    return "\n".join(lines).encode()
