"""Single training steps of a small run with the visitor's settings, taken apart stage by stage."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st
import torch
from torch import Tensor

from ae_core.config.schema import Config, spec
from ae_core.config.sparsities import SPARSITIES
from ae_core.config.variants import variant_of
from ae_core.data import datasets
from ae_core.data.corruption import CORRUPTIONS
from ae_core.data.datasets import INFO, DatasetInfo, absence, on_disk
from ae_core.models.autoencoder import count_parameters
from ae_core.text import as_written
from ae_core.training.cost import flops_per_image
from ae_core.training.objectives import contraction_is_exact, kl_by_dimension
from ae_core.training.trace import Layer, Trace, TracedStep
from ui.components.shared import packed
from ui.components.shared.sheets import mosaic
from ui.components.step_through import mount
from ui.figures.items import draw, picture_size
from ui.figures.pictures import difference
from ui.visit.state import visit
from ui.widgets.expander import expander

BATCH = 8  # images a step: as many as can be looked at
IMAGES = 512  # training images walked over, once
STEPS = IMAGES // BATCH
_PARAMETERS, _FLOPS = 1_500_000, 150e6  # beyond these a step is too much for the process that answers everybody
_PRETRAINED = 450_000  # parameters, where Boltzmann machines come first

Block = dict[str, Any]


@dataclass
class _Course:
    """A traced run that all visitors with the same settings share, and the data of the steps made so far."""

    walk: Trace
    steps: list[dict[str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def step(self, number: int) -> dict[str, str]:
        """Return the component's data of one step, after making those before it that are missing."""
        with self.lock:
            while len(self.steps) <= number:
                self.steps.append(step_data(self.walk.config, self.walk.step(), self.walk.machines))
        return self.steps[number]


@st.cache_resource(show_spinner=False, max_entries=6)
def _course(config: Config) -> _Course:
    return _Course(Trace(config, _images(config.dataset, config.classes)))


@st.cache_resource(show_spinner=False, max_entries=8)
def _images(dataset: str, classes: tuple[int, ...]) -> Tensor:
    return datasets.load(dataset, "train").of_classes(classes).images[:IMAGES].clone()  # the others are not kept


@st.fragment
def show(draft: Config) -> None:
    """Show an expander with the single steps of a small run of ``draft``; nothing is computed while it is closed.

    A fragment within the one of the settings: it follows them, and a step draws none of their widgets anew.
    """
    place = expander("Step through one batch", key="step_through_open", icon=":material/footprint:")
    if place is None:
        return
    with place:
        sentence = refusal(draft)
        if sentence:
            st.info(as_written(sentence))
            return
        config = walked_config(draft)
        key, number = visit().train.step
        if key != config.key:  # of other settings
            number = 0
        visit().train.step = (config.key, number)
        st.caption(
            f"A small run of your settings, paused at its start: {STEPS} batches of {BATCH}, once over the first {IMAGES} "
            f"training {INFO[config.dataset].items}. **{variant_of(config).title}:** {variant_of(config).adds_to(config.dataset)}"
        )
        mount(
            key="step_through",
            data=_course(config).step(number),
            on_next_change=lambda: _turn(config, number + 1),
            on_first_change=lambda: _turn(config, 0),
        )


def _turn(config: Config, number: int) -> None:
    visit().train.step = (config.key, min(number, STEPS - 1))


def walked_config(draft: Config) -> Config:
    """Return the settings of the small run whose steps are taken apart: small batches, once over the images.

    Boltzmann machines, where there are some, learn in one epoch, too.
    """
    return replace(draft, batch_size=BATCH, epochs=1, pretraining_epochs=1).canonical()


def refusal(config: Config) -> str:
    """Say why ``config`` cannot be taken apart here; "" when it can.

    Its data set is not on this machine, or its network is too large for the process that answers every visitor.
    """
    info = INFO[config.dataset]
    if not on_disk(config.dataset):
        return f"There is no batch to step through. {absence(config.dataset)} Or choose another data set."
    parameters = count_parameters(config, info.shape)
    most = _PRETRAINED if config.pretraining != "none" else _PARAMETERS
    if parameters > most:
        return (
            f"This network has {parameters:,} parameters. Step by step the lab shows at most {most:,}, as it does so in the "
            "process that answers every visitor: take fewer layers or fewer nodes here, or train it as it is."
        )
    if flops_per_image(config) > _FLOPS:
        return (
            "A step of this network takes too long for the process that answers every visitor: take fewer layers or "
            "fewer channels here, or train it as it is."
        )
    return ""


