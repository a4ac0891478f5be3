"""Which method comes nearest at how many bytes, and what that leads to in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ae_core.tasks.compression.curves import best_within

Points = Sequence[Mapping[str, Any]]


def leaders(methods: Mapping[str, Points], mode: str, measure: str) -> list[tuple[float, str]]:
    """Return from how many bytes an image on which method comes nearest: (bytes, its name), fewest bytes first.

    Args:
        methods: their points, by their names; of equal ones the first leads.
        mode: how the images lie in files, one of :data:`ae_core.tasks.compression.curves.MODES`.
        measure: "psnr" or "ssim".
    """
    sizes = sorted({one["bytes"] for points in methods.values() for one in points if one["mode"] == mode})
    found: list[tuple[float, str]] = []
    for size in sizes:
        reached = {name: best_within(points, mode, size, measure) for name, points in methods.items()}
        known = {name: best for name, best in reached.items() if best is not None}
        first = max(known, key=lambda name: known[name])
        if not found or found[-1][1] != first:
            found.append((size, first))
    return found


def in_words(found: Sequence[tuple[float, str]]) -> str:
    """Say who leads from where to where, as a sentence; empty where there is nothing yet."""
    if not found:
        return ""
    parts = [
        f"{'f' if place else 'F'}rom {size:.0f}{f' to {found[place + 1][0]:.0f}' if place + 1 < len(found) else ''} bytes an "
        f"image {'on ' if place + 1 == len(found) else ''}**{name}** comes nearest"
        for place, (size, name) in enumerate(found)
    ]
    return "; ".join(parts) + "."
