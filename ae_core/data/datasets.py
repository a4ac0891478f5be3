"""Describe the data sets, find out which are on this machine, and read them.

Adding one is adding an entry to :data:`INFO`. ``digits`` and ``cancer`` come with scikit-learn, ``shapes`` and
``heartbeats`` are drawn and ``payments`` simulated here, and the patches are cut from photographs inside scikit-learn and
scikit-image. The others are read from torchvision's folder layout below :func:`ae_core.paths.data_dir`;
:mod:`ae_core.data.download` puts them there. Patches of somebody's own picture are in no list: see :mod:`ae_core.data.own_patches`.
"""

from __future__ import annotations

import gzip
import importlib.util
import math
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch

from ae_core.data import ecg5000, own, own_patches, taken_home
from ae_core.data.heartbeats import KINDS, beats_as_bytes, draw_beats
from ae_core.data.patches import PHOTOGRAPHS, cut_patches, photograph
from ae_core.data.shapes import draw_factors, draw_shapes
from ae_core.data.tables import cancer, own_table, payments
from ae_core.data.tables.scaled import ScaledTable
from ae_core.data.words import documentation, newsgroups
from ae_core.data.words.counting import WORDS, vectors_of
from ae_core.errors import LabError
from ae_core.paths import data_dir

Split = Literal["train", "test"]


class DatasetMissing(LabError):
    """A dataset that is not on this machine. The message says how to get it."""


class DatasetDamaged(LabError):
    """A dataset file that is truncated, garbled or unreadable. The message says which, and what to do."""


@dataclass(frozen=True)
class Factor:
    """Something that each image of a data set was made with: a number in ``unit``, or one of ``values``."""

    name: str
    unit: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class OneFile:
    """The one file that a data set lies in below the data folder, and what it is made of."""

    path: str
    address: str  # of what is fetched
    make: Callable[[bytes], bytes]  # checks what was fetched and makes the file of it; ValueError says what is wrong

    @property
    def here(self) -> Path:
        """Where it lies on this machine."""
        return data_dir() / self.path


