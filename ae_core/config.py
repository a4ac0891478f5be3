"""Config: one frozen, validated value that names everything a run depends on.

It is what a link carries, what a checkpoint stores and what finished runs are filed under.
Two Configs that would train the same network on the same data have the same :attr:`Config.key`.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from ae_core.errors import LabError

#: The data sets and the shape (C, H, W) of their images, which other settings depend on; datasets.py has the rest.
IMAGE_SHAPES: dict[str, tuple[int, int, int]] = {
    "digits": (1, 8, 8),
    "shapes": (3, 32, 32),
    "mnist": (1, 28, 28),
    "fashion": (1, 28, 28),
    "kmnist": (1, 28, 28),
    "binary": (1, 28, 28),
}
DATASETS = tuple(IMAGE_SHAPES)
ARCHITECTURES = ("dense", "conv", "lstm", "conv48", "denoiser")  # the last two: tutorials' own, see networks.py
ACTIVATIONS = ("relu", "gelu", "elu", "sigmoid", "tanh", "linear")
OUTPUTS = ("sigmoid", "linear", "relu")
LOSSES = ("mse", "bce")
NOISES = ("none", "gaussian", "salt_pepper", "masking", "block", "blur", "warp")
DOWNSAMPLINGS = ("stride", "pool")
UPSAMPLINGS = ("transposed", "nearest")
SPARSITIES = ("none", "l1", "kl", "top_k")
PRETRAININGS = ("none", "rbm")
OPTIMISERS = ("adam", "adadelta")
SCHEDULES = ("one_cycle", "constant")
PRECISIONS = ("float32", "bfloat16")

# three halvings take the smallest images (8 x 8) to one pixel; the tutorials' own networks have layers of their own
MAX_LAYERS = {"dense": 8, "conv": 3, "lstm": 2, "conv48": 0, "denoiser": 0}
MAX_WIDTH = {"dense": 4096, "conv": 256, "lstm": 512, "conv48": 1, "denoiser": 1}
UNITS = {"dense": "nodes", "conv": "channels", "lstm": "cells", "conv48": "nodes", "denoiser": "nodes"}
_LEAST_HIDDEN: dict[str, tuple[int, ...]] = {"conv": (16, 32), "lstm": (64,)}  # where there must be a layer


def denoiser_code_size(dataset: str) -> int:
    """What is left of an image by the tutorial's denoiser: 128 channels of a grid that was halved three times."""
    _, height, width = IMAGE_SHAPES[dataset]
    return 128 * math.ceil(height / 8) * math.ceil(width / 8)


class ConfigError(LabError):
    """A setting outside its range. The message names each one and what is allowed."""


