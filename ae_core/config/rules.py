"""Say which settings of a Config contradict each other, why, and how each of them could give way.

The settings of a rule are each allowed by themselves. Refusing a Config, repairing a link and moving a knob all follow
from the rules: see :func:`ae_core.config.schema.nearest`.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ae_core.config.sparsities import SPARSITIES
from ae_core.data.corruption import CORRUPTIONS
from ae_core.data.datasets import INFO
from ae_core.text import quoted

Values = Mapping[str, Any]  # of every field of a Config

# three halvings take the smallest images (8 x 8) to one pixel; the tutorials' own networks have layers of their own
MAX_LAYERS = {"dense": 8, "conv": 3, "lstm": 2, "conv48": 0, "denoiser": 0}
MAX_WIDTH = {"dense": 4096, "conv": 256, "lstm": 512, "conv48": 1, "denoiser": 1}
UNITS = {"dense": "nodes", "conv": "channels", "lstm": "cells", "conv48": "nodes", "denoiser": "nodes"}
# the layers of an architecture where nothing is said of them, as in a link: what a link leaves out and what is read back
OWN_HIDDEN: dict[str, tuple[int, ...]] = {
    "dense": (512, 256),
    "conv": (16, 32),
    "lstm": (64,),
    "conv48": (),
    "denoiser": (),
}
# the networks that suit each kind of item
SUITING: dict[str, tuple[str, ...]] = {
    "image": tuple(MAX_LAYERS),
    "series": ("dense", "conv", "lstm"),
    "table": ("dense",),
    "text": ("dense",),
}
_NEEDS_HIDDEN = {"conv": "convolutional", "lstm": "recurrent"}


def denoiser_code_size(dataset: str) -> int:
    """Return the code size of the tutorial's denoiser: 128 channels of a grid that was halved three times."""
    _, height, width = INFO[dataset].shape
    return 128 * math.ceil(height / 8) * math.ceil(width / 8)


@dataclass(frozen=True)
class Rule:
    """One contradiction between settings.

    ``why`` is half a sentence, and ``advice`` the other half, what to do about it; it may be empty. Each of ``repairs``
    is a field and the value with which alone it obeys the rule, the other settings as they are; where nothing else
    decides it, what stands first gives way. The images never do.
    """

    broken: Callable[[Values], bool]
    why: Callable[[Values], str]
    repairs: tuple[tuple[str, Callable[[Values], Any]], ...]
    advice: Callable[[Values], str] = lambda values: ""

    def sentence(self, values: Values) -> str:
        """Return why a Config of these values is refused."""
        return ": ".join(half for half in (self.why(values), self.advice(values)) if half) + "."


def problems(values: Values) -> list[str]:
    """Return a sentence for each contradiction between values that are allowed one by one."""
    return list(dict.fromkeys(rule.sentence(values) for rule in RULES if rule.broken(values)))


