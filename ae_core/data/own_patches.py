"""Patches of a picture of somebody's own: what such a data set is called, how its picture is cut, and who has that.

Its name ends with a digest of the picture, so that equal names mean equal images, and a Config says what it depends on as
any other. Who has the picture: see :mod:`ae_core.data.own`.
"""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from ae_core.data.patches import busy_places, whiten
from ae_core.errors import LabError

#: The data sets of the lab that they are like, and the side of a patch of each.
KINDS = {"patches16": 16, "patches8": 8, "patches16_colour": 16, "patches8_colour": 8}
TRAIN_COUNT, TEST_COUNT = 8_000, 800
MOST_PIXELS = 100_000  # that patches are cut from: about as many as each of the lab's own photographs has

_NAME = re.compile(rf"own-({'|'.join(KINDS)})-([0-9a-f]{{24}})")


class UnsuitedPicture(LabError):
    """A picture that too few patches can be cut from. The message says why, and what to take instead."""


@dataclass(frozen=True, eq=False)
class PatchPicture:
    """A picture that patches are cut from: ``image`` in red, green and blue, of at most :data:`MOST_PIXELS`."""

    image: Image.Image

    @classmethod
    def of(cls, image: Image.Image) -> PatchPicture:
        """Take a picture of any size, reduced by a whole number: what a camera adds between neighbours averages out."""
        factor = 1
        while (image.width // factor) * (image.height // factor) > MOST_PIXELS:
            factor += 1
        return cls(image.convert("RGB").reduce(factor))

    @classmethod
    def from_file(cls, name: str, data: bytes) -> PatchPicture:
        """Read the picture of the data set ``name`` from its :meth:`as_file`; ValueError where it is another one."""
        picture: Image.Image = Image.open(io.BytesIO(data), formats=["PNG"])
        if picture.width * picture.height > MOST_PIXELS:
            raise ValueError("a larger picture than patches are cut from")
        picture = picture.convert("RGB")
        if digest_of(picture) != digest_in(name):
            raise ValueError("another picture than its name says")
        return cls(picture)

    @property
    def nbytes(self) -> int:
        """How much memory it takes."""
        return self.pixels.nbytes

    @property
    def pixels(self) -> npt.NDArray[np.uint8]:
        """The picture as uint8 (H, W, 3)."""
        return np.asarray(self.image)

    def as_file(self) -> bytes:
        """Return the picture as a file that holds exactly its pixels."""
        file = io.BytesIO()
        self.image.save(file, "PNG")
        return file.getvalue()

    def name(self, kind: str) -> str:
        """Return the name of the data set of its patches.

        Args:
            kind: the data set of the lab that it is like, one of :data:`KINDS`.

        Raises:
            UnsuitedPicture: it is too small or too even for enough of them.
        """
        side = KINDS[kind]
        for part, count in zip(parts(self.image), (TRAIN_COUNT, TEST_COUNT), strict=True):
            grey = np.asarray(part.convert("L")) / 255
            found = 0 if min(grey.shape) < side or np.ptp(grey) == 0 else len(busy_places(whiten(grey), side))
            if found < count:
                which = "first three quarters" if count == TRAIN_COUNT else "last quarter"
                raise UnsuitedPicture(
                    f"There are {found:,} places for patches of {side} × {side} pixels in the {which} of this picture, and "
                    f"{count:,} are needed: it is too small, or too much of it is even. Take one of at least 200 × 200 pixels "
                    "with detail all over."
                )
        return f"own-{kind}-{digest_of(self.image)}"


def digest_of(picture: Image.Image) -> str:
    """Return 24 hexadecimal digits that name a picture: equal for equal sides and pixels."""
    return hashlib.blake2b(f"{picture.size}".encode() + picture.tobytes(), digest_size=12).hexdigest()


def parts(picture: Image.Image) -> tuple[Image.Image, Image.Image]:
    """Split a picture along its longer side: three quarters to learn from, and the last, which is held out."""
    width, height = picture.size
    if width >= height:
        cut = width * 3 // 4
        return picture.crop((0, 0, cut, height)), picture.crop((cut, 0, width, height))
    cut = height * 3 // 4
    return picture.crop((0, 0, width, cut)), picture.crop((0, cut, width, height))


# --- Names --------------------------------------------------------------------------------------------------


def is_patches(name: object) -> bool:
    """Return whether a data set of this name is one of patches of somebody's own picture."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def kind_in(name: str) -> str:
    """Return the data set of the lab that the one of this name is like, one of :data:`KINDS`."""
    return _parts_of(name)[0]


def digest_in(name: str) -> str:
    """Return the digest of the picture of the data set of this name."""
    return _parts_of(name)[1]


def file_name(name: str) -> str:
    """Return what the picture's file is called where a run of the data set of this name is taken home."""
    return f"picture-{digest_in(name)}.png"


def _parts_of(name: str) -> tuple[str, str]:
    found = _NAME.fullmatch(name)
    if found is None:
        raise ValueError(f"not patches of an own picture: {name!r}")
    return found[1], found[2]
