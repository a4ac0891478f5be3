"""What property tests draw: whole Configs, in which every setting varies with every other that it goes together with."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from hypothesis import strategies as st

from ae_core.config import MAX_LAYERS, MAX_WIDTH, OWN_HIDDEN, SPARSITIES, Config, denoiser_code_size, spec


@st.composite
def configs(draw: st.DrawFn, **given: st.SearchStrategy[Any]) -> Config:
    """Draw a valid Config, often with a number at its default or at an end of its range.

    Args:
        draw: Hypothesis gives it.
        given: a strategy for each field that is not to vary over its whole range. A value that does not go together
            with others that were drawn is not kept; "hidden" is given as a function of the architecture.

    Returns:
        any Config there is, its floats to the last digit.
    """
    values = {f.name: draw(given.get(f.name, _any(f.name))) for f in fields(Config) if f.name != "hidden"}
    architecture = values["architecture"]
    widest = given.get("hidden", st.just(None))
    values["hidden"] = draw(_layers(architecture, draw(widest)))

    if architecture == "denoiser":
        values |= {"code_size": denoiser_code_size(values["dataset"]), "variational": False}
    if values["loss"] == "bce":
        values["output"] = "sigmoid"
    if architecture == "lstm":
        values["contraction"] = 0.0
    values["noise_min"] = min(values["noise_min"], values["noise_strength"])
    values["active"] = min(values["active"], values["code_size"])
    if values["variational"]:
        values |= {"sparsity": "none", "contraction": 0.0, "pretraining": "none", "code_activation": "linear"}
    elif values["pretraining"] == "rbm" and architecture == "dense" and values["hidden"]:
        values |= {"activation": "sigmoid", "code_activation": "linear", "output": "sigmoid"}
        values["sparsity"] = draw(st.sampled_from([name for name in SPARSITIES if name != "kl"]))
    else:
        values["pretraining"] = "none"
        if values["sparsity"] == "kl":
            values["code_activation"] = "sigmoid"
    return Config(**values)


def _any(name: str) -> st.SearchStrategy[Any]:
    """Whatever a field may be by itself."""
    rule = spec(name)
    if rule.kind == "choice":
        return st.sampled_from(rule.choices)
    if rule.kind == "bool":
        return st.booleans()
    usual = [Config.__dataclass_fields__[name].default, rule.low, rule.high]
    if rule.kind == "int":
        return st.one_of(st.sampled_from([int(n) for n in usual]), st.integers(int(rule.low), int(rule.high)))
    return st.one_of(st.sampled_from(usual), st.floats(rule.low, rule.high))


def _layers(architecture: str, widest: int | None) -> st.SearchStrategy[tuple[int, ...]]:
    """Layers that an architecture may have, among them those that it or another one has where nothing is said."""
    most, width = MAX_LAYERS[architecture], min(MAX_WIDTH[architecture], widest or MAX_WIDTH[architecture])
    fewest = int(architecture in ("conv", "lstm"))
    usual = [own for own in OWN_HIDDEN.values() if fewest <= len(own) <= most and max(own, default=0) <= width]
    drawn = st.lists(st.integers(1, width), min_size=fewest, max_size=most).map(tuple)
    return st.one_of(st.sampled_from(usual), drawn) if usual else drawn
