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
from functools import cached_property
from typing import Any, TypeVar

from ae_core.config.activations import ACTIVATIONS
from ae_core.config.rules import MAX_LAYERS, MAX_WIDTH, OWN_HIDDEN, UNITS, denoiser_code_size, problems, repaired
from ae_core.config.sparsities import SPARSITIES
from ae_core.data import own
from ae_core.data.corruption import CORRUPTIONS
from ae_core.data.datasets import INFO
from ae_core.errors import LabError
from ae_core.text import quoted

__all__ = [
    "FIELD_NAMES",
    "FORMER_NAMES",
    "MAX_LAYERS",
    "MAX_WIDTH",
    "OWN_HIDDEN",
    "UNITS",
    "Config",
    "ConfigError",
    "Spec",
    "denoiser_code_size",
    "nearest",
    "read_number",
    "renamed",
    "spec",
]

ARCHITECTURES = {
    "dense": "dense",
    "conv": "convolutional",
    "lstm": "recurrent (LSTM)",
    "conv48": "a tutorial's convolutional 48",  # the last two: see networks.py
    "denoiser": "a tutorial's denoiser 32-64-128",
}


# What settings were called until November 2026: links and files made then still open, and runs keep their keys.
FORMER_NAMES = {
    "hidden": "hidden_sizes",
    "output": "output_activation",
    "noise": "corruption",
    "noise_strength": "corruption_strength",
    "noise_min": "corruption_min",
    "active": "k",
}


class ConfigError(LabError):
    """A setting outside its range. The message names each one and what is allowed."""


@dataclass(frozen=True)
class Spec:
    """What a field of a Config may be, what it is called, and how a page sets it.

    ``options`` are what a choice may be, each with its words or with an entry of a registry that has them as its
    ``label``. A number lies in [``low``, ``high``]; ``steps`` are the values that a slider stops at.
    """

    kind: str  # "choice" | "int" | "float" | "bool" | "widths" | "classes"
    label: str  # on its control; what stands in brackets is an explanation
    help: str
    options: Mapping[str, Any] = field(default_factory=dict)
    low: float = 0.0
    high: float = 0.0
    steps: tuple[float, ...] = ()

    @property
    def choices(self) -> tuple[str, ...]:
        """The values that a choice may have, read anew each time, as the registries that it is made from may grow."""
        return tuple(self.options)

    def words(self, choice: str) -> str:
        """Return the words for one of the choices, as a page shows them."""
        option = self.options[choice]
        return option if isinstance(option, str) else str(option.label)

    @property
    def name(self) -> str:
        """The field's name as it stands at the beginning of a sentence."""
        return self.label.partition(" (")[0]

    @property
    def name_within(self) -> str:
        """The field's name as it stands in the middle of a sentence."""
        return self.name[0].lower() + self.name[1:]

    def problem(self, value: Any) -> str | None:
        """Return a sentence when ``value`` is not allowed, else None."""
        if self.kind == "choice":
            if not isinstance(value, str) or value not in self.options:
                return f"{self.name} must be one of {', '.join(self.choices)}; it was {quoted(value)}."
        elif self.kind == "bool":
            if not isinstance(value, bool):
                return f"{self.name} must be true or false; it was {quoted(value)}."
        elif self.kind in ("int", "float"):
            whole = self.kind == "int"
            number = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
            if not number or not self.low <= value <= self.high:  # NaN fails the comparison too
                noun = "a whole number" if whole else "a number"
                return f"{self.name} must be {noun} from {self.low:g} to {self.high:g}; it was {quoted(value)}."
        return None

    def nearest(self, value: Any, default: Any) -> tuple[Any, bool]:
        """Return the allowed value nearest to ``value``, and whether it is ``value`` itself.

        ``value`` may be text from a link. What is no value at all becomes ``default``. Never raises.
        """
        if self.kind == "widths":
            return _nearest_numbers(value, default, 1, max(MAX_WIDTH.values()))
        if self.kind == "classes":
            return _nearest_numbers(value, default, 0, _MOST_CLASSES)
        if self.kind == "choice":
            text = value.strip() if isinstance(value, str) else ""
            if text in self.options:
                return text, True
            close = difflib.get_close_matches(text[:40].lower(), self.choices, n=1)
            return (close[0] if close else default), False
        if self.kind == "bool":
            known = {"true": True, "1": True, "false": False, "0": False}
            text = str(value).strip().lower() if isinstance(value, (bool, str)) else ""
            return known.get(text, default), text in known
        if self.kind == "int" and isinstance(value, str) and "," in value:  # tenths or thousands: there is no telling
            return default, False
        number = read_number(value) if isinstance(value, str) else value
        if isinstance(number, bool) or not isinstance(number, (int, float)) or number != number:
            return default, False
        clamped = min(max(number, self.low), self.high)
        if self.kind == "int":
            return round(clamped), round(clamped) == number
        return float(clamped), clamped == number


