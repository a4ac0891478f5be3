"""Variants: the kinds of autoencoder a visitor picks from. Adding one is adding an entry here.

A variant is a named preset of :class:`~ae_core.config.schema.Config` axes, the knobs that matter for it, and its
explanation. What defines it (``fixed``) is also how a Config is recognised as being of that kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ae_core.config.rules import SUITING
from ae_core.config.schema import Config, spec
from ae_core.data.datasets import INFO

#: What every variant starts from, by the size of an image (:func:`_size`): enough for a good result within ten seconds
#: on two CPU cores.
_STARTS: dict[str, dict[str, Any]] = {
    "small": {"code_size": 8, "hidden_sizes": (128,), "epochs": 60, "batch_size": 32, "learning_rate": 5e-3},
    "medium": {"code_size": 32, "hidden_sizes": (256,), "epochs": 4, "batch_size": 128, "learning_rate": 6e-3},
    "large": {"code_size": 8, "hidden_sizes": (192,), "epochs": 8, "batch_size": 64, "learning_rate": 6e-3},
    "row": {
        "code_size": 4,
        "hidden_sizes": (64, 32),
        "activation": "gelu",
        "epochs": 4,
        "batch_size": 32,
        "learning_rate": 3e-3,
    },
}
#: Codes in which most units can be silent: on digits wider than the image.
_WIDE_CODES: dict[str, dict[str, Any]] = {
    "small": {"code_size": 128, "epochs": 80},
    "medium": {"code_size": 128},
    "large": {"code_size": 128, "epochs": 10},
    "row": {"code_size": 32},
}
_CONV_STARTS: dict[str, dict[str, Any]] = {
    "small": {"code_size": 8, "hidden_sizes": (16, 32), "epochs": 40, "batch_size": 32, "learning_rate": 5e-3},
    "medium": {"code_size": 32, "hidden_sizes": (8, 16), "epochs": 2, "batch_size": 128, "learning_rate": 1.6e-2},
    # ReLU and squared error leave an error of 0.0105 where ELU and cross-entropy leave 0.0067
    "large": {
        "code_size": 8,
        "hidden_sizes": (8, 16, 32),
        "activation": "elu",
        "loss": "bce",
        "epochs": 6,
        "batch_size": 32,
        "learning_rate": 2.4e-2,
    },
}
_LSTM_STARTS: dict[str, dict[str, Any]] = {
    "small": {"code_size": 8, "hidden_sizes": (32,), "epochs": 40, "batch_size": 32, "learning_rate": 1.4e-2},
    "medium": {"code_size": 32, "hidden_sizes": (48,), "epochs": 1, "batch_size": 32, "learning_rate": 1.4e-2},
    "large": {"code_size": 8, "hidden_sizes": (64,), "epochs": 5, "batch_size": 32, "learning_rate": 1.4e-2},
}
#: Training images of the data sets that these were chosen on. Of more or fewer images it takes fewer or more epochs to
#: make as many steps.
_CHOSEN_ON = {"small": 1_437, "medium": 60_000, "large": 8_000, "row": 25_906, "text": 4_800}
_ALL_STARTS = {"dense": _STARTS, "conv": _CONV_STARTS, "lstm": _LSTM_STARTS}


def _size(dataset: str) -> str:
    """Return how large an image of the data set is: "small" below 400 numbers, "large" from 2,000; a table has a "row"."""
    if dataset in INFO and INFO[dataset].kind == "table":
        return "row"
    numbers = INFO[dataset].pixels if dataset in INFO else 0  # of an unknown one Config says what is wrong
    return "small" if numbers < 400 else "medium" if numbers < 2000 else "large"


def _as_many_steps(name: str, epochs: int, times: float) -> int:
    """Return how many epochs make as many steps on ``times`` as many images, rounded to where the slider stops."""
    return epochs if times == 1 else int(min(spec(name).steps, key=lambda step: abs(step - epochs / times)))


@dataclass(frozen=True)
class Variant:
    """One kind of autoencoder.

    ``adds`` says in a sentence what it adds to a plain one; ``formula`` is its objective in LaTeX, its terms named as
    the loss curves name them; ``look_for`` what to watch; ``knobs`` the Config fields that matter most for it. Both are
    about images: :meth:`adds_to` and :meth:`look_for_in` say them of the items of a data set.
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
    suggested_for: Mapping[str, Mapping[str, Any]] = field(
        default_factory=dict
    )  # and by an image's size, or an item's kind
    #: What ``adds`` and ``look_for`` are for items of another kind, where the same words would not be true of them.
    said_of: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def adds_to(self, dataset: str) -> str:
        """Return what it adds to a plain one, of the items of this data set."""
        return self._said(dataset)[0]

    def look_for_in(self, dataset: str) -> str:
        """Return what to watch, of the items of this data set."""
        return self._said(dataset)[1]

    def _said(self, dataset: str) -> tuple[str, str]:
        info = INFO[dataset]
        adds, look_for = self.said_of.get(info.kind, (self.adds, self.look_for))
        return info.spoken(adds), info.spoken(look_for)

    @property
    def title_within(self) -> str:
        """The title as it stands in the middle of a phrase."""
        return self.title[0].lower() + self.title[1:]

    def suits(self, dataset: str) -> bool:
        """Return whether its network is one for the items of this data set."""
        return self.fixed.get("architecture", "dense") in SUITING[INFO[dataset].kind]

    def config(self, dataset: str, **changes: Any) -> Config:
        """Return a Config of this kind that suits ``dataset``, with ``changes``.

        Raises :class:`ae_core.config.schema.ConfigError` for invalid ones.
        """
        size = _size(dataset)
        architecture = self.fixed.get("architecture") or changes.get("architecture", "dense")
        start = _ALL_STARTS.get(architecture, _STARTS).get(size, _STARTS[size])
        kind = INFO[dataset].kind if dataset in INFO else ""
        sort = kind if kind in self.suggested_for else size
        suggested = {**self.suggested, **self.suggested_for.get(sort, {})}
        values = {**start, **suggested}
        for name in ("epochs", "pretraining_epochs") if dataset in INFO else ():
            if name in values:
                values[name] = _as_many_steps(name, values[name], INFO[dataset].train_count / _CHOSEN_ON[sort])
        return Config(**{**values, "dataset": dataset, **changes, **self.fixed})


