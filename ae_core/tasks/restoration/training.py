"""Train the networks of the repairs. May be stopped, and goes on where it was.

AE_DATA_DIR=... python -m ae_core.tasks.restoration.training denoise --steps 60000 [--device cuda] --out FOLDER
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save as save_tensors
from torch import Tensor

from ae_core.paths import data_dir
from ae_core.runs.files import write_whole
from ae_core.tasks.restoration.corruption import chroma
from ae_core.tasks.restoration.crops import Crops
from ae_core.tasks.restoration.network import Block, RestorationNet, in_half_precision
from ae_core.tasks.restoration.repairs import REPAIRS, Repair
from ae_core.tasks.restoration.weights import read_card, read_weights

HELD_BACK = 20  # of the training photographs: what is chosen is chosen on them
_AVERAGE = 0.999  # of the weights over steps
_USUAL_AFTER = 300  # steps, in which the rate is still rising
_SAVE_EVERY = 120.0  # seconds


def photographs() -> tuple[Tensor, Tensor]:
    """Return the 400 photographs of BSDS500's training and test parts, and which were upright.

    Returns:
        uint8 (400, 3, 321, 481), upright ones turned to the left, and which these are: bool (400,).

    Raises:
        FileNotFoundError: they are not in AE_DATA_DIR.
    """
    files = sorted((data_dir() / "photos" / "BSDS400").glob("*.jpg"))
    if not files:
        raise FileNotFoundError("The photographs are not in AE_DATA_DIR/photos/BSDS400.")
    pictures = [np.asarray(Image.open(file).convert("RGB")) for file in files]
    upright = [p.shape[0] > p.shape[1] for p in pictures]
    wide = [np.rot90(p) if turned else p for p, turned in zip(pictures, upright, strict=True)]
    return torch.from_numpy(np.stack(wide)).permute(0, 3, 1, 2).contiguous(), torch.tensor(upright)


def rate_at(share: float, peak: float) -> float:
    """Return the learning rate after a share of the training: a short rise, then half a cosine down to nothing."""
    rise = min(1.0, share / 0.02)
    return peak * rise * 0.5 * (1 + math.cos(math.pi * min(1.0, share)))


def loss_of(repair: Repair, network: torch.nn.Module, crops: Crops, generator: torch.Generator) -> Tensor:
    """Return the error of a batch that is descended, of the kind and weighted as the repair says.

    Args:
        repair: what the network learns.
        network: on the device of the crops.
        crops: to make pairs of.
        generator: of what corrupts them.
    """
    given, wanted, weight = repair.pairs(crops, generator)
    kind = given.device.type
    given = given.contiguous(memory_format=torch.channels_last)
    with in_half_precision(kind):
        result = network(given)
    error = repair.error(result.float(), wanted)
    return (error if weight is None else error * weight).mean()


def _record(network: RestorationNet, given: Tensor) -> None:
    """Have a GPU replay the network's kernels, forward and back, from one recording, as launching each takes longer.

    Args:
        network: on the GPU.
        given: a batch like those that it will be given.
    """
    with in_half_precision("cuda"):
        torch.cuda.make_graphed_callables(network, (given.contiguous(memory_format=torch.channels_last),))


def train(
    name: str,
    folder: Path,
    device: str,
    steps: int,
    seconds: float,
    batch: int,
    side: int,
    peak: float,
    seed: int,
    start: Path | None = None,
    rouse: bool = False,
) -> dict[str, Any]:
    """Train the network of one repair and write its averaged weights.

    Args:
        name: of the repair, a key of REPAIRS.
        folder: holds the weights, and the state from which a training that was stopped goes on.
        device: "cpu" or "cuda".
        steps: of the training; 0 where ``seconds`` say how long it is.
        seconds: of the training, on whatever this machine makes of them.
        batch: crops in a step.
        side: of a crop in pixels.
        peak: the largest learning rate.
        seed: of weights and draws.
        start: a folder of weights to begin with, in place of random ones.
        rouse: whether these were learned with plain ReLUs, so that :func:`wake` is to see to them.

    Returns:
        The card: what it was trained on and how, and its error on the photographs that were held back.
    """
    repair = REPAIRS[name]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = RestorationNet(repair.layout)
    earlier = {}
    if start is not None:
        earlier = read_card(start / f"{name}.safetensors")
        network.load_state_dict(read_weights(start / f"{name}.safetensors"))
    network = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = {key: value.detach().clone() for key, value in network.state_dict().items()}
    optimiser = torch.optim.AdamW(network.parameters(), lr=peak, weight_decay=1e-4, fused=device == "cuda")
    photos, turned = (each.to(device) for each in photographs())
    generator = torch.Generator(device).manual_seed(seed)
    crops = Crops(photos[:-HELD_BACK], batch, side, generator, turned[:-HELD_BACK])
    # whatever is made once is made before the clock starts, and before what counts is drawn
    first, _, _ = repair.pairs(crops, generator)
    generator.manual_seed(seed)
    woken = wake(network, first, generator) if rouse else 0
    step, spent, usual = 0, 0.0, torch.zeros((), device=device)  # the last is the length of a gradient
    state_file = folder / f"{name}.state"
    if state_file.exists():
        step, spent = _go_on(state_file, network, average, optimiser, generator, usual)

    if device == "cuda":
        _record(network, first)
    of_average, of_network = [*average.values()], [*network.state_dict().values()]
    started = saved = time.monotonic() - spent
    while True:
        elapsed = time.monotonic() - started
        share = step / steps if steps else elapsed / seconds
        if share >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = rate_at(share, peak)
        loss = loss_of(repair, network, crops, generator)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        _shorten([p.grad for p in network.parameters() if p.grad is not None], usual, step + 1)
        optimiser.step()
        step += 1
        keep = min(_AVERAGE, (1 + step) / (10 + step))
        torch._foreach_lerp_(of_average, of_network, 1 - keep)
        if step % 500 == 0:
            print(f"{name} {step} {elapsed:.0f} s loss {loss.item():.5f}", flush=True)
        if time.monotonic() - saved > _SAVE_EVERY:
            saved = time.monotonic()
            _keep(state_file, network, average, optimiser, generator, usual, step, time.monotonic() - started)

    network.eval()
    network.load_state_dict(average)
    card = {
        "repair": name,
        "data": f"BSDS500's training and test photographs, but for the last {HELD_BACK}",
        "steps": step,
        "batch": batch,
        "side": side,
        "gigapixels": round(step * batch * side * side / 1e9, 2),
        "seconds": round(time.monotonic() - started, 1),
        "device": torch.cuda.get_device_name() if device == "cuda" else "cpu",
        "seed": seed,
        "rate": peak,
        "parameters": sum(p.numel() for p in network.parameters()),
        "held_back_loss": held_back_loss(repair, network, photos[-HELD_BACK:], turned[-HELD_BACK:]),
    }
    if name == "colour":  # what it is held against
        card["mean_chroma"] = chroma(photos.float() / 255).mean((0, 2, 3)).tolist()
    if earlier:
        card |= {"began_with": earlier, "woken": woken}
    weights = {key: value.half().contiguous().cpu() for key, value in average.items()}
    write_whole(folder / f"{name}.safetensors", save_tensors(weights, {"card": json.dumps(card)}))
    state_file.unlink(missing_ok=True)
    return card


def wake(network: RestorationNet, given: Tensor, generator: torch.Generator) -> int:
    """Draw the weights of those units anew that a batch leaves off everywhere, and return how many these are.

    For a network that was learned with plain ReLUs: a unit that is off everywhere got no gradient any more, and its weights
    may be such that, once its ReLU leaks, it drowns all others. What it says counts nothing at first, so that the network
    gives what it gave.

    Args:
        network: whose units are looked at; changed.
        given: (N, inputs, H, W).
        generator: on the network's device.
    """
    on: dict[Block, Tensor] = {}
    of: dict[torch.nn.Module, Block] = {block.first: block for block in network.modules() if isinstance(block, Block)}

    def look(convolution: torch.nn.Module, _: object, result: Tensor) -> None:
        on[of[convolution]] = (result > 0).float().mean((0, 2, 3)) > 1e-3

    hooks = [convolution.register_forward_hook(look) for convolution in of]
    leaks = [block.leak for block in of.values()]
    with torch.no_grad():
        for block in of.values():
            block.leak = 0.0
        network(given)
        for block, leak in zip(of.values(), leaks, strict=True):
            block.leak = leak
        for block, awake in on.items():
            fresh = torch.nn.init.kaiming_normal_(torch.empty_like(block.first.weight), generator=generator)
            block.first.weight[~awake] = fresh[~awake]
            block.second.weight[:, ~awake] = 0
    for hook in hooks:
        hook.remove()
    return sum(int((~awake).sum()) for awake in on.values())


def _shorten(gradients: list[Tensor], usual: Tensor, step: int) -> None:
    """Shorten gradients, all together, that are longer than those of the first steps were on average.

    Args:
        gradients: of all weights; changed.
        usual: the average length in the first steps; changed in these. It stays on its device, as no step waits for it.
        step: from 1 on.
    """
    length = torch.nn.utils.get_total_norm(gradients)
    if step <= _USUAL_AFTER:
        usual.lerp_(length, 1 / step)
    torch._foreach_mul_(gradients, (usual / (length + 1e-12)).clamp(max=1))


def _keep(
    file: Path,
    network: torch.nn.Module,
    average: dict[str, Tensor],
    optimiser: torch.optim.Optimizer,
    generator: torch.Generator,
    usual: Tensor,
    step: int,
    seconds: float,
) -> None:
    """Write all that a training needs to go on."""
    of_optimiser = {
        f"{index}.{key}": value
        for index, each in optimiser.state_dict()["state"].items()
        for key, value in each.items()
    }
    parts = {"network": network.state_dict(), "average": average, "optimiser": of_optimiser}
    tensors = {f"{part}/{key}": value.contiguous() for part, each in parts.items() for key, value in each.items()}
    tensors["generator"], tensors["usual"] = generator.get_state(), usual
    write_whole(file, save_tensors(tensors, {"step": str(step), "seconds": str(seconds)}))


def _go_on(
    file: Path,
    network: torch.nn.Module,
    average: dict[str, Tensor],
    optimiser: torch.optim.Optimizer,
    generator: torch.Generator,
    usual: Tensor,
) -> tuple[int, float]:
    """Read what :func:`_keep` wrote back into its arguments; return the step and the seconds spent."""
    with safe_open(file, "pt") as kept:
        metadata = kept.metadata()
        parts: dict[str, dict[str, Tensor]] = {"network": {}, "average": {}, "optimiser": {}}
        for name in kept.keys():  # noqa: SIM118 - not a dictionary
            part, _, key = name.partition("/")
            if key:
                parts[part][key] = kept.get_tensor(name)
        generator.set_state(kept.get_tensor("generator"))
        usual.copy_(kept.get_tensor("usual"))
    network.load_state_dict(parts["network"])
    for key, value in parts["average"].items():
        average[key].copy_(value)
    weights = [weight for group in optimiser.param_groups for weight in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in parts["optimiser"].items():
        index, _, entry = key.partition(".")
        weight = weights[int(index)]
        if value.shape == weight.shape:  # a fused optimiser wants its averages laid out in memory as the weights are
            value = torch.empty_like(weight, requires_grad=False).copy_(value)
        state.setdefault(int(index), {})[entry] = value
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
    return int(metadata["step"]), float(metadata["seconds"])


def held_back_loss(repair: Repair, network: RestorationNet, photos: Tensor, turned: Tensor) -> float:
    """Return the loss on fixed crops of photographs that were not trained on.

    Args:
        repair: what the network learned.
        network: with its averaged weights.
        photos: uint8 (P, 3, H, W), on the network's device.
        turned: bool (P,), which of them lie on their side.
    """
    generator = torch.Generator(photos.device).manual_seed(1)
    crops = Crops(photos, 16, 128, generator, turned)
    with torch.no_grad():
        return sum(float(loss_of(repair, network, crops, generator)) for _ in range(20)) / 20


def main() -> None:
    """Train the networks that are named, one after the other, and print their cards."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+", choices=list(REPAIRS), metavar="REPAIR")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--side", type=int, default=96)
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=Path, help="a folder of weights to begin with")
    parser.add_argument("--wake", action="store_true", help="these were learned with plain ReLUs: draw dead units anew")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for name in options.names:
        card = train(
            name,
            options.out,
            options.device,
            options.steps,
            options.seconds,
            options.batch,
            options.side,
            options.rate,
            options.seed,
            options.start,
            options.wake,
        )
        print(json.dumps(card), flush=True)


if __name__ == "__main__":
    main()
