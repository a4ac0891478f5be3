"""Variants: the kinds of autoencoder a visitor picks from. Adding one is adding an entry here.

A variant is a named preset of :class:`~ae_core.config.Config` axes, the knobs that matter for it, and its
explanation. What defines it (``fixed``) is also how a Config is recognised as being of that kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ae_core.config import Config

#: What every variant starts from, by data set: enough for a good result within ten seconds on two CPU cores.
_STARTS: dict[str, dict[str, Any]] = {
    "digits": {"code_size": 8, "hidden": (128,), "epochs": 60, "batch_size": 32, "learning_rate": 5e-3},
    "mnist": {"code_size": 32, "hidden": (256,), "epochs": 4, "batch_size": 128, "learning_rate": 6e-3},
}
_CONV_STARTS: dict[str, dict[str, Any]] = {
    "digits": {"code_size": 8, "hidden": (16, 32), "epochs": 40, "batch_size": 32, "learning_rate": 5e-3},
    "mnist": {"code_size": 32, "hidden": (8, 16), "epochs": 2, "batch_size": 64, "learning_rate": 8e-3},
}


@dataclass(frozen=True)
class Variant:
    """One kind of autoencoder.

    ``adds`` says in a sentence what it adds to a plain one; ``formula`` is its objective in LaTeX, its terms named as
    the loss curves name them; ``look_for`` what to watch; ``knobs`` the Config fields that matter most for it.
    """

    name: str
    title: str
    adds: str
    formula: str
    look_for: str
    reference: str
    knobs: tuple[str, ...]
    fixed: Mapping[str, Any]  # what makes a Config one of this kind
    suggested: Mapping[str, Any]  # where its knobs start
    recognise: Callable[[Config], bool]

    def config(self, dataset: str, **changes: Any) -> Config:
        """A Config of this kind that suits ``dataset``, with ``changes``. Raises ConfigError for invalid ones."""
        architecture = self.fixed.get("architecture", "dense")
        starts = _CONV_STARTS if architecture == "conv" else _STARTS
        start = starts["digits" if dataset == "digits" else "mnist"]
        return Config(**{**start, **self.suggested, "dataset": dataset, **changes, **self.fixed})


_RECONSTRUCTION = r"\text{reconstruction} = \frac{1}{P}\sum_{p}(x_p - \hat x_p)^2"
_RECONSTRUCTION_NOTE = r",\qquad \hat x = \text{decoder}(\text{encoder}(x))"
_DENOISING_FORMULA = _RECONSTRUCTION + r",\qquad \hat x = \text{decoder}(\text{encoder}(\text{noisy } x))"
_VAE_FORMULA = (
    r"\text{loss} = \underbrace{-\log p(x \mid z)}_{\text{reconstruction}} + \beta\,"
    r"\underbrace{\mathrm{KL}\big(q(z \mid x)\,\|\,\mathcal N(0, 1)\big)}_{\text{kl}},\qquad z \sim q(z \mid x)"
)

_ENTRIES = (
    Variant(
        name="linear",
        title="Linear (PCA's twin)",
        adds="No hidden layer and no non-linearity: all it can find is the flat subspace that PCA finds in one stroke.",
        formula=_RECONSTRUCTION + r",\qquad \hat x = W_2(W_1 x + b_1) + b_2",
        look_for="Its error comes down to PCA's and never below.",
        reference="Baldi & Hornik 1989, Neural networks and principal component analysis",
        knobs=("code_size",),
        fixed={
            "architecture": "dense",
            "hidden": (),
            "output": "linear",
            "loss": "mse",
            "variational": False,
            "noise": "none",
        },
        suggested={"learning_rate": 1e-2},
        recognise=lambda c: not c.hidden and c.output == "linear" and not c.variational and c.noise == "none",
    ),
    Variant(
        name="single",
        title="Single layer",
        adds="One layer in and one layer out, with a sigmoid on the pixels: the smallest autoencoder of all.",
        formula=_RECONSTRUCTION + r",\qquad \hat x = \sigma(W_2(W_1 x + b_1) + b_2)",
        look_for="The sigmoid alone lets it pass PCA, because it knows that a pixel is never below black.",
        reference="Rumelhart, Hinton & Williams 1986, Learning internal representations by error propagation",
        knobs=("code_size", "loss"),
        fixed={
            "architecture": "dense",
            "hidden": (),
            "output": "sigmoid",
            "variational": False,
            "noise": "none",
        },
        suggested={"learning_rate": 1e-2},
        recognise=lambda c: not c.hidden and c.output == "sigmoid" and not c.variational and c.noise == "none",
    ),
    Variant(
        name="dense",
        title="Deep dense",
        adds="Hidden layers with a non-linearity bend the flat subspace of PCA into a curved one.",
        formula=_RECONSTRUCTION + _RECONSTRUCTION_NOTE,
        look_for="How far below PCA's line the held-out loss ends, most of all for small codes.",
        reference="Hinton & Salakhutdinov 2006, Reducing the dimensionality of data with neural networks",
        knobs=("code_size", "hidden", "activation"),
        fixed={"architecture": "dense", "variational": False, "noise": "none"},
        suggested={},
        recognise=lambda c: c.architecture == "dense" and not c.variational and c.noise == "none",
    ),
    Variant(
        name="conv",
        title="Convolutional",
        adds="The same small filters slide over the whole image, so what is learned in one corner serves in all.",
        formula=_RECONSTRUCTION + _RECONSTRUCTION_NOTE,
        look_for="Few parameters for its error, but more arithmetic an image: it learns slower on a CPU.",
        reference="Masci et al. 2011, Stacked convolutional auto-encoders for hierarchical feature extraction",
        knobs=("code_size", "hidden"),
        fixed={"architecture": "conv", "variational": False, "noise": "none"},
        suggested={},
        recognise=lambda c: c.architecture == "conv" and not c.variational and c.noise == "none",
    ),
    Variant(
        name="denoising",
        title="Denoising",
        adds="It sees a damaged image and is asked for the clean one, so copying its input no longer helps.",
        formula=_DENOISING_FORMULA,
        look_for="Strokes come back that the noise had all but hidden; then try a noise it never saw.",
        reference="Vincent et al. 2008, Extracting and composing robust features with denoising autoencoders",
        knobs=("noise", "noise_strength", "noise_min", "code_size"),
        fixed={"architecture": "dense", "variational": False},
        suggested={"noise": "gaussian", "noise_strength": 0.4},
        recognise=lambda c: c.architecture == "dense" and not c.variational and c.noise != "none",
    ),
    Variant(
        name="conv-denoising",
        title="Convolutional denoising",
        adds="Filters that have seen thousands of damaged strokes are good at telling a stroke from noise.",
        formula=_DENOISING_FORMULA,
        look_for="The background it leaves is cleaner than a median filter's.",
        reference="Vincent et al. 2010, Stacked denoising autoencoders",
        knobs=("noise", "noise_strength", "noise_min", "hidden"),
        fixed={"architecture": "conv", "variational": False},
        suggested={"noise": "gaussian", "noise_strength": 0.4},
        recognise=lambda c: c.architecture == "conv" and not c.variational and c.noise != "none",
    ),
    Variant(
        name="vae",
        title="Variational (VAE)",
        adds="Each image becomes a little cloud of codes, and all clouds are drawn towards one known shape, "
        "so that a random code decodes to something.",
        formula=_VAE_FORMULA,
        look_for="The tug of war between the two parts of the loss: beta decides who wins.",
        reference="Kingma & Welling 2014, Auto-encoding variational Bayes; Higgins et al. 2017 for beta",
        knobs=("code_size", "beta", "hidden"),
        fixed={"architecture": "dense", "variational": True},
        suggested={"loss": "bce", "code_size": 16, "learning_rate": 3e-3},
        recognise=lambda c: c.architecture == "dense" and c.variational,
    ),
    Variant(
        name="conv-vae",
        title="Convolutional VAE",
        adds="A variational code between convolutional layers.",
        formula=_VAE_FORMULA,
        look_for="Samples with straighter strokes than the dense one's after the same time, or not: see for yourself.",
        reference="Kingma & Welling 2014, Auto-encoding variational Bayes",
        knobs=("code_size", "beta", "hidden"),
        fixed={"architecture": "conv", "variational": True},
        suggested={"loss": "bce", "code_size": 16},
        recognise=lambda c: c.architecture == "conv" and c.variational,
    ),
)

VARIANTS: dict[str, Variant] = {variant.name: variant for variant in _ENTRIES}


def variant_of(config: Config) -> Variant:
    """The kind that ``config`` is of; every Config is of one."""
    return next(variant for variant in _ENTRIES if variant.recognise(config))
