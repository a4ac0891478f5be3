"""A page with two of each component, for the test that none of them hears the other."""

import streamlit as st
import torch

from ae_core.config.schema import Config
from ae_core.data.datasets import INFO
from ae_core.runs import zoo
from ae_core.training.film import Film
from ui.components import film
from ui.components.draw_pad import draw_pad
from ui.components.latent_explorer import show_count
from ui.components.noise_mixer import STRENGTHS, Strip, mixer_data, noise_mixer
from ui.components.squeeze import squeeze
from ui.figures.film import Reel, film_data
from ui.figures.planes import explore, mark_own
from ui.figures.projection import ways
from ui.home import squeezing

NAME = "digits-code-2"
SIDES = ("left", "right")


@st.cache_data
def a_film() -> dict[str, str]:
    """Three frames of a run that never was."""
    draw = torch.Generator().manual_seed(0)
    frames = Film(
        torch.tensor([0.0, 1.0, 2.0]),
        torch.randint(256, (3, 12, *INFO["digits"].shape), generator=draw, dtype=torch.uint8),
        torch.randn(3, 30, 2, generator=draw),
    )
    history = {"epoch": [0.0, 1.0, 2.0], "held_out_loss": [0.1, 0.05, 0.02]}
    config = Config(dataset="digits", epochs=2, code_size=2)
    labels = torch.arange(30, dtype=torch.uint8) % 10
    return film_data([Reel("", config, frames, history, labels, torch.zeros(1, 12, 1, 8, 8, dtype=torch.uint8))])


@st.cache_data
def a_strip() -> Strip:
    """Pictures of nothing but noise."""
    draw = torch.Generator().manual_seed(0)
    pictures, scores = torch.rand(4, len(STRENGTHS), 1, 8, 8, generator=draw), torch.rand(2, 4, len(STRENGTHS))
    return Strip.of(pictures[:1, 0], pictures, 10 + 10 * scores[0], scores[1])


run = zoo.load(NAME)
for side in SIDES:
    with st.container(key=f"side_{side}"):
        count = st.slider(f"Images, {side}", 100, 300, 200, step=20)
        explore(side, NAME, run, ways(2)[0], "points", [])
        show_count(side, count)
        drawn = draw_pad(f"pad_{side}", INFO["digits"], "", lambda: None)
        mark_own(side, NAME, run, ways(2)[0], drawn)
        film.mount(key=f"film_{side}", data=a_film())
        mixer = mixer_data((1, 8, 8), a_strip(), strength=0.5, measure="nothing")
        noise_mixer(f"mixer_{side}", mixer, lambda: None, lambda: None)
        figure = squeezing.held_out_figure("digits", 0)
        squeeze(f"squeeze_{side}", figure, 8, 0, lambda size: None, lambda image: None)
