"""A Config spelled out in plain PyTorch: sections of code that repeat its run without the lab.

Only what the Config uses is there. Layers are written as PyTorch prints them, and what the lab has a small function for
is that function's own source, so that the two cannot drift apart; a test holds the weights of every kind to the bit.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from torch import nn

from ae_core.config.activations import ACTIVATIONS
from ae_core.config.schema import Config, spec
from ae_core.config.sparsities import SPARSITIES
from ae_core.config.variants import variant_of
from ae_core.data import augmentation, corruption
from ae_core.data.corruption import NOISES
from ae_core.data.datasets import INFO
from ae_core.errors import LabError
from ae_core.evaluation.metrics import SAMPLE
from ae_core.models import autoencoder
from ae_core.models.autoencoder import blueprint, fans
from ae_core.models.networks import Crop, RowDecoder, RowEncoder
from ae_core.text import quoted
from ae_core.training import pretraining
from ae_core.training.objectives import contraction_is_exact

DEVICES = ("cpu", "cuda", "mps")


@dataclass(frozen=True)
class Section:
    """A part of the recipe: its title, a sentence for a reader of the notebook, and its code."""

    title: str
    about: str
    code: str


@dataclass(frozen=True)
class Recipe:
    """A run as code: the lines that import, and the sections in the order in which they are read and run.

    After the last section ``mse`` is the held-out squared error and ``picture`` a PIL image.
    """

    imports: str
    sections: tuple[Section, ...]


def recipe(config: Config, device: str = "cpu") -> Recipe:
    """The run of ``config`` on ``device``, one of :data:`DEVICES`. Raises LabError for another."""
    if device not in DEVICES:
        raise LabError(f"Code can be written for {', '.join(DEVICES)}; not for {quoted(device)}.")
    config = config.canonical()
    body = [
        Section("Data", _about_data(config), _data(config)),
        Section("Model", _about_model(config), _model(config)),
    ]
    if config.noise != "none" or config.shift:
        body.append(Section("What the encoder sees", _about_changes(config), _changes(config)))
    body.append(Section("Objective", f"What training minimises. {variant_of(config).adds}", _objective(config)))
    if config.pretraining == "rbm":
        about = "Each layer learns alone, as a Boltzmann machine, to model what the layer below says (Hinton 2002)."
        body.append(Section("Pretraining", about, _pretraining(config)))
    body += [
        Section(
            "Training", "Shuffled batches; the last incomplete one of an epoch is left out.", _training(config, device)
        ),
        Section("Evaluation", "On held-out images, beside PCA with a code of the same size.", _evaluation(config)),
    ]
    code = "\n".join(section.code for section in body)
    settings = Section("Settings", "What the run depends on, but for its layers.", _settings(config, device, code))
    return Recipe(_imports(code), (settings, *body))


def title(config: Config) -> str:
    """The run in a few words."""
    return f"{config.images_title}: {variant_of(config).title_within}, code of {config.code_size}"


def packages(config: Config) -> str:
    """What ``pip install`` needs to be given."""
    return f"torch {INFO[config.dataset].packages} pillow"


# --- Settings and imports -----------------------------------------------------------------------------------

_IMPORTS = {  # what a piece of code mentions, and what it then needs
    "itertools.": "import itertools",
    "math.": "import math",
    "os.": "import os",
    "np.": "import numpy as np",
    "torch.": "import torch",
    "Image.": "from PIL import Image",
    "load_digits(": "from sklearn.datasets import load_digits",
    "train_test_split(": "from sklearn.model_selection import train_test_split",
    "Tensor": "from torch import Tensor, nn",
    "F.": "from torch.nn import functional as F",
    "datasets.": "from torchvision import datasets",
}
_STANDARD = ("import itertools", "import math", "import os")


def _imports(code: str) -> str:
    needed = [line for word, line in _IMPORTS.items() if re.search(rf"(?<![\w.]){re.escape(word)}", code)]
    standard = [line for line in needed if line in _STANDARD]
    others = [line for line in needed if line not in _STANDARD]
    others.sort(key=lambda line: (line.startswith("from"), line.split()[1].lower()))
    return "\n".join(standard) + "\n\n" * bool(standard) + "\n".join(others)


def _settings(config: Config, device: str, code: str) -> str:
    constants = [
        f"{name.upper()} = {getattr(config, name)!r}  # {spec(name).help}"
        for name in config.used_fields()
        if re.search(rf"\b{name.upper()}\b", code)
    ]
    for index, line in enumerate(constants):
        if line.startswith("CODE_SIZE"):
            constants[index] = f"{line.rstrip('.')}; the layers below are made for it."
    return "\n".join([*constants, f'DEVICE = "{device}"  # Another device draws other random numbers.'])


# --- Data ---------------------------------------------------------------------------------------------------


def _about_data(config: Config) -> str:
    return f"{INFO[config.dataset].about} Kept as bytes; a batch becomes numbers from 0 to 1 when it is used."


def _data(config: Config) -> str:
    info = INFO[config.dataset]
    code = info.script(info, bool(config.classes)).strip()
    if config.classes:
        code += (
            "\ntrain = train[torch.isin(labels, torch.tensor(CLASSES))]"
            "\nheld_out = held_out[torch.isin(held_out_labels, torch.tensor(CLASSES))]"
        )
    return f"{code}\ntrain = train.to(DEVICE)"


# --- Model --------------------------------------------------------------------------------------------------

_OWN_LAYERS: dict[type[nn.Module], Callable[[Config], str]] = {
    Crop: lambda config: "Crop({}, {})".format(*INFO[config.dataset].shape[1:]),
    RowEncoder: lambda config: f"RowEncoder({INFO[config.dataset].shape}, {config.hidden}, {_encoded(config)})",
    RowDecoder: lambda config: f"RowDecoder({INFO[config.dataset].shape}, {config.hidden}, CODE_SIZE)",
}


def _encoded(config: Config) -> str:
    return "2 * CODE_SIZE" if config.variational else "CODE_SIZE"


def _about_model(config: Config) -> str:
    double = " The encoder says two numbers for each of the code's: a mean and a log variance." * config.variational
    return f"The encoder and the decoder, layer by layer, and the weights they start from.{double}"


def _model(config: Config) -> str:
    model = blueprint(config, INFO[config.dataset].shape)
    layers = [*model.encoder, *model.decoder]
    own = [_source(kind) for kind in _OWN_LAYERS if any(isinstance(layer, kind) for layer in layers)]
    if silencing := SPARSITIES[config.sparsity].layer:
        own.insert(0, _source(silencing))
    sequences = "\n".join(
        f"{name} = nn.Sequential(\n{''.join(f'    {_layer(layer, config)},{chr(10)}' for layer in part)})"
        for name, part in (("encoder", model.encoder), ("decoder", model.decoder))
    )
    start = _text(
        '''
        def start(layer: nn.Module, deviation: float) -> None:
            """Draw the weights from a normal distribution of this standard deviation; biases start at zero."""
            nn.init.normal_(layer.weight, 0.0, deviation, generator)
            nn.init.zeros_(layer.bias)
        '''
    )
    functions = [start, _source(autoencoder._initialise_lstm)] if config.architecture == "lstm" else [start]
    begins = (
        "# He et al. 2015 before a non-linearity, Glorot & Bengio 2010 before a linear output. PyTorch's own start is\n"
        "# smaller, and learns slower.\n"
        "generator = torch.Generator().manual_seed(SEED)\n"
    ) + "\n".join(_starts(config, model.encoder, model.decoder))
    moved = "encoder.to(DEVICE)\ndecoder.to(DEVICE)"
    if config.architecture in ("conv", "conv48", "denoiser"):
        moved = (
            "encoder.to(DEVICE).to(memory_format=torch.channels_last)  # convolutions are faster so\n"
            "decoder.to(DEVICE).to(memory_format=torch.channels_last)"
        )
    mean = "[:, :CODE_SIZE]  # the means" if config.variational else ""
    through = f"    code = encoder(images){mean}\n    return {_pixels(config, 'decoder(code)')}"
    reconstruct = _text(
        '''
        @torch.no_grad()
        def reconstruct(images: Tensor) -> Tensor:
            """Images (N, C, H, W) in [0, 1] through the code and back."""
        '''
    )
    return "\n\n\n".join([*own, sequences, *functions, f"{begins}\n{moved}", f"{reconstruct}\n{through}"])


def _layer(layer: nn.Module, config: Config) -> str:
    """A layer as code: PyTorch's own printing of it is that, but for what is at its default anyway."""
    if type(layer) in _OWN_LAYERS:
        return _OWN_LAYERS[type(layer)](config)
    silencing = SPARSITIES[config.sparsity]
    if type(layer) is silencing.layer:
        return f"{type(layer).__name__}({', '.join(map(str.upper, silencing.settings))})"
    text = "nn." + repr(layer)
    for usual in (", bias=True", "start_dim=1, end_dim=-1", ", stride=(1, 1)", ", dilation=1", "approximate='none'"):
        text = text.replace(usual, "")
    text = re.sub(r"in_features=(\d+), out_features=", r"\1, ", text)
    text = text.replace("kernel_size=2, stride=2, padding=0", "2").replace("padding=same", "padding='same'")
    return re.sub(r"=\((\d+), \1\)", r"=\1", text).replace("'", '"')


