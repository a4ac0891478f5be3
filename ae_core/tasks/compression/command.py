"""``python -m ae_core compress`` and ``decompress``: images to a file by a run, and back."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ae_core.errors import LabError


def add(commands: Any) -> None:
    """Add both commands to a parser's."""
    pack = commands.add_parser("compress", help="write images as a file that a run's decoder reads")
    pack.set_defaults(command=_compress)
    pack.add_argument("run", metavar="RUN", help="a checkpoint, or the name of a shipped run")
    pack.add_argument("inputs", type=Path, nargs="*", metavar="IN", help="pictures, made as large as the run's images")
    pack.add_argument("--held-out", type=int, metavar="N", help="the first N held-out images instead of pictures")
    pack.add_argument("--out", type=Path, required=True, metavar="FILE", help="the file to write")
    pack.add_argument("--step", type=float, default=0.42, help="of the whole numbers: the larger, the fewer bytes")
    pack.add_argument("--fast", action="store_true", help="round the codes, and look for no better numbers")
    unpack = commands.add_parser("decompress", help="read a file of compress, and write its images as PNG")
    unpack.set_defaults(command=_decompress)
    unpack.add_argument("file", type=Path, metavar="FILE")
    unpack.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to write into")
    unpack.add_argument("--run", help="a checkpoint or a shipped run's name (default: the shipped run that it names)")
    for one in (pack, unpack):
        one.add_argument(
            "--coder", type=Path, help="a file of the run's coder: written if it is not there (default: fitted anew)"
        )
        one.add_argument("--json", action="store_true", help="print one JSON object and nothing else")


def _compress(options: argparse.Namespace) -> None:
    import torch

    from ae_core.data.items import to_float
    from ae_core.evaluation.metrics import psnr, ssim
    from ae_core.tasks.compression.container import nearest_step
    from ae_core.tasks.compression.files import compress, decompress
    from ae_core.tasks.compression.formats import as_shown
    from ae_core.tasks.compression.sources import images_to_code

    if bool(options.inputs) == (options.held_out is not None):
        raise LabError("Name pictures to compress, or say how many held-out images with --held-out.")
    if not 0.001 <= options.step <= 1000:  # nor is it where it is no number
        raise LabError(f"The step must be from 0.001 to 1000; it was {options.step:g}.")
    if options.held_out is not None and not 1 <= options.held_out <= 10_000:
        raise LabError(f"A file holds 1 to 10,000 images; {options.held_out:,} were asked for.")
    run = _run(options.run)
    if options.inputs:
        images = torch.cat([_picture(path, run.config.dataset) for path in options.inputs])
    else:
        images = to_float(images_to_code(run.config, "own", options.held_out))
    coder = _coder(run, options.coder)
    data = compress(run, coder, images, nearest_step(options.step), search=not options.fast)
    _write(options.out, data)
    back = as_shown(decompress(data, run, coder))
    _print(
        {
            "file": str(options.out),
            "run": run.config.key,
            "images": len(images),
            "step": nearest_step(options.step),
            "bytes": len(data),
            "bytes_per_image": len(data) / len(images),
            "psnr": float(psnr(back, images).clamp_max(120).mean()),
            "ssim": float(ssim(back, images).mean()),
        },
        options.json,
    )


def _decompress(options: argparse.Namespace) -> None:
    from ae_core.tasks.compression.container import MAX_BYTES, from_file
    from ae_core.tasks.compression.files import decompress

    try:
        if options.file.stat().st_size > MAX_BYTES:
            raise LabError(f"{options.file} is larger than any compressed file of the lab.")
        data = options.file.read_bytes()
    except OSError as error:
        raise LabError(f"{options.file} cannot be read: {error.strerror or error}.") from None
    header, _ = from_file(data)
    run = _run(options.run) if options.run else _shipped_run_of(header.run)
    images = decompress(data, run, _coder(run, options.coder))
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        for number, image in enumerate(images):
            _as_picture(image).save(options.out / f"{number:04d}.png")
    except OSError as error:
        raise LabError(f"The images cannot be written to {options.out}: {error.strerror or error}.") from None
    _print({"folder": str(options.out), "run": header.run, "images": len(images), "step": header.step}, options.json)


def _as_picture(image: Any) -> Any:
    from PIL import Image

    from ae_core.data.items import to_bytes

    pixels = to_bytes(image).permute(1, 2, 0).numpy()
    return Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)


def _run(name: str) -> Any:
    from ae_core.runs import checkpoint, zoo

    return zoo.load(name) if name in zoo.ZOO else checkpoint.load(name)


def _shipped_run_of(key: str) -> Any:
    from ae_core.runs import zoo

    if key not in zoo.BY_KEY:
        raise LabError(f"The file was written by the run {key}, which does not come with the lab. Name it with --run.")
    return zoo.load(zoo.BY_KEY[key].name)


def _coder(run: Any, path: Path | None) -> Any:
    """Return the run's coder: from a file, from what comes with the lab, or fitted on the training images."""
    from ae_core.tasks.compression import coder_file
    from ae_core.tasks.compression.study import fitted_coder

    if path is not None and path.is_file():
        return coder_file.load(path, run.config.code_size)
    coder = fitted_coder(run)
    if path is not None:
        _write(path, coder_file.to_bytes(coder))
    return coder


def _picture(path: Path, dataset: str) -> Any:
    import torch

    from ae_core.data.datasets import INFO
    from ae_core.data.upload import open_image, prepare

    info = INFO[dataset]
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LabError(f"{path} cannot be read: {error.strerror or error}.") from None
    image = open_image(data)
    same = tuple(image.size) == (info.shape[2], info.shape[1])
    pixels = prepare(
        image,
        info.shape,
        polarity="as is" if same or info.colour else "auto",
        centre=info.ink_fill is not None and not same,
        fill=info.ink_fill or 1.0,
    ).pixels
    return torch.from_numpy(pixels)[None]


def _write(path: Path, data: bytes) -> None:
    from ae_core.runs.files import write_whole

    try:
        write_whole(path, data)
    except OSError as error:
        raise LabError(f"{path} cannot be written: {error.strerror or error}.") from None


def _print(value: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(value))
        return
    for name, entry in value.items():
        print(f"{name}: {entry:.6g}" if isinstance(entry, float) else f"{name}: {entry}")