_RECONSTRUCTION = r"\text{reconstruction} = \frac{1}{P}\sum_{p}(x_p - \hat x_p)^2"
_RECONSTRUCTION_NOTE = r",\qquad \hat x = \text{decoder}(\text{encoder}(x))"
_DENOISING_FORMULA = _RECONSTRUCTION + r",\qquad \hat x = \text{decoder}(\text{encoder}(\text{noisy } x))"
_VAE_FORMULA = (
    r"\text{loss} = \underbrace{-\log p(x \mid z)}_{\text{reconstruction}} + \beta\,"
    r"\underbrace{\mathrm{KL}\big(q(z \mid x)\,\|\,\mathcal N(0, 1)\big)}_{\text{kl}},\qquad z \sim q(z \mid x)"
)

_SPARSE_FORMULA = (
    r"\text{loss} = \underbrace{\tfrac1P\textstyle\sum_p (x_p-\hat x_p)^2}_{\text{reconstruction}}"
    r" + \lambda\,\underbrace{\tfrac1D\textstyle\sum_d |z_d|}_{\text{sparsity}}"
)
_KL_FORMULA = (
    r"\text{loss} = \text{reconstruction} + \lambda\,\underbrace{\tfrac1D\textstyle\sum_d \rho\log\tfrac{\rho}{\hat\rho_d}"
    r" + (1-\rho)\log\tfrac{1-\rho}{1-\hat\rho_d}}_{\text{sparsity}},\qquad \hat\rho_d = \text{mean activity of unit } d"
)
_TOP_K_FORMULA = _RECONSTRUCTION + r",\qquad \hat x = \text{decoder}(\text{the } k \text{ largest of encoder}(x))"
_CONTRACTIVE_FORMULA = (
    r"\text{loss} = \text{reconstruction} + \lambda\,"
    r"\underbrace{\textstyle\sum_{d,p}\big(\partial z_d / \partial x_p\big)^2}_{\text{contraction}}"
)