@dataclass(frozen=True)
class DatasetInfo:
    """What a dataset is, and how it is read."""

    name: str
    title: str
    shape: tuple[int, int, int]  # (C, H, W) of one item; of an image C is 1 for grey and 3 for red, green, blue
    train_count: int
    test_count: int
    class_names: tuple[str, ...]
    about: str
    read: Callable[[DatasetInfo, Split], Images]
    # Code that makes its ``train`` and ``held_out``, uint8 (N, C, H, W), for taking home; and where the second argument
    # says so ``labels`` and ``held_out_labels``, (N,).
    script: Callable[[DatasetInfo, bool], str]
    # How its makers fitted the ink into the frame, as a share of the side; None when it is framed like a photograph.
    ink_fill: float | None = 1.0
    folder: str = ""  # torchvision's name of both the dataset's class and its folder; empty when it is not downloaded
    packages: str = "torchvision"  # that such a script needs to have them, beside PyTorch and Pillow
    file: OneFile | None = None  # what it is read from, where it is downloaded and not in torchvision's layout
    binarised: bool = False  # each pixel drawn black or white once, with its grey value as the probability of white
    # Published sizes, in bytes, of the compressed files: training images and labels, test images and labels. Of one file
    # about how large it is.
    compressed_bytes: tuple[int, ...] = ()
    factors: tuple[Factor, ...] = ()  # what its images are made of, where that is known
    # What an item is, and so how ui.figures.items draws it and which networks and noise suit it: "image", or "series" of
    # shape (1, T, 1), T numbers one after the other, or "table" of shape (1, 1, D), the D columns of a row, or "text" of
    # shape (1, 1, W), how often each of W words stands in a document.
    kind: str = "image"
    unit: str = "pixels"  # what the numbers of an item are called
    items: str = "images"  # what its items are called
    columns: tuple[str, ...] = ()  # what the columns of a table are called
    # A table's rows with the scaling that made them; None for who does not have it, and of what is no table.
    table: Callable[[], ScaledTable | None] = lambda: None

    @property
    def label(self) -> str:
        """What it is called where it is chosen."""
        return self.title

    @property
    def colour(self) -> bool:
        """Whether its items have colours: channels of red, green and blue."""
        return self.shape[0] == 3

    @property
    def pixels(self) -> int:
        """Numbers in one image."""
        return math.prod(self.shape)

    @property
    def item(self) -> str:
        """What one of its items is called."""
        return self.items.removesuffix("s")

    @property
    def called(self) -> tuple[str, str]:
        """What one and what several of its items are called."""
        return self.item, self.items

    @property
    def has_neighbours(self) -> bool:
        """Whether numbers that lie side by side belong together, as pixels do and columns of a table do not."""
        return self.kind in ("image", "series")

    @property
    def size_in_words(self) -> str:
        """The numbers in one item: "784 pixels", in colour "3 × 1024 pixels"."""
        return f"{f'{self.shape[0]} × ' if self.colour else ''}{math.prod(self.shape[1:])} {self.unit}"

    def spoken(self, text: str) -> str:
        """Return a sentence about images as one about this data set's items: "held-out images" as "held-out beats"."""
        if self.kind == "image":
            return text
        words = {"an image": f"a {self.item}", "images": self.items, "image": self.item}
        words |= {"pixels": self.unit, "pixel": self.unit.removesuffix("s")}
        words |= {"made black or white": "set to 0 or 1", "made black": "set to 0"}
        words |= {word.capitalize(): said.capitalize() for word, said in words.items()}
        longest_first = "|".join(sorted(words, key=len, reverse=True))
        return re.sub(rf"\b(?:{longest_first})\b", lambda found: words[found[0]], text)

    @property
    def download_bytes(self) -> int:
        """Bytes to fetch to have the whole dataset; 0 when it is bundled."""
        return sum(self.compressed_bytes)


@dataclass(frozen=True, eq=False)  # comparing tensors gives no single truth value
class Images:
    """Images with their classes, in the order of the dataset."""

    images: torch.Tensor  # uint8 (N, C, H, W)
    labels: torch.Tensor  # int64 (N,), each an index into DatasetInfo.class_names
    factors: torch.Tensor | None = None  # float32 (N, F) in the order of DatasetInfo.factors; None when unknown

    def of_classes(self, classes: Collection[int]) -> Images:
        """Return the images of the given classes, in their order; all of them where no class is given."""
        if not classes:
            return self
        kept = torch.isin(self.labels, torch.tensor(sorted(classes)))
        return Images(self.images[kept], self.labels[kept], None if self.factors is None else self.factors[kept])


# --- How each is read ---------------------------------------------------------------------------------------


def read_digits(info: DatasetInfo, split: Split) -> Images:
    """Read the file that sklearn.datasets.load_digits reads."""
    # Found without importing scikit-learn: that takes 140 MB, pandas and SciPy with it, in a web process that needs
    # none of them.
    sklearn = importlib.util.find_spec("sklearn")
    assert sklearn is not None
    assert sklearn.origin is not None
    table = np.loadtxt(
        Path(sklearn.origin).parent / "datasets" / "data" / "digits.csv.gz", delimiter=",", dtype=np.int64
    )
    # The split is part of the dataset, in a file: drawn anew, another version of a library could leak held-out digits
    # into shipped runs. It is train_test_split's, stratified, with random_state=0.
    lines = (Path(__file__).parent / "digits_split.txt").read_text().splitlines()
    rows = table[np.array(lines[split == "test"].split(), dtype=np.int64)]
    pixels = np.rint(rows[:, :-1] * (255 / 16)).astype(np.uint8).reshape(-1, *info.shape)  # 0 to 16
    return Images(torch.from_numpy(pixels), torch.from_numpy(rows[:, -1].copy()))


