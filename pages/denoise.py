"""Denoise: choose or upload an image, damage it, and see who repairs it best."""

import streamlit as st
import torch

from ae_core.baselines import median_filter
from ae_core.codec import reconstruct
from ae_core.config import NOISES
from ae_core.corruption import corrupt
from ae_core.datasets import INFO, on_disk
from ae_core.metrics import psnr, ssim, to_float
from ae_core.upload import MAX_BYTES, UploadRejected, open_image, prepare
from ui import link, resources, shelf
from ui.controls import CHOICES
from ui.pictures import Panel, difference, panels_html
from ui.tables import table_html

entry = shelf.current_entry("denoise")
run = shelf.run_of(entry)
config, info = run.config, INFO[run.config.dataset]

st.title("Denoise")
if config.noise == "none":
    st.write(f"**{entry.title}** was never shown noise: what it does here, the narrow code does alone.")
    st.button(
        "Open the shipped denoising model",
        on_click=shelf.choose_shipped,
        args=(f"{config.dataset if config.dataset != 'kmnist' else 'mnist'}-denoising",),
    )
else:
    low = f"between {config.noise_min:g} and " if config.noise_min < config.noise_strength else ""
    st.write(
        f"**{entry.title}** learned to undo {CHOICES[config.noise]} noise of a strength {low}{config.noise_strength:g}. "
        "It never saw this image, clean or noisy. Try noise that it did not learn, too."
    )

SOURCES = (["Held out"] if on_disk(config.dataset) else ["Drawn by it"]) + ["Upload", "Camera"]


def held_out_image() -> torch.Tensor:
    images = resources.held_out(config.dataset).images
    last = len(images) - 1
    index = st.number_input(
        "Which one",
        0,
        last,
        value=link.number("image", 7, 0, last, whole=True),
        key=f"denoise_image_{config.dataset}",
        persist_state="session",
        help="Its number among the held-out images.",
    )
    view["image"] = index
    return to_float(images[index : index + 1])


def drawn_image() -> torch.Tensor:
    st.caption(f"The images of {info.title} are not on this machine; this one is decoded from a code of its map.")
    index = st.number_input("Which one", 0, len(run.latent_map.codes) - 1, 7, key="denoise_drawn")
    return run.model.decode(run.latent_map.codes[index : index + 1]).clamp(0, 1)


def uploaded_image(camera: bool) -> torch.Tensor | None:
    if camera:
        file = st.camera_input("Photograph a thick dark stroke on plain paper")
    else:
        file = st.file_uploader(
            "A picture: PNG, JPEG, WebP, GIF or BMP",
            type=["png", "jpg", "jpeg", "webp", "gif", "bmp"],
            max_upload_size=MAX_BYTES // 2**20,
            help="On a phone this can also open the camera. The picture stays in memory and is gone when you leave.",
        )
    polarity = st.segmented_control(
        "Strokes should be bright on dark",
        ["auto", "as is", "invert"],
        default="auto",
        required=True,
        key="polarity",
        persist_state="session",
    )
    if file is None:
        return None
    try:
        prepared = prepare(
            open_image(file.getvalue()),
            info.shape,
            polarity=polarity,
            centre=info.ink_fill is not None,
            fill=info.ink_fill or 1.0,
        )
    except UploadRejected as error:
        st.error(str(error), icon=":material/broken_image:")
        return None
    with st.expander("How it was prepared, step by step", expanded=True):
        for column, step in zip(st.columns(len(prepared.steps)), prepared.steps, strict=True):
            column.image(step.pixels, width="stretch", output_format="PNG")
            column.caption(f"**{step.title}.** {step.note}")
    return torch.from_numpy(prepared.pixels)[None]


view: dict[str, object] = {}


