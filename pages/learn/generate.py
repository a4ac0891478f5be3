"""Generate: images from codes that no image gave, and why that takes the V in VAE."""

import streamlit as st

from ae_core.data.datasets import INFO
from ae_core.runs import zoo
from ui.generate import views
from ui.visit import link, shelf
from ui.widgets import factors
from ui.widgets.expander import reading

entry = shelf.current_entry("generate")
run = shelf.run_of(entry)
config, info = run.config, INFO[run.config.dataset]

st.title("Generate")
if config.variational:
    st.write(
        f"**{entry.title}.** Its codes were pressed towards one known cloud around zero, so a random point of that cloud "
        + info.spoken("decodes to an image that nobody has seen.")
    )
else:
    st.write(
        f"**{entry.title}** is a plain autoencoder: nothing was said about where its codes should lie, and a random code "
        "mostly falls between them."
    )
    if (shipped := zoo.suiting(config.dataset, "vae-2")) is not None:
        same = shipped.config.dataset == config.dataset
        st.button(
            "Open the shipped 2-D VAE" if same else f"Open {shipped.title}",
            on_click=shelf.choose_shipped,
            args=(shipped.name,),
        )

VIEWS = ["Samples", "Explore", "Interpolation"]
view = link.segments("Show", VIEWS, "Samples", name="show", key="generate_view", label_visibility="collapsed")

if view == "Samples":
    views.samples(entry.title, run)
elif view == "Explore":
    views.explore_codes(entry.id, run)
else:
    views.interpolation(run)

factors.show(entry.id, run)
reading(
    "Why the V matters",
    info.spoken(
        "A plain autoencoder is only asked that each image comes back. Where the codes lie, how far apart, and what is "
        "between them is left to chance. A variational one encodes each image as a small cloud and pays for every nat by "
        "which the cloud differs from a standard normal distribution. So the clouds crowd together around zero and "
        "overlap, the space between two images is used, and a draw from the normal distribution is a fair draw. The "
        "price is blur: overlapping clouds are averaged."
    ),
)