def read_shapes(info: DatasetInfo, split: Split) -> Images:
    """Draw the images of the shapes; the first ones of the sequence are for training."""
    factors = draw_factors(info.train_count + info.test_count)
    factors = factors[: info.train_count] if split == "train" else factors[info.train_count :]
    return Images(
        torch.from_numpy(draw_shapes(factors)),
        torch.from_numpy(factors[:, 0].astype(np.int64)),
        torch.from_numpy(factors.astype(np.float32)),
    )


def read_patches(info: DatasetInfo, split: Split) -> Images:
    """Cut the patches out of the photographs of a split."""
    count = info.train_count if split == "train" else info.test_count
    photographs = [photograph(*place) for place in PHOTOGRAPHS[split]]
    patches, labels = cut_patches(photographs, count, info.shape[1], info.colour)
    return Images(torch.from_numpy(patches), torch.from_numpy(labels))


def read_heartbeats(info: DatasetInfo, split: Split) -> Images:
    """Draw the heartbeats; the first ones of the sequence are for training."""
    beats, kinds = draw_beats(info.train_count + info.test_count, info.pixels)
    rows = slice(info.train_count) if split == "train" else slice(info.train_count, None)
    return Images(torch.from_numpy(beats_as_bytes(beats[rows])), torch.from_numpy(kinds[rows].astype(np.int64)))


def read_table(info: DatasetInfo, split: Split) -> Images:
    """Read the rows of a table, scaled by those for training; somebody's own only where whoever asks has it."""
    table = info.table()
    if table is None:
        raise DatasetMissing(absence(info.name))
    items, labels = (table.train, table.train_labels) if split == "train" else (table.held_out, table.held_out_labels)
    return Images(torch.from_numpy(items.copy()), torch.from_numpy(labels.copy()))  # the table is kept for the next


def read_own_patches(info: DatasetInfo, split: Split) -> Images:
    """Cut the patches out of the part of the picture that is for a split, where whoever asks has the picture."""
    picture = own.picture_of(info.name)
    if picture is None:
        raise DatasetMissing(absence(info.name))
    count = info.train_count if split == "train" else info.test_count
    part = own_patches.parts(picture.image)[split == "test"]
    patches, labels = cut_patches([part], count, info.shape[1], info.colour)
    return Images(torch.from_numpy(patches), torch.from_numpy(labels))


def read_documentation(info: DatasetInfo, split: Split) -> Images:
    """Count the words of the documentation of the installed packages; a document's class is its library."""
    chosen = documentation.documents(split)
    if len(chosen) != (info.train_count if split == "train" else info.test_count):
        raise DatasetDamaged(
            "Too little documentation is installed. Install the versions of requirements.txt, with their sources."
        )
    items = vectors_of([each.text for each in chosen], documentation.vocabulary())
    labels = [documentation.LIBRARIES.index(each.library) for each in chosen]
    return Images(torch.from_numpy(items), torch.tensor(labels))


def read_newsgroups(info: DatasetInfo, split: Split) -> Images:
    """Count the words of the messages that scikit-learn's loader reads from their file."""
    assert info.file is not None
    if not info.file.here.is_file():
        raise DatasetMissing(absence(info.name))
    try:
        texts, groups = newsgroups.messages(split)
        items = vectors_of(texts, newsgroups.vocabulary())
    except Exception as error:  # a damaged pickle raises anything
        raise DatasetDamaged(
            f"The file {info.file.here.name} of {info.title} is damaged. Download it again in the app or with "
            f"`python -m ae_core datasets --download {info.name}`."
        ) from error
    return Images(torch.from_numpy(items), torch.tensor(groups))


def read_idx(info: DatasetInfo, split: Split) -> Images:
    """Read the two IDX files of a split of MNIST or one of its relatives."""
    image_file, label_file = idx_files(info.name)[:2] if split == "train" else idx_files(info.name)[2:]
    images, labels = torch.from_numpy(image_file.read()), torch.from_numpy(label_file.read())
    images = images.reshape(-1, *info.shape)
    return Images(binarise(images, split) if info.binarised else images, labels.to(torch.int64))