def _starts(config: Config, encoder: nn.Sequential, decoder: nn.Sequential) -> Iterator[str]:
    """A line for each layer with weights: the rule of :func:`ae_core.models.autoencoder.build`, with its numbers."""
    linear, code = ACTIVATIONS["linear"], ACTIVATIONS[config.code_activation]
    between = linear if config.architecture == "lstm" else ACTIVATIONS[config.activation]
    for name, part, last in (("encoder", encoder, code), ("decoder", decoder, linear)):
        kinds = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d, nn.LSTM, nn.Embedding)
        weighted = [(path, layer) for path, layer in part.named_modules() if isinstance(layer, kinds)]
        for index, (path, layer) in enumerate(weighted):
            place = name + "".join(f"[{step}]" if step.isdigit() else f".{step}" for step in path.split("."))
            if isinstance(layer, nn.LSTM):
                forget = f"math.log({INFO[config.dataset].shape[1]})" if name == "encoder" else "1.0"
                yield f"initialise_lstm({place}, {forget}, generator)"
                continue
            if isinstance(layer, nn.Embedding):
                yield f"nn.init.normal_({place}.weight, generator=generator)"
                continue
            gain = between.gain if index + 1 < len(weighted) else last.code_gain
            fan_in, fan_out = fans(layer)
            if gain is None:
                yield f"start({place}, math.sqrt(2 / ({fan_in:.12g} + {fan_out:.12g})))"
            else:
                yield f"start({place}, math.sqrt({gain**2:.12g}) / math.sqrt({fan_in:.12g}))"


