"""Tables: which rows are strange and by which columns, how well that finds what is sought, and a table of one's own."""

import streamlit as st

from ae_core.data.datasets import INFO, absence, on_disk
from ae_core.tasks.tables.opening import KIND, run_to_open
from ae_core.text import as_written
from ui.tables import columns, ranking, upload
from ui.visit import link, shelf, studies
from ui.widgets.expander import reading

entry = shelf.current_entry("tables")
run = shelf.run_of(entry)
config, info = run.config, INFO[run.config.dataset]

st.title("Tables")


@st.fragment
def bench() -> None:
    """Show a row column by column, with the controls that choose it."""
    number, view = columns.choose(entry.id, run)
    columns.show(entry.id, run, number)
    link.publish(config, **view)


if info.kind == KIND and on_disk(config.dataset):
    learned = "-".join(info.class_names[index] for index in config.canonical().classes)
    st.write(
        f"**{as_written(entry.title)}.** Each of the {info.items} is {info.pixels} numbers, squeezed into {config.code_size}. "
        + (f"It has learned from **{as_written(learned)}** alone. " if learned else "")
        + "Where the model is wrong, a column does not go with the others: **choose a row**, and see which."
    )
    bench()
    st.subheader("Is what is strange what is sought?")
    ranking.show(run, studies.name_of(entry))
else:
    why = absence(config.dataset) if info.kind == KIND else f"This run has learned {info.items}, which have no columns."
    st.info(as_written(why))
    if (shipped := run_to_open()) is not None:
        st.button(f"Open {shipped.title}", on_click=shelf.choose_shipped, args=(shipped.name,))
    link.publish(config)

st.subheader("A table of your own")
upload.offer()

reading(
    "How to read it",
    "- **A bar** is a column of the row, in standard deviations of the rows for training: at the middle it is as large as their "
    "mean, at the ends four deviations off, or further. A category is a column of its own, at the left end for no and at the "
    "right for yes. Move over a bar for the numbers in the table's own units.\n"
    "- **The blue mark** is where the model puts the column, and red is what it is off by. It was told the whole row, and had to "
    "say it in a few numbers: so it says what usually goes together. A red column is one that does not go with the rest.\n"
    "- **Strange is not the same as sought.** A model knows what is rare, not what is wrong: an honest payment in the middle of "
    "the night is rare, too. Where somebody has told thousands of payments apart, a forest that learns from their answers finds "
    "more; where nobody has, it cannot be trained.\n"
    "- **Your own table** is read as text and nothing in it is run. A fifth of the rows is held out, of each class alike. What is "
    "missing is filled with the median or the commonest category of the rows for training; nothing of the held-out rows goes "
    "into that, nor into the scaling. It works on Train, Reconstruct, Latent map, Anomalies, Search, Clusters and the others as "
    "every data set does.",
)
