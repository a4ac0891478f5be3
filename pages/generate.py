"""Generate: images from codes that no image gave, and why that takes the V in VAE."""

import streamlit as st
import torch

from ae_core import zoo
from ae_core.datasets import INFO, on_disk
from ae_core.metrics import to_float
from ae_core.run import Run
from ui import link, resources, shelf
from ui.pictures import Row, mosaic, sprite, strip_html

GRID = 16  # the manifold's tiles a side
STEPS = 11  # images of an interpolation

entry = shelf.current_entry("generate")
run = shelf.run_of(entry)
config, info = run.config, INFO[run.config.dataset]
size = config.code_size

st.title("Generate")
if config.variational:
    st.write(
        f"**{entry.title}.** Its codes were pressed towards one known cloud around zero, so a random point of that cloud "
        "decodes to an image that nobody drew."
    )
else:
    st.write(
        f"**{entry.title}** is a plain autoencoder: nothing was said about where its codes should lie, and a random code "
        "mostly falls between them."
    )
    st.button("Open the shipped 2-D VAE", on_click=shelf.choose_shipped, args=(f"{config.dataset}-vae-2",))

VIEWS = ["Samples", "Manifold", "Interpolation"]
view = st.segmented_control(
    "Show",
    VIEWS,
    default=link.choice("show", "Samples", VIEWS),
    required=True,
    key="generate_view",
    persist_state="session",
    label_visibility="collapsed",
)


def partner() -> tuple[str, Run] | None:
    """The shipped run of the other sort with a code of the same size, to hold beside this one."""
    kind = "code" if config.variational else "vae"
    for name in (f"{config.dataset}-{kind}-{size}", f"{config.dataset}-{kind}-{16 if size > 4 else 2}"):
        if name in zoo.ZOO and zoo.ZOO[name].path.is_file() and zoo.ZOO[name].config.code_size == size:
            return zoo.ZOO[name].title, resources.shipped_run(name)
    return None


def draw_again() -> None:
    st.session_state.sample_draw = (st.session_state.get("sample_draw", 0) + 1) % 10_000


@st.fragment
def samples() -> None:
    left, middle, right = st.columns([3, 2, 2], vertical_alignment="bottom")
    with left:
        temperature = st.slider(
            "Temperature",
            0.0,
            2.0,
            value=link.number("temperature", 1.0, 0.0, 2.0),
            step=0.1,
            key="temperature",
            persist_state="session",
            help="Scales the random codes: 1 is the cloud it was trained towards, less is more typical, more is stranger.",
        )
    with middle:
        draw = st.number_input(
            "Draw",
            0,
            9999,
            value=link.number("draw", 0, 0, 9999, whole=True),
            key="sample_draw",
            persist_state="session",
            help="The same number draws the same codes.",
        )
    with right:
        st.button("Draw again", on_click=draw_again, width="stretch", icon=":material/casino:")
    codes = torch.randn(40, size, generator=torch.Generator().manual_seed(int(draw))) * temperature
    other = partner()
    here, there = st.columns(2, gap="large")
    with here:
        _grid(entry.title, run, codes)
    with there:
        if other is not None:
            _grid(other[0], other[1], codes)
        else:
            st.caption("No shipped run of the other sort has a code of this size to compare with.")
    if other is not None:
        st.caption(
            f"The same {len(codes)} random codes went through both decoders. The variational one was trained towards this "
            "cloud; the plain one put its codes wherever it liked. Look for broken and mixed strokes: the more numbers a "
            "code has, the more of the cloud a plain autoencoder has never used."
        )
    link.publish(config, show=view, temperature=temperature, draw=draw)


def _grid(title: str, of: Run, codes: torch.Tensor) -> None:
    kind = "variational" if of.config.variational else "plain"
    st.markdown(f"**{title}** ({kind})")
    st.html(
        f'<img class="px" style="background:#000" src="{sprite(of.model.decode(codes), 8)}" alt="{len(codes)} samples">'
    )


