"""A step of training: it asks the device for nothing, and recorded and replayed it is the same step."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from ae_core.config.schema import Config
from ae_core.config.variants import VARIANTS
from ae_core.data.corruption import CORRUPTIONS
from ae_core.models.autoencoder import Autoencoder, build
from ae_core.runs.fit import images_of
from ae_core.training import step as steps_module
from ae_core.training.step import CapturedStep, Step, allowed_units, kl_discount, step_of

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")

BRIEF = Config(dataset="digits", hidden_sizes=(16,), code_size=6, batch_size=32)
KINDS = {
    "dense": BRIEF,
    "denoising": replace(BRIEF, corruption="gaussian", corruption_strength=0.6, corruption_min=0.1, shift=1),
    "warming up": replace(BRIEF, variational=True, loss="bce", kl_warmup=0.7, beta=2.0, free_bits=0.1),
    "k-sparse": replace(BRIEF, sparsity="top_k", k=2),
    "convolutional": replace(BRIEF, architecture="conv", hidden_sizes=(4,)),
}
HOW_MANY = 24


def made(kind: type[Step], config: Config, device: str = "cpu") -> tuple[Autoencoder, Step]:
    """A network, and what trained it for :data:`HOW_MANY` steps."""
    images = images_of("digits")[0].images[:320].to(device)
    model = build(config, (1, 8, 8), device)
    stepping = kind(config, model, images, HOW_MANY)
    for number in range(HOW_MANY):
        stepping(number)
    return model, stepping


# --- A step asks for nothing --------------------------------------------------------------------------------


class _Asked(TorchDispatchMode):
    """Notes what would make a GPU's step wait: reading a number's value, and carrying one from Python."""

    WAITS = ("_local_scalar_dense", "nonzero", "lift_fresh", "masked_select")

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.overloadpacket.__name__
        if name in self.WAITS:
            self.found.append(name)
        return func(*args, **(kwargs or {}))


def waits_of(config: Config) -> list[str]:
    images = images_of("digits")[0].images
    stepping = step_of(config, build(config, (1, 8, 8)), images, 100)
    with _Asked() as asked:
        for number in range(3):
            stepping(number)
    return asked.found


@pytest.mark.parametrize("name", VARIANTS)
def test_no_step_of_any_kind_waits_for_the_device(name: str) -> None:
    assert waits_of(VARIANTS[name].config("digits")) == []


@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_no_corruption_waits_for_the_device(corruption: str) -> None:
    for least in (0.1, 0.5):  # a strength drawn for each image, and one for all
        assert (
            waits_of(replace(BRIEF, corruption=corruption, corruption_strength=0.5, corruption_min=least, shift=1))
            == []
        )


def test_reading_a_number_would_be_noticed() -> None:
    with _Asked() as asked:
        float(torch.ones(2).sum())
        torch.tensor(0.5)
    assert set(asked.found) == {"_local_scalar_dense", "lift_fresh"}


# --- Means --------------------------------------------------------------------------------------------------


def test_means_are_over_the_steps_since_they_were_last_asked_for() -> None:
    images = images_of("digits")[0].images
    stepping = step_of(BRIEF, build(BRIEF, (1, 8, 8)), images, 100)
    assert stepping.means() == {}
    stepping(0)
    first = stepping.means()["loss"]
    assert stepping.means() == {}
    stepping(1)
    second = stepping.means()["loss"]
    again = step_of(BRIEF, build(BRIEF, (1, 8, 8)), images, 100)
    again(0)
    again(1)
    assert again.means()["loss"] == pytest.approx((first + second) / 2)


def test_a_warm_up_spares_all_of_the_kl_term_at_first_and_nothing_in_the_end() -> None:
    config = replace(BRIEF, variational=True, kl_warmup=0.5, beta=2.0)
    assert [kl_discount(config, step, 100) for step in (0, 25, 50, 99)] == [2.0, 1.0, None, None]
    assert kl_discount(BRIEF, 0, 100) is None


# --- Recorded and replayed, with a stand-in for the graph -----------------------------------------------------


class _Graph:
    """Stands in for torch.cuda.CUDAGraph without a GPU: while it records nothing is done, and a replay does it."""

    made: ClassVar[list[_Graph]] = []
    fails = False

    def __init__(self) -> None:
        self.replays = 0
        self.generators: list[torch.Generator] = []
        self.recorded: tuple[Any, ...] = ()
        self.made.append(self)

    def register_generator_state(self, generator: torch.Generator) -> None:
        self.generators.append(generator)

    def replay(self) -> None:
        self.replays += 1
        self.descend(*self.recorded)


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> type[_Graph]:
    """Lets :class:`CapturedStep` run on the CPU."""
    descend = Step._descend
    recording: list[_Graph] = []

    def watched(self: Step, *arguments: Any) -> Any:
        if not recording:
            return descend(self, *arguments)
        if _Graph.fails:
            raise RuntimeError("operation not permitted when stream is capturing")
        recording[0].recorded = (self, *arguments)
        recording[0].descend = descend  # type: ignore[attr-defined]
        return None

    @contextlib.contextmanager
    def graph(one: _Graph, stream: object) -> Iterator[None]:
        recording.append(one)
        try:
            yield
        finally:
            recording.clear()

    class Stream:
        def __init__(self, device: object = None) -> None: ...

        def wait_stream(self, other: object) -> None: ...

    monkeypatch.setattr(Step, "_descend", watched)
    monkeypatch.setattr(torch.cuda, "CUDAGraph", _Graph)
    monkeypatch.setattr(torch.cuda, "graph", graph)
    monkeypatch.setattr(torch.cuda, "Stream", Stream)
    monkeypatch.setattr(torch.cuda, "stream", lambda stream: contextlib.nullcontext())
    monkeypatch.setattr(torch.cuda, "current_stream", Stream)
    monkeypatch.setattr(torch.cuda, "set_stream", lambda stream: None)
    monkeypatch.setattr(_Graph, "made", [])
    monkeypatch.setattr(_Graph, "fails", False)
    return _Graph


def assert_same_training(one: tuple[Autoencoder, Step], other: tuple[Autoencoder, Step], tolerance: float) -> None:
    for a, b in zip(one[0].parameters(), other[0].parameters(), strict=True):
        torch.testing.assert_close(a, b, atol=tolerance, rtol=tolerance)
    assert one[1].means() == pytest.approx(other[1].means(), rel=1e-3)


@pytest.mark.parametrize("name", KINDS)
def test_replayed_steps_move_the_weights_as_others_do(name: str, stand_in: type[_Graph]) -> None:
    config = KINDS[name]
    captured = made(CapturedStep, config)
    assert_same_training(captured, made(Step, config), 1e-4)  # the rate has 32 bits in one, 64 in the other
    (graph,) = stand_in.made
    assert graph.generators == [captured[1].generator]
    resting = sum(allowed_units(config, step / HOW_MANY) == config.k for step in range(HOW_MANY))
    assert graph.replays == (resting if config.sparsity == "top_k" else HOW_MANY - steps_module._UNCAPTURED)


def test_a_step_that_cannot_be_recorded_is_made_all_the_same(
    stand_in: type[_Graph], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(stand_in, "fails", True)
    config = KINDS["denoising"]
    assert_same_training(made(CapturedStep, config), made(Step, config), 1e-4)
    assert len(stand_in.made) == 1  # tried once
    assert stand_in.made[0].replays == 0
    assert "launched piece by piece" in caplog.text


@pytest.mark.parametrize(
    ("device", "optimiser", "kind"),
    [("cpu", "adam", "Step"), ("mps", "adam", "Step"), ("cuda", "adam", "CapturedStep"), ("cuda", "adadelta", "Step")],
)
def test_steps_are_recorded_where_that_is_possible(
    device: str, optimiser: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("Step", "CapturedStep"):
        monkeypatch.setattr(steps_module, name, lambda *arguments, name=name: name)
    images = SimpleNamespace(device=torch.device(device))
    assert step_of(replace(BRIEF, optimiser=optimiser), None, images, 10) == kind  # type: ignore[arg-type, comparison-overlap]


# --- Recorded and replayed on a GPU -----------------------------------------------------------------------------


@needs_cuda
@pytest.mark.parametrize("name", VARIANTS)
def test_a_gpu_replays_steps_that_move_the_weights_as_others_do(name: str) -> None:
    config = VARIANTS[name].config("digits")
    captured = made(CapturedStep, config, "cuda")
    assert captured[1]._graph is not None  # type: ignore[attr-defined]
    assert_same_training(captured, made(Step, config, "cuda"), 1e-2)


@needs_cuda
def test_a_gpu_makes_its_steps_without_waiting() -> None:
    images = images_of("digits")[0].images.cuda()
    stepping = step_of(BRIEF, build(BRIEF, (1, 8, 8), "cuda"), images, 1000)
    assert isinstance(stepping, CapturedStep)
    for number in range(10):
        stepping(number)
    torch.cuda.set_sync_debug_mode("error")
    try:
        for number in range(10, 100):
            stepping(number)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert math.isfinite(stepping.means()["loss"])
