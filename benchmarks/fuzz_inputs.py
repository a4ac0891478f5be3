"""Inputs that a stranger could send: valid ones of every kind, what becomes of them when they are damaged, and nonsense."""

from __future__ import annotations

import base64
import io
import json
import random
import struct
import zlib
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

import numpy as np
from PIL import Image, ImageCms

from ae_core.classroom.lesson import PARAMETERS
from ae_core.config.link_seal import sealed
from ae_core.config.schema import FIELD_NAMES, Config, spec
from ae_core.config.variants import VARIANTS
from ae_core.runs import checkpoint
from ae_core.runs.fit import fit

Make = Callable[[random.Random], Any]

_NONSENSE = 0.15  # of the inputs are not made of a valid one

#: Words that mean something to somebody: to Markdown and browsers, to JSON and Python, and what turns or hides text.
_WORDS = (
    *("![x](https://evil.example/x.png)", "[x](//evil.example)", "<img src=x onerror=alert(1)>", "<script>", "</p>", "<!--"),
    *("www.evil.example", "https://evil.example", "a@evil.example", "mailto:x", "javascript:alert(1)", "&lt;b&gt;", "&#60;"),
    *("`", "```\n", "$x$", "$$", ":red[x]", ":material/home:", ":smile:", "~~x~~", "| a |\n|---|", "\n# ", "\n- ", "\n1. ", "\\"),
    *("\u202e", "\u2066", "\u200b", "\ufeff", "\0", "\x1b[31m", "\ud800", "\U0001f469\u200d\U0001f52c", "\u0301" * 50, "ﷺ", "İ"),
    *("nan", "inf", "-inf", "1e999", "-1", "0", "9" * 400, "1" + "0" * 30, "1,5", "٣", "½", "0x10", "1_000", "true", "null"),
    *("[" * 300, "{" * 300, '"', "'", "{}", "[]", '{"__class__": 1}', "../../etc/passwd", "C:\\x", "%s%n", "${jndi:x}", "{{7*7}}"),
    *("amp;", "&amp;", "=", "&", ",", ":", "-", "_", " ", "\r\n", "digits", "mnist", "x" * 5000),
)  # fmt: skip
_NUMBERS = (
    0,
    1,
    -1,
    2,
    255,
    256,
    65535,
    2**31 - 1,
    2**31,
    2**32,
    2**63 - 1,
    2**63,
    2**64,
    10**400,
    0.5,
    1e308,
    1e-308,
    1e6,
)
_ODD: tuple[Any, ...] = (None, True, False, "", [], {}, [[]], [None], {"a": {}}, *_NUMBERS, *_WORDS)


def text(chance: random.Random, valid: Sequence[str] = ()) -> str:
    """Return a text: one of the valid ones damaged, or words and letters of any kind."""
    if not valid or chance.random() < _NONSENSE:
        return "".join(_letters(chance) for _ in range(chance.randrange(12)))
    damaged = chance.choice(valid)
    for _ in range(chance.randrange(4)):
        start = chance.randrange(len(damaged) + 1)
        end = min(len(damaged), start + chance.choice((0, 0, 1, 1, 3, 20, 1000)))
        new = chance.choice(("", _letters(chance), damaged[start:end] * 2, damaged[end:start:-1]))
        damaged = damaged[:start] + new + damaged[end:]
    return damaged


def _letters(chance: random.Random) -> str:
    if chance.random() < 0.7:
        return chance.choice(_WORDS)
    return "".join(
        chr(chance.choice((chance.randrange(128), chance.randrange(0x3000), chance.randrange(0x110000))))
        for _ in range(8)
    )


def raw(chance: random.Random, valid: Sequence[bytes]) -> bytes:
    """Return a file: one of the valid ones with some bytes changed, moved, cut out or put in, or bytes of any kind."""
    if chance.random() < _NONSENSE:
        return chance.choice(valid)[: chance.choice((0, 4, 12, 40))] + chance.randbytes(chance.choice((0, 1, 30, 1000)))
    damaged = bytearray(chance.choice(valid))
    for _ in range(1 + chance.randrange(4)):
        # most of what a file says stands at its beginning
        start = chance.randrange(min(len(damaged), chance.choice((64, 400, 10**9))) + 1)
        end = start + chance.choice((0, 1, 1, 2, 4, 4, 8, 60, 10**6))
        kind = chance.randrange(5)
        if kind == 0 and start < len(damaged):
            damaged[start] ^= 1 << chance.randrange(8)
        elif kind == 1:
            damaged[start : start + 4] = struct.pack(
                chance.choice("<>") + "I", chance.choice(_NUMBERS[:9]) & 0xFFFFFFFF
            )
        elif kind == 2:
            damaged[start:end] = b""
        elif kind == 3:
            damaged[start:start] = damaged[start:end][:5000]
        else:
            damaged[start : start + chance.randrange(1, 9)] = chance.randbytes(chance.randrange(1, 9))
    return bytes(damaged)


