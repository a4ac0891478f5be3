"""Make one step of training: a batch, a pass forward and back, an update of the weights.

On an NVIDIA card a step is one launch. Networks this small leave such a card waiting for Python, which needs several
microseconds to launch each of the hundred kernels of a step that take as long to run. So there a step is recorded once
as a CUDA graph and replayed.
"""

from __future__ import annotations

import logging
from typing import TypeVar

import torch
from torch import Tensor

from ae_core.config.schema import Config
from ae_core.config.sparsities import TopK
from ae_core.data.augmentation import shifted
from ae_core.data.corruption import corrupt_unchecked, draw_strengths
from ae_core.data.items import to_float
from ae_core.models.autoencoder import Autoencoder, ForwardOutput
from ae_core.training.objectives import objective, part_names
from ae_core.training.optimiser import OPTIMISERS, one_cycle

_UNCAPTURED = 3  # steps before one is recorded: libraries choose their kernels and fetch their room in them

log = logging.getLogger(__name__)
Number = TypeVar("Number", float, Tensor)


class Step:
    """Makes the steps of a run, one after the other.

    Args:
        config: what is trained.
        model: its network, whose weights move.
        images: uint8 (M, C, H, W) on the network's device, all that there is to train on.
        steps: how many there will be.
    """

    def __init__(self, config: Config, model: Autoencoder, images: Tensor, steps: int) -> None:
        self.config, self.model, self.images, self.steps = config, model, images, steps
        self.generator = torch.Generator(images.device).manual_seed(config.seed)
        self._optimiser = OPTIMISERS[config.optimiser](model.parameters())
        self._top_k = next((module for module in model.modules() if isinstance(module, TopK)), None)
        self._each = config.steps_per_epoch(len(images))
        self._order = torch.empty(0, dtype=torch.long, device=images.device)
        self._sums = {name: torch.zeros((), device=images.device) for name in part_names(config)}
        self._count = 0  # of the steps that they are over

    def __call__(self, step: int) -> None:
        """Make step number ``step``: 0, then 1, and so on."""
        if step % self._each == 0:
            self._order = torch.randperm(len(self.images), generator=self.generator, device=self.images.device)
        at = (step % self._each) * self.config.batch_size
        self.allow(allowed_units(self.config, step / self.steps))
        self._make(step, self._order[at : at + self.config.batch_size])
        self._count += 1

    def means(self) -> dict[str, float]:
        """Return the parts of the loss, each a mean over the steps since the last call; nothing if there were none.

        Here training waits for the device, and nowhere else.
        """
        if not self._count:
            return {}
        means = {name: float(total) / self._count for name, total in self._sums.items()}
        for total in self._sums.values():
            total.zero_()
        self._count = 0
        return means

    def allow(self, active: int) -> None:
        """Set how many units of a k-sparse code may fire, that is be other than zero; other codes stay as they are."""
        if self._top_k is not None:
            self._top_k.k = active

    def _make(self, step: int, chosen: Tensor) -> None:
        rate, discount = rate_at(self.config, step, self.steps), kl_discount(self.config, step, self.steps)
        # Held until the next step has its own. Let go at once, their memory would go back to the system and be fetched
        # again page by page, for which a convolutional network's step takes a quarter longer.
        self._held = self._descend(chosen, rate, discount)

    def _descend(self, chosen: Tensor, rate: Number, discount: Number | None) -> tuple[Tensor, Tensor, ForwardOutput]:
        """Take a gradient step on the images with the indices ``chosen``, and return what was computed on the way."""
        clean, corrupted = batch_of(self.config, self.images[chosen], self.generator)
        coarse = self.config.precision == "bfloat16"
        with torch.autocast(self.images.device.type, torch.bfloat16, enabled=coarse):
            result = self.model(corrupted, self.generator)
        parts = objective(self.config, self.model, result.float() if coarse else result, clean, self.generator)
        training_loss(parts, discount).backward()  # type: ignore[no-untyped-call]
        self._optimiser.step(rate)
        for name, total in self._sums.items():
            total += parts[name].detach()
        return clean, corrupted, result