def read_number(text: str) -> float | None:
    """Read a number from a link, with a point or a decimal comma; return None where there is none."""
    text = text.strip()[:40]
    if text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    try:
        value = float(text)
    except ValueError:
        return None
    return None if math.isnan(value) else value


def _choice(default: str, options: Mapping[str, Any], label: str, help: str) -> Any:
    return field(default=default, metadata={"spec": Spec("choice", label, help, options)})


def _int(default: int, low: int, high: int, label: str, help: str, steps: tuple[int, ...] = ()) -> Any:
    return field(default=default, metadata={"spec": Spec("int", label, help, low=low, high=high, steps=steps)})


def _float(default: float, low: float, high: float, label: str, help: str, steps: tuple[float, ...] = ()) -> Any:
    return field(default=default, metadata={"spec": Spec("float", label, help, low=low, high=high, steps=steps)})


@dataclass(frozen=True)
class Config:
    """Everything a run depends on: data, network, objective and training.

    Raises :class:`ConfigError` when a field is out of its range or two of them contradict each other.

    ``hidden_sizes`` lists the encoder's layers from the image to the code: nodes for a dense one, channels
    (each with a stride of two) for a convolutional one. The decoder mirrors it.
    """

    dataset: str = _choice("mnist", INFO, "Dataset", "The images to learn from.")
    classes: tuple[int, ...] = field(
        default=(),
        metadata={
            "spec": Spec(
                "classes",
                "Classes to learn from",
                "Which of the data set's classes it is shown in training; all where none is chosen.",
            )
        },
    )
    architecture: str = _choice(
        "dense",
        ARCHITECTURES,
        "Layers",
        "Fully connected layers, convolutions, a recurrent network, or a tutorial's own network.",
    )
    hidden_sizes: tuple[int, ...] = field(
        default=OWN_HIDDEN["dense"],
        metadata={
            "spec": Spec(
                "widths",
                "Hidden layers",
                "Nodes (dense), channels (conv) or cells (lstm) of each layer before the code.",
            )
        },
    )
    code_size: int = _int(
        32,
        1,
        2048,
        "Code size",
        "How many numbers the bottleneck holds.",
        (1, 2, 3, 4, 6, 8, 12, 16, 20, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 784, 1000, 1500, 2048),
    )
    activation: str = _choice("relu", ACTIVATIONS, "Activation", "The non-linearity after every hidden layer.")
    code_activation: str = _choice(
        "linear", ACTIVATIONS, "Activation of the code", "What the code itself passes through."
    )
    downsampling: str = _choice(
        "stride",
        {"stride": "strided convolutions", "pool": "max-pooling"},
        "Halving",
        "How a convolution halves the image: by stride or max-pooling.",
    )
    upsampling: str = _choice(
        "transposed",
        {"transposed": "transposed convolutions", "nearest": "repeated pixels, then a convolution"},
        "Doubling",
        "How the decoder doubles it: by transposed convolutions, or repeating pixels first.",
    )
    output_activation: str = _choice(
        "sigmoid",
        {
            "sigmoid": "sigmoid",
            "linear": "linear",
            "relu": "ReLU",
            "softmax": "softmax (over its largest)",
        },
        "Output layer",
        "What the last layer passes through: a sigmoid keeps pixels between 0 and 1; a softmax shares one whole among words.",
    )
    loss: str = _choice(
        "mse",
        {
            "mse": "squared error (MSE)",
            "bce": "cross-entropy (BCE)",
            "categorical": "cross-entropy over all words (categorical)",
        },
        "Loss",
        "How a reconstruction is compared with its image.",
    )
    corruption: str = _choice("none", CORRUPTIONS, "Noise", "What corrupts the input; the target stays clean.")
    corruption_strength: float = _float(0.0, 0.0, 1.0, "Noise strength", "How strong the noise is.")
    corruption_min: float = _float(
        0.0, 0.0, 1.0, "Least noise", "Each image draws its strength between this and the noise strength."
    )
    shift: int = _int(
        0,
        0,
        4,
        "Shifted training images (pixels)",
        "Each training image is moved by up to so many pixels, anew every time it is seen.",
    )
    variational: bool = field(
        default=False,
        metadata={"spec": Spec("bool", "Variational", "Whether the code is a distribution (a VAE).")},
    )
    beta: float = _float(
        1.0,
        0.0,
        100.0,
        "Beta",
        "Weight of the KL term of a variational autoencoder.",
        (0.0, 0.01, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0),
    )
    kl_warmup: float = _float(
        0.0,
        0.0,
        1.0,
        "Warm-up of the KL term",
        "Share of the training over which beta grows from zero to its value.",
    )
    free_bits: float = _float(
        0.0,
        0.0,
        10.0,
        "Free bits",
        "Nats that each number of the code may carry unpunished.",
        (0.0, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0),
    )
    sparsity: str = _choice("none", SPARSITIES, "Sparsity", "How the code is kept mostly silent.")
    sparsity_weight: float = _float(
        0.1,
        0.0,
        100.0,
        "Weight of the sparsity",
        "Weight of the sparsity penalty.",
        (0.0, 1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0),
    )
    target_activity: float = _float(
        0.05,
        0.001,
        0.999,
        "Target activity",
        "How active each unit is to be on average (KL).",
        (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5),
    )
    k: int = _int(
        25,
        1,
        2048,
        "Units that may fire (k)",
        "How many units may fire at a time (top-k).",
        (1, 2, 3, 5, 8, 10, 15, 20, 25, 30, 40, 50, 70, 100, 200),
    )
    contraction: float = _float(
        0.0,
        0.0,
        100.0,
        "Weight of the contraction",
        "Weight of the contractive penalty on the encoder's Jacobian.",
        (0.0, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 1.0),
    )
    pretraining: str = _choice(
        "none",
        {"none": "none", "rbm": "Boltzmann machines"},
        "Pretraining",
        "Whether layers are first trained one by one as Boltzmann machines.",
    )
    pretraining_epochs: int = _int(
        1,
        1,
        100,
        "Epochs for each machine",
        "Passes over the training images for each of these machines.",
        (1, 2, 3, 5, 8, 10, 15, 20, 30, 50),
    )
    optimiser: str = _choice(
        "adam", {"adam": "Adam", "adadelta": "Adadelta"}, "Optimiser", "What turns gradients into steps."
    )
    schedule: str = _choice(
        "one_cycle",
        {"one_cycle": "one cycle", "constant": "constant"},
        "Learning rate over time",
        "Whether the step size rises and falls over the run, or stays.",
    )
    learning_rate: float = _float(
        2e-3,
        1e-6,
        10.0,
        "Learning rate",
        "Step size of the optimiser: the peak of a one-cycle schedule.",
        (1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 3e-3, 4e-3, 5e-3, 6e-3, 8e-3, 1e-2, 2e-2, 5e-2, 0.1, 1.0),
    )
    precision: str = _choice(
        "float32",
        {"float32": "32 bits", "bfloat16": "16 bits (bfloat16)"},
        "Precision",
        "Arithmetic of the layers; bfloat16 is faster where the processor has it, and coarser.",
    )
    batch_size: int = _int(128, 8, 4096, "Batch size", "Images per step.", (16, 32, 64, 128, 256, 512, 1024))
    epochs: int = _int(
        5,
        1,
        1000,
        "Epochs (the budget)",
        "Passes over the training images.",
        (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 40, 60, 80, 100, 150, 200),
    )
    seed: int = _int(0, 0, 2**31 - 1, "Seed", "Fixes the initial weights, the order of the images and the noise.")

    def __post_init__(self) -> None:
        for name in ("hidden_sizes", "classes"):  # JSON has lists
            if isinstance(getattr(self, name), list):
                object.__setattr__(self, name, tuple(getattr(self, name)))
        found = [sentence for f in fields(self) if (sentence := spec(f.name).problem(getattr(self, f.name)))]
        found = found or problems(vars(self))
        if found:
            raise ConfigError(" ".join(found))
        for f in fields(self):  # 1 and 1.0 are the same setting, and must be filed under the same key
            if spec(f.name).kind == "float":
                object.__setattr__(self, f.name, float(getattr(self, f.name)) + 0.0)  # and so must -0.0

    def used_fields(self) -> tuple[str, ...]:
        """Return the names of the fields that make a difference to this run, in their order."""
        unused = set()
        if self.corruption == "none":
            unused |= {"corruption_strength", "corruption_min"}
        if not self.variational:
            unused |= {"beta", "kl_warmup", "free_bits"}
        if self.architecture == "lstm" or (self.architecture == "dense" and not self.hidden_sizes):
            unused.add("activation")
        if self.architecture != "conv":
            unused |= {"downsampling", "upsampling"}
        if SPARSITIES[self.sparsity].penalty is None:
            unused.add("sparsity_weight")
        unused |= {name for entry in SPARSITIES.values() for name in entry.settings}
        unused -= set(SPARSITIES[self.sparsity].settings)
        if self.pretraining == "none":
            unused.add("pretraining_epochs")
        if INFO[self.dataset].kind != "image":
            unused.add("shift")  # it suits no other items
        return tuple(f.name for f in fields(self) if f.name not in unused)

    def canonical(self) -> Config:
        """Return the same run with every unused field at its default, so that equal runs compare equal."""
        return self._canonical

    @cached_property  # pages ask for it and for the key dozens of times a drawing, of every run on the shelf
    def _canonical(self) -> Config:
        used = self.used_fields()
        defaults: dict[str, Any] = {f.name: f.default for f in fields(self) if f.name not in used}
        if len(self.classes) == len(INFO[self.dataset].class_names):
            defaults["classes"] = ()  # all of them
        return replace(self, **defaults)

    @property
    def images_title(self) -> str:
        """The images it learns from, in words: the data set, and its classes where they are not all."""
        info = INFO[self.dataset]
        names = ", ".join(info.class_names[index] for index in self.canonical().classes)
        return f"{info.title} ({names} alone)" if names else info.title

    @property
    def class_count(self) -> int:
        """The number of classes that it learns from; 1 of a data set that has none."""
        return len(self.classes or INFO[self.dataset].class_names)

    @property
    def train_count(self) -> int:
        """The number of training images; for a choice of classes an estimate, as they need not be equally many."""
        info = INFO[self.dataset]
        return round(info.train_count * self.class_count / len(info.class_names))

    @cached_property
    def key(self) -> str:
        """16 hexadecimal digits that name this run: equal for Configs that train the same network."""
        values = asdict(self.canonical())
        for former, name in FORMER_NAMES.items():
            values[former] = values.pop(name)
        if not values["classes"]:  # the keys of runs from before a Config could name them stay as they are
            del values["classes"]
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]

    def steps_per_epoch(self, train_count: int) -> int:
        """Return the number of full batches in one pass over ``train_count`` images; at least one."""
        return max(1, train_count // self.batch_size)

    def to_json(self) -> str:
        """Return the settings as JSON text with sorted keys."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Config:
        """Read the settings from the text of :meth:`to_json`.

        Raises:
            ConfigError: it is anything else, or has unknown fields.
        """
        try:
            values = json.loads(text)
        except (ValueError, RecursionError):
            raise ConfigError("The settings are not valid JSON.") from None
        if not isinstance(values, dict):
            raise ConfigError("The settings must be a JSON object.")
        values = renamed(values)
        unknown = sorted(set(values) - FIELD_NAMES)
        if unknown:
            raise ConfigError(
                f"This version does not know the setting {', '.join(quoted(name) for name in unknown[:3])}; "
                "the file may come from a later version of the lab."
            )
        return cls(**values)

    def to_query(self) -> dict[str, str]:
        """Return the URL query parameters for a link to these settings.

        They hold the dataset, and each setting that is not what :meth:`from_query` takes where nothing is said.
        """
        chosen = self.canonical()
        unsaid = {f.name: f.default for f in fields(self)} | {"hidden_sizes": OWN_HIDDEN[self.architecture]}
        return {
            f.name: _to_text(getattr(chosen, f.name))
            for f in fields(self)
            if f.name == "dataset" or getattr(chosen, f.name) != unsaid[f.name]
        }

    @classmethod
    def from_query(cls, params: Mapping[str, str]) -> tuple[Config, list[str]]:
        """Return the valid Config nearest to a link's parameters, and a sentence for each one that had to change.

        Never raises. Parameters that are not fields of a Config are left to the caller.
        """
        known = renamed(params)
        said = {f.name: str(known[f.name]) for f in fields(cls) if f.name in known}
        config, whys = _settled(cls(), said)
        notes = []
        for name in said:
            if name in whys:
                value = _to_text(getattr(config, name)) or ("all" if name == "classes" else "none")
                asked = f"The link asked for {spec(name).name_within} {quoted(said[name])}"
                why = f" {whys[name]}." if whys[name] else ""
                notes.append(f"{asked}; the nearest valid setting is {value}.{why}")
        return config, notes

    def describe_difference(self, other: Config) -> str:
        """Return in words how ``other`` differs from this one; empty when they train the same run."""
        mine, theirs = self.canonical(), other.canonical()
        changes = [
            f"{spec(f.name).name_within} {mine._in_words(f.name)} → {theirs._in_words(f.name)}"
            for f in fields(self)
            if getattr(mine, f.name) != getattr(theirs, f.name)
        ]
        return ", ".join(changes)

    def _in_words(self, name: str) -> str:
        """Return the value of a field as it stands in a sentence."""
        if name == "dataset" and own.is_own(self.dataset):  # whose name is for machines
            return INFO[self.dataset].title
        if name == "classes":
            return "-".join(INFO[self.dataset].class_names[index] for index in self.classes) or "all"
        return _to_text(getattr(self, name)) or "none"


FIELD_NAMES = frozenset(f.name for f in fields(Config))
_SPECS: dict[str, Spec] = {f.name: f.metadata["spec"] for f in fields(Config)}


def spec(name: str) -> Spec:
    """Return the allowed range, the words and the help text of the Config field ``name``."""
    return _SPECS[name]


_Value = TypeVar("_Value")


def renamed(values: Mapping[str, _Value]) -> dict[str, _Value]:
    """Return ``values`` by the names that settings have today; where a setting stands under both names, today's counts."""
    return {FORMER_NAMES.get(name, name): value for name, value in values.items()} | {
        name: value for name, value in values.items() if name not in FORMER_NAMES
    }


def _to_text(value: Any) -> str:
    if isinstance(value, tuple):
        return "-".join(str(n) for n in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)  # repr: the exact float comes back


_MOST_CLASSES = 999


def _nearest_numbers(value: Any, default: tuple[int, ...], low: int, high: int) -> tuple[tuple[int, ...], bool]:
    """Read whole numbers from ``low`` to ``high``, as they are or as "512-256"."""
    if not isinstance(value, (str, tuple, list)):
        return default, False
    parts = [part for part in value[:200].split("-") if part.strip()] if isinstance(value, str) else list(value)
    one = Spec("int", "", "", low=low, high=high)
    read = [one.nearest(part, None) for part in parts[:100]]
    numbers = tuple(number for number, _ in read if number is not None)
    return numbers, len(numbers) == len(parts) and all(as_written for _, as_written in read)


def nearest(config: Config, **changes: Any) -> tuple[Config, list[str]]:
    """Return the valid Config nearest to ``config`` with ``changes``, with notes on what came out different.

    What was changed just now wins over what stood before: a change is kept where there is any valid Config with all of
    them on the same images, and as few other settings as possible give way (:mod:`ae_core.config.rules`).

    Args:
        config: what stood before.
        **changes: by field, anything at all. A new architecture brings layers of its own where none are given.

    Returns:
        the Config; and a sentence for each change that was not taken as it is and for each other field that moved.
    """
    settled, whys = _settled(config, changes)
    notes = []
    for name, why in whys.items():
        value = getattr(settled, name)
        words = spec(name).words(value) if spec(name).kind == "choice" else settled._in_words(name)
        why = why or (
            spec(name).problem(changes[name]) or f"{spec(name).name} cannot be {quoted(changes[name])}"
        ).rstrip(".")
        notes.append(f"{why}, so “{spec(name).label}” is now {words}.")
    return settled, notes


def _settled(config: Config, changes: Mapping[str, Any]) -> tuple[Config, dict[str, str]]:
    """Return the Config nearest to ``config`` with ``changes``, and by field why a value gave way.

    That is for each field that is otherwise than it was or was to be; empty where what was asked is no value of its
    field.
    """
    asked, whys = asdict(config), dict[str, str]()
    for name, value in changes.items():
        asked[name], taken = spec(name).nearest(value, asked[name])
        if not taken:
            whys[name] = ""
    if asked["architecture"] != config.architecture and "hidden_sizes" not in changes:
        asked["hidden_sizes"] = OWN_HIDDEN[asked["architecture"]]
        if asked["hidden_sizes"] != config.hidden_sizes:
            whys["hidden_sizes"] = "Each architecture has layers of its own"
    if asked["dataset"] != config.dataset and "classes" not in changes and config.classes:
        asked["classes"], whys["classes"] = (), "Each data set has classes of its own"
    values, gave_way = repaired(asked, changes.keys())
    return Config(**values), whys | gave_way