def _pixels(config: Config, outputs: str) -> str:
    return {"sigmoid": f"torch.sigmoid({outputs})", "relu": f"{outputs}.relu()", "linear": outputs}[config.output]


# --- What the encoder sees ----------------------------------------------------------------------------------


def _about_changes(config: Config) -> str:
    shifted = "Each image is moved by up to SHIFT pixels along each axis, anew every time it is seen. " * bool(
        config.shift
    )
    damaged = f"{NOISES[config.noise].about} The target stays clean." if config.noise != "none" else ""
    return (shifted + damaged).strip()


def _changes(config: Config) -> str:
    parts = []
    if config.noise != "none":
        kind = NOISES[config.noise].damage
        source = inspect.getsource(kind)
        for constant in ("BLOCK_GREY", "BLUR_SIDE", "WARP_ANGLE", "WARP_SIZE", "WARP_MOVE"):
            if constant in source or (constant == "BLUR_SIDE" and "_blur_matrix" in source):
                shown = "1 / 7" if constant == "BLUR_SIDE" else repr(getattr(corruption, constant))
                parts.append(f"{constant} = {shown}")
        helpers = [f for f in (corruption._pixelwise, corruption._blur_matrix) if f.__name__ in source]
        damage = re.sub(r"^def \w+", "def damage", _source(kind), count=1)
        parts += [*(_source(helper) for helper in helpers), damage]
    if config.shift:
        parts.append(_source(augmentation.shifted))
    return "\n\n\n".join(parts)


# --- Objective ----------------------------------------------------------------------------------------------


