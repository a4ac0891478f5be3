"""What is searched for on the page Documents, by a sentence, a document or a code, and what is found."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from ae_core.data.datasets import INFO
from ae_core.data.words.collections import COLLECTIONS
from ae_core.runs.run import Run
from ae_core.tasks.documents.sentence import known_words
from ae_core.tasks.documents.spaces import SPACES
from ae_core.tasks.documents.study import LONGEST, asked, asked_code, mapped
from ae_core.tasks.documents.titles import in_words
from ae_core.tasks.study import Answer
from ae_core.text import as_written, plain
from ui.documents.lists import Row, document_html, lists_html
from ui.documents.turning import Place
from ui.visit import link, studies, widget_values
from ui.visit.widget_values import WidgetKey
from ui.widgets.study_view import show_study

WAYS = {"sentence": "A sentence", "document": "A document", "code": "A code"}


@dataclass(frozen=True)
class Asked:
    """What is searched for: by one of :data:`WAYS`, the sentence, and the number of the held-out document."""

    way: str
    sentence: str = ""
    document: int = 0

    @property
    def view(self) -> dict[str, Any]:
        """What a link says of it; of a sentence without the signs that part a lesson's values."""
        more = {"sentence": plain(re.sub("[,:]", " ", self.sentence))} if self.way == "sentence" else {}
        return {"ask": self.way, **more, **({"document": self.document} if self.way == "document" else {})}


def ask(run: Run, run_name: str) -> Asked:
    """Show the controls of what is searched for, and return that.

    Args:
        run: whose documents they are.
        run_name: what names it in the key of a study.
    """
    with st.container(horizontal=True, vertical_alignment="top", key="documents_controls"):
        way = link.segments(
            "Search for",
            list(WAYS),
            "sentence",
            name="ask",
            key=widget_values.DOCUMENTS_ASKED,
            format_func=lambda way: WAYS[way],
            width="content",
            help="A sentence that you type, one of the held-out documents, or the code at which the slider above stands.",
        )
        if way == "sentence":
            sentence = link.text_input(
                "Sentence",
                COLLECTIONS[run.config.dataset].sentence,
                LONGEST,
                name="sentence",
                key=f"documents_sentence_{run.config.dataset}",
                placeholder="What is it about?",
                help="Its words are counted like a document's; those that are not among the 2,000 are left out.",
            )
            return Asked(way, sentence)
        if way == "document":
            return Asked(way, document=_document(run, run_name))
    return Asked(way)


def _field(run: Run) -> WidgetKey:
    return widget_values.document(run.config.dataset, run.config.canonical().classes)


def _document(run: Run, run_name: str) -> int:
    answers = studies.look(mapped(run, run_name)).answers
    if "documents" not in answers:
        return 0
    titles = answers["documents"]["held_out"]["titles"]
    return int(
        link.selectbox(
            "Held-out document",
            [str(number) for number in range(len(titles))],
            "0",
            name="document",
            key=_field(run),
            format_func=lambda number: titles[int(number)],
            help="No training ever saw it. Type a part of a title, or click a point on a map.",
        )
    )


def clicked(run: Run) -> int | None:
    """Return the held-out document that is to be searched for since a map was clicked; None where it is not one."""
    number = widget_values.read(_field(run))
    return int(number) if number and widget_values.read(widget_values.DOCUMENTS_ASKED) == "document" else None


def search_for(run: Run, number: int) -> None:
    """Search for a held-out document, as who clicks it on a map wants; to be called in a callback.

    Args:
        run: whose documents they are.
        number: of the document.
    """
    if link.holds("document") or link.holds("ask"):
        return
    widget_values.write(_field(run), str(number))
    widget_values.write(widget_values.DOCUMENTS_ASKED, "document")


def show(run: Run, run_name: str, wanted: Asked, place: Place) -> None:
    """Show what is nearest to a sentence or a code; for a document see :func:`neighbours`.

    Args:
        run: whose code is searched by.
        run_name: what names it in the key of a study.
        wanted: what is searched for.
        place: where the slider of the code stands.
    """
    if wanted.way == "code":
        st.caption(
            f"Searched for: {place.in_words()}. Turn another number above. LSA and all words are given what it decodes to."
        )
        show_study(asked_code(run, run_name, place.number, place.turn / 100), lambda answers: _draw(run, answers))
        return
    if not wanted.sentence:
        st.info("Type a sentence, and what is nearest to it appears here.")
        return
    vocabulary = _vocabulary(run, run_name)
    if vocabulary is not None:
        known = known_words(wanted.sentence, vocabulary)
        if not known:
            st.info(
                f"None of these words is among the {len(vocabulary):,} that are counted. Type others, such as longer or "
                "commoner ones: the bars above and the points of the maps name some."
            )
            return
        st.caption(as_written(f"Counted of it: {', '.join(known)}."))
    show_study(asked(run, run_name, wanted.sentence), lambda answers: _draw(run, answers))


def _vocabulary(run: Run, run_name: str) -> frozenset[str] | None:
    answers = studies.look(mapped(run, run_name)).answers
    return frozenset(answers["documents"]["vocabulary"]) if "documents" in answers else None


def _abouts(run: Run) -> dict[str, str]:
    size = run.config.code_size
    numbers = f"{size} number{'s' if size > 1 else ''}"
    return {"codes": numbers, "lsa": numbers, "tfidf": f"TF-IDF of {INFO[run.config.dataset].pixels:,}"}


def _draw(run: Run, answers: Mapping[str, Answer]) -> None:
    abouts = _abouts(run)
    columns = {}
    for space, title in SPACES.items():
        one = answers.get(space)
        rows = (
            []
            if one is None
            else [
                Row(title_of, label, words, 1 - cosine)
                for title_of, label, words, cosine in zip(
                    one["titles"], one["classes"], one["words"], one["cosines"], strict=True
                )
            ]
        )
        columns[space] = (title, abouts[space], rows)
    st.html(lists_html(columns, INFO[run.config.dataset].class_names))


def neighbours(run: Run, run_name: str, number: int, answers: Mapping[str, Answer]) -> None:
    """Show what is nearest to a held-out document.

    Args:
        run: whose code is searched by.
        run_name: what names it in the key of a study.
        number: of the document.
        answers: of the study of the measures, which knows the neighbours of all.
    """
    listed = studies.look(mapped(run, run_name)).answers
    if "documents" not in listed:
        st.info("What is near appears here as soon as the documents are read.")
        return
    documents, names = listed["documents"], INFO[run.config.dataset].class_names
    held_out, train = documents["held_out"], documents["train"]
    right = int(held_out["labels"][number])
    words = in_words(held_out["words"][number].tolist(), documents["vocabulary"])
    st.html(document_html(Row(held_out["titles"][number], right, words, 0.0), names))
    abouts, columns = _abouts(run), {}
    for space, title in SPACES.items():
        rows = []
        if space in answers:
            found = answers[space]["found"][number].tolist()
            cosines = answers[space]["cosines"][number].tolist()
            rows = [
                Row(
                    train["titles"][place],
                    int(train["labels"][place]),
                    in_words(train["words"][place].tolist(), documents["vocabulary"]),
                    1 - cosine,
                )
                for place, cosine in zip(found, cosines, strict=True)
            ]
        columns[space] = (title, abouts[space], rows)
    st.html(lists_html(columns, names, right))
