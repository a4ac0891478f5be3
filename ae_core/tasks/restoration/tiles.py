"""Cut a picture into tiles that overlap, so that memory is bounded and no seam is seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ae_core.tasks.restoration.pixels import Pixels

SIDE = 768  # pixels a side that each tile settles
MARGIN = 64  # pixels around it that are looked at: as far as a place of the result depends on its surroundings


@dataclass(frozen=True)
class Tile:
    """A part of a picture: the rows and columns that it settles, and those around them that it looks at as well."""

    rows: slice
    columns: slice
    seen_rows: slice
    seen_columns: slice

    @classmethod
    def around(cls, rows: slice, columns: slice, height: int, width: int, margin: int = MARGIN) -> Tile:
        """Return the tile that settles some rows and columns of a picture.

        Args:
            rows: that it settles.
            columns: that it settles.
            height: of the picture in pixels.
            width: of the picture in pixels.
            margin: that it looks at on each side, in pixels, as far as there is any picture.
        """
        return cls(
            rows,
            columns,
            slice(max(0, rows.start - margin), min(rows.stop + margin, height)),
            slice(max(0, columns.start - margin), min(columns.stop + margin, width)),
        )

    @property
    def size(self) -> int:
        """Pixels that it settles."""
        return (self.rows.stop - self.rows.start) * (self.columns.stop - self.columns.start)

    def seen(self, picture: Pixels) -> Pixels:
        """Return what it looks at of a picture (H, W, ...)."""
        return picture[self.seen_rows, self.seen_columns]

    def settled(self, answer: Pixels) -> Pixels:
        """Return what was made of :meth:`seen` without its margin; it may be a whole multiple of what was seen."""
        times = self._times(answer)
        rows, columns = (
            slice((part.start - seen.start) * times, (part.stop - seen.start) * times)
            for part, seen in ((self.rows, self.seen_rows), (self.columns, self.seen_columns))
        )
        return answer[rows, columns]

    def put(self, result: Pixels, answer: Pixels) -> None:
        """Put what was made of :meth:`seen` into its place in the result, without its margin.

        Args:
            result: (H, W, ...), or a whole multiple of that height and width.
            answer: what was made of what the tile saw, at the same multiple.
        """
        times = self._times(answer)
        rows, columns = (slice(part.start * times, part.stop * times) for part in (self.rows, self.columns))
        result[rows, columns] = self.settled(answer)

    def _times(self, answer: Pixels) -> int:
        return answer.shape[0] // (self.seen_rows.stop - self.seen_rows.start)


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
            yield Tile.around(rows, columns, height, width, margin)