def binarise(images: torch.Tensor, split: Split) -> torch.Tensor:
    """Make each pixel 0 or 255, 255 with its grey value as the probability; the draw is always the same."""
    generator = torch.Generator().manual_seed(0 if split == "train" else 1)
    draws = torch.randint(0, 255, images.shape, generator=generator, dtype=torch.uint8)
    return (images > draws).to(torch.uint8) * 255


def read_ecg5000(info: DatasetInfo, split: Split) -> Images:
    """Read the beats of ECG5000 from their file."""
    assert info.file is not None
    path = info.file.here
    remedy = f"in the app or with `python -m ae_core datasets --download {info.name}`"
    if not path.is_file():
        raise DatasetMissing(f"{info.title} is not on this machine. Download it {remedy}.")
    try:
        beats, kinds = ecg5000.read_beats(path)[split]
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise DatasetDamaged(f"The file {path.name} of {info.title} is damaged. Download it again {remedy}.") from error
    return Images(torch.from_numpy(beats_as_bytes(beats, *ecg5000.SHOWN)), torch.from_numpy(kinds))


# --- Which there are ----------------------------------------------------------------------------------------

_MNIST = DatasetInfo(
    name="mnist",
    title="MNIST",
    shape=(1, 28, 28),
    read=read_idx,
    script=taken_home.idx_script,
    train_count=60_000,
    test_count=10_000,
    class_names=tuple("0123456789"),
    about="70,000 handwritten digits from American forms (LeCun, Cortes & Burges, 1998).",
    ink_fill=20 / 28,
    folder="MNIST",
    compressed_bytes=(9_912_422, 28_881, 1_648_877, 4_542),
)

_PATCHES = DatasetInfo(
    name="patches16",
    title="Grey patches 16 × 16",
    shape=(1, 16, 16),
    read=read_patches,
    script=taken_home.patches_script,
    packages="numpy scikit-learn scikit-image",
    train_count=20_000,
    test_count=4_000,
    class_names=("level", "rising", "upright", "falling", "mixed"),
    about="24,000 squares cut from six photographs that come with scikit-learn and scikit-image, held-out ones from two that "
    "training never sees. Whitened first, so that fine detail counts as much as light and shade (Olshausen & Field, 1996). "
    "Classes: how the edges run.",
    ink_fill=None,
)
_COLOUR_PATCHES = replace(
    _PATCHES,
    name="patches16_colour",
    title="Colour patches 16 × 16",
    shape=(3, 16, 16),
    about="24,000 squares cut from six photographs that come with scikit-learn and scikit-image, as they are, held-out ones "
    "from two that training never sees. Classes: how the edges run.",
)

_HEARTBEATS = DatasetInfo(
    name="heartbeats",
    title="Heartbeats",
    shape=(1, 140, 1),
    read=read_heartbeats,
    script=taken_home.heartbeats_script,
    packages="numpy",
    train_count=4_000,
    test_count=1_000,
    class_names=KINDS,
    about="5,000 beats of an electrocardiogram, made by the equations of McSharry et al. (2003): six in ten normal, the "
    "others of four strange kinds.",
    ink_fill=None,
    kind="series",
    unit="numbers",
    items="beats",
)

_FORMS = ("ellipse", "triangle", "square", "star", "heart")


class _Datasets(dict[str, DatasetInfo]):
    """The data sets that the lab knows, by name; those of own pictures are found by theirs, and are not listed."""

    def __missing__(self, name: str) -> DatasetInfo:
        if own_table.is_table(name):
            return _own_table_info(name)
        if not own_patches.is_patches(name):
            raise KeyError(name)
        return _own_info(self[own_patches.kind_in(name)], name)

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or own.is_own(name)


