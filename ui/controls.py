"""Knobs: one widget for each field of a Config, and the draft Config they make together.

The draft lives outside the widgets, because Streamlit forgets a widget that a page switch removed.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import streamlit as st

from ae_core.config import MAX_LAYERS, MAX_WIDTH, UNITS, Config, ConfigError, spec
from ae_core.datasets import INFO, default_dataset
from ae_core.variants import VARIANTS, variant_of

LABELS = {
    "code_size": "Code size",
    "hidden": "Hidden layers",
    "architecture": "Layers",
    "activation": "Activation",
    "code_activation": "Activation of the code",
    "downsampling": "Halving",
    "upsampling": "Doubling",
    "output": "Output layer",
    "loss": "Loss",
    "noise": "Noise",
    "noise_strength": "Noise strength",
    "noise_min": "Least noise",
    "shift": "Shifted training images (pixels)",
    "beta": "Beta",
    "kl_warmup": "Warm-up of the KL term",
    "free_bits": "Free bits",
    "sparsity": "Sparsity",
    "sparsity_weight": "Weight of the sparsity",
    "target_activity": "Target activity",
    "active": "Units that may fire (k)",
    "contraction": "Weight of the contraction",
    "pretraining": "Pretraining",
    "pretraining_epochs": "Epochs for each machine",
    "optimiser": "Optimiser",
    "schedule": "Learning rate over time",
    "precision": "Precision",
    "learning_rate": "Learning rate",
    "batch_size": "Batch size",
    "epochs": "Epochs (the budget)",
    "seed": "Seed",
}
CHOICES = {
    "dense": "dense",
    "conv": "convolutional",
    "lstm": "recurrent (LSTM)",
    "conv48": "a tutorial's convolutional 48",
    "denoiser": "a tutorial's denoiser 32-64-128",
    "stride": "strided convolutions",
    "pool": "max-pooling",
    "transposed": "transposed convolutions",
    "nearest": "repeated pixels, then a convolution",
    "l1": "L1 penalty",
    "kl": "KL to a target activity",
    "top_k": "only the largest k (top-k)",
    "rbm": "Boltzmann machines",
    "adam": "Adam",
    "adadelta": "Adadelta",
    "one_cycle": "one cycle",
    "constant": "constant",
    "float32": "32 bits",
    "bfloat16": "16 bits (bfloat16)",
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
    "code_size": [1, 2, 3, 4, 6, 8, 12, 16, 20, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 784, 1000, 1500, 2048],
    "active": [1, 2, 3, 5, 8, 10, 15, 20, 25, 30, 40, 50, 70, 100, 200],
    "sparsity_weight": [0.0, 1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0],
    "target_activity": [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5],
    "contraction": [0.0, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 1.0],
    "free_bits": [0.0, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0],
    "pretraining_epochs": [1, 2, 3, 5, 8, 10, 15, 20, 30, 50],
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
        and f.name not in was.fixed
        and getattr(old, f.name) != getattr(start, f.name)
    }
    if kind.name.endswith("denoising") and chosen.get("noise") == "none":
        del chosen["noise"]
    try:
        config = kind.config(name, **chosen)
    except ConfigError:
        config = kind.config(name)
    set_draft(config)


def forget(*names: str) -> None:
    """Have the knobs of these fields start from the draft again."""
    for name in names:
        st.session_state.pop(f"knob_{name}", None)


def knob(name: str) -> None:
    """The widget for one field, writing what is chosen into the draft."""
    config, key, rule = draft(), f"knob_{name}", spec(name)
    value = getattr(config, name)
    label, help_text = LABELS[name], rule.help
    if name == "hidden":
        _hidden_knobs(config)
        return
    if rule.kind == "choice":
        options = [c for c in rule.choices if _offered(name, c, config)]
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


def _offered(name: str, choice: str, config: Config) -> bool:
    """Whether ``choice`` is one for the visitor: what makes the kind is not chosen away, networks are in the picker."""
    if name == "architecture":
        return choice in ("dense", "conv") or choice == config.architecture
    return not (name == "noise" and choice == "none" and variant_of(config).name.endswith("denoising"))


def _set(name: str, value: Any) -> None:
    config = draft()
    if value == getattr(config, name):
        return
    changes = {name: value}
    if name == "noise_strength" and config.noise_min > value:
        changes["noise_min"] = value
        forget("noise_min")
    if name == "noise_min" and value > config.noise_strength:
        changes["noise_min"] = config.noise_strength
    if name == "architecture":  # its layers are counted in other units
        changes["hidden"] = VARIANTS["conv" if value == "conv" else "dense"].config(config.dataset).hidden
        forget("layers", *(f"width_{index}" for index in range(8)))
    if name == "code_size" and config.sparsity == "top_k" and config.active > value:
        changes["active"] = value
        forget("active")
    if name == "active" and value > config.code_size:
        changes["active"] = config.code_size
        forget("active")
    if name == "loss" and value == "bce" and config.output != "sigmoid":  # cross-entropy needs pixels in [0, 1]
        changes["output"] = "sigmoid"
        forget("output")
    if name == "output" and value != "sigmoid" and config.loss == "bce":
        changes["loss"] = "mse"
        forget("loss")
    if name == "noise" and config.noise_strength == 0 and value != "none":
        changes["noise_strength"] = 0.4
        forget("noise_strength")
    try:
        st.session_state.draft = replace(config, **changes)
    except ConfigError as error:
        st.error(str(error))


def _hidden_knobs(config: Config) -> None:
    """How many layers, and the width of each."""
    most = MAX_LAYERS[config.architecture]
    if most == 0:  # a tutorial's own network
        return
    dense, conv = config.architecture == "dense", config.architecture == "conv"
    unit, fewest = UNITS[config.architecture], (0 if dense else 1)
    st.session_state.setdefault("knob_layers", len(config.hidden))
    count = st.slider(
        f"{LABELS['hidden']} before the code",
        fewest,
        most,
        key="knob_layers",
        help=("Each halves the sides of the image. " if conv else "") + "The decoder mirrors them.",
    )
    widths = list(config.hidden[:count])
    while len(widths) < count:
        last = widths[-1] if widths else (16 if conv else 256)
        widths.append(min(last * 2, MAX_WIDTH["conv"]) if conv else max(1, last // 2))
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
