"""Anomalies: what was trained on normal images alone, and the line above which an image counts as strange."""

import streamlit as st

from ae_core.data.datasets import INFO
from ae_core.tasks.anomalies.images import OTHERS, strange_choices, usual_choice
from ae_core.tasks.anomalies.measures import QUANTILE
from ae_core.tasks.anomalies.methods import METHODS, methods_of
from ui.anomalies import normal, own, scores
from ui.visit import link, shelf, studies
from ui.widgets.expander import reading
from ui.widgets.other_run import nothing_to_do, offer_other_run

entry = shelf.current_entry("anomalies")
run = shelf.run_of(entry)
config, info = run.config, INFO[run.config.dataset]

st.title("Anomalies")


def bench() -> None:
    """Show the histograms beside the controls of what is normal, what is strange and how it is scored."""
    said = info.spoken(
        "What it has never seen it cannot draw well; the error says how strange an image is. **Drag the line** above which you "
        "would call one strange."
    )
    st.write(f"**{entry.title}.** {normal.told(config)} {said}")
    with st.container(key="picture_and_panel"):
        picture, panel = st.columns([5, 3], gap="large")
    name = studies.name_of(entry)
    with panel:
        normal.choose(config, entry.id)
        choices = strange_choices(config)
        strange = link.selectbox(
            "Strange",
            choices,
            usual_choice(config),
            name="strange",
            key=f"anomalies_strange_{config.dataset}_{bool(config.canonical().classes)}",
            format_func=lambda name: f"Other classes of {info.title}" if name == OTHERS else INFO[name].title,
            help=info.spoken(
                "What it is to tell from the normal images. Another data set is resized to the run's images."
            ),
        )
        names = methods_of(config)
        score = link.selectbox(
            "Score",
            names,
            "nap" if config.canonical().classes else "error",
            name="score",
            key=f"anomalies_score_{config.variational}",
            format_func=lambda name: info.spoken(METHODS[name].title),
            help=info.spoken("How strange an image is, in one number. Those from PCA on do without the autoencoder."),
        )
        st.caption(info.spoken(METHODS[score].about))
        promise = link.slider(
            info.spoken("Normal images below the line at its start"),
            80,
            99,
            round(100 * QUANTILE),
            name="promise",
            key="anomalies_promise",
            format="%d %%",
            help=info.spoken(
                "The line starts where so many of the held-back normal training images score less. No held-out image has a say "
                "in it."
            ),
        )
        own.show(run, name, strange, score, promise / 100)

    def publish() -> None:
        link.publish(config, strange=strange, score=score, promise=promise, line=scores.line_in_link())

    with picture:
        scores.histograms(run, name, strange, score, promise / 100, publish)
    scores.table(run, name, strange, promise / 100)


if not nothing_to_do(
    entry,
    "Without them there is nothing to score.",
    "one-class",
):
    if strange_choices(config):
        bench()
    else:
        offer_other_run(
            entry, f"It learned from all {info.items}: none are left here that are strange to it.", "one-class"
        )

reading(
    "How to read it",
    info.spoken(
        "- **Above and below the axis** stand normal and strange images by their score, each sort with a scale of its own. Where "
        "they overlap, every line is a bargain: further left more strange ones are caught, and more normal ones raise an alarm.\n"
        "- **ROC** draws all those bargains at once; its area does not depend on the line. **Precision** does depend on how many "
        "strange images there are: here there may be nine for each normal one, in a factory one in a thousand.\n"
        "- **The heat map** is where image and reconstruction differ. Of a strange image it shows what the autoencoder would have "
        "drawn otherwise, which is why people use them to find scratches and cracks.\n"
        "- **The threshold is not chosen on what is then counted:** it starts at a quantile of normal training images that were "
        "held back from all that is fitted here. Drag it by the held-out images, and its figures are no longer those of new ones.\n"
        "- **An autoencoder can be too good:** with a large code it draws strange images well, too. And it knows only what it was "
        "shown: a rare but normal image is strange to it."
    ),
)