def _objective(config: Config) -> str:
    lines = ["mean, log_variance = encoder(inputs).chunk(2, dim=1)", *_VAE_CODE] if config.variational else []
    lines += (
        ["outputs = decoder(code)"] if config.variational else ["code = encoder(inputs)", "outputs = decoder(code)"]
    )
    if config.precision == "bfloat16":
        lines = ["with torch.autocast(DEVICE, torch.bfloat16):", *(f"    {line}" for line in lines)]
        names = ["outputs", "mean", "log_variance"] if config.variational else ["outputs", "code"]
        lines.append(f"{', '.join(names)} = {', '.join(f'{name}.float()' for name in names)}")
    if config.loss == "bce":
        lines.append("loss = F.binary_cross_entropy_with_logits(outputs, clean)")
    else:
        lines.append(f"loss = F.mse_loss({_pixels(config, 'outputs')}, clean)")
    if config.variational:
        lines += _kl(config)
    penalty = SPARSITIES[config.sparsity].penalty
    if penalty:
        given = ", ".join(["code", *map(str.upper, SPARSITIES[config.sparsity].settings)])
        lines.append(f"loss = loss + SPARSITY_WEIGHT * {_name(penalty)}({given})")
    if config.contraction:
        lines += _contraction(config)
    arguments = ["inputs: Tensor", "clean: Tensor"]
    if config.variational or (config.contraction and not contraction_is_exact(config)):
        arguments.append("generator: torch.Generator")
    if config.variational and config.kl_warmup:
        arguments.append("grown: float")
    body = "\n".join(f"    {line}" for line in [*lines, "return loss"])
    objective = f"def objective({', '.join(arguments)}) -> Tensor:\n    {_meaning(config)}\n{body}"
    slope = ACTIVATIONS[config.code_activation].slope if config.contraction and contraction_is_exact(config) else None
    return "\n\n\n".join([*(_source(function) for function in (penalty, slope) if function), objective])


def _meaning(config: Config) -> str:
    if config.variational:
        return '"""The negative evidence lower bound in nats an image (Kingma & Welling 2014, eq. 10)."""'
    return '"""How far what comes back of ``inputs`` is from the clean images, and what else costs; a scalar."""'


_VAE_CODE = [
    "log_variance = log_variance.clamp(-15, 15)",
    "noise = torch.randn(mean.shape, generator=generator, device=DEVICE)",
    "code = mean + noise * (0.5 * log_variance).exp()",
]


def _kl(config: Config) -> list[str]:
    lines = [
        "loss = loss * clean[0].numel()  # summed over pixels",
        "kl = (0.5 * (mean.square() + log_variance.exp() - 1 - log_variance)).mean(dim=0)  # of each number of the code",
    ]
    if config.free_bits:
        lines.append("kl = kl.clamp_min(FREE_BITS)  # below its allowance a number costs as much as the allowance")
    lines.append("loss = loss + BETA * kl.sum()")
    if config.kl_warmup:
        lines.append("loss = loss - BETA * (1 - grown) * kl.sum()  # Sønderby et al. 2016")
    return lines


def _contraction(config: Config) -> list[str]:
    if contraction_is_exact(config):
        return [
            "# Squared norm of the encoder's Jacobian (Rifai et al. 2011): row j is the slope of unit j times its weights.",
            f"slopes = {_name(ACTIVATIONS[config.code_activation].slope)}(code)",
            "norms = slopes.square() @ encoder[1].weight.square().sum(dim=1)",
            "loss = loss + CONTRACTION * norms.mean()",
        ]
    return [
        "# Squared norm of the encoder's Jacobian (Rifai et al. 2011), estimated by a random projection (Hutchinson 1990).",
        "projection = torch.randn(len(inputs), CODE_SIZE, generator=generator, device=DEVICE)",
        "inputs = inputs.detach().requires_grad_()",
        "(gradient,) = torch.autograd.grad(encoder(inputs), inputs, projection, create_graph=True)",
        "loss = loss + CONTRACTION * gradient.flatten(1).square().sum(dim=1).mean()",
    ]


# --- Training -----------------------------------------------------------------------------------------------


