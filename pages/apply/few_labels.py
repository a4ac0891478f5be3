"""Few labels: label ten images by hand, and see how the error falls with more, on codes and on what one would use instead."""

from collections.abc import Mapping

import streamlit as st

from ae_core.data.datasets import INFO
from ae_core.tasks.few_labels.by_hand import ASKED
from ae_core.tasks.few_labels.draws import counts
from ae_core.tasks.few_labels.opening import ENDING
from ae_core.tasks.few_labels.study import BY_HAND, errors_so_far, refusal, study_of
from ae_core.tasks.study import Answer
from ui.few_labels import choice, curve
from ui.visit import caches, link, shelf, studies
from ui.widgets.expander import reading
from ui.widgets.other_run import offer_other_run
from ui.widgets.study_view import show_study

entry = shelf.current_entry("few_labels")
run = shelf.run_of(entry)
config, info = run.config, INFO[run.config.dataset]

st.title("Few labels")
st.write(
    f"**{entry.title}** saw {config.train_count:,} {info.items} and not one class. What if the classes of ten of them are told? "
    "Choose the ten."
)


if why := refusal(config):
    offer_other_run(entry, why, ENDING)
else:
    study = study_of(run, studies.name_of(entry))
    tried = counts(config.train_count, config.class_count)

    def draw(answers: Mapping[str, Answer]) -> None:
        """Draw what there is of the study."""
        picks = None
        if BY_HAND in answers:
            picks = choice.show(study.key, answers[BY_HAND], info)
        else:
            st.caption(f"The {info.items} to choose from are on their way.")
        st.subheader("From ten labels to thousands")
        errors = errors_so_far(answers)
        count = curve.show(run, tried, errors, len(caches.held_out_of(config).images))
        curve.downloads(run, count, errors, len(answers) == len(study.parts))
        link.publish(config, picks=picks, labels=count)

    show_study(study, draw)
    reading(
        "How to read it",
        info.spoken(
            "- **Nobody told the autoencoder a class.** It was trained on all training images; each method here is then told the "
            "classes of the same few of them. If codes are a better description than pixels, fewer labels are enough.\n"
            "- **Linear**: logistic regression, its penalty C chosen by cross-validation on the labelled images alone. With one "
            "image a class nothing can be held back, and C is 1. PCA has as many components as the code has numbers.\n"
            "- **Nearest**: the nearest labelled images vote, as many as do best among the labelled ones themselves.\n"
            "- **Spread over codes** uses the unlabelled images, too: 10,000 training images are linked with their nearest by code, "
            "and labels flow along the links (Zhou et al. 2004). Where classes are separate clouds, a label for each is nearly "
            "enough. A test image takes the class of its neighbours among them. It is tried with up to 2,000 labels.\n"
            "- **Encoder fine-tuned**: the encoder with the linear classifier on it, both trained further on the labelled images. "
            "**Same from scratch** is that network with fresh weights: what it lacks is what it would have learned without "
            "labels. Steps and rates were chosen on held-back training images.\n"
            f"- **Chosen by hand**: the error of your ten is on the first {ASKED:,} test images, with C = 1, and so is that of the "
            "random tens beside it, which are drawn from the same hundred. The ten that k-means would ask for lie nearest to the "
            "centres of ten clusters of codes; no class was looked at for them. **Choose by trial and error, and you choose on "
            "test images**: the error is then no longer that of new ones. In the curve nothing is chosen on them."
        ),
    )
