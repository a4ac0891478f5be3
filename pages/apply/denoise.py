"""Denoise: choose or upload an image, damage it, and see who repairs it best."""

import streamlit as st
import torch
from streamlit.delta_generator import DeltaGenerator

from ae_core.data.corruption import CORRUPTIONS
from ae_core.data.datasets import INFO, on_disk
from ae_core.data.items import to_float
from ae_core.runs import zoo
from ui.denoise.repairs import cleaned, mixer, painted, painting, take_home
from ui.photos.picture import switch_to_mine, take
from ui.shell.navigation import PAGES
from ui.visit import caches, link, shelf
from ui.visit.state import visit
from ui.widgets.expander import reading
from ui.widgets.picture_input import ASKED, OWN, own_picture, own_sources

entry = shelf.current_entry("denoise")
run = shelf.run_of(entry)
config, info = run.config, INFO[run.config.dataset]

st.title("Denoise")
if config.corruption == "none":
    st.write(f"**{entry.title}** was never shown noise: what it does here, the narrow code does alone.")
    if (shipped := zoo.suiting(config.dataset, "denoising")) is not None:
        st.button("Open the shipped denoising model", on_click=shelf.choose_shipped, args=(shipped.name,))
else:
    low = f"{config.corruption_min:g} to " if config.corruption_min < config.corruption_strength else ""
    st.write(
        f"**{entry.title}** learned to undo {info.spoken(CORRUPTIONS[config.corruption].label)} noise of strength {low}{config.corruption_strength:g}, "
        f"never on this one. Try noise that it did not learn, too{', or paint some' if info.kind == 'image' else ''}."
    )

is_image = info.kind == "image"
SOURCES = (["Held out"] if on_disk(config.dataset) else ["Drawn by it"]) + [*own_sources(info)]


def held_out_image() -> torch.Tensor:
    """Show the field for an image's number, and return that held-out image."""
    images = caches.held_out(config.dataset).images
    last = len(images) - 1
    index = link.number_input(
        "Which one",
        0,
        last,
        7,
        name="image",
        key=f"denoise_image_{config.dataset}",
        help=info.spoken("Its number among the held-out images."),
    )
    view["image"] = index
    return to_float(images[index : index + 1])


def drawn_image() -> torch.Tensor:
    """Return an image decoded from the run's map, where the images of its data set are not on disk."""
    st.caption(f"The {info.items} of {info.title} are not on this machine; this one is decoded from a code of its map.")
    index = st.number_input("Which one", 0, len(run.latent_map.codes) - 1, 7, key="denoise_drawn")
    return run.model.decode(run.latent_map.codes[index : index + 1]).clamp(0, 1)


view: dict[str, object] = {}
INTENTS = {"clean": "Clean mine", "damage": "Damage it and see"}


@st.fragment
def bench() -> None:
    """Show the chosen image with its repairs, beside the controls that choose it."""
    with st.container(key="picture_and_panel"):
        picture, panel = st.columns([5, 3], gap="large")
    with panel:
        by_link = {source.lower(): source for source in SOURCES}
        source = st.segmented_control(
            info.spoken("Image"),
            SOURCES,
            default=by_link[link.choice("source", SOURCES[0].lower(), list(by_link))],
            required=True,
            key="denoise_source",
            persist_state="session",
            wrap=True,
        )
    if source in OWN:
        with panel:
            intent = link.segments(
                "What to do with it",
                list(INTENTS),
                "clean",
                name="intent",
                key="denoise_intent",
                format_func=INTENTS.__getitem__,
                help="Clean a picture that is noisy already, or take it for the clean one, damage it and score the repairs.",
            )
            full_size = st.container()  # above how the picture was made small
            own = own_picture(info, source, to_clean=intent == "clean")
            with full_size:
                offer_full_size(source)
        asks: dict[str, object] = {"source": source.lower(), "intent": intent}  # the picture itself is in no link
        if own is None or intent == "clean":
            link.publish(config, **asks)
            with picture:
                if own is None:
                    st.info(f"{ASKED[source]}, {'cleaned' if intent == 'clean' else 'damaged and repaired'}.")
                else:
                    cleaned(run, own)
                    take_home(run, "Yours", lambda: own)
            return
        corrupted(own, picture, panel, asks)
        return
    with panel:
        clean = held_out_image() if source == "Held out" else drawn_image()
    corrupted(clean, picture, panel, view)


def offer_full_size(source: str) -> None:
    """Offer the page Photos for a picture that is larger than the model's images."""
    picture = visit().own.pictures.get(source)
    taken = link.lesson()
    if taken is not None and taken.page == "photos":
        return  # what that page shows is the lesson's
    if picture is None or max(picture.image.size) <= max(info.shape[1:]):
        return
    st.caption(
        f"This model draws {info.shape[1]} × {info.shape[2]} pixels, and your picture has more. Photos repairs it as it is."
    )
    if st.button("Clean it at its full size", icon=":material/photo_camera:"):
        take(picture.name, picture.data)
        switch_to_mine()
        st.switch_page(PAGES["photos"].script)


def corrupted(clean: torch.Tensor, picture: DeltaGenerator, panel: DeltaGenerator, shown: dict[str, object]) -> None:
    """Show the controls of the noise, and the noisy image with its three repairs and their scores."""
    with panel:
        learned = config.corruption if config.corruption != "none" else "gaussian"
        noise = link.selectbox(
            "Noise",
            [name for name, kind in CORRUPTIONS.items() if name != "none" and (is_image or not kind.images_alone)],
            learned,
            name="noise_kind",
            key="denoise_noise",
            format_func=lambda name: info.spoken(CORRUPTIONS[name].label),
            help=info.spoken("What to do to the image. ") + "The model learned one of these at most.",
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
        strength = mixer(entry.id, run, clean, noise, draw)
        layer = painting(clean)
        take_home(run, "Noisy", lambda: painted(clean, noise, draw, strength, layer))
    link.publish(config, noise_kind=noise, strength=strength, draw=draw, **shown)


bench()

reading(
    "Why an autoencoder can remove noise",
    info.spoken(
        "A denoising autoencoder is given a damaged image and asked for the clean one. Its code is too small to carry the "
        "noise, and only shapes it has seen often can be drawn from the code; so what is typical stays and what is "
        "accidental goes. That is also its risk: it may draw a typical stroke where an unusual one was."
    )
    + (
        " A median filter knows nothing of what it is shown; it replaces each number by the middle one of its neighbours."
        if info.has_neighbours
        else ""
    ),
)
