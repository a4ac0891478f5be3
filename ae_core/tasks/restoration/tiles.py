"""Cut a picture into tiles that overlap, so that memory is bounded and no seam is seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SIDE = 512  # pixels a side that each tile settles
MARGIN = 64  # pixels around it that are looked at: as far as a place of the result depends on its surroundings

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Tile:
    """A part of a picture: the rows and columns that it settles, and those around them that it looks at as well."""

    rows: slice
    columns: slice
    seen_rows: slice
    seen_columns: slice

    @property
    def size(self) -> int:
        """Pixels that it settles."""
        return (self.rows.stop - self.rows.start) * (self.columns.stop - self.columns.start)

    def seen(self, picture: Pixels) -> Pixels:
        """Return what it looks at of a picture (H, W, ...)."""
        return picture[self.seen_rows, self.seen_columns]

    def put(self, result: Pixels, answer: Pixels) -> None:
        """Put what was made of :meth:`seen` into its place in the result, without its margin.

        Args:
            result: (H, W, ...), or a whole multiple of that height and width.
            answer: what was made of what the tile saw, at the same multiple.
        """
        times = answer.shape[0] // (self.seen_rows.stop - self.seen_rows.start)
        settled = [slice(part.start * times, part.stop * times) for part in (self.rows, self.columns)]
        inner = [
            slice((part.start - seen.start) * times, (part.stop - seen.start) * times)
            for part, seen in ((self.rows, self.seen_rows), (self.columns, self.seen_columns))
        ]
        result[tuple(settled)] = answer[tuple(inner)]


def tiles(height: int, width: int, side: int = SIDE, margin: int = MARGIN) -> Iterator[Tile]:
    """Yield the tiles of a picture, row by row.

    Their corners lie at multiples of ``side``, and so do those of the blocks that JPEG and the networks work in.

    Args:
        height: of the picture in pixels.
        width: of the picture in pixels.
        side: of a tile in pixels.
        margin: around a tile that it looks at, in pixels.
    """
    for top in range(0, height, side):
        for left in range(0, width, side):
            rows, columns = slice(top, min(top + side, height)), slice(left, min(left + side, width))
            yield Tile(
                rows,
                columns,
                slice(max(0, top - margin), min(rows.stop + margin, height)),
                slice(max(0, left - margin), min(columns.stop + margin, width)),
            )
