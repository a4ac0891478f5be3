"""Decode the photos of iPhones in a process of their own, which a hostile file may crash without harm.

Fifteen hundred damaged copies of one small HEIC crashed libheif's Python binding, and with it the interpreter.
This file is run as a script: it knows nothing of the lab, so that the process starts in a tenth of a second.
"""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys

from PIL import Image

_MOST_SECONDS = 60  # a photo takes two, on a busy machine ten
_MOST_MEMORY = 2 << 30  # bytes of the process; 50 million pixels take a third
_TOO_LARGE = 3  # the exit status that says so
_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}


class HeicTooLarge(Exception):
    """The picture has more pixels than are decoded. The message is its size in words."""


def is_heic(data: bytes) -> bool:
    """Return whether a file says of itself that it is a HEIC or HEIF, and not an AVIF, whose container is the same."""
    if data[4:8] != b"ftyp":
        return False
    length = min(int.from_bytes(data[:4], "big"), 256)
    brands = {data[start : start + 4] for start in (8, *range(16, length, 4))}
    return bool(brands & _BRANDS) and not brands & {b"avif", b"avis"}


def decode_heic(data: bytes, most_pixels: int, kept_side: int | None) -> tuple[Image.Image, bool, int]:
    """Decode a HEIC file in a process of its own.

    Args:
        data: the whole file.
        most_pixels: refuse a picture with more than these.
        kept_side: px: reduce a larger picture by a whole factor, to no less than this on its longer side; None reduces
            nothing.

    Returns:
        The main picture in 8 bits, upright and with its colour profile, whether the file holds others beside it, and
        how many bits of each colour it has there.

    Raises:
        HeicTooLarge: more than ``most_pixels``.
        OSError: the file is damaged.
        subprocess.TimeoutExpired: it took longer than a minute.
    """
    command = [sys.executable, "-P", __file__, str(most_pixels), str(kept_side or 0)]
    done = subprocess.run(command, input=data, capture_output=True, timeout=_MOST_SECONDS, check=False)
    if done.returncode == _TOO_LARGE:
        raise HeicTooLarge(done.stderr.decode())
    if done.returncode != 0:
        raise OSError(f"the decoder ended with {done.returncode}")
    several, bits = done.stdout[:2]
    return Image.open(io.BytesIO(done.stdout[2:]), formats=("PNG",)).copy(), bool(several), bits


def _main(most_pixels: int, kept_side: int) -> int:
    import pi_heif

    with contextlib.suppress(ImportError, ValueError, OSError):  # Windows has no such limit, and macOS may refuse it
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    pi_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)
    image: Image.Image = Image.open(io.BytesIO(sys.stdin.buffer.read()), formats=("HEIF",))
    if image.width * image.height > most_pixels:
        sys.stderr.write(f"{image.width} × {image.height} pixels")
        return _TOO_LARGE
    several = getattr(image, "n_frames", 1) > 1
    bits = int(image.info.get("bit_depth", 8))
    image.load()
    if image.mode not in ("L", "RGB", "RGBA"):
        image = image.convert("RGBA")
    if kept_side:
        image = image.reduce(max(1, max(image.size) // kept_side))
    sys.stdout.buffer.write(bytes([several, bits]))
    image.save(sys.stdout.buffer, "PNG", compress_level=0)
    return 0


if __name__ == "__main__":
    sys.exit(_main(*map(int, sys.argv[1:])))
