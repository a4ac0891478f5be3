"""Tell which source a run was trained by, by its git commit."""

from __future__ import annotations

import subprocess
from pathlib import Path

PACKAGE = Path(__file__).parents[1]


def commit(folder: Path = PACKAGE) -> str:
    """Return the last git commit that changed ``folder``, in 12 digits; "-dirty" follows where it was changed since.

    A later commit of other things, of a run that was built say, leaves it as it is. Empty where git is missing or does
    not keep the folder.
    """
    latest = _git(folder, "log", "-1", "--format=%H")[:12]
    return f"{latest}-dirty" if latest and _git(folder, "status", "--porcelain") else latest


def is_current(stamp: str) -> bool:
    """Return whether ``stamp`` is what :func:`commit` says now, of a source that was not changed since."""
    return stamp != "" and not stamp.endswith("-dirty") and stamp == commit()


def _git(folder: Path, *command: str) -> str:
    """Return what git says of the folder; "" where there is nothing that it could say."""
    try:
        said = subprocess.run(
            ["git", "-C", str(folder), *command, "--", "."], capture_output=True, text=True, check=True, timeout=30
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return said.stdout.strip()
