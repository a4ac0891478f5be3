"""The curve of test error against the number of labels, the figures at one of them, and what is taken home of it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from ae_core.data.datasets import INFO
from ae_core.export.few_labels import few_labels_script
from ae_core.runs.run import Run
from ae_core.tasks.few_labels.draws import DRAWS
from ae_core.tasks.few_labels.figures import Errors, Figure, as_csv, figure, ranked, verdict
from ae_core.tasks.few_labels.methods import METHODS
from ui.figures import charts
from ui.figures.tables import table_html
from ui.visit import link
from ui.widgets.take_home import Taken, numbers_taken, take_home


def show(run: Run, counts: tuple[int, ...], errors: Errors, test_count: int) -> int:
    """Show the curve as far as it is computed, beside the figures at one number of labels.

    Args:
        run: whose study it is.
        counts: the numbers of labels that are tried.
        errors: so far.
        test_count: of the test images.

    Returns:
        The number of labels that the visitor looks at.
    """
    spoken = INFO[run.config.dataset].spoken
    with st.container(key="picture_and_panel"):
        picture, panel = st.columns([5, 3], gap="large")
    with panel:
        options = [str(count) for count in counts]
        count = int(
            link.selectbox(
                "Number of labels",
                options,
                "100" if "100" in options else options[0],
                name="labels",
                key=f"few_labels_count_{len(options)}",
                format_func=lambda one: f"{int(one):,}",
                help=spoken(
                    "How many training images have their class told, as many of each class. The table below is for it."
                ),
            )
        )
        _figures(errors, count, spoken)
    with picture:
        series = [
            (
                spoken(method.title),
                [(float(n), one.error, one.spread) for n, one in _points(errors, name)],
                method.actor,
                method.dash,
                method.symbol,
            )
            for name, method in METHODS.items()
            if any(errors.get(name, {}).values())
        ]
        if series:
            st.plotly_chart(
                charts.with_spread(series, spoken("labelled training images"), "test error, per cent", float(count)),
                config=charts.BARE,
                key="few_labels_curve",
            )
        st.caption(
            spoken(
                f"Error on all {test_count:,} test images, on which nothing is chosen: mean and standard deviation over "
                "five draws of the labelled images. A draw has as many of each class, holds the smaller draws, and is the "
                "same for all methods. Click a name to hide its line."
            )
        )
    return count


def downloads(run: Run, count: int, errors: Errors, complete: bool) -> None:
    """Show the buttons that download the numbers, and a script that repeats one of them.

    Args:
        run: whose study it is.
        count: the number of labels that the script is about.
        errors: so far.
        complete: whether the study is at its end.
    """
    codes, pixels = (list(errors[kind].get(count, [])) for kind in ("codes", "pixels"))
    about = "The error of each method at each number of labels, draw by draw."
    script = INFO[run.config.dataset].spoken(
        "Trains this run anew and repeats the errors of linear classifiers on its codes and on pixels, without the lab."
    )
    take_home(
        numbers_taken(
            "few-labels.csv", lambda: as_csv(errors), about if complete else f"{about} Those that are computed so far."
        ),
        Taken(
            f"Script for {count:,} labels (Python)",
            "few-labels.py",
            lambda: few_labels_script(run, count, codes, pixels),
            script,
            ready=min(len(codes), len(pixels)) >= DRAWS,
        ),
    )


def _points(errors: Errors, name: str) -> list[tuple[int, Figure]]:
    return [(count, figure(each)) for count, each in sorted(errors[name].items()) if each]


def _figures(errors: Errors, count: int, spoken: Callable[[str], str]) -> None:
    """Show the table of all methods at a number of labels.

    Args:
        errors: so far.
        count: of labels.
        spoken: says something about images of the data set's items.
    """
    order = ranked(errors, count)
    if not order:
        st.caption("This number of labels has not been reached yet.")
        return
    rows = [(spoken(METHODS[name].title), f"{one.error:.1%}", f"± {one.spread:.1%}") for name, one in order]
    st.html(table_html([("Method", ""), ("Test error", ""), ("Spread", "")], rows))
    st.markdown(spoken(verdict(errors, count)))