def _own_info(like: DatasetInfo, name: str) -> DatasetInfo:
    """Describe the patches of an own picture; nobody needs to have it for that."""
    train, held_out = own_patches.TRAIN_COUNT, own_patches.TEST_COUNT
    how = "as they are" if like.colour else "whitened first, as Olshausen & Field (1996) did"
    return replace(
        like,
        name=name,
        title=f"{like.title} of picture {own_patches.digest_in(name)[:4]}",
        read=read_own_patches,
        script=taken_home.own_patches_script,
        packages="numpy",
        train_count=train,
        test_count=held_out,
        about=f"{train + held_out:,} squares cut from one picture of a visitor's, {how}: {train:,} from its first three quarters "
        f"along the longer side, and {held_out} held-out ones from the last quarter, which training never sees. They are more "
        "alike than those of two pictures would be. Classes: how the edges run.",
    )


def _own_table_info(name: str) -> DatasetInfo:
    """Describe an own table; the names of its columns and classes are known to whoever has it."""
    columns, train, held_out, classes = own_table.sizes_in(name)
    table = own.table_of(name)
    return DatasetInfo(
        name=name,
        title=f"Table {own_table.digest_in(name)[:4]}",
        shape=(1, 1, columns),
        read=read_table,
        table=lambda: found.table if (found := own.table_of(name)) else None,
        script=taken_home.own_table_script,
        packages="safetensors",
        train_count=train,
        test_count=held_out,
        class_names=table.class_names if table else tuple(f"class {number + 1}" for number in range(classes)),
        about=f"{train + held_out:,} rows of a visitor's table: {train:,} to learn from, and {held_out:,} held-out ones, which "
        "training never sees. Numbers are standardised by the rows to learn from; each category is a column of 0 and 1.",
        ink_fill=None,
        kind="table",
        unit="columns",
        items="rows",
        columns=table.columns if table else (),
    )