def shown(value: Any) -> str:
    """What somebody wrote, cut to a length that fits a sentence, with nothing in it that cannot be displayed."""
    text = ascii(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


@dataclass(frozen=True)
class Spec:
    """What one field of a Config may be: a choice, a number in [low, high], a switch or a list of widths."""

    kind: str  # "choice" | "int" | "float" | "bool" | "widths"
    help: str
    choices: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0

    def problem(self, name: str, value: Any) -> str | None:
        """Return a sentence when ``value`` is not allowed, else None."""
        label = name.replace("_", " ").capitalize()
        if self.kind == "choice":
            if value not in self.choices:
                return f"{label} must be one of {', '.join(self.choices)}; it was {shown(value)}."
        elif self.kind == "bool":
            if not isinstance(value, bool):
                return f"{label} must be true or false; it was {shown(value)}."
        elif self.kind in ("int", "float"):
            whole = self.kind == "int"
            number = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
            if not number or not self.low <= value <= self.high:  # NaN fails the comparison too
                noun = "a whole number" if whole else "a number"
                return f"{label} must be {noun} from {self.low:g} to {self.high:g}; it was {shown(value)}."
        return None

    def nearest(self, text: str, default: Any) -> tuple[Any, bool]:
        """Read ``text`` (from a link) as the nearest allowed value; also return whether it was taken as written."""
        text = text.strip()
        if self.kind == "choice":
            if text in self.choices:
                return text, True
            close = difflib.get_close_matches(text.lower(), self.choices, n=1)
            return (close[0] if close else default), False
        if self.kind == "bool":
            known = {"true": True, "1": True, "false": False, "0": False}
            return known.get(text.lower(), default), text.lower() in known
        try:
            value = float(text[:40])
        except ValueError:
            return default, False
        if math.isnan(value):
            return default, False
        clamped = min(max(value, self.low), self.high)
        if self.kind == "int":
            return round(clamped), float(round(clamped)) == value
        return clamped, clamped == value


def _choice(default: str, choices: tuple[str, ...], help: str) -> Any:
    return field(default=default, metadata={"spec": Spec("choice", help, choices=choices)})


def _int(default: int, low: int, high: int, help: str) -> Any:
    return field(default=default, metadata={"spec": Spec("int", help, low=low, high=high)})


def _float(default: float, low: float, high: float, help: str) -> Any:
    return field(default=default, metadata={"spec": Spec("float", help, low=low, high=high)})


@dataclass(frozen=True)
class Config:
    """Everything a run depends on. Raises :class:`ConfigError` when a field is out of its range.

    ``hidden`` lists the encoder's layers from the image to the code: nodes for a dense one, channels
    (each with a stride of two) for a convolutional one. The decoder mirrors it.
    """

    dataset: str = _choice("mnist", DATASETS, "The images to learn from.")
    architecture: str = _choice(
        "dense",
        ARCHITECTURES,
        "Fully connected layers, convolutions, a recurrent network, or a tutorial's own network.",
    )
    hidden: tuple[int, ...] = field(
        default=(512, 256),
        metadata={
            "spec": Spec("widths", "Nodes (dense), channels (conv) or cells (lstm) of each layer before the code.")
        },
    )
    code_size: int = _int(32, 1, 2048, "How many numbers the bottleneck holds.")
    activation: str = _choice("relu", ACTIVATIONS, "The non-linearity after every hidden layer.")
    code_activation: str = _choice("linear", ACTIVATIONS, "What the code itself passes through.")
    downsampling: str = _choice(
        "stride", DOWNSAMPLINGS, "How a convolution halves the image: by stride or max-pooling."
    )
    upsampling: str = _choice(
        "transposed", UPSAMPLINGS, "How the decoder doubles it: by transposed convolutions, or repeating pixels first."
    )
    output: str = _choice(
        "sigmoid", OUTPUTS, "What the last layer passes through: a sigmoid keeps pixels between 0 and 1."
    )
    loss: str = _choice("mse", LOSSES, "How a reconstruction is compared with its image.")
    noise: str = _choice("none", NOISES, "What damages the input; the target stays clean.")
    noise_strength: float = _float(0.0, 0.0, 1.0, "How strong the damage is.")
    noise_min: float = _float(0.0, 0.0, 1.0, "Each image draws its strength between this and the noise strength.")
    shift: int = _int(0, 0, 4, "Each training image is moved by up to so many pixels, anew every time it is seen.")
    variational: bool = field(
        default=False, metadata={"spec": Spec("bool", "Whether the code is a distribution (a VAE).")}
    )
    beta: float = _float(1.0, 0.0, 100.0, "Weight of the KL term of a variational autoencoder.")
    kl_warmup: float = _float(0.0, 0.0, 1.0, "Share of the training over which beta grows from zero to its value.")
    free_bits: float = _float(0.0, 0.0, 10.0, "Nats that each number of the code may carry unpunished.")
    sparsity: str = _choice("none", SPARSITIES, "How the code is kept mostly silent.")
    sparsity_weight: float = _float(0.1, 0.0, 100.0, "Weight of the sparsity penalty.")
    target_activity: float = _float(0.05, 0.001, 0.999, "How active each unit is to be on average (KL).")
    active: int = _int(25, 1, 2048, "How many units may fire at a time (top-k).")
    contraction: float = _float(0.0, 0.0, 100.0, "Weight of the contractive penalty on the encoder's Jacobian.")
    pretraining: str = _choice(
        "none", PRETRAININGS, "Whether layers are first trained one by one as Boltzmann machines."
    )
    pretraining_epochs: int = _int(1, 1, 100, "Passes over the training images for each of these machines.")
    optimiser: str = _choice("adam", OPTIMISERS, "What turns gradients into steps.")
    schedule: str = _choice("one_cycle", SCHEDULES, "Whether the step size rises and falls over the run, or stays.")
    learning_rate: float = _float(2e-3, 1e-6, 10.0, "Step size of the optimiser: the peak of a one-cycle schedule.")
    precision: str = _choice(
        "float32", PRECISIONS, "Arithmetic of the layers; bfloat16 is faster where the processor has it, and coarser."
    )
    batch_size: int = _int(128, 8, 4096, "Images per step.")
    epochs: int = _int(5, 1, 1000, "Passes over the training images.")
    seed: int = _int(0, 0, 2**31 - 1, "Fixes the initial weights, the order of the images and the noise.")

    def __post_init__(self) -> None:
        if isinstance(self.hidden, list):
            object.__setattr__(self, "hidden", tuple(self.hidden))
        problems = [sentence for f in fields(self) if (sentence := spec(f.name).problem(f.name, getattr(self, f.name)))]
        if not problems:
            problems = self._structure_problems()
        if problems:
            raise ConfigError(" ".join(problems))
        for f in fields(self):  # 1 and 1.0 are the same setting, and must be filed under the same key
            if spec(f.name).kind == "float":
                object.__setattr__(self, f.name, float(getattr(self, f.name)) + 0.0)  # and so must -0.0

    def _structure_problems(self) -> list[str]:
        problems = []
        layers, width = MAX_LAYERS[self.architecture], MAX_WIDTH[self.architecture]
        unit = UNITS[self.architecture]
        proper = isinstance(self.hidden, tuple) and all(
            isinstance(n, int) and not isinstance(n, bool) and 1 <= n <= width for n in self.hidden
        )
        if not proper or len(self.hidden) > layers:
            problems.append(
                f"Hidden layers must be at most {layers}, each of 1 to {width} {unit}; they were {shown(self.hidden)}."
            )
        elif self.architecture in _LEAST_HIDDEN and not self.hidden:
            kind = "convolutional" if self.architecture == "conv" else "recurrent"
            problems.append(f"A {kind} autoencoder needs at least one hidden layer.")
        if self.loss == "bce" and self.output != "sigmoid":
            problems.append("Cross-entropy (bce) needs pixels between 0 and 1: set the output to sigmoid.")
        if self.architecture == "denoiser" and self.code_size != (size := denoiser_code_size(self.dataset)):
            problems.append(f"The tutorial's denoiser has a code of {size} on these images: set the code size to that.")
        problems += self._code_problems()
        if self.noise_min > self.noise_strength:
            problems.append(
                f"The least noise ({self.noise_min:g}) must not exceed the noise strength ({self.noise_strength:g})."
            )
        return problems

    def _code_problems(self) -> list[str]:
        """What does not go together about the code: one code cannot be a cloud and a pattern of silent units, say."""
        problems = []
        if self.variational:
            for name, plain, what in (
                ("sparsity", "none", "A sparsity penalty"),
                ("contraction", 0.0, "A contractive penalty"),
                ("pretraining", "none", "Pretraining by Boltzmann machines"),
                ("code_activation", "linear", "A non-linearity on the code"),
            ):
                if getattr(self, name) != plain:
                    problems.append(
                        f"{what} is for a plain code, and a variational code is a cloud: leave one of them."
                    )
            if self.architecture == "denoiser":
                problems.append(
                    "The tutorial's denoiser has no layer that could hold a cloud: it cannot be variational."
                )
        if self.sparsity == "kl" and self.code_activation != "sigmoid":
            problems.append(
                "The KL penalty compares shares of activity, so units must lie between 0 and 1: "
                "set the code's activation to sigmoid."
            )
        if self.sparsity == "top_k" and self.active > self.code_size:
            problems.append(
                f"Of a code of {self.code_size} at most {self.code_size} units can fire; active was {self.active}."
            )
        if self.contraction and self.architecture == "lstm":
            problems.append(
                "The contractive penalty needs second derivatives, which recurrent layers do not have on GPUs."
            )
        if self.pretraining == "rbm":
            fits = self.architecture == "dense" and self.hidden and self.activation == "sigmoid"
            if not fits or self.output != "sigmoid" or self.code_activation != "linear":
                problems.append(
                    "A stack of Boltzmann machines unrolls into dense hidden layers of sigmoid units, a linear code and "
                    "a sigmoid output: set these, or leave the pretraining out."
                )
        return problems

    def used_fields(self) -> tuple[str, ...]:
        """Names of the fields that make a difference to this run, in their order."""
        unused = set()
        if self.noise == "none":
            unused |= {"noise_strength", "noise_min"}
        if not self.variational:
            unused |= {"beta", "kl_warmup", "free_bits"}
        if self.architecture == "lstm" or (self.architecture == "dense" and not self.hidden):
            unused.add("activation")
        if self.architecture != "conv":
            unused |= {"downsampling", "upsampling"}
        if self.sparsity not in ("l1", "kl"):
            unused.add("sparsity_weight")
        if self.sparsity != "kl":
            unused.add("target_activity")
        if self.sparsity != "top_k":
            unused.add("active")
        if self.pretraining == "none":
            unused.add("pretraining_epochs")
        return tuple(f.name for f in fields(self) if f.name not in unused)

    def canonical(self) -> Config:
        """The same run with every unused field at its default, so that equal runs compare equal."""
        used = self.used_fields()
        defaults: dict[str, Any] = {f.name: f.default for f in fields(self) if f.name not in used}
        return replace(self, **defaults)

    @property
    def key(self) -> str:
        """16 hexadecimal digits that name this run: equal for Configs that train the same network."""
        return hashlib.sha256(self.canonical().to_json().encode()).hexdigest()[:16]

    def steps_per_epoch(self, train_count: int) -> int:
        """Full batches in one pass over so many images; at least one."""
        return max(1, train_count // self.batch_size)

    def to_json(self) -> str:
        """JSON text with sorted keys."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Config:
        """Read :meth:`to_json`'s text. Raises :class:`ConfigError` on anything else, unknown fields included."""
        try:
            values = json.loads(text)
        except (ValueError, RecursionError):
            raise ConfigError("The settings are not valid JSON.") from None
        if not isinstance(values, dict):
            raise ConfigError("The settings must be a JSON object.")
        unknown = sorted(set(values) - FIELD_NAMES)
        if unknown:
            raise ConfigError(
                f"This version does not know the setting {', '.join(shown(name) for name in unknown[:3])}; "
                "the file may come from a later version of the lab."
            )
        return cls(**values)

    def to_query(self) -> dict[str, str]:
        """URL query parameters: the dataset, and whatever differs from the default Config."""
        chosen, default = self.canonical(), Config()
        return {
            f.name: _to_text(getattr(chosen, f.name))
            for f in fields(self)
            if f.name == "dataset" or getattr(chosen, f.name) != getattr(default, f.name)
        }

    @classmethod
    def from_query(cls, params: Mapping[str, str]) -> tuple[Config, list[str]]:
        """The valid Config nearest to a link's parameters, and a sentence for each one that had to change.

        Never raises. Parameters that are not fields of a Config are left to the caller.
        """
        values: dict[str, Any] = {}
        notes: list[str] = []
        for f in fields(cls):
            if f.name not in params or f.name == "hidden":
                continue
            value, as_written = spec(f.name).nearest(str(params[f.name]), f.default)
            values[f.name] = value
            if not as_written:
                label = f.name.replace("_", " ")
                written = str(params[f.name])[:40]
                notes.append(f"The link asked for {label} “{written}”; the nearest valid setting is {value}.")
        architecture = values.get("architecture", cls.architecture)
        if "hidden" in params:
            values["hidden"], as_written = _nearest_widths(str(params["hidden"]), architecture)
            if not as_written:
                shown = _to_text(values["hidden"]) or "none"
                written = str(params["hidden"])[:40]
                notes.append(f"The link asked for hidden layers “{written}”; the nearest valid ones are {shown}.")
        else:
            values["hidden"] = _LEAST_HIDDEN.get(architecture, cls.hidden if architecture == "dense" else ())
        if values.get("noise_min", 0.0) > values.get("noise_strength", 0.0):
            values["noise_min"] = values.get("noise_strength", 0.0)
            notes.append("The link's least noise was above its noise strength; both are now equal.")
        if values.get("loss") == "bce" and values.get("output", "sigmoid") != "sigmoid":
            notes.append(
                f"The link asked for cross-entropy on a {values['output']} output; the output is now a sigmoid."
            )
            values["output"] = "sigmoid"
        if architecture == "denoiser":
            values["code_size"] = denoiser_code_size(values.get("dataset", cls.dataset))
        if values.get("sparsity") == "kl" and values.get("code_activation") != "sigmoid":
            values["code_activation"] = "sigmoid"
        size = values.get("code_size", cls.code_size)
        if values.get("sparsity") == "top_k" and values.get("active", cls.active) > size:
            values["active"] = size
            notes.append(f"The link asked for more active units than the code has; {size} may now fire.")
        for name in _LAST_TO_GO:  # settings that are right each by itself may still not go together
            try:
                return cls(**values), notes
            except ConfigError as error:
                if values.pop(name, None) is not None:
                    notes.append(
                        f"The link's {name.replace('_', ' ')} was left out. {str(error).partition('. ')[0].rstrip('.')}."
                    )
        return cls(**values), notes

    def describe_difference(self, other: Config) -> str:
        """How ``other`` differs from this one, in words; empty when they train the same run."""
        mine, theirs = self.canonical(), other.canonical()
        changes = [
            f"{f.name.replace('_', ' ')} {_to_text(getattr(mine, f.name)) or 'none'}"
            f" → {_to_text(getattr(theirs, f.name)) or 'none'}"
            for f in fields(self)
            if getattr(mine, f.name) != getattr(theirs, f.name)
        ]
        return ", ".join(changes)


# what a link gives up first when its settings contradict each other
_LAST_TO_GO = ("contraction", "pretraining", "sparsity", "code_activation", "variational")
FIELD_NAMES = frozenset(f.name for f in fields(Config))
_SPECS: dict[str, Spec] = {f.name: f.metadata["spec"] for f in fields(Config)}


def spec(name: str) -> Spec:
    """The allowed range and the help text of the Config field ``name``."""
    return _SPECS[name]


def _to_text(value: Any) -> str:
    if isinstance(value, tuple):
        return "-".join(str(n) for n in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)  # repr: the exact float comes back


def _nearest_widths(text: str, architecture: str) -> tuple[tuple[int, ...], bool]:
    """Read "512-256" as layer widths allowed for ``architecture``."""
    width = Spec("int", "", low=1, high=MAX_WIDTH[architecture])
    parts = [part for part in text[:200].split("-") if part.strip()]
    read = [width.nearest(part, None) for part in parts]
    widths = tuple(value for value, _ in read if value is not None)[: MAX_LAYERS[architecture]]
    as_written = len(widths) == len(parts) and all(ok for _, ok in read)
    if architecture in _LEAST_HIDDEN and not widths:
        return _LEAST_HIDDEN[architecture], False
    return widths, as_written
