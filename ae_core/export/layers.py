"""The layers of a network as plain PyTorch: the lines that make them, and the lines that draw their first weights."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from torch import nn

from ae_core.config.activations import ACTIVATIONS
from ae_core.config.schema import Config
from ae_core.config.sparsities import SPARSITIES
from ae_core.data.datasets import INFO
from ae_core.models.autoencoder import Autoencoder, fans
from ae_core.models.networks import Crop, RowDecoder, RowEncoder, row_shape

# layers that PyTorch does not have, and how one of them is made
_OWN: dict[type[nn.Module], Callable[[Config], str]] = {
    Crop: lambda config: "Crop({}, {})".format(*INFO[config.dataset].shape[1:]),
    RowEncoder: lambda config: f"RowEncoder({_rows(config)}, {config.hidden_sizes}, {_encoded(config)})",
    RowDecoder: lambda config: f"RowDecoder({_rows(config)}, {config.hidden_sizes}, CODE_SIZE)",
}


def own_layers(config: Config, model: Autoencoder) -> list[Callable[..., nn.Module]]:
    """Return the classes of the lab that ``model``, the network of ``config``, has layers of, in the order of a script."""
    used = {type(layer) for layer in (*model.encoder, *model.decoder)}
    silencing = SPARSITIES[config.sparsity].layer
    return [*([silencing] if silencing else []), *(kind for kind in _OWN if kind in used)]


def layer_code(layer: nn.Module, config: Config) -> str:
    """Return the code that makes a layer of ``config``'s network: what PyTorch prints of it, less what is a default."""
    if type(layer) in _OWN:
        return _OWN[type(layer)](config)
    silencing = SPARSITIES[config.sparsity]
    if type(layer) is silencing.layer:
        return f"{type(layer).__name__}({', '.join(map(str.upper, silencing.settings))})"
    text = "nn." + repr(layer)
    for usual in (", bias=True", "start_dim=1, end_dim=-1", ", stride=(1, 1)", ", dilation=1", "approximate='none'"):
        text = text.replace(usual, "")
    text = re.sub(r"in_features=(\d+), out_features=", r"\1, ", text)
    text = text.replace("kernel_size=2, stride=2, padding=0", "2").replace("padding=same", "padding='same'")
    return re.sub(r"=\((\d+), \1\)", r"=\1", text).replace("'", '"')


def starts(config: Config, model: Autoencoder) -> Iterator[str]:
    """Yield the lines that draw the first weights, one a layer: the rule of :func:`ae_core.models.autoencoder.build`."""
    linear, code = ACTIVATIONS["linear"], ACTIVATIONS[config.code_activation]
    between = linear if config.architecture == "lstm" else ACTIVATIONS[config.activation]
    for name, part, last in (("encoder", model.encoder, code), ("decoder", model.decoder, linear)):
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


def _rows(config: Config) -> tuple[int, int, int]:
    """Return the shape in which the recurrent network of ``config`` reads an item."""
    return row_shape(INFO[config.dataset].shape)


def _encoded(config: Config) -> str:
    """Return how many numbers the encoder says of an image, as code."""
    return "2 * CODE_SIZE" if config.variational else "CODE_SIZE"
