"""The ways to keep a code mostly silent. Adding one is adding an entry to :data:`SPARSITIES`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn


def _absolute(codes: Tensor) -> Tensor:
    """Return the mean absolute value of codes (N, D)."""
    return codes.abs().mean()


def _activity_divergence(codes: Tensor, target_activity: float) -> Tensor:
    """Return the KL divergence between the target activity and each unit's mean over the batch, mean over units.

    Both are taken as the probability of a coin to fall heads, for codes (N, D) in [0, 1] (Ng 2011, CS294A lecture
    notes).
    """
    target = torch.full((), target_activity, dtype=codes.dtype, device=codes.device)
    activity = codes.mean(dim=0).clamp(1e-6, 1 - 1e-6)
    return (
        target * (target.log() - activity.log()) + (1 - target) * ((1 - target).log() - (1 - activity).log())
    ).mean()


class TopK(nn.Module):
    """Layer that keeps the ``k`` largest numbers of each code and sets the rest to zero.

    Makhzani & Frey 2014, k-sparse autoencoders.
    """

    def __init__(self, k: int) -> None:
        super().__init__()
        self.k = k

    def forward(self, codes: Tensor) -> Tensor:
        """Return the codes (N, D) with all but the largest numbers of each set to zero."""
        kept, where = codes.topk(self.k, dim=1, sorted=False)
        return torch.zeros_like(codes).scatter(1, where, kept)


@dataclass(frozen=True)
class Sparsity:
    """One way to keep a code mostly silent: a penalty in the loss, or a last layer of the encoder.

    ``penalty`` is given codes (N, D) and ``layer`` nothing, and then either of them the Config's values of ``settings`` in
    their order. ``about`` says in a sentence what it does; ``measure`` what the penalty is.
    """

    label: str
    about: str = ""
    measure: str = ""
    penalty: Callable[..., Tensor] | None = None
    layer: Callable[..., nn.Module] | None = None
    settings: tuple[str, ...] = ()
    code_activation: str = ""  # the one that it needs, where it needs one
    needs: str = ""  # and why


SPARSITIES: dict[str, Sparsity] = {
    "none": Sparsity("none"),
    "l1": Sparsity(
        "L1 penalty",
        about="Every unit that speaks costs its absolute value, so silence is cheap.",
        measure="mean absolute value over units and images",
        penalty=_absolute,
    ),
    "kl": Sparsity(
        "KL to a target activity",
        about="Each unit is asked to be active at the target on average; being far from it costs.",
        measure="KL divergence, mean over units",
        penalty=_activity_divergence,
        settings=("target_activity",),
        code_activation="sigmoid",
        needs="The KL penalty compares shares of activity, so units must lie between 0 and 1",
    ),
    "top_k": Sparsity(
        "only the largest k (top-k)",
        about="Only the largest numbers of each code survive.",
        layer=TopK,
        settings=("k",),
    ),
}
