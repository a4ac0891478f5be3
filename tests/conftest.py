"""What tests share: one small trained run, and the mark of a test that needs MNIST."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings
from tiny import TINY

from ae_core.data import datasets
from ae_core.runs import checkpoint
from ae_core.runs.fit import fit
from ae_core.runs.run import Run

# the same draws on every machine, however slow it is
settings.register_profile("lab", deadline=None, derandomize=True)
settings.load_profile("lab")


def pytest_configure(config: pytest.Config) -> None:
    os.environ["AE_VISITORS_BYTES"] = (
        "0"  # no test leaves visitors' work on the disk, but for those that are about that
    )
    config.addinivalue_line("markers", "needs_mnist: reads MNIST, and is skipped where it is not in AE_DATA_DIR")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Asked once, before any test gives itself another AE_DATA_DIR.
    if datasets.on_disk("mnist"):
        return
    for item in items:
        if item.get_closest_marker("needs_mnist"):
            item.add_marker(pytest.mark.skip(reason="MNIST is not in AE_DATA_DIR"))


@pytest.fixture(scope="session")
def tiny_run() -> Run:
    """A run of half a second on digits, with its film. Shared by all tests: not to be changed."""
    return fit(TINY, "cpu")


@pytest.fixture(scope="session")
def tiny_bytes(tiny_run: Run) -> bytes:
    """``tiny_run`` as a checkpoint file."""
    return checkpoint.to_bytes(tiny_run)


@pytest.fixture
def tiny_file(tiny_bytes: bytes, tmp_path: Path) -> Path:
    """``tiny_run`` as a checkpoint file on disk, a fresh copy for each test."""
    path = tmp_path / "tiny.safetensors"
    path.write_bytes(tiny_bytes)
    return path


@pytest.fixture
def spawning(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests that spawn processes: these run what is the main module here, where a page's test has left its script."""
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
