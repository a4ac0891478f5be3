"""What the study says: error and spread of each method, which one wins, and the numbers as CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean, stdev
from typing import NamedTuple

from ae_core.table import csv_of
from ae_core.tasks.few_labels.methods import METHODS

Errors = Mapping[str, Mapping[int, Sequence[float]]]  # of each draw, by method and number of labels


class Figure(NamedTuple):
    """The error of a method at a number of labels: mean and standard deviation over the draws, and how many there were."""

    error: float
    spread: float
    draws: int


def figure(errors: Sequence[float]) -> Figure:
    """Summarise the errors of some draws, one at the least."""
    return Figure(mean(errors), stdev(errors) if len(errors) > 1 else 0.0, len(errors))


def ranked(errors: Errors, count: int) -> list[tuple[str, Figure]]:
    """Return the methods that there is a figure of at a number of labels, the best first."""
    found = [(name, figure(by_count[count])) for name, by_count in errors.items() if by_count.get(count)]
    return sorted(found, key=lambda each: each[1].error)


def verdict(errors: Errors, count: int) -> str:
    """Say which method wins at a number of labels, and whether codes were worth it; empty of fewer than two methods."""
    order = ranked(errors, count)
    if len(order) < 2:
        return ""
    (name, best), (second, next_best) = order[:2]
    apart = next_best.error - best.error
    words = f"With {count:,} labels **{METHODS[name].within}** makes the fewest errors, {best.error:.1%}"
    if apart <= max(best.spread, next_best.spread):
        words += f"; {METHODS[second].within} ({next_best.error:.1%}) is within the spread of the draws"
    else:
        words += f", ahead of {METHODS[second].within} with {next_best.error:.1%}"
    return f"{words}. {_codes_or_pixels(errors, count)}".rstrip()


def _codes_or_pixels(errors: Errors, count: int) -> str:
    """Say how linear classifiers on codes, PCA and pixels compare, with the winner first."""
    order = [(name, one) for name, one in ranked(errors, count) if name in ("codes", "pca", "pixels")]
    if len(order) < 3:
        return ""
    named = {"codes": "the codes", "pca": "PCA of the same size", "pixels": "the pixels themselves"}
    (best, first), *others = order
    rest = " and ".join(f"{one.error:.1%} on {named[name]}" for name, one in others)
    close = first.error + max(first.spread, others[0][1].spread) >= others[0][1].error
    return f"A linear classifier does best on {named[best]}, {first.error:.1%} against {rest}" + (
        ": no more apart than two draws are." if close else "."
    )


def as_csv(errors: Errors) -> str:
    """Write the errors of all draws as CSV: a row for each method, number of labels and draw."""
    rows = [
        [name, count, draw, f"{error:.6f}"]
        for name, by_count in errors.items()
        for count, each in sorted(by_count.items())
        for draw, error in enumerate(each)
    ]
    return csv_of(["method", "labels", "draw", "test_error"], rows)
