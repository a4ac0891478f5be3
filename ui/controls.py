"""Knobs: one widget for each field of a Config, and the draft Config they make together.

The draft lives outside the widgets, because Streamlit forgets a widget that a page switch removed.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import streamlit as st

from ae_core.config import MAX_LAYERS, MAX_WIDTH, Config, ConfigError, spec
from ae_core.datasets import INFO, default_dataset
from ae_core.variants import VARIANTS, variant_of

LABELS = {
    "code_size": "Code size",
    "hidden": "Hidden layers",
    "activation": "Activation",
    "output": "Output layer",
    "loss": "Loss",
    "noise": "Noise",
    "noise_strength": "Noise strength",
    "noise_min": "Least noise",
    "beta": "Beta",
    "learning_rate": "Learning rate",
    "batch_size": "Batch size",
    "epochs": "Epochs (the budget)",
    "seed": "Seed",
}
CHOICES = {
    "relu": "ReLU",
    "gelu": "GELU",
    "elu": "ELU",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "linear": "linear",
    "mse": "squared error (MSE)",
    "bce": "cross-entropy (BCE)",
    "none": "none",
    "gaussian": "Gaussian",
    "salt_pepper": "salt and pepper",
    "masking": "masking (random pixels)",
    "block": "occluding block",
    "blur": "blur",
}
_STEPS: dict[str, list[Any]] = {
    "code_size": [1, 2, 3, 4, 6, 8, 12, 16, 20, 24, 32, 48, 64, 96, 128, 256],
    "learning_rate": [1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 3e-3, 4e-3, 5e-3, 6e-3, 8e-3, 1e-2, 2e-2, 5e-2, 0.1, 1.0],
    "batch_size": [16, 32, 64, 128, 256, 512, 1024],
    "beta": [0.0, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0],
    "epochs": [1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 40, 60, 80, 100, 150, 200],
}


def draft() -> Config:
    """The settings as they stand."""
    if st.session_state.get("draft") is None:
        st.session_state.draft = VARIANTS["dense"].config(st.session_state.get("dataset") or default_dataset())
    return st.session_state.draft


def set_draft(config: Config) -> None:
    """Replace the settings; the knobs follow."""
    st.session_state.draft = config
    for name in list(st.session_state):
        if str(name).startswith("knob_"):
            del st.session_state[name]


def pick_variant() -> str:
    """The variant picker. Changing it keeps what the visitor has set and the new kind has too."""
    current = variant_of(draft()).name
    st.session_state.knob_variant = current
    st.selectbox(
        "Kind of autoencoder",
        list(VARIANTS),
        format_func=lambda name: VARIANTS[name].title,
        key="knob_variant",
        on_change=lambda: _switch(variant=st.session_state.knob_variant),
    )
    return current


def pick_dataset(names: list[str], missing: list[str]) -> None:
    """The dataset picker; one that is not on disk is listed and says so."""
    st.session_state.knob_dataset = draft().dataset
    st.selectbox(
        "Dataset",
        [*names, *missing],
        format_func=lambda name: INFO[name].title + (" (not on this machine)" if name in missing else ""),
        key="knob_dataset",
        on_change=lambda: _switch(dataset=st.session_state.knob_dataset),
        help=INFO[draft().dataset].about,
    )


def _switch(variant: str | None = None, dataset: str | None = None) -> None:
    old = draft()
    was = variant_of(old)
    kind = VARIANTS[variant] if variant else was
    name = dataset or old.dataset
    start = was.config(old.dataset)
    chosen = {
        f.name: getattr(old, f.name)
        for f in fields(Config)
        if f.name not in ("dataset", "architecture", "hidden", *kind.fixed)
        and getattr(old, f.name) != getattr(start, f.name)
    }
    if kind.name.endswith("denoising") and chosen.get("noise") == "none":
        del chosen["noise"]
    try:
        config = kind.config(name, **chosen)
    except ConfigError:
        config = kind.config(name)
    set_draft(config)


def knob(name: str) -> None:
    """The widget for one field, writing what is chosen into the draft."""
    config, key, rule = draft(), f"knob_{name}", spec(name)
    value = getattr(config, name)
    label, help_text = LABELS[name], rule.help
    if name == "hidden":
        _hidden_knobs(config)
        return
    if rule.kind == "choice":
        options = [c for c in rule.choices if not (c == "none" and variant_of(config).name.endswith("denoising"))]
        st.session_state.setdefault(key, value)
        chosen: Any = st.selectbox(label, options, format_func=lambda c: CHOICES.get(c, c), key=key, help=help_text)
    elif name in _STEPS:
        options = sorted({*_STEPS[name], value})
        st.session_state.setdefault(key, value)
        chosen = st.select_slider(label, options, format_func=lambda v: f"{v:g}", key=key, help=help_text)
    elif rule.kind == "float":
        st.session_state.setdefault(key, value)
        chosen = st.slider(label, rule.low, rule.high, step=0.05, key=key, help=help_text)
    else:
        st.session_state.setdefault(key, value)
        chosen = st.number_input(label, int(rule.low), int(rule.high), key=key, help=help_text)
    _set(name, chosen)


def _set(name: str, value: Any) -> None:
    config = draft()
    if value == getattr(config, name):
        return
    changes = {name: value}
    if name == "noise_strength" and config.noise_min > value:
        changes["noise_min"] = value
        st.session_state.pop("knob_noise_min", None)
    if name == "noise_min" and value > config.noise_strength:
        changes["noise_min"] = config.noise_strength
    if name == "loss" and value == "bce" and config.output == "linear":  # cross-entropy needs pixels in [0, 1]
        changes["output"] = "sigmoid"
        st.session_state.pop("knob_output", None)
    if name == "output" and value == "linear" and config.loss == "bce":
        changes["loss"] = "mse"
        st.session_state.pop("knob_loss", None)
    if name == "noise" and config.noise_strength == 0 and value != "none":
        changes["noise_strength"] = 0.4
        st.session_state.pop("knob_noise_strength", None)
    try:
        st.session_state.draft = replace(config, **changes)
    except ConfigError as error:
        st.error(str(error))


def _hidden_knobs(config: Config) -> None:
    """How many layers, and the width of each."""
    dense = config.architecture == "dense"
    unit = "nodes" if dense else "channels"
    fewest, most = (0 if dense else 1), MAX_LAYERS[config.architecture]
    st.session_state.setdefault("knob_layers", len(config.hidden))
    count = st.slider(
        f"{LABELS['hidden']} before the code",
        fewest,
        most,
        key="knob_layers",
        help="The decoder mirrors them." if dense else "Each halves the sides of the image. The decoder mirrors them.",
    )
    widths = list(config.hidden[:count])
    while len(widths) < count:
        last = widths[-1] if widths else (256 if dense else 16)
        widths.append(max(1, last // 2) if dense else min(last * 2, MAX_WIDTH["conv"]))
    if count:
        columns = st.columns(min(count, 4))
        for index in range(count):
            key = f"knob_width_{index}"
            st.session_state.setdefault(key, widths[index])
            with columns[index % 4]:
                widths[index] = st.number_input(
                    f"{unit.capitalize()} {index + 1}", 1, MAX_WIDTH[config.architecture], key=key
                )
    if tuple(widths) != config.hidden:
        st.session_state.draft = replace(config, hidden=tuple(widths))