def repaired(values: Values, kept: Collection[str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Change as few values as possible, each of them allowed by itself, until none contradict each other.

    Args:
        values: of every field.
        kept: fields that give way only where no valid Config has all of them as they are.

    Returns:
        the values, and for each field that was changed the ``why`` of the rule that it gave way to.
    """
    order = itertools.count()  # of two ways of the same cost the one that was found first
    ways = [(0, 0, 0, next(order), dict(values), dict[str, str]())]
    seen = set()
    while True:
        *_, preference, _, now, whys = heapq.heappop(ways)
        broken = next((rule for rule in RULES if rule.broken(now)), None)
        if broken is None:
            return now, {name: why for name, why in whys.items() if now[name] != values[name]}
        for rank, (name, mended) in enumerate(broken.repairs):
            after = now | {name: mended(now)}
            if (state := tuple(after.values())) in seen:
                continue
            seen.add(state)
            changed = [field for field in after if after[field] != values[field]]
            lost = sum(field in kept for field in changed)
            why = whys | {name: broken.why(now)}
            heapq.heappush(ways, (lost, len(changed), preference + rank, next(order), after, why))


# --- The rules ----------------------------------------------------------------------------------------------


def _to(value: Any) -> Callable[[Values], Any]:
    return lambda values: value


def _like(name: str) -> Callable[[Values], Any]:
    return lambda values: values[name]


def _layers_fit(values: Values) -> bool:
    hidden, width = values["hidden_sizes"], MAX_WIDTH[values["architecture"]]
    return (
        isinstance(hidden, tuple)
        and len(hidden) <= MAX_LAYERS[values["architecture"]]
        and all(isinstance(n, int) and not isinstance(n, bool) and 1 <= n <= width for n in hidden)
    )


def _layers_why(values: Values) -> str:
    most, width = MAX_LAYERS[values["architecture"]], MAX_WIDTH[values["architecture"]]
    unit = UNITS[values["architecture"]]
    return (
        f"Hidden layers must be at most {most}, each of 1 to {width} {unit}; they were {quoted(values['hidden_sizes'])}"
    )


def _fewer_layers(values: Values) -> tuple[int, ...]:
    most, width = MAX_LAYERS[values["architecture"]], MAX_WIDTH[values["architecture"]]
    return tuple(min(n, width) for n in values["hidden_sizes"][:most])


def _for_a_plain_code(name: str, plain: Any, what: str) -> Rule:
    return Rule(
        broken=lambda values: values["variational"] and values[name] != plain,
        why=_to(f"{what} is for a plain code, and a variational code is a cloud"),
        advice=_to("leave one of them"),
        repairs=((name, _to(plain)), ("variational", _to(False))),
    )


def _for_pretraining(name: str, fits: Callable[[Any], bool], needed: Any) -> Rule:
    return Rule(
        broken=lambda values: values["pretraining"] == "rbm" and not fits(values[name]),
        why=_to(
            "A stack of Boltzmann machines unrolls into dense hidden layers of sigmoid units, a linear code and a sigmoid "
            "output_activation"
        ),
        advice=_to("set these, or leave the pretraining out"),
        repairs=(("pretraining", _to("none")), (name, _to(needed))),
    )


def _classes_of(values: Values) -> tuple[int, ...]:
    """Return the classes that are named and that the data set has, each once and in their order."""
    named = values["classes"] if isinstance(values["classes"], tuple) else ()
    whole = {n for n in named if isinstance(n, int) and not isinstance(n, bool)}
    return tuple(sorted(n for n in whole if 0 <= n < len(INFO[values["dataset"]].class_names)))


def _suits(values: Values) -> bool:
    return values["architecture"] in SUITING[INFO[values["dataset"]].kind]


def _for_images(name: str, plain: Any, broken: Callable[[Values], bool], what: str) -> Rule:
    """Return the rule that a setting is for images alone.

    Args:
        name: the field.
        plain: what it becomes where the items are none.
        broken: whether values ask for what is for images alone.
        what: is asked for, in words.
    """
    return Rule(
        broken=lambda values: INFO[values["dataset"]].kind != "image" and broken(values),
        why=lambda values: (
            f"{what} does not suit the {INFO[values['dataset']].items} of {INFO[values['dataset']].title}"
        ),
        repairs=((name, _to(plain)),),
    )


RULES: tuple[Rule, ...] = (
    _for_images("architecture", "dense", lambda values: not _suits(values), "That network"),
    _for_images("corruption", "none", lambda values: CORRUPTIONS[values["corruption"]].images_alone, "That noise"),
    _for_images("shift", 0, lambda values: values["shift"] > 0, "Shifting"),
    Rule(
        broken=lambda values: values["classes"] != _classes_of(values),
        why=lambda values: (
            f"Classes to learn from must be numbers from 0 to {len(INFO[values['dataset']].class_names) - 1}, each once and "
            f"in their order; they were {quoted(values['classes'])}"
        ),
        repairs=(("classes", _classes_of),),
    ),
    Rule(
        broken=lambda values: not _layers_fit(values),
        why=_layers_why,
        repairs=(("hidden_sizes", _fewer_layers), ("architecture", _to("dense"))),
    ),
    Rule(
        broken=lambda values: values["architecture"] in _NEEDS_HIDDEN and not values["hidden_sizes"],
        why=lambda values: f"A {_NEEDS_HIDDEN[values['architecture']]} autoencoder needs at least one hidden layer",
        repairs=(
            ("hidden_sizes", lambda values: OWN_HIDDEN[values["architecture"]]),
            ("architecture", _to("dense")),
        ),
    ),
    Rule(
        broken=lambda values: values["loss"] == "bce" and values["output_activation"] != "sigmoid",
        why=_to("Cross-entropy (bce) needs pixels between 0 and 1"),
        advice=_to("set the output to sigmoid"),
        repairs=(("output_activation", _to("sigmoid")), ("loss", _to("mse"))),
    ),
    Rule(
        broken=lambda values: values["loss"] == "categorical" and INFO[values["dataset"]].kind != "text",
        why=lambda values: f"A distribution over words is for documents, and {INFO[values['dataset']].title} are none",
        repairs=(("loss", _to("mse")),),
    ),
    Rule(
        broken=lambda values: values["loss"] == "categorical" and values["output_activation"] != "softmax",
        why=_to("Cross-entropy over all words compares distributions, which a softmax makes"),
        advice=_to("set the output to softmax"),
        repairs=(("output_activation", _to("softmax")), ("loss", _to("mse"))),
    ),
    Rule(
        broken=lambda values: values["output_activation"] == "softmax" and values["loss"] != "categorical",
        why=_to("A softmax makes a distribution, which only the cross-entropy over all words compares"),
        advice=_to("set the loss to categorical"),
        repairs=(("output_activation", _to("sigmoid")), ("loss", _to("categorical"))),
    ),
    Rule(
        broken=lambda values: values["variational"] and values["loss"] == "categorical",
        why=_to("A variational loss sums over pixels that are independent, and shares of one whole are not"),
        advice=_to("leave one of them"),
        repairs=(("loss", _to("bce")), ("variational", _to(False))),
    ),
    Rule(
        broken=lambda values: (
            values["architecture"] == "denoiser" and values["code_size"] != denoiser_code_size(values["dataset"])
        ),
        why=lambda values: (
            f"The tutorial's denoiser has a code of {denoiser_code_size(values['dataset'])} on these images"
        ),
        advice=_to("set the code size to that"),
        repairs=(
            ("code_size", lambda values: denoiser_code_size(values["dataset"])),
            ("architecture", _to("conv")),
        ),
    ),
    _for_a_plain_code("contraction", 0.0, "A contractive penalty"),
    _for_a_plain_code("pretraining", "none", "Pretraining by Boltzmann machines"),
    _for_a_plain_code("sparsity", "none", "A sparsity penalty"),
    _for_a_plain_code("code_activation", "linear", "A non-linearity on the code"),
    Rule(
        broken=lambda values: values["variational"] and values["architecture"] == "denoiser",
        why=_to("The tutorial's denoiser has no layer that could hold a cloud"),
        advice=_to("it cannot be variational"),
        repairs=(("variational", _to(False)), ("architecture", _to("conv"))),
    ),
    Rule(
        broken=lambda values: SPARSITIES[values["sparsity"]].code_activation not in ("", values["code_activation"]),
        why=lambda values: SPARSITIES[values["sparsity"]].needs,
        advice=lambda values: f"set the code's activation to {SPARSITIES[values['sparsity']].code_activation}",
        repairs=(
            ("code_activation", lambda values: SPARSITIES[values["sparsity"]].code_activation),
            ("sparsity", _to("none")),
        ),
    ),
    Rule(
        broken=lambda values: "k" in SPARSITIES[values["sparsity"]].settings and values["k"] > values["code_size"],
        why=lambda values: (
            f"Of a code of {values['code_size']} at most {values['code_size']} units can fire; k was {values['k']}"
        ),
        repairs=(("k", _like("code_size")), ("code_size", _like("k")), ("sparsity", _to("none"))),
    ),
    Rule(
        broken=lambda values: values["contraction"] and values["architecture"] == "lstm",
        why=_to("The contractive penalty needs second derivatives, which recurrent layers do not have on GPUs"),
        repairs=(("contraction", _to(0.0)), ("architecture", _to("dense"))),
    ),
    _for_pretraining("architecture", lambda value: value == "dense", "dense"),
    _for_pretraining("hidden_sizes", bool, OWN_HIDDEN["dense"]),
    _for_pretraining("activation", lambda value: value == "sigmoid", "sigmoid"),
    _for_pretraining("output_activation", lambda value: value == "sigmoid", "sigmoid"),
    _for_pretraining("code_activation", lambda value: value == "linear", "linear"),
    Rule(
        broken=lambda values: values["corruption_min"] > values["corruption_strength"],
        why=lambda values: (
            f"The least noise ({values['corruption_min']:g}) must not exceed the noise strength ({values['corruption_strength']:g})"
        ),
        repairs=(("corruption_min", _like("corruption_strength")), ("corruption_strength", _like("corruption_min"))),
    ),
)
