"""Turn the columns of a table into bytes and back: 0 to 255 stand for 0 to 1, as the pixels of an image do.

Take-home scripts carry the source of :class:`Scaling`, so it uses NumPy and nothing of the lab.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

__all__ = ["Scaling", "one_hot"]


@dataclass(frozen=True, eq=False)
class Scaling:
    """How each of D columns becomes a number from 0 to 1, as the rows that it was fitted on say.

    A column of numbers is standardised and cut off at ``limit`` standard deviations below and above its mean, which comes
    to lie at a half. Of a ``logged`` column log(1 + x) is taken first, of negative numbers -log(1 - x): few very large
    numbers then leave room for the many others. A ``flag`` is 0 or 1 already, and stays what it is.
    """

    means: np.ndarray  # float (D,), of the logarithms where a column is logged
    deviations: np.ndarray  # float (D,), likewise; 1 where all rows were equal
    logged: np.ndarray  # bool (D,)
    flags: np.ndarray  # bool (D,)
    limit: float  # standard deviations

    @classmethod
    def fit(
        cls, rows: np.ndarray, logged: tuple[int, ...] = (), flags: tuple[int, ...] = (), limit: float = 4.0
    ) -> Self:
        """Learn the means and deviations of the rows for training; no other row should be among them.

        Args:
            rows: float (N, D), all finite.
            logged: the numbers of the columns of which logarithms are taken.
            flags: the numbers of the columns that hold 0 and 1 alone.
            limit: how many standard deviations to either side of the mean are told apart.
        """
        is_logged, is_flag = (np.isin(np.arange(rows.shape[1]), numbers) for numbers in (logged, flags))
        values = np.where(is_logged, np.sign(rows) * np.log1p(np.abs(rows)), rows)
        deviations = values.std(0)
        # equal numbers may have a tiny deviation, as their mean is rounded
        spread = deviations > 1e-9 * np.maximum(np.abs(values).max(0), 1e-300)
        return cls(values.mean(0), np.where(spread, deviations, 1.0), is_logged, is_flag, limit)

    def transform(self, rows: np.ndarray) -> np.ndarray:
        """Return rows (N, D) as items, uint8 (N, 1, 1, D)."""
        values = np.where(self.logged, np.sign(rows) * np.log1p(np.abs(rows)), rows)
        shares = (values - self.means) / (2 * self.limit * self.deviations) + 0.5
        shares = np.where(self.flags, rows, shares)
        return np.rint(255 * shares.clip(0, 1)).astype(np.uint8)[:, None, None]

    def inverse_transform(self, items: np.ndarray) -> np.ndarray:
        """Return what items stand for in the columns' own units, float (N, D); what was cut off is not known again.

        ``items`` are uint8, or floats from 0 to 1 such as a reconstruction, (N, 1, 1, D).
        """
        shares = items.reshape(len(items), -1) / (255 if items.dtype == np.uint8 else 1)
        values = (shares - 0.5) * (2 * self.limit) * self.deviations + self.means
        values = np.where(self.logged, np.sign(values) * np.expm1(np.abs(np.where(self.logged, values, 0))), values)
        return np.where(self.flags, shares, values)


def one_hot(values: Sequence[str], categories: Sequence[str]) -> np.ndarray:
    """Return a column of 0 and 1 for each category, float (N, K); all are 0 of a value that is none of them."""
    return (np.asarray(values, dtype=object)[:, None] == np.asarray(categories, dtype=object)).astype(np.float64)
