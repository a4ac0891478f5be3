"""The shell commands: ``python -m ae_core compress RUN IMAGE ... --out FILE`` and ``decompress FILE --out FOLDER``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ae_core.data.datasets import INFO
from ae_core.errors import LabError
from ae_core.runs.run import Run


def add(commands: Any) -> None:
    """Add the two commands to the parser's."""
    writes = commands.add_parser("compress", help="write images as a file of codes that a run decodes")
    writes.set_defaults(command=_compress)
    writes.add_argument("run", metavar="RUN", help="a run file, or the name of a shipped run")
    writes.add_argument("images", metavar="IMAGE", nargs="*", type=Path, help="pictures, prepared as the pages do")
    writes.add_argument("--held-out", type=int, metavar="N", help="the first N held-out images instead")
    writes.add_argument("--out", type=Path, required=True, metavar="FILE", help="the file to write")
    writes.add_argument(
        "--step", type=int, help="what codes are rounded to: 0 (coarsest) to 159 (default: chosen on training images)"
    )
    writes.add_argument(
        "--no-search", action="store_true", help="take the encoder's own codes, and search for no better ones"
    )
    writes.add_argument(
        "--coder", type=Path, metavar="FILE", help="write the coder there: what reads the file where the images are not"
    )
    writes.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    reads = commands.add_parser("decompress", help="read the images of a file that compress wrote")
    reads.set_defaults(command=_decompress)
    reads.add_argument("file", type=Path, metavar="FILE", help="what compress wrote")
    reads.add_argument("--run", metavar="RUN", help="the run that decodes it (default: the shipped one that it names)")
    reads.add_argument(
        "--coder",
        type=Path,
        metavar="FILE",
        help="what compress --coder wrote (default: the one that comes with the lab, or one fitted on training images)",
    )
    reads.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where the images go, as PNG")
    reads.add_argument("--json", action="store_true", help="print one JSON object and nothing else")


def _compress(options: argparse.Namespace) -> None:
    from ae_core.runs import zoo
    from ae_core.tasks.compression import coder_file
    from ae_core.tasks.compression.coder import STEPS
    from ae_core.tasks.compression.container import HEADER_BYTES
    from ae_core.tasks.compression.entropy import zlib_bytes
    from ae_core.tasks.compression.files import compressed, decompressed, quantised
    from ae_core.tasks.compression.measures import psnr_of
    from ae_core.tasks.compression.study import coder_answer, fitted
    from ae_core.tasks.study import file_of

    run = zoo.named_or_in(options.run)
    images = _images(run, options)
    search = not options.no_search
    step = coder_answer(file_of(run), search)["step"] if options.step is None else options.step
    if not 0 <= step < STEPS:
        raise LabError(f"The step must be from 0 to {STEPS - 1}; it was {step}.")
    coder = fitted(run)
    data = compressed(run, coder, images, step, search=search)
    _write(options.out, data)
    if options.coder is not None:
        _write(options.coder, coder_file.to_bytes(coder))
    symbols = quantised(run.model, coder, images, step, search=search)
    figures = {
        "images": len(images),
        "bytes": len(data),
        "bytes_per_image": len(data) / len(images),
        "header_bytes": HEADER_BYTES,
        "raw_bytes": images.numel(),
        "zlib_bytes": zlib_bytes(symbols) + HEADER_BYTES,
        "psnr": psnr_of(decompressed(run, coder, data), images),
        "step": step,
    }
    _say(options, {"file": str(options.out), "run": run.config.key} | figures)


def _decompress(options: argparse.Namespace) -> None:
    from PIL import Image

    from ae_core.runs import zoo
    from ae_core.tasks.compression import coder_file, container
    from ae_core.tasks.compression.files import decompressed
    from ae_core.tasks.compression.study import fitted

    data = _read(options.file, container.MOST_BYTES)
    header, _ = container.read(data)
    name = options.run
    if name is None:
        shipped = zoo.BY_KEY.get(header.run)
        if shipped is None:
            raise LabError(f"This file names the run {header.run}, which is not shipped: say --run and its file.")
        name = shipped.name
    run = zoo.named_or_in(name)
    known = None if options.coder is None else _read(options.coder, coder_file.MOST_BYTES)
    coder = fitted(run) if known is None else coder_file.from_bytes(known, run.config.code_size)
    pictures = decompressed(run, coder, data)
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        for number, pixels in enumerate(pictures.permute(0, 2, 3, 1).numpy()):
            Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(options.out / f"{number:04d}.png")
    except OSError as error:
        raise LabError(f"{options.out} cannot be written: {error.strerror or error}. Choose another place.") from None
    _say(options, {"folder": str(options.out), "run": header.run, "images": len(pictures), "step": header.step})


def _say(options: argparse.Namespace, figures: dict[str, Any]) -> None:
    if options.json:
        print(json.dumps(figures))
        return
    print(
        "  ".join(
            f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}" for name, value in figures.items()
        )
    )


def _images(run: Run, options: argparse.Namespace) -> Any:
    import torch

    from ae_core.data.items import to_bytes
    from ae_core.data.upload.opening import open_image
    from ae_core.data.upload.preparation import prepare
    from ae_core.tasks.compression.images import OWN, held_out_of

    if bool(options.images) == (options.held_out is not None):
        raise LabError("Name pictures to compress, or say --held-out and how many: one of the two.")
    if options.held_out is not None:
        if options.held_out < 1:
            raise LabError(f"--held-out takes a number from 1; it was {options.held_out}.")
        return held_out_of(run.config, OWN, options.held_out)
    info, found = INFO[run.config.dataset], []
    for path in options.images:
        try:
            data = path.read_bytes()
        except OSError as error:
            raise LabError(f"{path} cannot be read: {error.strerror or error}.") from None
        prepared = prepare(open_image(data), info.shape, centre=info.ink_fill is not None, fill=info.ink_fill or 1.0)
        found.append(to_bytes(torch.from_numpy(prepared.pixels)[None]))
    return torch.cat(found)


def _write(path: Path, data: bytes) -> None:
    from ae_core.runs.files import write_whole

    try:
        write_whole(path, data)
    except OSError as error:
        raise LabError(f"{path} cannot be written: {error.strerror or error}. Choose another place.") from None


def _read(path: Path, most: int) -> bytes:
    try:
        if path.stat().st_size > most:
            raise LabError(f"{path} is too large: such a file has at most {most / 1e6:.0f} MB.")
        return path.read_bytes()
    except OSError as error:
        raise LabError(f"{path} cannot be read: {error.strerror or error}.") from None