def _pretraining(config: Config) -> str:
    constants = "\n".join(
        f"{name.lstrip('_')} = {getattr(pretraining, name)!r}  # {why}"
        for name, why in (
            ("_RATE", "Step size."),
            ("_GAUSSIAN_RATE", "That of the code's linear units, which blow up at the other."),
            ("_FIRST_MOMENTUM", "For the first tenth of the steps."),
            ("_MOMENTUM", "After it."),
            ("_DECAY", "Pull of the weights towards zero."),
        )
    )
    loop = _text(
        f"""
        generator = torch.Generator(DEVICE).manual_seed(SEED)
        up = [layer for layer in encoder if isinstance(layer, nn.Linear)]
        down = [layer for layer in decoder if isinstance(layer, nn.Linear)][::-1]
        batches = max(1, len(train) // BATCH_SIZE)
        steps = PRETRAINING_EPOCHS * batches
        below = train.flatten(1).float() / 255
        with torch.no_grad():
            for number, (layer, mirror) in enumerate(zip(up, down, strict=True), 1):
                machine = RBM(layer.in_features, layer.out_features, number == len(up), generator)
                for step in range(steps):
                    if step % batches == 0:
                        order = torch.randperm(len(below), generator=generator, device=DEVICE)
                    at = step % batches * BATCH_SIZE
                    momentum = FIRST_MOMENTUM if step < steps / 10 else MOMENTUM
                    error = machine.step(below[order[at : at + BATCH_SIZE]], momentum, generator)
                print(f"Boltzmann machine {{number}}: squared error of the last batch {{error:.5f}}")
                layer.weight.copy_(machine.weight)
                layer.bias.copy_(machine.hidden_bias)
                mirror.weight.copy_(machine.weight.T)
                mirror.bias.copy_(machine.visible_bias)
                # what this machine says is what the next one learns from; the lab keeps it in 16 bits
                below = torch.cat([machine.up(part) for part in below.split({pretraining._CHUNK})]).half().float()
        """
    )
    return "\n\n\n".join([constants, _source(pretraining.RBM), loop])


def _training(config: Config, device: str) -> str:
    top_k, warm = config.sparsity == "top_k", bool(config.variational and config.kl_warmup)
    cycle = config.schedule == "one_cycle"
    head = ["parameters = [*encoder.parameters(), *decoder.parameters()]"]
    if config.optimiser == "adam":
        fused = "" if device == "mps" else ", fused=True"
        head.append(f"optimiser = torch.optim.Adam(parameters, lr=LEARNING_RATE{fused})")
    else:
        head.append("optimiser = torch.optim.Adadelta(parameters, lr=LEARNING_RATE, rho=0.95, eps=1e-7)")
    head += ["batches = max(1, len(train) // BATCH_SIZE)", "steps = EPOCHS * batches"]
    if cycle:
        head += [
            "schedule = torch.optim.lr_scheduler.OneCycleLR(",
            "    optimiser, LEARNING_RATE, total_steps=steps + 1, pct_start=0.15, cycle_momentum=False, div_factor=10",
            ")",
        ]
    head += ["generator = torch.Generator(DEVICE).manual_seed(SEED)", ""]
    if not cycle and not (top_k or warm):
        head.remove("steps = EPOCHS * batches")
    step = [
        "clean = train[rows].float() / 255",
        *(["clean = shifted(clean, SHIFT, generator)"] if config.shift else []),
        *_damaging(config),
    ]
    if warm:
        step.append(
            "grown = min(1.0, (epoch * batches + batch) / (KL_WARMUP * steps))  # the share of BETA that counts"
        )
    if top_k:
        step += [
            "share = (epoch * batches + batch) / steps  # of the training that is done",
            "spare = max(0.0, 1 - 2 * share)  # at first all units may fire, from halfway on ACTIVE of them",
            "encoder[-1].active = ACTIVE + round(spare * (CODE_SIZE - ACTIVE))",
        ]
    arguments = ["clean" if config.noise == "none" else "damaged", "clean"]
    if config.variational or (config.contraction and not contraction_is_exact(config)):
        arguments.append("generator")
    if warm:
        arguments.append("grown")
    step += [
        f"loss = objective({', '.join(arguments)})",
        "loss.backward()",
        "optimiser.step()",
        "optimiser.zero_grad()",
        *(["schedule.step()"] if cycle else []),
        "total += loss.detach()",
    ]
    split = "order[: batches * BATCH_SIZE].split(BATCH_SIZE)"
    loop = f"for batch, rows in enumerate({split}):" if top_k or warm else f"for rows in {split}:"
    lines = [
        *head,
        "for epoch in range(EPOCHS):",
        "    order = torch.randperm(len(train), generator=generator, device=DEVICE)",
        "    total = torch.zeros((), device=DEVICE)",
        f"    {loop}",
        *(f"        {line}" for line in step),
        '    print(f"epoch {epoch + 1} of {EPOCHS}: training loss {total / batches:.5f}")',
        *(["encoder[-1].active = ACTIVE"] if top_k else []),
    ]
    return "\n".join(lines)


