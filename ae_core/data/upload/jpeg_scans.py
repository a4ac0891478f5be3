"""Count the passes of a JPEG without decoding it: each is work over all its pixels, and a hostile file has thousands."""

from __future__ import annotations

import re

_MARKER = re.compile(
    rb"\xff([^\x00\xff])", re.DOTALL
)  # as libjpeg looks for one: whatever else lies between is skipped
_SCAN, _END = 0xDA, 0xD9
_BARE = {0x01, *range(0xD0, 0xD9)}  # markers with no length and no body: restarts, the beginning


def count_scans(data: bytes) -> int:
    """Return how many scans a JPEG's first picture has.

    What lies in its other segments or behind its end is not looked at: behind its picture a phone may put a film, in which
    the two bytes of a scan's beginning stand by chance.
    """
    scans, place = 0, 2
    while found := _MARKER.search(data, place):
        marker, place = found[1][0], found.end()
        if marker == _END:
            break
        scans += marker == _SCAN
        if marker not in _BARE:
            place += int.from_bytes(data[place : place + 2], "big")
    return scans
