"""The visitor's own pictures: the latest upload, photograph and drawing, kept for the visit and shown on every page.

They are kept for the visitor alone (:mod:`ui.visit.keeping`), and are in no link.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from PIL import Image

from ae_core.data.upload import UploadRejected, has_fine_noise, open_image
from ui.components.draw_pad import LONGEST


@dataclass(frozen=True, eq=False)
class OwnPicture:
    """A picture of the visitor's own.

    Attributes:
        name: of its file.
        image: of bounded size.
        noisy: whether averaging its pixels would hide its noise.
        data: the file itself, for the page that repairs a photograph at its full size.
    """

    name: str
    image: Image.Image
    noisy: bool
    data: bytes


@dataclass
class OwnPictures:
    """The pictures of one visitor, and what was refused of them.

    Attributes:
        pictures: the latest picture by its source, "Upload" or "Camera".
        refused: why the latest file of a source was not taken.
        turns: how many files a source has taken: an uploader that handed its file over is followed by a fresh one.
        drawing: the pad's state as it sent it, a picture in a data: URL; empty for an empty pad.
        line: the same of the pad on which series are drawn.
        pads: the drawing that each pad began with when it came onto the page, by the pad's key.
    """

    pictures: dict[str, OwnPicture] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    turns: dict[str, int] = field(default_factory=dict)
    drawing: str = ""
    line: str = ""
    pads: dict[str, str] = field(default_factory=dict)

    def take(self, source: str, name: str, data: bytes) -> None:
        """Keep an uploaded file as the latest picture of its source, or note why it cannot be.

        Args:
            source: "Upload" or "Camera".
            name: of the file.
            data: its content.
        """
        self.refused.pop(source, None)
        try:
            image = open_image(data)
            self.pictures[source] = OwnPicture(name, image, has_fine_noise(image), data)
        except UploadRejected as error:
            self.refused[source] = str(error)

    def forget(self, source: str) -> None:
        """Remove the picture of a source, and what was refused of it."""
        self.pictures.pop(source, None)
        self.refused.pop(source, None)

    def take_drawing(self, ink: object, *, line: bool = False) -> None:
        """Keep the drawing that the pad reports; anything that no pad sends is left out.

        Args:
            ink: what the pad reports.
            line: whether it is the pad on which series are drawn.
        """
        if isinstance(ink, str) and len(ink) <= LONGEST:
            if line:
                self.line = ink
            else:
                self.drawing = ink

    def __bool__(self) -> bool:
        return bool(self.pictures or self.drawing or self.line)