def step_data(config: Config, anatomy: TracedStep, machines: list[list[float]]) -> dict[str, str]:
    """Return the component's data of one step: its stages as JSON, and a sheet of its images.

    Args:
        config: of the small run.
        anatomy: the traced step.
        machines: squared errors of each Boltzmann machine; empty where there are none.
    """
    off = difference(anatomy.outputs.clamp(0, 1), anatomy.clean)
    rows, info = [anatomy.clean, anatomy.corrupted, anatomy.outputs, off, anatomy.outputs_after], INFO[config.dataset]
    text = {
        "id": f"{config.key} {anatomy.step}",
        "run": config.key,
        "step": anatomy.step,
        "last": anatomy.step + 1 == anatomy.steps,
        "title": f"Batch {anatomy.step + 1} of {anatomy.steps:,}",
        "facts": f"{spec('optimiser').words(config.optimiser)} at a learning rate of {anatomy.rate:.2g} · seed {config.seed}",
        "tile": picture_size(info),
        "count": len(anatomy.clean),
        "stages": _stages(config, anatomy, machines),
    }
    return {"json": json.dumps(text), "sheet": mosaic(draw(torch.cat(rows), info), len(anatomy.clean))}


_CLEAN, _DAMAGED, _OUTPUTS, _OFF, _AFTER = range(5)  # rows of the sheet


def _stages(config: Config, a: TracedStep, machines: list[list[float]]) -> list[dict[str, Any]]:
    """Return the stages of a step in their order; those that a plain autoencoder has not are marked.

    Args:
        config: of the small run.
        a: the traced step.
        machines: squared errors of each Boltzmann machine; empty where there are none.
    """
    stages = [_pretrained(machines, a)] if machines and a.step == 0 else []
    stages.append(_batch(config))
    if config.corruption != "none":
        stages.append(_corrupted(config, a))
    stages.append(_encoded(config, a))
    if a.active is not None:
        stages.append(_top_k(config, a))
    if a.deviation is not None:
        stages.append(_sampled(a))
    if SPARSITIES[config.sparsity].penalty:
        stages.append(_sparse(config, a))
    if a.deviation is not None:
        stages.append(_divergence(config, a))
    if config.contraction:
        stages.append(_contracted(config, a))
    stages += [_decoded(config, a), _loss(config, a), _gradient(a), _update(config, a), _after(a)]
    return [_said_of(stage, INFO[config.dataset]) for stage in stages]


def _said_of(stage: dict[str, Any], info: DatasetInfo) -> dict[str, Any]:
    """Return a stage with its words, which are about images, about a data set's items."""
    blocks: list[Block] = []
    for block in stage["blocks"]:
        if "rows" in block:  # of meters
            rows = [(what, info.spoken(small), *rest) for what, small, *rest in block["rows"]]
            blocks.append({**block, "rows": rows})
        else:
            blocks.append({**block, "note": info.spoken(block["note"])})
    return stage | {"words": info.spoken(stage["words"]), "blocks": blocks}


def _stage(name: str, shape: str, words: str, *blocks: Block, adds: bool = False) -> dict[str, Any]:
    return {"name": name, "shape": shape, "words": words, "blocks": blocks, "adds": adds}


def _row(label: str, row: int, note: str = "", actor: str = "") -> Block:
    return {"kind": "images", "label": label, "note": note, "actor": actor, "row": row}


