"""Import torchvision even when it was built for another torch.

torchvision's compiled operators load only beside the torch they were built with. When the two come from
different builds (a CPU torch beside a CUDA torchvision is enough), the operators are missing, and
``import torchvision`` dies with ``operator torchvision::nms does not exist`` because it describes two of
them to torch without asking whether they are there. The lab needs none of them: it uses the datasets,
the image transforms and the image grids, which are plain Python.
"""

from __future__ import annotations

import importlib
import re
import sys
import threading
from types import ModuleType

import torch

# What torchvision describes to torch unconditionally. Declared without an implementation: calling one fails.
_SCHEMAS = {
    "nms": "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}

_lock = threading.Lock()
_libraries: list[torch.library.Library] = []  # a declared operator vanishes with the Library that declared it


def import_torchvision() -> ModuleType:
    """Return the torchvision module, importing it on first use (some 1.5 s, so never at the top of a file).

    A torchvision that imports as it is stays untouched. One whose compiled operators are missing is imported
    without them: ``datasets``, ``transforms`` and ``utils`` work, ``torchvision.ops.nms`` and its like fail.

    Raises:
        ImportError, RuntimeError: whatever else keeps torchvision from being imported, unchanged.
    """
    with _lock:  # two threads must not both find it half imported
        try:
            return importlib.import_module("torchvision")
        except RuntimeError as error:
            missing = re.search(r"operator torchvision::(\w+) does not exist", str(error))
            if missing is None or missing[1] not in _SCHEMAS:
                raise
        for module in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
            del sys.modules[module]
        _declare_missing_operators()
        return importlib.import_module("torchvision")


def _declare_missing_operators() -> None:
    # All at once, not as each is missed: torch may refuse to have `nms` described again by a third import.
    library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
    _libraries.append(library)
    for name, schema in _SCHEMAS.items():
        if not hasattr(torch.ops.torchvision, name):
            library.define(schema)  # type: ignore[no-untyped-call]
