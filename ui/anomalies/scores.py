"""A study of a run's anomalies on the page: the histograms with the line, the table of methods, the downloads."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from ae_core.data.datasets import INFO, DatasetInfo
from ae_core.jobs.job import State
from ae_core.runs.run import Run
from ae_core.tasks.anomalies.images import in_words
from ae_core.tasks.anomalies.methods import METHODS
from ae_core.tasks.anomalies.study import study
from ae_core.tasks.study import Answer
from ui.anomalies import taking
from ui.anomalies.figures import Row, methods_html, rows_of, verdict
from ui.anomalies.pictures import DRAWN_BY, shown
from ui.components.threshold import line_of, threshold, threshold_data
from ui.figures.tables import caption_html
from ui.visit import link, studies, widget_values
from ui.visit.state import visit
from ui.widgets.study_view import show_study

_EVERY = 1.0  # seconds between two looks at what is under way
_ABOUT = 0.02  # by which a share of false alarms may differ from what was promised without being worth a word


def histograms(run: Run, run_name: str, strange: str, score: str, quantile: float, publish: Callable[[], None]) -> None:
    """Show the histograms of one score with the line, and have the study computed where nobody has yet.

    Args:
        run: trained on what is normal.
        run_name: what names it in the study's key.
        strange: what the strange images are of.
        score: the method whose scores are drawn.
        quantile: of held-back normal training images, where the line starts.
        publish: puts what is shown into the address bar, where the line has come to rest.
    """
    asked = study(run, run_name, strange)

    def draw(answers: Mapping[str, Answer]) -> None:
        if score in answers:
            _histograms(run, asked.key, strange, score, quantile, answers[score])
        elif not answers:
            st.info("The histograms appear here as soon as their scores are computed.")
        else:
            title = INFO[run.config.dataset].spoken(METHODS[score].title)
            st.info(f"{title} is not computed yet; the scores that are stand below.")
        publish()

    show_study(asked, draw)


def table(run: Run, run_name: str, strange: str, quantile: float) -> None:
    """Show the table of all methods, which says who wins, and the downloads.

    Args:
        run: trained on what is normal.
        run_name: what names it in the study's key.
        strange: what the strange images are of.
        quantile: of held-back normal training images, where each line starts.
    """
    asked = study(run, run_name, strange)
    under_way = studies.look(asked).state in (State.QUEUED, State.RUNNING)

    @st.fragment(run_every=_EVERY if under_way else None)
    def shown_so_far() -> None:
        answers = studies.look(asked).answers
        if not answers:
            return
        rows = rows_of({name: answers[name] for name in METHODS if name in answers}, quantile)
        whole = len(answers) == len(asked.parts)
        _figures(INFO[run.config.dataset], rows, quantile, whole=whole)
        if whole:
            taking.downloads(run, strange, answers, rows)

    shown_so_far()


def _histograms(run: Run, key: str, strange: str, score: str, quantile: float, answer: Answer) -> None:
    """Show the component, and take note of where its line stands."""
    method = METHODS[score]
    name = f"{key[:12]}-{score}-{quantile:g}"
    rows = rows_of({score: answer}, quantile)
    info = INFO[run.config.dataset]
    data = threshold_data(
        name,
        info.spoken(method.title),
        answer["normal"],
        answer["strange"],
        logarithmic=method.logarithmic,
        start=rows[0].threshold,
        promised=info.spoken(f"{quantile:.0%} of held-back normal training images lie below"),
        line=_line(name),
        figures=(answer["auroc"], answer["average_precision"]),
        shown=shown(key, score, strange, run, answer["normal"], answer["strange"]),
        drawn_by=info.spoken(DRAWN_BY[method.shows]),
        items=info.items,
        words=(
            f"{len(answer['normal']):,} held-out {info.items}: {run.config.images_title}",
            f"{len(answer['strange']):,} held-out {info.items}: {in_words(run.config, strange)}",
        ),
        held="hidden" if link.hides("line") else "fixed" if link.holds("line") else "",
    )
    threshold(widget_values.THRESHOLD, data, on_line=_take_line)


def _line(name: str) -> float | None:
    """Return where the line stands on what is called ``name``, as a share of the axis; None for its start."""
    state = visit().anomalies
    if not state.asked or link.holds("line"):
        state.asked = True
        if "line" in visit().link.view:
            state.line = (name, link.number("line", 0.5, 0.0, 1.0))
    return state.line[1] if state.line is not None and state.line[0] == name else None


def _take_line() -> None:
    """Keep where the line came to rest, so that it outlasts a change of page."""
    visit().anomalies.line = line_of(widget_values.read(widget_values.THRESHOLD, {}).get("line"))


def line_in_link() -> float | None:
    """Return what a link says of the line; None where it stands at its start."""
    line = visit().anomalies.line
    return line[1] if line else None


def _figures(info: DatasetInfo, rows: list[Row], quantile: float, *, whole: bool) -> None:
    """Show the table of methods with the sentence that says which wins, and what the threshold promised."""
    st.subheader("Every score beside the others")
    if whole:
        st.markdown(info.spoken(verdict(rows)))
    st.html(
        methods_html(rows, info)
        + caption_html(
            info.spoken(
                "◆ is a score of the autoencoder; all others do without it. ROC area is the chance that a strange image has the "
                "higher score of the two, 0.5 for guessing. False alarms and caught: held-out images above the line of each score "
                f"where it starts, with {quantile:.0%} of held-back normal training images below. {_promised(rows, quantile)}"
            )
        )
    )


def _promised(rows: list[Row], quantile: float) -> str:
    """Say what the held-back images are, and what became of the false alarms that they promised."""
    about = (
        "Those are a tenth of the normal training images, the last ones. Nothing that is fitted here has seen them, but the "
        "autoencoder was trained on them, too"
    )
    own = [row for row in rows if METHODS[row.name].own]
    most = max(own, key=lambda row: row.confusion.false_alarm_rate, default=None)
    if most is None or most.confusion.false_alarm_rate <= 1 - quantile + _ABOUT:
        return f"{about}."
    return (
        f"{about}, and knows them by heart to a degree: where {1 - quantile:.0%} of normal images were to raise an alarm, "
        f"{most.confusion.false_alarm_rate:.1%} of the held-out ones do ({METHODS[most.name].title})."
    )