def _codes(label: str, codes: Tensor, note: str = "", faint: Tensor | None = None, scale: float | None = None) -> Block:
    """Return a block that draws codes as bars under their images.

    Args:
        label: what the codes are.
        codes: (N, D).
        note: a few words beside the label.
        faint: (N, D), where the bars are pale; None for nowhere.
        scale: the number that fills a bar; None for the largest.
    """
    return {
        "kind": "codes", "label": label, "note": note, "actor": "ae", "values": packed(codes.float().numpy()),
        "faint": "" if faint is None else packed(faint.to(torch.uint8).numpy()),
        "scale": scale or max(float(codes.abs().max()), 1e-9),
    }  # fmt: skip


def _meters(head: str, rows: list[tuple[str, str, float, str, bool]]) -> Block:
    """Return a block that draws numbers as bars.

    Rows are (what, small print, share of the longest, the number in words, whether this kind adds it).
    """
    return {"kind": "meters", "head": head, "rows": rows}


def _pretrained(machines: list[list[float]], a: TracedStep) -> dict[str, Any]:
    most = max(max(errors) for errors in machines) or 1.0
    rows = [
        (f"Machine {n}", f"began at {errors[0]:.4f}", errors[-1] / most, f"{errors[-1]:.4f}", True)
        for n, errors in enumerate(machines, 1)
    ]
    return _stage(
        "Pretrain", "code", "Before the first step each layer learned alone, as a Boltzmann machine, to model what the "
        f"layer below says: here once over the {IMAGES} images. So the first reconstructions are no mere noise.",
        _meters("Squared error of what each machine dreams, at its end", rows), _row("Fine-tuning starts here", _OUTPUTS, actor="ae"),
        adds=True,
    )  # fmt: skip


def _batch(config: Config) -> dict[str, Any]:
    moved = f", each moved by up to {config.shift} pixels" if config.shift else ""
    return _stage(
        "Batch", "image", f"{BATCH} training images, in an order that the seed decides{moved}. They are what the network is to "
        "give back.", _row("Clean", _CLEAN),
    )  # fmt: skip


def _corrupted(config: Config, a: TracedStep) -> dict[str, Any]:
    error = float((a.corrupted - a.clean).square().mean())
    low, high = config.corruption_min, config.corruption_strength
    strength = f"{high:g}" if low == high else f"{low:g} to {high:g}"
    return _stage(
        "Corrupt", "image", f"The images are damaged ({CORRUPTIONS[config.corruption].label} noise, strength {strength}). The "
        "network is given these, and asked for the clean ones: copying no longer helps.",
        _row("Clean", _CLEAN, "the target"), _row("Damaged", _DAMAGED, f"squared error {error:.4f}"), adds=True,
    )  # fmt: skip


_FILTERS = (
    "Small filters slide over the image and halve it, layer by layer; what is left becomes the code.",
    "The decoder unfolds the code and doubles the image, layer by layer.",
)
_ALONG = (  # time
    "Small filters slide along the image and halve it, layer by layer; what is left becomes the code.",
    "The decoder unfolds the code and doubles its length, layer by layer.",
)
_OTHER_LAYERS = {  # than the dense ones of a plain autoencoder: what the encoder does, and the decoder
    "conv": _FILTERS,
    "conv48": _FILTERS,
    "denoiser": _FILTERS,
    "lstm": (
        "The image is read row by row; what the network remembers after the last row becomes the code.",
        "The decoder writes the image row by row; at each it reads the code, and which row it is.",
    ),
}
_OF_SERIES = {  # which have no rows
    "conv": _ALONG,
    "lstm": (
        "The image is read number by number; what the network remembers after the last one becomes the code.",
        "The decoder writes the image number by number; at each it reads the code, and which number it is.",
    ),
}


def _layers_of(config: Config, dense: str) -> tuple[str, ...]:
    """Return what encoder and decoder do, where they are no dense layers; else what ``dense`` says."""
    known = _OTHER_LAYERS | (_OF_SERIES if INFO[config.dataset].kind == "series" else {})
    return known.get(config.architecture, (dense,))


def _encoded(config: Config, a: TracedStep) -> dict[str, Any]:
    words = _layers_of(config, "The layers of the encoder squeeze each image into its code.")[0]
    means = (
        " Of each number it gives a mean, shown here, and how unsure it is of it." if a.deviation is not None else ""
    )
    size = a.code.shape[1]
    return _stage(
        "Encode", "in", f"{words}{means} From {INFO[config.dataset].size_in_words} to {size} number{'s' if size > 1 else ''}.",
        _row("Given", _DAMAGED), _codes("Code" if a.deviation is None else "Mean", a.code, f"{size} bars an image"), adds=config.architecture in _OTHER_LAYERS,
    )  # fmt: skip


