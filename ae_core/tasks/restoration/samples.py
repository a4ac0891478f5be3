"""Photographs to try a repair on, out of libraries that are installed in any case: nothing is downloaded."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from ae_core.errors import LabError


class SampleMissing(LabError):
    """The library of a sample photograph is not installed, or came without its file."""


@dataclass(frozen=True)
class Sample:
    """A photograph that comes with a library.

    Attributes:
        title: what is seen on it.
        credit: who took it.
        licence: under which terms it may be shown and passed on.
        source: where the licence is said.
        package: the library, as it is imported.
        file: below the library's folder.
    """

    title: str
    credit: str
    licence: str
    source: str
    package: str
    file: str

    def path(self) -> Path:
        """Return where the file lies.

        Raises:
            SampleMissing: it is not on this machine.
        """
        found = find_spec(self.package)  # which does not import it
        for folder in (found and found.submodule_search_locations) or ():
            if (path := Path(folder) / self.file).is_file():
                return path
        raise SampleMissing(
            f"“{self.title}” comes with the library {self.package}, and is missing here: install it again."
        )

    def read(self) -> bytes:
        """Return the file, for :func:`ae_core.data.upload.photo.open_photo`.

        Raises:
            SampleMissing: it is not on this machine.
        """
        return self.path().read_bytes()


_CC0 = "CC0"
_PUBLIC = "public domain"
_CC_BY = "CC BY 2.0"
#: Where each licence is to be read.
TERMS = {
    _CC0: "https://creativecommons.org/publicdomain/zero/1.0/",
    _CC_BY: "https://creativecommons.org/licenses/by/2.0/",
}


def _of_skimage(title: str, credit: str, licence: str, name: str) -> Sample:
    function = Path(name).stem  # whose docstring has the credit and the licence
    source = f"https://scikit-image.org/docs/stable/api/skimage.data.html#skimage.data.{function}"
    return Sample(title, credit, licence, source, "skimage", f"data/{name}")


def _of_sklearn(title: str, credit: str, photo: str, name: str) -> Sample:
    # datasets/images/README.txt has the licence and both links; beside the second one it repeats the first one's name
    source = f"https://www.flickr.com/photos/{credit}/{photo}"
    return Sample(title, credit, _CC_BY, source, "sklearn", f"datasets/images/{name}")


# whole files, of at most 0.3 million pixels
SAMPLES: dict[str, Sample] = {
    "portrait": _of_skimage("Eileen Collins, astronaut", "NASA", _PUBLIC, "astronaut.png"),
    "cat": _of_skimage("Chelsea the cat", "Stefan van der Walt", _CC0, "chelsea.png"),
    "coffee": _of_skimage("A cup of coffee", "Rachel Michetti, courtesy of Pikolo Espresso Bar", _CC0, "coffee.png"),
    "building": _of_sklearn("A tower above a lake, in China", "danielbuechele", "6061409035", "china.jpg"),
    "flower": _of_sklearn("A dahlia", "vultilion", "6056698931", "flower.jpg"),
    "rocket": _of_skimage("The launch of a Falcon 9", "SpaceX", _PUBLIC, "rocket.jpg"),
    "camera": _of_skimage("A man with a camera, in grey", "Lav Varshney", _CC0, "camera.png"),
    "gravel": _of_skimage("Gravel, in grey", "CC0Textures (Gravel04)", _CC0, "gravel.png"),
}
