"""The script that cleans a scan and makes it black and white, without the lab, with the network that it needs."""

from __future__ import annotations

import io
import zipfile
from dataclasses import fields

from ae_core.export.recipe import ENVIRONMENT, imports_of, sections_of
from ae_core.export.script import headed
from ae_core.tasks.reading import scan as scans
from ae_core.tasks.restoration import network
from ae_core.tasks.restoration.repairs import REPAIRS
from ae_core.tasks.restoration.restoring import ways
from ae_core.tasks.restoration.weights import weights_file

_NETWORK = "denoise-grey"


def scan_script(scan: str, grain: int) -> str:
    """Write what adds noise to a scan, cleans it in each way, thresholds it and counts what is wrong.

    Args:
        scan: one of ``SCANS``.
        grain: the standard deviation of the noise, of 255.

    Returns:
        The text of a ``.py`` file; it reads the network's file beside it.
    """
    layout = REPAIRS[_NETWORK].layout
    given = {
        "scan": scan,
        "grain": grain,
        "scans": scans,
        "thresholds": {name: threshold for name, (_, threshold) in scans.THRESHOLDS.items()},
        "network": [
            *(network.Layout, network.Block, network.RestorationNet),
            *(network.in_half_precision, network.mirrored, network._blocks),
        ],
        "layout": {field.name: getattr(layout, field.name) for field in fields(layout)},
        "ways": ways(_NETWORK),
        "file": weights_file(_NETWORK).name,
    }
    sections = sections_of(ENVIRONMENT.get_template("scan.py.jinja").render(given))
    code = "\n".join(section.code for section in sections)
    return "\n\n".join(
        [
            f'"""Clean a scan that comes with scikit-image, and make it black and white; {given["file"]} lies beside.\n\n'
            'pip install torch numpy scipy scikit-image safetensors\n"""',
            f"from __future__ import annotations\n\n{imports_of(code)}",
            *(f"{headed(section)}\n" for section in sections),
        ]
    )


def scan_zip(scan: str, grain: int) -> bytes:
    """Return a ZIP file with the script of :func:`scan_script` and the network that it needs.

    Args:
        scan: one of ``SCANS``.
        grain: the standard deviation of the noise, of 255.

    Raises:
        OSError: the network is not on this machine.
    """
    file, path = io.BytesIO(), weights_file(_NETWORK)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("scan.py", scan_script(scan, grain))
        packed.writestr(path.name, path.read_bytes())
    return file.getvalue()
