"""The code that reads each data set, for scripts and notebooks that are taken home.

Each function returns code that does what its namesake among the readers of :mod:`ae_core.data.datasets` does, and makes
``train`` and ``held_out`` of it; with ``labelled`` their classes, too: see :attr:`ae_core.data.datasets.DatasetInfo.script`.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from ae_core.data import ecg5000, own, own_patches
from ae_core.data.heartbeats import beats_as_bytes, draw_beats
from ae_core.data.patches import PHOTOGRAPHS, busy_places, cut_patches, directions, photograph, whiten
from ae_core.data.shapes import draw_factors, draw_shapes
from ae_core.data.tables import cancer, own_table, payments
from ae_core.data.tables.scaling import Scaling
from ae_core.data.words import scripts

if TYPE_CHECKING:  # the list of data sets takes these functions, which read nothing but one of its entries
    from ae_core.data.datasets import DatasetInfo


def digits_script(info: DatasetInfo, labelled: bool) -> str:
    """Return the code that does what ``read_digits`` does."""
    code = """
digits = load_digits()
images = torch.from_numpy(np.rint(digits.images * (255 / 16)).astype(np.uint8))[:, None]  # (1797, 1, 8, 8)
chosen, kept = train_test_split(np.arange(len(images)), test_size=0.2, stratify=digits.target, random_state=0)
train, held_out = images[chosen], images[kept]
"""
    return (
        code
        + "labels, held_out_labels = (torch.from_numpy(digits.target[rows]) for rows in (chosen, kept))\n" * labelled
    )


def shapes_script(info: DatasetInfo, labelled: bool) -> str:
    """Return the code that does what ``read_shapes`` does."""
    drawn = f"""
factors = draw_factors({info.train_count + info.test_count})
images = torch.from_numpy(draw_shapes(factors))  # uint8 (N, 3, 32, 32)
train, held_out = images[:{info.train_count}], images[{info.train_count}:]
"""
    if labelled:
        drawn += f"labels, held_out_labels = torch.from_numpy(factors[:, 0]).split([{info.train_count}, {info.test_count}])\n"
    return "\n\n".join((inspect.getsource(draw_factors), inspect.getsource(draw_shapes), drawn.lstrip()))


def patches_script(info: DatasetInfo, labelled: bool) -> str:
    """Return the code that does what ``read_patches`` does."""
    functions = (inspect.getsource(each) for each in (photograph, whiten, directions, busy_places, cut_patches))
    photographs = "\n".join(
        f"{name} = [photograph(*place) for place in {PHOTOGRAPHS[split]!r}]"
        for name, split in (("photographs", "train"), ("others", "test"))
    )
    side, colour = info.shape[1], info.colour
    cut = f"""
train, labels = map(torch.from_numpy, cut_patches(photographs, {info.train_count}, {side}, {colour}))
held_out, held_out_labels = map(torch.from_numpy, cut_patches(others, {info.test_count}, {side}, {colour}))
"""
    return "\n\n".join((*functions, photographs + cut))


def heartbeats_script(info: DatasetInfo, labelled: bool) -> str:
    """Return the code that does what ``read_heartbeats`` does."""
    drawn = f"""
beats, kinds = draw_beats({info.train_count + info.test_count}, {info.pixels})
beats = torch.from_numpy(beats_as_bytes(beats))  # uint8 (N, 1, {info.pixels}, 1)
train, held_out = beats[:{info.train_count}], beats[{info.train_count}:]
"""
    if labelled:
        drawn += f"labels, held_out_labels = torch.from_numpy(kinds).split([{info.train_count}, {info.test_count}])\n"
    return "\n\n".join((inspect.getsource(draw_beats), inspect.getsource(beats_as_bytes), drawn.lstrip()))


def ecg5000_script(info: DatasetInfo, labelled: bool) -> str:
    """Return the code that does what ``read_ecg5000`` does, from the file that the lab keeps."""
    code = f"""
FILE = Path(os.environ.get("AE_DATA_DIR", "data")) / "{ecg5000.FILE}"  # the lab makes it of {ecg5000.ADDRESS}
with np.load(FILE) as stored:
    train, held_out = (torch.from_numpy(beats_as_bytes(stored[part], *{ecg5000.SHOWN})) for part in ("train", "test"))
    strange = stored["test_anomalous"]
"""
    if labelled:
        code += "labels = torch.zeros(len(train), dtype=torch.int64)\nheld_out_labels = torch.from_numpy(strange.astype(np.int64))\n"
    return "\n\n".join((inspect.getsource(beats_as_bytes), code.lstrip()))


def cancer_script(info: DatasetInfo, labelled: bool) -> str:
    """Return the code that does what ``read_table`` does of the tumours."""
    code = f"""
