"""Write the requirements for a host that installs ``requirements.txt`` and asks nobody which PyTorch it should be.

    python deploy/cpu_requirements.py ADDRESS > requirements.txt

in a branch of your own. ADDRESS is that of PyTorch's index of CPU builds, which pytorch.org shows under "Get started" (Linux,
Pip, CPU). torch and torchvision are then asked for as their CPU builds by name, and every version, also of what these packages
bring along, is the tried one: put the file beside constraints.txt.
"""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[1]
OF_PYTORCH = ("torch", "torchvision")


def requirements(address: str) -> str:
    """Return the requirements file. Raises ValueError for what is no address."""
    if urlsplit(address).scheme != "https" or not urlsplit(address).netloc or any(map(str.isspace, address)):
        raise ValueError(f"not the address of an index: {address!r}")
    wanted = [line.partition("#")[0].strip() for line in (ROOT / "requirements.txt").read_text().splitlines()]
    lines = [f"{line}+cpu" if line.partition("==")[0] in OF_PYTORCH else line for line in wanted if line]
    return "\n".join([f"--extra-index-url {address}", "--constraint constraints.txt", *lines, ""])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.stdout.write(requirements(sys.argv[1]))