def _top_k(config: Config, a: TracedStep) -> dict[str, Any]:
    silent = a.decoded == 0
    assert a.active is not None
    size, left = a.code.shape[1], int((~silent).sum(dim=1).max())
    now = f"In this batch the {a.active} largest" if a.active < size else f"At the start all {size}"
    return _stage(
        "Keep k", "code", f"Only the k = {config.k} largest units of each code are to go on, all others are set to nothing. "
        f"{now} may: their number falls to k by the middle of the run, so that no unit dies unused.",
        _row("Given", _DAMAGED), _codes("All units", a.code, "pale: silenced", faint=silent),
        _codes("What goes on", a.decoded, f"{left} of {size} at most", scale=max(float(a.code.abs().max()), 1e-9)),
        adds=True,
    )  # fmt: skip


def _sampled(a: TracedStep) -> dict[str, Any]:
    assert a.deviation is not None
    scale = max(float(torch.cat([a.code, a.decoded]).abs().max()), 1e-9)
    return _stage(
        "Sample", "code", "The code is not the mean but a draw from a cloud round it, so that the decoder learns to cope with "
        "everything near. The wider the cloud, the less an image can say with that number.",
        _codes("Mean", a.code, scale=scale), _codes("Deviation", a.deviation, f"{float(a.deviation.mean()):.2f} on average"),
        _codes("Drawn code", a.decoded, "mean + deviation × noise", scale=scale), adds=True,
    )  # fmt: skip


def _sparse(config: Config, a: TracedStep) -> dict[str, Any]:
    entry, value, share = SPARSITIES[config.sparsity], a.parts["sparsity"], a.terms["sparsity"]
    rows = [("Cost", entry.measure, min(value, 1.0), f"{value:.4g}", True)]
    if "target_activity" in entry.settings:
        activity = float(a.code.mean())
        rows.insert(0, ("Mean activity", f"target {config.target_activity:g}", activity, f"{activity:.3f}", True))
    return _stage(
        "Penalty", "loss", f"{entry.about} Times its weight of {config.sparsity_weight:g} this adds {share:.4g} to the loss.",
        _codes("Code", a.code), _meters("", rows), adds=True,
    )  # fmt: skip


def _divergence(config: Config, a: TracedStep) -> dict[str, Any]:
    assert a.deviation is not None
    each = kl_by_dimension(a.code, 2 * a.deviation.log())
    top = each.sort(descending=True)
    most = max(float(top.values[0]), 1e-9)
    rows = [
        (f"Number {int(index) + 1}", "", float(value) / most, f"{float(value):.3g} nats", True)
        for value, index in zip(top.values[:6], top.indices[:6], strict=True)
    ]
    beta = f"With beta {config.beta:g}" + (" and its warm-up" if config.kl_warmup else "")
    return _stage(
        "KL", "loss", "All clouds are drawn towards one known shape, so that a code drawn from it decodes to something. How far "
        f"they are from it costs {a.parts['kl']:.3g} nats an image. {beta} this adds {a.terms['kl']:.3g} to the loss.",
        _meters("The numbers of the code that say most" if len(each) > 1 else "The number of the code", rows), adds=True,
    )  # fmt: skip


def _contracted(config: Config, a: TracedStep) -> dict[str, Any]:
    value = a.parts["contraction"]
    how = "computed exactly" if contraction_is_exact(config) else "estimated with one random direction an image"
    return _stage(
        "Penalty", "loss", "How far the code moves when the image is nudged costs: the squared norm of the encoder's Jacobian, "
        f"{how}. It is {value:.4g}; times its weight of {config.contraction:g} it adds {a.terms['contraction']:.3g} to the loss.",
        _row("Nudged", _DAMAGED), _codes("Code", a.code),
        _meters("", [("Beside the reconstruction", f"{a.terms['reconstruction']:.4g}",
                      a.terms["contraction"] / max(a.terms["loss"], 1e-12), f"{a.terms['contraction'] / a.terms['loss']:.0%} of the loss", True)]),
        adds=True,
    )  # fmt: skip