INFO: dict[str, DatasetInfo] = _Datasets(
    (info.name, info)
    for info in (
        DatasetInfo(
            name="digits",
            title="Digits",
            shape=(1, 8, 8),
            read=read_digits,
            script=taken_home.digits_script,
            packages="scikit-learn",
            train_count=1437,
            test_count=360,
            class_names=tuple("0123456789"),
            about="1,797 tiny handwritten digits (Alpaydin & Kaynak, 1998, UCI), bundled with scikit-learn.",
        ),
        DatasetInfo(
            name="shapes",
            title="Shapes",
            shape=(3, 32, 32),
            read=read_shapes,
            script=taken_home.shapes_script,
            packages="numpy",
            train_count=8_000,
            test_count=2_000,
            class_names=_FORMS,
            about="10,000 forms in colour, drawn by the lab: their kind, hue, size, place and turn are known.",
            ink_fill=None,
            factors=(
                Factor("kind", values=_FORMS),
                Factor("hue", "degrees"),
                Factor("size", "pixels"),
                Factor("across", "pixels"),
                Factor("down", "pixels"),
                Factor("turn", "degrees"),
            ),
        ),
        _PATCHES,
        replace(_PATCHES, name="patches8", title="Grey patches 8 × 8", shape=(1, 8, 8)),
        _COLOUR_PATCHES,
        replace(_COLOUR_PATCHES, name="patches8_colour", title="Colour patches 8 × 8", shape=(3, 8, 8)),
        _MNIST,
        DatasetInfo(
            name="fashion",
            title="Fashion-MNIST",
            shape=(1, 28, 28),
            read=read_idx,
            script=taken_home.idx_script,
            train_count=60_000,
            test_count=10_000,
            class_names=(
                "T-shirt/top",
                "Trouser",
                "Pullover",
                "Dress",
                "Coat",
                "Sandal",
                "Shirt",
                "Sneaker",
                "Bag",
                "Ankle boot",
            ),
            about="70,000 pictures of clothes from the shop Zalando (Xiao, Rasul & Vollgraf, 2017).",
            ink_fill=None,
            folder="FashionMNIST",
            compressed_bytes=(26_421_880, 29_515, 4_422_102, 5_148),
        ),
        DatasetInfo(
            name="kmnist",
            title="KMNIST",
            shape=(1, 28, 28),
            read=read_idx,
            script=taken_home.idx_script,
            train_count=60_000,
            test_count=10_000,
            class_names=(
                "お o",
                "き ki",
                "す su",
                "つ tsu",
                "な na",
                "は ha",
                "ま ma",
                "や ya",
                "れ re",
                "を wo",
            ),
            about="70,000 cursive hiragana from classical Japanese books (Clanuwat et al., 2018, CODH).",
            folder="KMNIST",
            compressed_bytes=(18_165_135, 29_497, 3_041_136, 5_120),
        ),
        replace(
            _MNIST,
            name="binary",
            title="Binarised MNIST",
            about="MNIST with each pixel drawn black or white once, as probable as it is light (Salakhutdinov & Murray, "
            "2008): here a likelihood in nats is a true one. It uses MNIST's files.",
            binarised=True,
        ),
        DatasetInfo(
            name="documentation",
            title="Documentation",
            shape=(1, 1, WORDS),
            read=read_documentation,
            script=taken_home.documentation_script,
            packages="numpy scipy scikit-learn scikit-image networkx pandas",
            train_count=documentation.TRAIN_COUNT,
            test_count=documentation.TEST_COUNT,
            class_names=documentation.LIBRARIES,
            about="6,000 docstrings of the scientific packages that the lab runs on, as counts of 2,000 words. Classes: the "
            "packages.",
            ink_fill=None,
            kind="text",
            unit="words",
            items="documents",
        ),
        DatasetInfo(
            name="newsgroups",
            title="20 Newsgroups",
            shape=(1, 1, WORDS),
            read=read_newsgroups,
            script=taken_home.newsgroups_script,
            packages="numpy scikit-learn",
            train_count=11_314,
            test_count=7_532,
            class_names=newsgroups.GROUPS,
            about="18,846 messages of twenty newsgroups of 1993 (Lang, 1995), as counts of 2,000 words, without their headers, "
            "footers and quotes; held out are the later ones.",
            ink_fill=None,
            compressed_bytes=(14_464_277,),
            kind="text",
            unit="words",
            items="messages",
            file=OneFile(newsgroups.FILE, newsgroups.ADDRESS, newsgroups.made_of),
        ),
        _HEARTBEATS,
        replace(
            _HEARTBEATS,
            name="ecg5000",
            title="ECG5000",
            read=read_ecg5000,
            script=taken_home.ecg5000_script,
            train_count=ecg5000.TRAIN,
            test_count=ecg5000.TEST,
            class_names=("normal", "strange"),
            about="5,000 heartbeats from twenty hours of one patient (Chen et al. 2015, UCR archive); only normal ones are for "
            "training. Each number is scaled by the training beats.",
            file=OneFile(ecg5000.FILE, ecg5000.ADDRESS, ecg5000.made_of),
            compressed_bytes=(11_000_000,),
        ),
        DatasetInfo(
            name="cancer",
            title="Breast cancer",
            shape=(1, 1, len(cancer.COLUMNS)),
            read=read_table,
            table=cancer.cancer_table,
            script=taken_home.cancer_script,
            packages="scikit-learn",
            train_count=426,
            test_count=143,
            class_names=cancer.CLASSES,
            about="569 tumours by thirty measures of their cells' nuclei (Wolberg, Street & Mangasarian, 1993, UCI), bundled with "
            "scikit-learn. Of each the logarithm, standardised by the tumours for training.",
            ink_fill=None,
            kind="table",
            unit="columns",
            items="tumours",
            columns=cancer.COLUMNS,
        ),
        DatasetInfo(
            name="payments",
            title="Card payments",
            shape=(1, 1, len(payments.COLUMNS)),
            read=read_table,
            table=payments.payments_table,
            script=taken_home.payments_script,
            packages="numpy",
            train_count=25_906,
            test_count=26_058,
            class_names=("genuine", "fraud"),
            about="Two weeks of payments by card, simulated after the Fraud Detection Handbook (Le Borgne et al., 2022): nine in a "
            "thousand are fraud. Each is described by itself, by its customer's habits and by its terminal's past, standardised "
            "by the week for training.",
            ink_fill=None,
            kind="table",
            unit="columns",
            items="payments",
            columns=payments.COLUMNS,
        ),
    )
)