class CapturedStep(Step):
    """A :class:`Step` on a CUDA device, recorded as a CUDA graph and replayed.

    What differs from step to step lies in tensors that are filled before each: which images, the learning rate, by how
    much a KL term that warms up is discounted. How many units of a k-sparse code may fire is part of the recording, so
    that steps are recorded once the number has come to rest. What cannot be recorded is launched piece by piece as
    elsewhere.
    """

    def __init__(self, config: Config, model: Autoencoder, images: Tensor, steps: int) -> None:
        super().__init__(config, model, images, steps)
        device = images.device
        self._chosen = torch.zeros(min(config.batch_size, len(images)), dtype=torch.long, device=device)
        self._rate, self._kl_discount = torch.zeros((), device=device), torch.zeros((), device=device)
        self._stream = torch.cuda.Stream(device)
        self._graph: torch.cuda.CUDAGraph | None = None
        self._uncaptured = 0
        self._capturable = True

    def _make(self, step: int, chosen: Tensor) -> None:
        config = self.config
        self._chosen.copy_(chosen)
        self._rate.fill_(rate_at(config, step, self.steps))
        self._kl_discount.fill_(kl_discount(config, step, self.steps) or 0.0)
        at_rest = self._top_k is None or self._top_k.k == config.k
        if self._graph is None and self._capturable and at_rest and self._uncaptured >= _UNCAPTURED:
            self._capture()
        if self._graph is not None:
            self._graph.replay()
            return
        # on the stream on which it will be recorded, to which what is chosen and made ready here belongs
        device = self.images.device
        self._stream.wait_stream(torch.cuda.current_stream(device))
        with torch.cuda.stream(self._stream):
            self._once()
        torch.cuda.current_stream(device).wait_stream(self._stream)
        self._uncaptured += 1

    def _once(self) -> None:
        warms_up = self.config.variational and self.config.kl_warmup > 0
        self._descend(self._chosen, self._rate, self._kl_discount if warms_up else None)

    def _capture(self) -> None:
        """Record a step as a CUDA graph, which does not run it yet."""
        device = self.images.device
        stream, drawn = torch.cuda.current_stream(device), self.generator.get_state()
        graph = torch.cuda.CUDAGraph()
        graph.register_generator_state(self.generator)
        try:
            with torch.cuda.graph(graph, stream=self._stream):
                self._once()
        except RuntimeError as error:
            log.warning("A step of this network is launched piece by piece, as it could not be recorded: %s", error)
            self._capturable = False
            torch.cuda.set_stream(stream)  # which a failed recording does not go back to
            # the old one may still take itself for recorded
            self.generator = torch.Generator(device)
            self.generator.set_state(drawn)
            for parameter in self.model.parameters():
                parameter.grad = None
        else:
            self._graph = graph


def step_of(config: Config, model: Autoencoder, images: Tensor, steps: int) -> Step:
    """Make the kind of :class:`Step` that suits the device of ``images``.

    Args:
        config: what is trained.
        model: its network, whose weights move.
        images: uint8 (M, C, H, W) on the network's device, all that there is to train on.
        steps: how many there will be.
    """
    # Adadelta, which the tutorials' first model is trained with, takes its rate as a plain number
    captured = images.device.type == "cuda" and config.optimiser == "adam"
    return (CapturedStep if captured else Step)(config, model, images, steps)


def batch_of(config: Config, images: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Convert images to a training batch: the clean ones, which are the target, and the corrupted ones as inputs.

    Args:
        config: says how far images are shifted and how they are corrupted.
        images: uint8 (N, C, H, W).
        generator: on the device of ``images``.

    Returns:
        Two of float (N, C, H, W) in [0, 1]; the same one twice where nothing is corrupted.
    """
    clean = to_float(images)
    if config.shift:
        clean = shifted(clean, config.shift, generator)
    if config.corruption == "none":
        return clean, clean
    strength = draw_strengths(len(clean), config.corruption_min, config.corruption_strength, generator, images.device)
    return clean, corrupt_unchecked(clean, config.corruption, strength, generator)


def training_loss(parts: dict[str, Tensor], discount: float | Tensor | None) -> Tensor:
    """Return the loss whose gradient a step follows: that of :func:`objective`, less ``discount`` times the KL term.

    The curves show the loss itself. What is taken back is what was charged: of the divergence itself, which free bits
    do not charge below their allowance, more would be taken back than it had cost, and training would be paid for it.
    """
    return parts["loss"] if discount is None else parts["loss"] - discount * parts["kl_charged"]


def kl_discount(config: Config, step: int, steps: int) -> float | None:
    """Return how much of beta the KL term still lacks at a step: in a warm-up its weight rises from 0 to beta.

    Sønderby et al. 2016.

    Args:
        config: beta, and the share of the run that the warm-up takes.
        step: the number of the step, from 0.
        steps: of the whole run.

    Returns:
        A weight; None where the KL term has all of beta, or there is none.
    """
    if not config.variational or step >= config.kl_warmup * steps:
        return None
    return config.beta * (1 - step / (config.kl_warmup * steps))


def rate_at(config: Config, step: int, steps: int) -> float:
    """Return the learning rate of a step.

    Args:
        config: the rate, which is the peak of a one-cycle schedule, and the schedule.
        step: the number of the step, from 0.
        steps: of the whole run.
    """
    cycle = config.schedule == "one_cycle"
    return one_cycle(config.learning_rate, step, steps + 1) if cycle else config.learning_rate


def allowed_units(config: Config, progress: float) -> int:
    """Return how many units of a k-sparse code may fire: at first all, from halfway through training on k.

    Makhzani & Frey 2014, section 4.2.1: with a small k from the start the few units that win by chance learn to win
    always, and the others never fire. ``progress`` is the share of the steps that are done, in [0, 1].
    """
    spare = max(0.0, 1 - 2 * progress)
    return config.k + round(spare * (config.code_size - config.k))
