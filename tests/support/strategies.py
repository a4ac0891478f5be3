"""What property tests draw: whole Configs, in which every setting varies with every other that it goes together with."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from hypothesis import strategies as st

from ae_core.config.rules import SUITING
from ae_core.config.schema import MAX_LAYERS, MAX_WIDTH, OWN_HIDDEN, Config, denoiser_code_size, spec
from ae_core.data.corruption import CORRUPTIONS
from ae_core.data.datasets import INFO

#: The settings of small Configs, trained in no time, that are met with each other. A number is at one of few values: off, as by default, or at work.
LEVELS: dict[str, tuple[Any, ...]] = {
    "architecture": spec("architecture").choices,
    "hidden_sizes": ((), (6,), (5, 4)),
    "activation": spec("activation").choices,
    "code_activation": spec("activation").choices,
    "downsampling": spec("downsampling").choices,
    "upsampling": spec("upsampling").choices,
    "output_activation": spec("output_activation").choices,
    "loss": spec("loss").choices,
    "corruption": spec("corruption").choices,
    "corruption_min": (0.1, 0.5),
    "shift": (0, 1),
    "variational": (False, True),
    "beta": (0.0, 1.0, 4.0),
    "kl_warmup": (0.0, 0.7),
    "free_bits": (0.0, 0.1),
    "sparsity": spec("sparsity").choices,
    "contraction": (0.0, 1e-2),
    "pretraining": spec("pretraining").choices,
    "optimiser": spec("optimiser").choices,
    "schedule": spec("schedule").choices,
    "precision": spec("precision").choices,
}
#: And their numbers that are at work wherever they are used.
OTHERS: dict[str, tuple[Any, ...]] = {
    "dataset": ("digits",),
    "classes": ((),),
    "code_size": (4, 3, 6),
    "corruption_strength": (0.5,),
    "sparsity_weight": (0.1,),
    "target_activity": (0.05,),
    "k": (2,),
    "pretraining_epochs": (1,),
    "learning_rate": (3e-3,),
    "batch_size": (8,),
    "epochs": (2,),
    "seed": (0, 1, 2),
}
SMALL = LEVELS | OTHERS


@st.composite
def configs(draw: st.DrawFn, **given: st.SearchStrategy[Any]) -> Config:
    """Draw a valid Config, often with a number at its default or at an end of its range.

    Args:
        draw: Hypothesis gives it.
        given: a strategy for each field that is not to vary over its whole range. A value that does not go together
            with others that were drawn is not kept.

    Returns:
        any Config there is, its floats to the last digit.
    """
    return fitted({f.name: draw(given.get(f.name, _any(f.name))) for f in fields(Config)})


def fitted(values: dict[str, Any]) -> Config:
    """Make a Config of values that are each allowed by itself; what does not go together with others gives way."""
    values = dict(values)
    kind = INFO[values["dataset"]].kind
    if values["architecture"] not in SUITING[kind]:
        values["architecture"] = "dense"
    if kind != "image":
        values["shift"] = 0
        if CORRUPTIONS[values["corruption"]].images_alone:
            values["corruption"] = "none"
    architecture, hidden = values["architecture"], values["hidden_sizes"]
    most, widest = MAX_LAYERS[architecture], MAX_WIDTH[architecture]
    if architecture in ("conv", "lstm") and not hidden:
        hidden = (4,)
    values["hidden_sizes"] = tuple(min(width, widest) for width in hidden[:most])
    if architecture == "denoiser":
        values |= {"code_size": denoiser_code_size(values["dataset"]), "variational": False}
    if kind != "text" or values["variational"] or values["pretraining"] != "none":
        values["loss"] = values["loss"].replace("categorical", "mse")
    if values["loss"] == "bce" or (values["loss"] == "mse" and values["output_activation"] == "softmax"):
        values["output_activation"] = "sigmoid"
    if values["loss"] == "categorical":
        values["output_activation"] = "softmax"
    if architecture == "lstm":
        values["contraction"] = 0.0
    classes = len(INFO[values["dataset"]].class_names)
    values["classes"] = tuple(number for number in values["classes"] if number < classes)
    values["corruption_min"] = min(values["corruption_min"], values["corruption_strength"])
    values["k"] = min(values["k"], values["code_size"])
    if values["variational"]:
        values |= {"sparsity": "none", "contraction": 0.0, "pretraining": "none", "code_activation": "linear"}
    elif values["pretraining"] == "rbm" and architecture == "dense" and values["hidden_sizes"]:
        values |= {"activation": "sigmoid", "code_activation": "linear", "output_activation": "sigmoid"}
        if values["sparsity"] == "kl":
            values["sparsity"] = "none"
    else:
        values["pretraining"] = "none"
        if values["sparsity"] == "kl":
            values["code_activation"] = "sigmoid"
    return Config(**values)


def _any(name: str) -> st.SearchStrategy[Any]:
    """Whatever a field may be by itself."""
    if name == "hidden_sizes":
        width = st.one_of(st.integers(1, 256), st.integers(1, max(MAX_WIDTH.values())))
        return st.one_of(st.sampled_from(list(OWN_HIDDEN.values())), st.lists(width, max_size=8).map(tuple))
    rule = spec(name)
    if rule.kind == "classes":
        return st.one_of(st.just(()), st.sets(st.integers(0, 9), max_size=9).map(lambda chosen: tuple(sorted(chosen))))
    if rule.kind == "choice":
        return st.sampled_from(rule.choices)
    if rule.kind == "bool":
        return st.booleans()
    usual = [Config.__dataclass_fields__[name].default, rule.low, rule.high]
    if rule.kind == "int":
        return st.one_of(st.sampled_from([int(n) for n in usual]), st.integers(int(rule.low), int(rule.high)))
    return st.one_of(st.sampled_from(usual), st.floats(rule.low, rule.high))