def _decoded(config: Config, a: TracedStep) -> dict[str, Any]:
    words = _layers_of(config, "The layers of the decoder make an image of the code alone.")[-1]
    return _stage(
        "Decode", "out", words, _codes("Code", a.decoded), _row("Reconstruction", _OUTPUTS, actor="ae"),
        adds=config.architecture in _OTHER_LAYERS,
    )  # fmt: skip


def _loss(config: Config, a: TracedStep) -> dict[str, Any]:
    names = [name for name in a.terms if name != "loss"]
    most = max(abs(a.terms[name]) for name in names) or 1.0
    rows = [
        (
            name.capitalize(),
            _weight(config, name),
            abs(a.terms[name]) / most,
            f"{a.terms[name]:.4g}",
            name != "reconstruction",
        )
        for name in names
    ]
    kind = spec("loss").words(config.loss)
    unit = f"{kind}, summed over pixels" if config.variational else f"{kind}, a mean over pixels"
    if config.loss == "categorical":
        unit = f"{kind}, a mean over documents"
    return _stage(
        "Loss", "loss", f"How far the reconstructions are from the clean images ({unit})"
        + (", and what this kind adds to that." if len(names) > 1 else "."),
        _row("Clean", _CLEAN), _row("Reconstruction", _OUTPUTS, actor="ae"), _row("Difference", _OFF, "brighter is worse"),
        _meters(f"Loss {a.terms['loss']:.4g}" + (", the sum of" if len(names) > 1 else ""), rows),
    )  # fmt: skip


def _weight(config: Config, name: str) -> str:
    weights = {"kl": config.beta, "sparsity": config.sparsity_weight, "contraction": config.contraction}
    return f"with weight {weights[name]:g}" if name in weights else ""


def _gradient(a: TracedStep) -> dict[str, Any]:
    most = max(layer.gradient for layer in a.layers) or 1.0
    rows = [(*_named(layer), layer.gradient / most, f"{layer.gradient:.3g}", False) for layer in reversed(a.layers)]
    return _stage(
        "Gradient", "back", "Backwards through the network, from the last layer to the first: which way each weight would have to "
        "move for a smaller loss, and how much it matters.", _meters("Norm of the gradient, layer by layer", rows),
    )  # fmt: skip


def _update(config: Config, a: TracedStep) -> dict[str, Any]:
    shares = [layer.update / max(layer.weights, 1e-12) for layer in a.layers]
    most = max(shares) or 1.0
    rows = [
        (*_named(layer), share / most, f"{share:.2%} of its weights", False)
        for layer, share in zip(a.layers, shares, strict=True)
    ]
    name = spec("optimiser").words(config.optimiser)
    return _stage(
        "Update", "move", f"{name} moves every weight against its gradient. It evens out how large the gradients of different "
        f"weights are; the learning rate of this step is {a.rate:.2g}.",
        _meters("Length of the move beside the length of the layer's weights", rows),
    )  # fmt: skip


def _named(layer: Layer) -> tuple[str, str]:
    return layer.name.capitalize(), f"{layer.kind}, {layer.parameters:,} weights"


def _after(a: TracedStep) -> dict[str, Any]:
    before, after = a.terms["loss"], a.terms_after["loss"]
    most = max(before, after) or 1.0
    went = "less" if after < before else "not less: a step is right for small moves only"
    change = f"{abs(after / before - 1):.1%} " if after < before else ""
    return _stage(
        "Again", "image", f"The same batch through the moved weights, with the same noise: the loss is {change}{went}. The next "
        "batch will pull in other directions.",
        _row("Before", _OUTPUTS), _row("After", _AFTER, actor="ae"), _row("Clean", _CLEAN),
        _meters("Loss", [("Before", "", before / most, f"{before:.5g}", False), ("After", "", after / most, f"{after:.5g}", False)]),
    )  # fmt: skip