def on_disk(name: str) -> bool:
    """Return whether every file of the dataset is here in its right size, by reading next to nothing.

    Patches of an own picture are here for whoever has the picture.
    """
    if own.is_own(name):
        return name in own.held()
    if (file := _info(name).file) is not None:
        return file.here.is_file()
    return all(file.source() is not None for file in idx_files(name))


MAIN = "mnist"  # what the lab is made for
BUNDLED = "digits"  # what is here in any case


def default_dataset() -> str:
    """Return :data:`MAIN` where its files are here, else :data:`BUNDLED`."""
    return MAIN if on_disk(MAIN) else BUNDLED


def available() -> list[str]:
    """Return the names of the datasets that can be loaded without a download, in their usual order.

    Those of own pictures come last, for whoever has the pictures.
    """
    return [*(name for name in INFO if on_disk(name)), *own.held()]


def others_like(name: str) -> list[str]:
    """Return the other data sets that are here and of the same kind, whose items a model of this one can be shown.

    Those of own pictures are not among them. The columns of one table say nothing in another's place.
    """
    kind = _info(name).kind
    if not _info(name).has_neighbours:
        return []
    return [other for other in INFO if other != name and INFO[other].kind == kind and on_disk(other)]


def absence(name: str) -> str:
    """Say of a data set that its images are not here, and what to do about it."""
    title = _info(name).title
    if own_table.is_table(name):
        return (
            f"{title} is a table that this visit does not have: it is kept for the visit in which it was uploaded, and is in no "
            "link. Upload the same file on Tables, with the same columns, and its rows are the same again."
        )
    if own_patches.is_patches(name):
        return (
            f"{title} are cut from a picture that this visit does not have: it is kept for the visit in which it was taken, and "
            "in no link. Take the same picture on Photos and ask for its patches there, and they are the same again."
        )
    return f"The images of {title} are not on this machine; the Train page can fetch them."


def load(name: str, split: Split) -> Images:
    """Read one split of a dataset; the files of the other split are not touched.

    Args:
        name: one of :data:`INFO`.
        split: "train" or "test".

    Returns:
        Images of shape (N, C, H, W), with the N and shape that :data:`INFO` gives.

    Raises:
        DatasetMissing: the dataset has not been downloaded, or there is none of that name.
        DatasetDamaged: a file is truncated, garbled or unreadable.
    """
    if split not in ("train", "test"):
        raise ValueError(f"split must be 'train' or 'test', not {split!r}")
    info = _info(name)
    return info.read(info, split)


def _info(name: str) -> DatasetInfo:
    if name not in INFO:
        raise DatasetMissing(f"There is no dataset named {name!r}; choose one of {', '.join(INFO)}.")
    return INFO[name]


# --- The IDX files of MNIST and its relatives ---------------------------------------------------------------
#
# torchvision.datasets.MNIST reads these too, but importing it costs 1.5 s and 70 MB in every process, and the
# format is a header and then the bytes. The tests hold this reader to torchvision's.


