"""The operator's view as a page: plain HTML that the browser fetches anew every few seconds, without any script."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ui.operator.reading import Reading

EVERY = 5  # seconds between two looks

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


def view(reading: Reading) -> str:
    """Return the page of a reading."""
    return _templates.get_template("view.html.jinja").render(
        reading=reading, jobs=reading.jobs, every=EVERY, now=_time(datetime.now(UTC).timestamp())
    )


def login(problem: str = "") -> str:
    """Return the form that asks for the token.

    Args:
        problem: a sentence about the last attempt; empty for none.
    """
    return _templates.get_template("login.html.jinja").render(problem=problem)


def _time(seconds: float) -> str:
    """Write a moment as a date and a time of the world's clock."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _span(seconds: float) -> str:
    """Write a span of time in its two largest units."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"
    return f"{seconds // 3600:.0f} h {seconds % 3600 // 60:.0f} min"


def _size(count: int) -> str:
    """Write a number of bytes."""
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


_templates.filters |= {"time": _time, "span": _span, "size": _size}
