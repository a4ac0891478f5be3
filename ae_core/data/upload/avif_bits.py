"""Read how many bits of each colour an AVIF has: Pillow decodes it to 8 and does not say."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import islice

_MOST_BOXES = 1000  # of one level; a file has some ten

Boxes = Iterator[tuple[bytes, memoryview]]


def bits_of(data: bytes) -> int:
    """Return the bits of each colour of an AVIF's main picture; 8 where the file does not say, or is damaged."""
    try:
        meta = dict(_boxes(memoryview(data)))[b"meta"][4:]
        return _of_main_picture(dict(_boxes(meta)))
    except (KeyError, IndexError, ValueError, struct.error):
        return 8


def _boxes(data: memoryview) -> Boxes:
    """Yield the boxes of ISO/IEC 14496-12 that lie one after another, each by its kind and with its content."""
    return islice(_all_boxes(data), _MOST_BOXES)


def _all_boxes(data: memoryview) -> Boxes:
    place = 0
    while place + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, place)
        head = 8
        if size == 1:
            (size,), head = struct.unpack_from(">Q", data, place + 8), 16
        elif size == 0:  # up to the end
            size = len(data) - place
        if size < head:
            return
        yield kind, data[place + head : place + size]
        place += size


def _of_main_picture(meta: dict[bytes, memoryview]) -> int:
    """Read the properties that ISO/IEC 23008-12 gives the main picture: its bits, or else its decoder's settings."""
    properties = dict(_boxes(meta[b"iprp"]))
    listed = list(_boxes(properties[b"ipco"]))
    own = [listed[number - 1] for number in _numbers(properties[b"ipma"], _main_item(meta[b"pitm"])) if number]
    for kind, content in own:
        if kind == b"pixi":
            return max(content[5 : 5 + content[4]])
    for kind, content in own:
        if kind == b"av1C":
            high, twelve = content[2] & 0x40, content[2] & 0x20
            return 12 if high and twelve else 10 if high else 8
    return 8


def _main_item(box: memoryview) -> int:
    (item,) = struct.unpack_from(">I" if box[0] else ">H", box, 4)
    return int(item)


def _numbers(box: memoryview, item: int) -> list[int]:
    """Return the numbers of an item's properties among those that are listed, from 1 on."""
    wide_items, wide_numbers = box[0] > 0, box[3] & 1
    (entries,), place = struct.unpack_from(">I", box, 4), 8
    for _ in range(entries):
        of, many = struct.unpack_from(">IB" if wide_items else ">HB", box, place)
        place += 5 if wide_items else 3
        size = 2 if wide_numbers else 1
        if of == item:
            numbers = struct.unpack_from(f">{many}{'H' if wide_numbers else 'B'}", box, place)
            return [number & (0x7FFF if wide_numbers else 0x7F) for number in numbers]  # without "essential"
        place += many * size
    return []
