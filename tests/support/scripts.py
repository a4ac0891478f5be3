"""What the tests of scripts to take home share: running them where there is no lab, and looking at them as code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import torch

_RUNNER = """
import contextlib, io, json, runpy, sys, torch
said = {{}}
for name in sys.argv[1:]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        left = runpy.run_path(name + ".py"){then}    said[name] = out.getvalue()
assert not {{"ae_core", "streamlit"}} & set(sys.modules)
print(json.dumps(said))
"""


def printed_by(folder: Path, names: Iterable[str], then: str = "\n") -> dict[str, str]:
    """What each script printed, run where there is no lab, on as many threads as here.

    Args:
        folder: with the scripts, in which they run.
        names: of the scripts, without ``.py``.
        then: lines of Python, indented by four, that run after each: ``name`` is its name, ``left`` its variables.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["OMP_NUM_THREADS"] = str(torch.get_num_threads())
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _RUNNER.format(then=then), *names],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def assert_clean(folder: Path) -> None:
    """Fail unless all scripts of a folder have nothing unused or undefined, imports in order, and the lab's own layout."""
    for command in (["check", "--select", "F,E4,E7,E9,I,W"], ["format", "--check", "--diff"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--isolated", "--line-length", "120", "--no-cache", "."]
        done = subprocess.run(ruff, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
