"""Documents: what words the numbers of a code stand for, a map, and a search by code, by LSA and by all words."""

from collections.abc import Mapping

import streamlit as st

from ae_core.data.datasets import INFO
from ae_core.tasks.documents.study import measured
from ae_core.tasks.study import Answer
from ui.documents import finding, measures, planes, turning
from ui.documents.offering import nothing_to_read
from ui.visit import link, shelf, studies
from ui.widgets.expander import reading
from ui.widgets.study_view import show_study

entry = shelf.current_entry("documents")
run = shelf.run_of(entry)
config, info = run.config, INFO[run.config.dataset]

st.title("Documents")


def bench() -> None:
    """Show the slider, the maps, the search and its measures."""
    st.write(
        f"**{entry.title}.** A document is {info.pixels:,} counts of words; its code is {config.code_size} "
        f"number{'s' if config.code_size > 1 else ''}. **Turn one**, and see which words come and which go. The network was "
        "told no class, and no order of the words."
    )
    name = studies.name_of(entry)
    topics, maps, search = (st.container() for _ in range(3))  # what is searched for is asked first, and shown last
    with search:
        st.subheader("Search")
        wanted = finding.ask(run, name)
    place = turning.place(run, name)

    def rested(now: turning.Place) -> None:
        link.publish(config, topic=now.number + 1, turn=now.turn, **wanted.view)
        if now != place and wanted.way == "code":
            st.rerun()  # what is searched for below is another code now

    with topics:
        turning.show(run, name, rested)
    with maps:
        st.subheader("Map")
        st.caption(
            "Each point is a held-out document. Hover over one for its title and strongest words; click it to search for it."
        )
        planes.show(
            run,
            name,
            wanted.document if wanted.way == "document" else None,
            take=lambda number: finding.search_for(run, number),
            now=lambda: finding.clicked(run),
        )

    def found(answers: Mapping[str, Answer]) -> None:
        if wanted.way == "document":
            finding.neighbours(run, name, wanted.document, answers)
        st.subheader("How good each way is")
        measures.show(run, answers)

    with search:
        if wanted.way != "document":
            finding.show(run, name, wanted, place)
        show_study(measured(run, name), found)


if not nothing_to_read(entry):
    bench()

reading(
    "How to read it",
    "- **A number is turned** from its mean to where one document in a hundred lies beyond, all others at their means. Beside a "
    "word stands the decoder's answer at the mean, and now: how much of it there is, of what the commonest word of a document "
    "has. A number need not be one topic: "
    "nobody asked the network to have any.\n"
    "- **Maps** show held-out documents; hover over a point to see its title and strongest words, click it to search for it. Of "
    "a code of more than two numbers a map is a projection, and what looks near on it may not be.\n"
    "- **Code, LSA, all words.** LSA (latent semantic analysis, Deerwester et al. 1990) is the best linear code of as many "
    "numbers; all words is TF-IDF, where a word counts the more the rarer it is. Beside a title stands 1 less the cosine: 0 is "
    "the same direction. ✗ marks another class than that of the document that was searched for.\n"
    "- **Precision and recall.** Of what was found so far, how much is right; of all that would be right, how much was found. "
    "Right is what has the same class, which is a stand-in for what you would call alike.\n"
    "- **Bits** (semantic hashing, Salakhutdinov & Hinton 2009): each number of the code above or below its median is one bit, "
    "and a machine finds what differs in few of them at once, without looking at all others.\n"
    "- **Hinton & Salakhutdinov (2006)** had networks of this kind beat LSA on 800,000 newswire stories. Here are a few thousand "
    "documents to learn from, and figures on them that anybody can repeat.",
)