@dataclass(frozen=True)
class IdxFile:
    """One IDX file of unsigned bytes: a magic number, the dimensions (big-endian), then the bytes."""

    info: DatasetInfo
    path: Path  # uncompressed; the compressed file stands beside it as .gz
    shape: tuple[int, ...]
    limit: int  # every byte is below this
    compressed_bytes: int

    @property
    def gz_path(self) -> Path:
        """The compressed file."""
        return self.path.with_name(self.path.name + ".gz")

    @property
    def header(self) -> bytes:
        """The bytes that the file begins with: its magic number and dimensions."""
        # 0x08 says unsigned byte; after it the number of dimensions, and each of them as 32 bits.
        return bytes([0, 0, 8, len(self.shape)]) + b"".join(n.to_bytes(4, "big") for n in self.shape)

    @property
    def size(self) -> int:
        """Bytes of the uncompressed file."""
        return len(self.header) + math.prod(self.shape)

    def source(self) -> Path | None:
        """Return the file to read: the uncompressed one, else the .gz; None when neither has the right size."""
        try:
            if self.path.is_file() and self.path.stat().st_size == self.size:
                return self.path
            if self.gz_path.is_file() and _unpacked_size(self.gz_path) == self.size % 2**32:
                return self.gz_path
        except OSError:  # such as a folder that may not be entered
            pass
        return None

    def read(self) -> npt.NDArray[np.uint8]:
        """Read the bytes of the file into an array of ``shape``.

        Raises:
            DatasetMissing: neither form of the file is here.
            DatasetDamaged: it is truncated, garbled or unreadable.
        """
        source = self.source()
        if source is None:
            raise self._absent()
        array = np.empty(self.shape, np.uint8)
        try:
            with gzip.open(source) if source == self.gz_path else source.open("rb") as file:
                header = file.read(len(self.header))
                filled = file.readinto(array.data.cast("B"))
                file.read(1)  # makes gzip reach the end, where it compares checksums
        except (OSError, EOFError, zlib.error) as error:
            why = getattr(error, "strerror", None) or error  # strerror: without the path
            raise self._damaged(source, f"it cannot be read ({why})") from error
        if header != self.header:
            raise self._damaged(source, "it does not begin as such a file must")
        if filled != array.size:
            raise self._damaged(source, "it ends too early")
        if array.max() >= self.limit:
            raise self._damaged(source, f"it holds a class above {self.limit - 1}")
        return array

    def _absent(self) -> LabError:
        for path, holds in ((self.path, "hold"), (self.gz_path, "unpack to")):
            if os.path.exists(path):
                return self._damaged(path, f"it does not {holds} the {self.size:,} bytes it should")
        return DatasetMissing(f"{self.info.title} is not on this machine. Download it {self._remedy}.")

    def _damaged(self, path: Path, how: str) -> DatasetDamaged:
        return DatasetDamaged(
            f"The file {path.name} of {self.info.title} is damaged: {how}. Download it again {self._remedy}."
        )

    @property
    def _remedy(self) -> str:
        command = f"python -m ae_core datasets --download {self.info.name}"
        return f"in the app or with `{command}`"


def idx_files(name: str) -> tuple[IdxFile, ...]:
    """Return the files of a dataset: training images and labels, test images and labels; none for a bundled dataset."""
    info = _info(name)
    if not info.folder:
        return ()
    raw = data_dir() / info.folder / "raw"
    classes = len(info.class_names)
    parts = [
        ("train-images-idx3-ubyte", (info.train_count, *info.shape[1:]), 256),
        ("train-labels-idx1-ubyte", (info.train_count,), classes),
        ("t10k-images-idx3-ubyte", (info.test_count, *info.shape[1:]), 256),
        ("t10k-labels-idx1-ubyte", (info.test_count,), classes),
    ]
    return tuple(
        IdxFile(info, raw / filename, shape, limit, compressed)
        for (filename, shape, limit), compressed in zip(parts, info.compressed_bytes, strict=True)
    )


def _unpacked_size(path: Path) -> int:
    """Return what a gzip file says it unpacks to, in bytes modulo 2³² (RFC 1952): its last four bytes."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 4))
        return int.from_bytes(file.read(4), "little")