_PLAIN_CODE = {"variational": False, "sparsity": "none", "contraction": 0.0, "pretraining": "none"}


def _plain(c: Config) -> bool:
    return not c.variational and c.sparsity == "none" and not c.contraction and c.pretraining == "none"


def _dense(c: Config) -> bool:
    return c.architecture == "dense"


def _conv(c: Config) -> bool:
    return c.architecture in ("conv", "conv48", "denoiser")


def _linear(c: Config) -> bool:
    return _dense(c) and not c.hidden_sizes and c.output_activation == c.code_activation == "linear" and _plain(c)


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
            "hidden_sizes": (),
            "output_activation": "linear",
            "code_activation": "linear",
            "loss": "mse",
            **_PLAIN_CODE,
            "corruption": "none",
        },
        suggested={"learning_rate": 1e-2},
        suggested_for={"large": {"learning_rate": 5e-3}},
        recognise=lambda c: _linear(c) and c.corruption == "none",
    ),
    Variant(
        name="single",
        title="Single layer",
        adds="One layer in and one layer out, with a sigmoid on the pixels: the smallest autoencoder of all.",
        formula=_RECONSTRUCTION + r",\qquad \hat x = \sigma(W_2(W_1 x + b_1) + b_2)",
        look_for="The sigmoid alone lets it pass PCA, because it knows that a pixel is never below 0.",
        reference="Rumelhart, Hinton & Williams 1986, Learning internal representations by error propagation",
        knobs=("code_size", "loss"),
        fixed={
            "architecture": "dense",
            "hidden_sizes": (),
            "output_activation": "sigmoid",
            **_PLAIN_CODE,
            "corruption": "none",
        },
        suggested={"learning_rate": 1e-2},
        suggested_for={"large": {"epochs": 20}},
        recognise=lambda c: _dense(c) and not c.hidden_sizes and _plain(c) and c.corruption == "none",
    ),
    Variant(
        name="dense",
        title="Deep dense",
        adds="Hidden layers with a non-linearity bend the flat subspace of PCA into a curved one.",
        formula=_RECONSTRUCTION + _RECONSTRUCTION_NOTE,
        look_for="How far below PCA's line the held-out loss ends, most of all for small codes.",
        reference="Hinton & Salakhutdinov 2006, Reducing the dimensionality of data with neural networks",
        knobs=("code_size", "hidden_sizes", "activation"),
        fixed={"architecture": "dense", **_PLAIN_CODE, "corruption": "none"},
        suggested={},
        recognise=lambda c: _dense(c) and _plain(c) and c.corruption == "none",
    ),
    Variant(
        name="conv",
        title="Convolutional",
        adds="The same small filters slide over the whole image, so what is learned in one corner serves in all.",
        formula=_RECONSTRUCTION + _RECONSTRUCTION_NOTE,
        look_for="Few parameters for its error, but more arithmetic an image: it learns slower on a CPU.",
        reference="Masci et al. 2011, Stacked convolutional auto-encoders for hierarchical feature extraction",
        knobs=("code_size", "hidden_sizes", "downsampling", "upsampling"),
        fixed={"architecture": "conv", **_PLAIN_CODE, "corruption": "none"},
        suggested={},
        recognise=lambda c: _conv(c) and _plain(c) and c.corruption == "none",
        said_of={
            "series": (
                "The same small filters slide along the whole image, so what is learned at one place serves at all.",
                "Few parameters for its error, but more arithmetic an image: it learns slower on a CPU.",
            )
        },
    ),
    Variant(
        name="denoising",
        title="Denoising",
        adds="It sees a damaged image and is asked for the clean one, so copying its input no longer helps.",
        formula=_DENOISING_FORMULA,
        look_for="What the noise had all but hidden comes back; then try a noise it never saw.",
        reference="Vincent et al. 2008, Extracting and composing robust features with denoising autoencoders",
        knobs=("corruption", "corruption_strength", "corruption_min", "code_size"),
        fixed={"architecture": "dense", **_PLAIN_CODE},
        suggested={"corruption": "gaussian", "corruption_strength": 0.4},
        suggested_for={
            "text": {  # chosen by python -m benchmarks.apply documents-choice
                "hidden_sizes": (),
                "code_size": 32,
                "loss": "categorical",
                "output_activation": "softmax",
                "corruption": "masking",
                "corruption_min": 0.3,
                "corruption_strength": 0.9,
                "epochs": 60,
                "batch_size": 64,
                "learning_rate": 5e-3,
            }
        },
        recognise=lambda c: _dense(c) and _plain(c) and c.corruption != "none",
    ),
    Variant(
        name="conv-denoising",
        title="Convolutional denoising",
        adds="Filters that have seen thousands of damaged strokes are good at telling a stroke from noise.",
        formula=_DENOISING_FORMULA,
        look_for="The background it leaves is cleaner than a median filter's.",
        reference="Vincent et al. 2010, Stacked denoising autoencoders",
        knobs=("corruption", "corruption_strength", "corruption_min", "hidden_sizes"),
        fixed={"architecture": "conv", **_PLAIN_CODE},
        suggested={"corruption": "gaussian", "corruption_strength": 0.4},
        recognise=lambda c: _conv(c) and _plain(c) and c.corruption != "none",
        said_of={
            "series": (
                "Filters that have seen thousands of damaged images are good at telling an image from noise.",
                "Whether the line it leaves is nearer to the clean one than a median filter's.",
            )
        },
    ),
    Variant(
        name="vae",
        title="Variational (VAE)",
        adds="Each image becomes a little cloud of codes, and all clouds are drawn towards one known shape, "
        "so that a random code decodes to something.",
        formula=_VAE_FORMULA,
        look_for="The tug of war between the two parts of the loss: beta decides who wins.",
        reference="Kingma & Welling 2014, Auto-encoding variational Bayes; Higgins et al. 2017 for beta",
        knobs=("code_size", "beta", "kl_warmup", "hidden_sizes"),
        fixed={"architecture": "dense", **_PLAIN_CODE, "variational": True, "code_activation": "linear"},
        suggested={"loss": "bce", "code_size": 16, "learning_rate": 3e-3},
        suggested_for={
            "medium": {"batch_size": 256, "learning_rate": 6e-3},  # as good as 128 at 3e-3, and sooner
            "large": {"code_size": 8, "learning_rate": 6e-3},
            # standardised columns lie near a half, where a wrong number costs few nats
            "row": {"code_size": 4, "loss": "mse", "beta": 0.01},
        },
        recognise=lambda c: _dense(c) and c.variational,
    ),
    Variant(
        name="conv-vae",
        title="Convolutional VAE",
        adds="A variational code between convolutional layers.",
        formula=_VAE_FORMULA,
        look_for="Samples with straighter strokes than the dense one's after the same time, or not: see for yourself.",
        reference="Kingma & Welling 2014, Auto-encoding variational Bayes",
        knobs=("code_size", "beta", "kl_warmup", "hidden_sizes"),
        fixed={"architecture": "conv", **_PLAIN_CODE, "variational": True, "code_activation": "linear"},
        suggested={"loss": "bce", "code_size": 16},
        suggested_for={"large": {"code_size": 8, "epochs": 5, "learning_rate": 1.6e-2}},
        recognise=lambda c: _conv(c) and c.variational,
        said_of={
            "series": (
                "A variational code between convolutional layers.",
                "Samples beside the dense one's after the same time: which are more like images, see for yourself.",
            )
        },
    ),
    Variant(
        name="sparse",
        title="Sparse (L1)",
        adds="Every unit of the code that speaks costs a little, so each image is told with few words out of many; the "
        "code may even be wider than the image.",
        formula=_SPARSE_FORMULA,
        look_for="Which units fire for an image, and what each of them draws: of digits strokes, where PCA has ghosts.",
        reference="Olshausen & Field 1996, Emergence of simple-cell receptive field properties by learning a sparse code",
        knobs=("code_size", "sparsity", "sparsity_weight", "hidden_sizes"),
        fixed={name: value for name, value in _PLAIN_CODE.items() if name != "sparsity"},
        suggested={
            "sparsity": "l1",
            "hidden_sizes": (),
            "code_activation": "relu",
            "sparsity_weight": 0.05,
            "learning_rate": 4e-3,
        },
        suggested_for={
            **_WIDE_CODES,
            "large": {**_WIDE_CODES["large"], "sparsity_weight": 0.005, "learning_rate": 8e-3},
        },
        recognise=lambda c: c.sparsity not in ("none", "kl", "top_k"),  # what has no kind of its own is of this one
    ),
    Variant(
        name="sparse-kl",
        title="Sparse (target activity)",
        adds="Each unit is asked to be active for a small share of the images and silent for the others.",
        formula=_KL_FORMULA,
        look_for="The mean activity of the units: it gathers around the target, whatever the weight of a single image.",
        reference="Ng 2011, CS294A lecture notes: Sparse autoencoder",
        knobs=("code_size", "target_activity", "sparsity_weight"),
        fixed={**_PLAIN_CODE, "sparsity": "kl", "code_activation": "sigmoid"},
        suggested={"hidden_sizes": (), "sparsity_weight": 0.05, "target_activity": 0.05, "learning_rate": 1e-2},
        suggested_for={
            **_WIDE_CODES,
            "large": {**_WIDE_CODES["large"], "sparsity_weight": 0.01, "learning_rate": 2e-2},
        },
        recognise=lambda c: c.sparsity == "kl",
    ),
    Variant(
        name="k-sparse",
        title="k-sparse (top-k)",
        adds="Only the k largest units of the code survive, all others are set to nothing: sparsity by decree.",
        formula=_TOP_K_FORMULA,
        look_for="Small k gives whole images as features, large k parts: of digits spots and strokes. In the first half of the training "
        "more units may fire than k, so the training loss is low until the code narrows.",
        reference="Makhzani & Frey 2014, k-sparse autoencoders",
        knobs=("k", "code_size", "hidden_sizes"),
        fixed={**_PLAIN_CODE, "sparsity": "top_k"},
        suggested={"hidden_sizes": (), "learning_rate": 3e-3},
        suggested_for={
            "small": {"code_size": 100, "k": 10, "epochs": 80},
            "row": {"code_size": 32, "k": 6},
            "medium": {"code_size": 128, "k": 15, "epochs": 4},
            "large": {"code_size": 128, "k": 30, "epochs": 10, "learning_rate": 1e-2},
        },
        recognise=lambda c: c.sparsity == "top_k",
    ),
    Variant(
        name="contractive",
        title="Contractive",
        adds="The code is told to move as little as possible when the image is nudged; only what reconstruction needs "
        "may still move it.",
        formula=_CONTRACTIVE_FORMULA,
        look_for="How far the code moves for a nudge, beside the same network without the penalty.",
        reference="Rifai et al. 2011, Contractive auto-encoders: explicit invariance during feature extraction",
        knobs=("contraction", "code_size", "hidden_sizes"),
        fixed={"variational": False, "sparsity": "none", "pretraining": "none"},
        suggested={"hidden_sizes": (), "code_activation": "sigmoid"},
        suggested_for={
            "small": {"code_size": 32, "contraction": 2e-4, "learning_rate": 1e-2},
            "row": {"code_size": 16, "contraction": 2e-4, "learning_rate": 1e-2},
            # a saturating code wants large steps: at 1e-2 the network is still far from done after as many epochs
            "medium": {"code_size": 64, "contraction": 1e-4, "learning_rate": 5e-2, "epochs": 7},
            # with a sigmoid code nothing but the mean image was learned, at seven rates from 1e-3 to 5e-2
            "large": {
                "code_size": 64,
                "code_activation": "relu",
                "contraction": 1e-5,
                "learning_rate": 4e-3,
                "epochs": 12,
            },
        },
        recognise=lambda c: c.contraction > 0,
    ),
    Variant(
        name="rbm",
        title="Deep belief net (RBM)",
        adds="Before anything is fine-tuned, each layer learns alone, as a Boltzmann machine, to model what the layer "
        "below says. It was the first way to train deep autoencoders at all.",
        formula=_RECONSTRUCTION + _RECONSTRUCTION_NOTE,
        look_for="Where fine-tuning starts: far below the same network without pretraining.",
        reference="Hinton & Salakhutdinov 2006, Reducing the dimensionality of data with neural networks",
        knobs=("pretraining_epochs", "hidden_sizes", "code_size"),
        fixed={
            **_PLAIN_CODE,
            "architecture": "dense",
            "activation": "sigmoid",
            "code_activation": "linear",
            "output_activation": "sigmoid",
            "pretraining": "rbm",
        },
        suggested={"learning_rate": 5e-3},
        suggested_for={
            "small": {"hidden_sizes": (64, 32), "pretraining_epochs": 20, "epochs": 40},
            "row": {"pretraining_epochs": 2, "epochs": 4},
            "medium": {"hidden_sizes": (256, 64), "pretraining_epochs": 1, "epochs": 2, "learning_rate": 8e-3},
            "large": {"hidden_sizes": (128, 32), "pretraining_epochs": 2, "epochs": 4},
        },
        recognise=lambda c: c.pretraining == "rbm",
    ),
    Variant(
        name="lstm",
        title="Recurrent (LSTM)",
        adds="It reads the image row by row, remembers, and writes it back row by row from the code alone.",
        formula=_RECONSTRUCTION + r",\qquad h_t = \text{LSTM}(h_{t-1}, x_{\text{row } t})",
        look_for="An image is no sequence: it needs more time than the others for the same error.",
        reference="Srivastava, Mansimov & Salakhutdinov 2015, Unsupervised learning of video representations using LSTMs",
        knobs=("code_size", "hidden_sizes"),
        fixed={**_PLAIN_CODE, "architecture": "lstm", "corruption": "none"},
        suggested={},
        recognise=lambda c: c.architecture == "lstm",
        said_of={
            "series": (
                "It reads the image number by number, remembers, and writes it back number by number from the code alone.",
                "What it reads is a sequence, and still it needs more time than the others for the same error: all that it "
                "has read has to go through one memory.",
            )
        },
    ),
)

VARIANTS: dict[str, Variant] = {variant.name: variant for variant in _ENTRIES}


# What is done to the code names a Config before the layers around it do, and a penalty before the noise.
_FIRST = ("rbm", "k-sparse", "sparse-kl", "sparse", "contractive", "lstm")
_BY_PRECEDENCE = sorted(_ENTRIES, key=lambda variant: variant.name not in _FIRST)


def variant_of(config: Config) -> Variant:
    """Return the kind of autoencoder that ``config`` describes; every Config is of one."""
    return next(variant for variant in _BY_PRECEDENCE if variant.recognise(config))


def title_of(config: Config) -> str:
    """Return a run's title in a few words: data set, kind and code size."""
    return f"{config.images_title}: {variant_of(config).title_within}, code of {config.code_size}"
