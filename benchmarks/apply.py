"""How well the applications do, beside what one would use instead: the figures of docs/benchmarks.md, "Apply".

AE_DATA_DIR=... python -m benchmarks.apply [ROW ...] [--json]

A row is a function of a module of ``benchmarks/applied``, listed in its ``ROWS``. Nothing is chosen on held-out images.
"""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
from collections.abc import Callable
from typing import Any

from benchmarks import applied
from benchmarks.machine import describe

Row = Callable[[], dict[str, Any]]  # figures by name


def rows() -> dict[str, Row]:
    """Return every row by its name."""
    found: dict[str, Row] = {}
    for module in pkgutil.iter_modules(applied.__path__):
        found |= importlib.import_module(f"{applied.__name__}.{module.name}").ROWS
    return found


def main() -> None:
    """Compute the rows that are named, or all, and print them."""
    known = rows()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", choices=[*known, []], metavar="ROW", help=", ".join(known))
    parser.add_argument("--json", action="store_true", help="print one JSON object a row and nothing else")
    options = parser.parse_args()
    if not options.json:
        print(describe())
    for name in options.rows or known:
        figures = known[name]()
        if options.json:
            print(json.dumps({"row": name} | figures), flush=True)
        else:
            print(f"\n{name}")
            for what, value in figures.items():
                print(f"  {what}: {value:.4g}" if isinstance(value, float) else f"  {what}: {value}")


if __name__ == "__main__":
    main()