@st.fragment
def bench() -> None:
    picture, panel = st.columns([5, 3], gap="large")
    with panel:
        source = st.segmented_control(
            "Image", SOURCES, default=SOURCES[0], required=True, key="denoise_source", persist_state="session"
        )
        if source == "Held out":
            clean = held_out_image()
        elif source == "Drawn by it":
            clean = drawn_image()
        else:
            clean = uploaded_image(source == "Camera")
        learned = config.noise if config.noise != "none" else "gaussian"
        noise = st.selectbox(
            "Noise",
            NOISES[1:],
            index=NOISES[1:].index(link.choice("noise_kind", learned, NOISES[1:])),
            format_func=CHOICES.__getitem__,
            key="denoise_noise",
            persist_state="session",
            help="What to do to the image. The model learned one of these at most.",
        )
        strength = st.slider(
            "Strength",
            0.0,
            1.0,
            value=link.number("strength", 0.4, 0.0, 1.0),
            step=0.05,
            key="denoise_strength",
            persist_state="session",
            help="Gaussian: standard deviation. Salt and pepper, masking: share of pixels. Block: share of the area.",
        )
        draw = st.number_input(
            "Draw",
            0,
            9999,
            value=link.number("draw", 0, 0, 9999, whole=True),
            key="denoise_draw",
            persist_state="session",
            help="Another number is another draw of the same noise.",
        )
    with picture:
        if clean is None:
            st.info(
                "Choose a picture on the right, and it appears here." if source == "Upload" else "Take a photograph."
            )
            return
        compare(clean, noise, strength, int(draw))
    link.publish(config, noise_kind=noise, strength=strength, draw=draw, **view)


def compare(clean: torch.Tensor, noise: str, strength: float, draw: int) -> None:
    noisy = corrupt(clean, noise, strength, torch.Generator().manual_seed(draw))
    attempts = {
        "Noisy": (noisy, ""),
        "Autoencoder": (reconstruct(run.model, noisy).clamp(0, 1), "ae"),
        "PCA": (reconstruct(run.pca_at_code_size, noisy).clamp(0, 1), "pca"),
        "Median filter": (median_filter(noisy), ""),
    }
    scores = {name: (float(psnr(image, clean)), float(ssim(image, clean))) for name, (image, _) in attempts.items()}
    panels = [Panel("Clean", clean[0], "what to get back")]
    for name, (image, actor) in attempts.items():
        panels.append(Panel(name, image[0], f"{scores[name][0]:.1f} dB, SSIM {scores[name][1]:.2f}", actor))
    restored = attempts["Autoencoder"][0]
    panels.append(Panel("Difference", difference(restored, clean)[0], "autoencoder against clean"))
    st.html(panels_html(panels))
    best = max((name for name in scores if name != "Noisy"), key=lambda name: scores[name][0])
    verdict = (
        f"Of the three repairs the {best.lower() if best != 'PCA' else best}'s is closest to the clean image, by PSNR"
        if scores[best][0] > scores["Noisy"][0]
        else "No repair comes closer to the clean image than the noisy one itself: each loses more than the noise cost"
    )
    st.caption(
        f"{verdict}. PCA keeps {config.code_size} components, as many as the code has numbers; the median is 3 × 3."
    )
    st.html(
        table_html(
            [("", ""), *((name, actor) for name, (_, actor) in attempts.items())],
            [
                ["PSNR, dB (more is better)", *(f"{p:.2f}" for p, _ in scores.values())],
                ["SSIM (1 is equal)", *(f"{s:.3f}" for _, s in scores.values())],
            ],
        )
    )


bench()

with st.expander("Why an autoencoder can remove noise"):
    st.markdown(
        "A denoising autoencoder is given a damaged image and asked for the clean one. Its code is too small to carry the "
        "noise, and only shapes it has seen often can be drawn from the code; so what is typical stays and what is "
        "accidental goes. That is also its risk: it may draw a typical stroke where an unusual one was. A median filter "
        "knows nothing of digits; it replaces each pixel by the middle one of its neighbours."
    )
