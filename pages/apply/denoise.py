"""Denoise: choose or upload an image, damage it, and see who repairs it best."""

import streamlit as st
import torch

from ae_core.data.corruption import NOISES
from ae_core.data.datasets import INFO, on_disk
from ae_core.data.items import to_float
from ae_core.runs import zoo
from ui.denoise.repairs import mixer
from ui.visit import caches, link, shelf
from ui.widgets.expander import reading
from ui.widgets.picture_input import ASKED, OWN, own_picture

entry = shelf.current_entry("denoise")
run = shelf.run_of(entry)
config, info = run.config, INFO[run.config.dataset]

st.title("Denoise")
if config.noise == "none":
    st.write(f"**{entry.title}** was never shown noise: what it does here, the narrow code does alone.")
    if (shipped := zoo.suiting(config.dataset, "denoising")) is not None:
        st.button("Open the shipped denoising model", on_click=shelf.choose_shipped, args=(shipped.name,))
else:
    low = f"{config.noise_min:g} to " if config.noise_min < config.noise_strength else ""
    st.write(
        f"**{entry.title}** learned to undo {NOISES[config.noise].label} noise of strength {low}{config.noise_strength:g}, "
        "never on this image. Try noise that it did not learn, too, or paint some."
    )

SOURCES = (["Held out"] if on_disk(config.dataset) else ["Drawn by it"]) + [*OWN]


def held_out_image() -> torch.Tensor:
    images = caches.held_out(config.dataset).images
    last = len(images) - 1
    index = link.number_input(
        "Which one",
        0,
        last,
        7,
        name="image",
        key=f"denoise_image_{config.dataset}",
        help="Its number among the held-out images.",
    )
    view["image"] = index
    return to_float(images[index : index + 1])


def drawn_image() -> torch.Tensor:
    st.caption(f"The images of {info.title} are not on this machine; this one is decoded from a code of its map.")
    index = st.number_input("Which one", 0, len(run.latent_map.codes) - 1, 7, key="denoise_drawn")
    return run.model.decode(run.latent_map.codes[index : index + 1]).clamp(0, 1)


view: dict[str, object] = {}


@st.fragment
def bench() -> None:
    picture, panel = st.columns([5, 3], gap="large")
    with panel:
        source = st.segmented_control(
            "Image", SOURCES, default=SOURCES[0], required=True, key="denoise_source", persist_state="session"
        )
        clean: torch.Tensor | None
        if source == "Held out":
            clean = held_out_image()
        elif source == "Drawn by it":
            clean = drawn_image()
        else:
            clean = own_picture(info, source)
        learned = config.noise if config.noise != "none" else "gaussian"
        noise = link.selectbox(
            "Noise",
            [name for name in NOISES if name != "none"],
            learned,
            name="noise_kind",
            key="denoise_noise",
            format_func=lambda name: NOISES[name].label,
            help="What to do to the image. The model learned one of these at most.",
        )
        draw = link.number_input(
            "Noise draw",
            0,
            9999,
            0,
            name="draw",
            key="denoise_draw",
            help="Another number is another draw of the same noise. A blur leaves nothing to chance.",
        )
    with picture:
        if clean is None:
            st.info(f"{ASKED[source]}, damaged and repaired.")
            return
        strength = mixer(entry.id, run, clean, noise, draw)
    link.publish(config, noise_kind=noise, strength=strength, draw=draw, **view)


bench()

reading(
    "Why an autoencoder can remove noise",
    "A denoising autoencoder is given a damaged image and asked for the clean one. Its code is too small to carry the "
    "noise, and only shapes it has seen often can be drawn from the code; so what is typical stays and what is "
    "accidental goes. That is also its risk: it may draw a typical stroke where an unusual one was. A median filter "
    "knows nothing of what images show; it replaces each pixel by the middle one of its neighbours.",
)