def tree(chance: random.Random, value: Any) -> Any:
    """Return what JSON holds with a few of its parts changed, left out, doubled or renamed."""
    if chance.random() < 0.15 or not isinstance(value, dict | list) or not value:
        return chance.choice(_ODD)
    changed: Any = dict(value) if isinstance(value, dict) else list(value)
    place = chance.choice(list(changed)) if isinstance(changed, dict) else chance.randrange(len(changed))
    kind = chance.randrange(8)
    if kind == 0:
        del changed[place]
    elif kind == 1 and isinstance(changed, dict):
        changed[chance.choice((*changed, *_WORDS))] = changed[place]
    elif kind == 1:
        changed += changed[place:] * chance.choice((1, 1, 1000))
        del changed[100_000:]
    else:
        changed[place] = tree(chance, changed[place])
    return changed


# --- Of each kind ---------------------------------------------------------------------------------------------


def links() -> Make:
    """Links to runs and lessons, as the parameters that a page is given."""
    configs = [variant.config(name) for variant in VARIANTS.values() for name in ("digits", "mnist", "shapes")]
    lesson = {
        "task": "Find the smallest code that still shows a 7.",
        "fix": "epochs,seed",
        "hide": "kind",
        "on": "denoise",
    }
    lesson |= {"view": "strength:0.5,noise_kind:gaussian", "settings": "dataset:digits,code_size:2"}
    valid = [urlencode(sealed(config.to_query())) for config in configs]
    valid += [urlencode(sealed(config.to_query() | lesson)) for config in configs[:6]]
    names = sorted({*FIELD_NAMES, *PARAMETERS, "check", "kind"})

    def make(chance: random.Random) -> dict[str, str]:
        if chance.random() < 0.5:
            return dict(parse_qsl(text(chance, valid), keep_blank_values=True))
        query = dict(parse_qsl(chance.choice(valid)))
        for _ in range(1 + chance.randrange(4)):
            name = chance.choice(names)
            choices = spec(name).choices if name in FIELD_NAMES else ()
            query[name] = chance.choice((text(chance), str(chance.choice(_ODD)), *choices[:2]))
        return query

    return make


def settings() -> Make:
    """Settings as JSON text."""
    valid = [variant.config("digits").to_json() for variant in VARIANTS.values()]
    return lambda chance: (
        text(chance, valid) if chance.random() < 0.3 else _json(tree(chance, json.loads(chance.choice(valid))))
    )


def _json(value: Any) -> str:
    return json.dumps(value)


def tasks() -> Make:
    """What a teacher writes as a task."""
    valid = [
        "Find the smallest code that still shows a 7. What happens to the 4 and the 9?",
        "Что видно? なに 1 < 2 & 3",
    ]
    return lambda chance: text(chance, valid)


def checkpoints() -> Make:
    """Files of runs: a small one, and one without a film in half precision."""
    runs = [
        fit(Config(dataset="digits", hidden_sizes=(4,), code_size=2, epochs=1), "cpu"),
        fit(Config(dataset="digits", hidden_sizes=(4,), code_size=2, epochs=1, variational=True), "cpu"),
    ]
    valid = [checkpoint.to_bytes(run) for run in runs] + [checkpoint.to_bytes(runs[0], half=True)]

    def make(chance: random.Random) -> bytes:
        if chance.random() < 0.3:
            return raw(chance, valid)
        whole = chance.choice(valid)
        length = int.from_bytes(whole[:8], "little")
        header, numbers = json.loads(whole[8 : 8 + length]), whole[8 + length :]
        if chance.random() < 0.5:
            about = json.loads(header["__metadata__"]["about"])
            for _ in range(1 + chance.randrange(3)):
                about = tree(chance, about)
            header["__metadata__"]["about"] = _json(about)
        else:
            header = tree(chance, header)
        if chance.random() < 0.3:
            place = chance.randrange(len(numbers))
            new = struct.pack("<f", chance.choice((float("nan"), float("inf"), 1e38, -1.0)))
            numbers = numbers[:place] + new + numbers[place + 4 :]
        packed = _json(header).encode()
        said = chance.choice((len(packed),) * 12 + (0, len(packed) + 1, 2**63, 10**9))
        return said.to_bytes(8, "little") + packed + numbers

    return make