table = load_breast_cancer()
chosen, kept = train_test_split(np.arange(len(table.data)), test_size=0.25, stratify=table.target, random_state=0)
scaling = Scaling.fit(table.data[chosen], tuple(range({info.pixels})), limit={cancer.LIMIT})
items = torch.from_numpy(scaling.transform(table.data))  # uint8 (569, 1, 1, {info.pixels})
train, held_out = items[chosen], items[kept]
"""
    if labelled:
        code += "labels, held_out_labels = (torch.from_numpy(table.target[rows]) for rows in (chosen, kept))\n"
    return f"{inspect.getsource(Scaling)}\n\n{code.lstrip()}"


def payments_script(info: DatasetInfo, labelled: bool) -> str:
    """Return the code that does what ``read_table`` does of the payments."""
    functions = (payments.simulate_payments, payments.describe_payments, payments.split_payments)
    code = f"""
payments = simulate_payments()
features = describe_payments(payments)
chosen, kept = split_payments(payments["second"])
scaling = Scaling.fit(features[chosen], flags={payments.FLAGS}, limit={payments.LIMIT})
items = torch.from_numpy(scaling.transform(features))  # uint8 (N, 1, 1, {info.pixels})
train, held_out = items[chosen], items[kept]
"""
    if labelled:
        code += 'labels, held_out_labels = (torch.from_numpy(payments["fraud"][rows]).clamp(max=1) for rows in (chosen, kept))\n'
    return "\n\n".join((inspect.getsource(Scaling), *(inspect.getsource(each) for each in functions), code.lstrip()))


def documentation_script(info: DatasetInfo, labelled: bool) -> str:
    """Return the code that does what ``read_documentation`` does."""
    return scripts.documentation_code(labelled)


def newsgroups_script(info: DatasetInfo, labelled: bool) -> str:
    """Return the code that does what ``read_newsgroups`` does."""
    return scripts.newsgroups_code(labelled)


def idx_script(info: DatasetInfo, labelled: bool) -> str:
    """Return the code that does what ``read_idx`` does, by torchvision."""
    code = f"""
folder = os.environ.get("AE_DATA_DIR", "data")
train = datasets.{info.folder}(folder, train=True, download=True).data[:, None]  # uint8 (60000, 1, 28, 28)
held_out = datasets.{info.folder}(folder, train=False, download=True).data[:, None]
"""
    if labelled:
        code += f"labels, held_out_labels = (datasets.{info.folder}(folder, train=part).targets for part in (True, False))\n"
    return code + _BINARISED * info.binarised


_BINARISED = '''

def binarised(images: Tensor, seed: int) -> Tensor:
    """Each pixel black or white, white with its grey value as the probability (Salakhutdinov & Murray 2008)."""
    draws = torch.randint(0, 255, images.shape, generator=torch.Generator().manual_seed(seed), dtype=torch.uint8)
    return (images > draws).to(torch.uint8) * 255


train, held_out = binarised(train, 0), binarised(held_out, 1)
'''


def _file_beside(info: DatasetInfo, what: str) -> str:
    """Return the code that names the file which an own data set is made of, and ends where it does not lie beside."""
    return f"""
FILE = "{own.file_name(info.name)}"  # The lab gives it beside this script: a {what} is in no script. Put it into the folder you run this in.
if not Path(FILE).is_file():
    raise SystemExit(f"Put {{FILE}} into this folder first. The lab gives it where this script came from.")
""".strip()


def own_table_script(info: DatasetInfo, labelled: bool) -> str:
    """Return the code that does what ``read_table`` does, from the table's file beside the script."""
    code = f"""
{_file_beside(info, "table")}
with safe_open(FILE, "np") as file:
    names = file.metadata()["names"]
    table = {{name: file.get_tensor(name) for name in file.keys()}}
if digest_of(table, names) != "{own_table.digest_in(info.name)}":
    raise SystemExit(f"{{FILE}} is another table than the one that this run learned from.")
train, held_out = (torch.from_numpy(table[split]) for split in ("train", "held_out"))
"""
    if labelled:
        code += 'labels, held_out_labels = (torch.from_numpy(table[f"{split}_labels"]) for split in ("train", "held_out"))\n'
    return f"{inspect.getsource(own_table.digest_of)}\n\n{code.lstrip()}"


def own_patches_script(info: DatasetInfo, labelled: bool) -> str:
    """Return the code that does what ``read_own_patches`` does, from the picture's file beside the script."""
    used = (own_patches.digest_of, own_patches.parts, whiten, directions, busy_places, cut_patches)
    side, colour, digest = info.shape[1], info.colour, own_patches.digest_in(info.name)
    cut = f"""
{_file_beside(info, "picture")}
picture = Image.open(FILE).convert("RGB")
if digest_of(picture) != "{digest}":
    raise SystemExit(f"{{FILE}} is another picture than the one that this run learned from.")
train_part, held_out_part = parts(picture)
train, labels = map(torch.from_numpy, cut_patches([train_part], {info.train_count}, {side}, {colour}))
held_out, held_out_labels = map(torch.from_numpy, cut_patches([held_out_part], {info.test_count}, {side}, {colour}))
"""
    return "\n\n".join((*(inspect.getsource(each) for each in used), cut.lstrip()))