def _damaging(config: Config) -> list[str]:
    if config.noise == "none":
        return []
    if config.noise_min == config.noise_strength:
        amount = "amount = torch.full((len(clean), 1, 1, 1), NOISE_STRENGTH, device=DEVICE)"
    else:
        amount = "amount = NOISE_MIN + (NOISE_STRENGTH - NOISE_MIN) * draws.view(-1, 1, 1, 1)"
        return [
            "draws = torch.rand(len(clean), generator=generator, device=DEVICE)",
            amount,
            "damaged = damage(clean, amount, generator)",
        ]
    return [amount, "damaged = damage(clean, amount, generator)"]


def _evaluation(config: Config) -> str:
    lines = [
        "encoder.cpu()",
        "decoder.cpu()",
        "clean = held_out.float() / 255",
        "restored = torch.cat([reconstruct(part) for part in clean.split(1000)])",
        "mse = (restored - clean).square().mean().item()",
        "",
        "flat = train.cpu().flatten(1).float() / 255",
        # in 32 bits the decomposition may not converge, as a corner that is always black gives many equal eigenvalues
        "axes = torch.linalg.eigh(torch.cov(flat.T).double()).eigenvectors[:, -CODE_SIZE:].float()",
        "centred = clean.flatten(1) - flat.mean(0)",
        "pca_mse = (centred @ axes @ axes.T - centred).square().mean().item()",
        'print(f"held-out MSE {mse:.6f} (PCA {pca_mse:.6f})")',
    ]
    rows = "clean[:12], restored[:12]"
    if config.noise != "none":
        lines += [
            "",
            f"clean = clean[:{SAMPLE}]",
            "amount = torch.full((len(clean), 1, 1, 1), NOISE_STRENGTH)",
            "noisy = damage(clean, amount, torch.Generator().manual_seed(SEED))",
            "restored = reconstruct(noisy)",
            "noisy_mse = (noisy - clean).square().mean().item()",
            "denoised_mse = (restored - clean).square().mean().item()",
            'print(f"noisy MSE {noisy_mse:.6f}, denoised {denoised_mse:.6f}")',
        ]
        rows = "clean[:12], noisy[:12], restored[:12]"
    as_picture = "[0]" if INFO[config.dataset].shape[0] == 1 else ".permute(1, 2, 0)"  # (C, H, W) as Pillow wants it
    lines += [
        "",
        f"rows = [{rows}]",
        f"sheet = torch.cat([torch.cat(list(row), dim=2) for row in rows], dim=1){as_picture}",
        "pixels = (sheet.clamp(0, 1) * 255).round().byte().numpy()",
        "picture = Image.fromarray(pixels).resize((pixels.shape[1] * 4, pixels.shape[0] * 4), Image.Resampling.NEAREST)",
        'picture.save("reconstructions.png")',
    ]
    return "\n".join(lines)


# --- Text ---------------------------------------------------------------------------------------------------


def _name(function: Any) -> str:
    return str(function.__name__).lstrip("_")


def _text(code: str) -> str:
    return textwrap.dedent(code).strip()


def _source(thing: Any) -> str:
    """The lab's own code of a function or a class, with nothing in it that only the lab knows."""
    source = re.sub(r"  # type: ignore\S*", "", inspect.getsource(thing)).strip()
    source = re.sub(r"\b_(?=[A-Za-z])", "", source)  # what is private in the lab is the reader's own
    return source.replace("Shape", "tuple[int, int, int]").replace("functional.pad", "F.pad")
