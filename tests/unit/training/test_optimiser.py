"""The optimiser: PyTorch's own, to the last bit."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from ae_core.training.optimiser import Adam, one_cycle


@pytest.mark.parametrize("steps", [8, 41, 400])
def test_adam_and_its_rate_are_pytorchs_to_the_last_bit(steps: int) -> None:
    def network() -> nn.Sequential:
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(12, 30), nn.ReLU(), nn.Linear(30, 12))

    ours, theirs = network(), network()
    adam = Adam(ours.parameters())
    reference = torch.optim.Adam(theirs.parameters(), lr=0.02, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        reference, 0.02, total_steps=steps + 1, pct_start=0.15, cycle_momentum=False, div_factor=10
    )
    for step in range(steps):
        x = torch.randn(16, 12)
        F.mse_loss(ours(x), x).backward()
        rate = one_cycle(0.02, step, steps + 1)
        assert rate == schedule.get_last_lr()[0]
        adam.step(rate)
        reference.zero_grad()
        F.mse_loss(theirs(x), x).backward()
        reference.step()
        schedule.step()
    for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(mine, other)


@pytest.mark.parametrize("steps", [2, 3, 7, 8])
def test_the_briefest_runs_have_a_rate_too(steps: int) -> None:
    assert all(0 < one_cycle(0.1, step, steps) <= 0.1 for step in range(steps))


def test_gradients_are_dropped_after_a_step() -> None:
    weight = torch.zeros(3, requires_grad=True)
    weight.sum().backward()
    Adam([weight]).step(0.1)
    assert weight.grad is None
    assert torch.allclose(weight, torch.full((3,), -0.1))  # the first step of Adam is the rate itself


def test_a_step_does_not_import_the_compiler() -> None:
    code = (
        "import sys, torch; from ae_core.training.optimiser import Adam; w = torch.zeros(3, requires_grad=True);"
        "w.sum().backward(); Adam([w]).step(0.1); sys.exit('torch._dynamo' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