@st.fragment
def manifold() -> None:
    reach = st.slider(
        "How far from zero",
        0.5,
        4.0,
        value=link.number("reach", 2.0, 0.5, 4.0),
        step=0.5,
        key="reach",
        persist_state="session",
        help="The plane is shown from minus this to plus this; in a VAE nearly all codes lie within 3.",
    )
    axis = torch.linspace(-reach, reach, GRID)
    spread = torch.ones(size)
    centre = torch.zeros(size)
    if not config.variational:  # a plain autoencoder's codes have a place and a scale of their own
        centre, spread = run.latent_map.codes.mean(0), run.latent_map.codes.std(0)
    grid = torch.zeros(GRID, GRID, size)
    grid[..., 0] = axis
    if size > 1:
        grid[..., 1] = axis.flip(0)[:, None]
    images = run.model.decode(grid.view(-1, size) * spread + centre)
    st.html(
        f'<img class="px" style="max-width:44rem;background:#000;border-radius:.4rem" src="{mosaic(images, GRID)}" '
        f'alt="{GRID} by {GRID} images decoded from a grid of codes">'
    )
    unit = "" if config.variational else " standard deviations of its codes around their mean"
    if size == 2:
        st.caption(f"The whole latent plane, decoded on a grid from −{reach:g} to {reach:g}{unit}.")
    elif size > 2:
        st.caption(
            f"A slice: the first two of {size} numbers run from −{reach:g} to {reach:g}{unit}, the others stay in the middle."
        )
    else:
        st.caption(f"Its one number runs from −{reach:g} to {reach:g}{unit}; every row is the same.")
    link.publish(config, show=view, reach=reach)


@st.fragment
def interpolation() -> None:
    at_hand = on_disk(config.dataset)
    most = (info.test_count if at_hand else len(run.latent_map.codes)) - 1
    left, right = st.columns(2)
    with left:
        first = st.number_input(
            "From held-out image",
            0,
            most,
            value=link.number("from", 0, 0, most, whole=True),
            key=f"from_{config.dataset}",
            persist_state="session",
        )
    with right:
        second = st.number_input(
            "To held-out image",
            0,
            most,
            value=link.number("to", 1, 0, most, whole=True),
            key=f"to_{config.dataset}",
            persist_state="session",
        )
    if at_hand:
        ends = to_float(resources.held_out(config.dataset).images[[first, second]])
        codes = run.model.encode(ends)
    else:
        codes = run.latent_map.codes[[first, second]]
        ends = run.model.decode(codes)
    share = torch.linspace(0, 1, STEPS)[:, None]
    path = run.model.decode(codes[0] * (1 - share) + codes[1] * share)
    mixed = ends[:1] * (1 - share[..., None, None]) + ends[1:] * share[..., None, None]
    rows = [
        Row("Between codes", path, small="decoded", actor="ae"),
        Row("Between pixels", mixed, small="mixed", actor=""),
    ]
    st.html(strip_html(rows))
    st.caption(
        "Above, a straight line from one code to the other, decoded at eleven places: one shape turns into the other. "
        "Below, the two images themselves mixed pixel by pixel: one fades out while the other fades in."
        + ("" if at_hand else " The images are not on this machine, so the ends are decoded from codes of the map.")
    )
    link.publish(config, show=view, **{"from": first, "to": second})


{"Samples": samples, "Manifold": manifold, "Interpolation": interpolation}[view]()

with st.expander("Why the V matters"):
    st.markdown(
        "A plain autoencoder is only asked that each image comes back. Where the codes lie, how far apart, and what is "
        "between them is left to chance. A variational one encodes each image as a small cloud and pays for every nat by "
        "which the cloud differs from a standard normal distribution. So the clouds crowd together around zero and "
        "overlap, the space between two images is used, and a draw from the normal distribution is a fair draw. The "
        "price is blur: overlapping clouds are averaged."
    )