def _pictures() -> list[bytes]:
    """Small pictures in every format that is taken, and in the modes that these have."""
    y, x = np.mgrid[:24, :32]
    colours = Image.fromarray(np.stack([x * 8, y * 10, 255 - x * 6], 2).astype(np.uint8))
    clear = colours.copy()
    clear.putalpha(Image.fromarray((x * 8).astype(np.uint8)))
    grey, deep = colours.getchannel(0), Image.fromarray((x * 2000).astype(np.uint16))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    turned = Image.Exif()
    turned[0x0112] = 6
    many = [Image.new("RGB", (32, 24), name) for name in ("red", "blue")]
    saved: list[tuple[Image.Image, str, dict[str, Any]]] = [
        *((image, "PNG", {}) for image in (colours, clear, grey, deep, grey.convert("1"), grey.convert("P"))),
        (colours, "PNG", {"icc_profile": profile, "exif": turned}),
        (clear.quantize(8), "PNG", {}),
        *(
            (colours, "JPEG", options)
            for options in ({}, {"progressive": True}, {"exif": turned, "icc_profile": profile})
        ),
        (colours.convert("CMYK"), "JPEG", {}),
        *((clear, "WEBP", options) for options in ({}, {"lossless": True}, {"save_all": True, "append_images": many})),
        (many[0], "GIF", {"save_all": True, "append_images": many[1:]}),
        *((image, "BMP", {}) for image in (colours, grey.convert("1"))),
        *(
            (colours, "TIFF", {"compression": kind})
            for kind in (None, "tiff_lzw", "jpeg", "packbits", "tiff_adobe_deflate")
        ),
        *((image, "TIFF", {}) for image in (deep, grey.convert("F"), clear, colours.convert("LAB"))),
        (colours, "AVIF", {}),
    ]
    files = []
    for image, format, options in saved:
        file = io.BytesIO()
        image.save(file, format, **{name: value for name, value in options.items() if value is not None})
        files.append(file.getvalue())
    return files


def pictures() -> Make:
    """Files of pictures. The sums by which a PNG notices damage are put right in most of them."""
    valid = _pictures()

    def make(chance: random.Random) -> bytes:
        damaged = raw(chance, valid)
        return _summed(damaged) if damaged[:4] == b"\x89PNG" and chance.random() < 0.8 else damaged

    return make


def heics(whole: bytes) -> Make:
    """Photographs as iPhones write them, of ``whole``, since nothing here writes such a file."""
    return lambda chance: raw(chance, [whole])


def _summed(png: bytes) -> bytes:
    out, place = bytearray(png[:8]), 8
    while place + 12 <= len(png):
        length = int.from_bytes(png[place : place + 4], "big")
        if place + 12 + length > len(png):
            break
        body = png[place + 4 : place + 8 + length]
        out += png[place : place + 4] + body + struct.pack(">I", zlib.crc32(body))
        place += 12 + length
    return bytes(out + png[place:])


def drawings() -> Make:
    """What a drawing pad says that was drawn."""
    make_picture = pictures()
    head = "data:image/png;base64,"

    def make(chance: random.Random) -> Any:
        whole = head + base64.b64encode(make_picture(chance)).decode()
        return whole if chance.random() < 0.8 else chance.choice((text(chance, [whole]), chance.choice(_ODD)))

    return make


def strokes() -> Make:
    """What a brush says that was painted over a photograph."""
    valid = [[[0, 12, 10, 10, 40, 60, 80, 20], [1, 5, 20, 20, 30, 30]], [[0, 1, 3, 4]], [[0, 400] + [50, 60] * 300]]

    def make(chance: random.Random) -> str:
        if chance.random() < 0.2:
            return text(chance, [_json(one) for one in valid])
        if chance.random() < 0.3:  # well formed, and as much of it as there may be
            thick, places = chance.choice((1, 50, 19_999)), chance.choice((1, 100, 20_000, 200_000))
            reach = chance.choice((100, 5000, 999_999))
            places = [chance.randrange(-reach, reach) for _ in range(2)] * places
            return _json([[chance.randrange(2), thick, *places]])
        return _json(tree(chance, chance.choice(valid)))

    return make


def pins() -> Make:
    """Which places of a plane are pinned."""
    return lambda chance: (
        text(chance, ["[[0.5,-1.25],[3,4]]"])
        if chance.random() < 0.5
        else _json(tree(chance, [[0.5, -1.25], [3.0, 4.0]]))
    )
