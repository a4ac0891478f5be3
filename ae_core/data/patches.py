"""Cut the ``patches`` data sets: small squares of photographs that come inside scikit-learn and scikit-image.

Nothing is downloaded. Training and held-out patches are of different photographs. The class of a patch is the way its
edges run. A sparse code of such patches finds edges of its own (Olshausen & Field 1996, Emergence of simple-cell
receptive field properties by learning a sparse code for natural images); for that they whiten the photographs first, and
so are the grey patches here.

The photographs, their makers and what they are free for, as the two packages say:

- astronaut, a portrait of Eileen Collins: NASA, public domain
- chelsea, a cat: Stefan van der Walt, CC0
- coffee, a cup: Rachel Michetti, CC0
- rocket, a Falcon 9 before its start: SpaceX, public domain
- china, a pagoda: danielbuechele on Flickr, CC BY 2.0
- flower, a dahlia: vultilion on Flickr, CC BY 2.0

Take-home scripts carry the source of these functions, so they use NumPy and Pillow and nothing of the lab.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image

#: By split, the package and the file in it.
PHOTOGRAPHS = {
    "train": [
        ("skimage", "data/astronaut.png"),
        ("skimage", "data/chelsea.png"),
        ("sklearn", "datasets/images/china.jpg"),
        ("sklearn", "datasets/images/flower.jpg"),
    ],
    "test": [("skimage", "data/coffee.png"), ("skimage", "data/rocket.jpg")],
}


def photograph(package: str, file: str) -> Image.Image:
    """Read a photograph of a package, and halve its sides: what a camera or JPEG added between neighbours averages out."""
    # The package is found without being imported, which would take a web process 140 MB.
    found = importlib.util.find_spec(package)
    assert found is not None
    assert found.origin is not None
    with Image.open(Path(found.origin).parent / file) as picture:
        return picture.convert("RGB").reduce(2)


def whiten(grey: np.ndarray) -> np.ndarray:
    """Filter a grey photograph (H, W) so that all of its frequencies are about equally strong.

    Nearby pixels of a photograph are alike, so its low frequencies outweigh all others. The filter is Olshausen &
    Field's, ``f exp(-(f / f0)**4)``: it rises with the frequency ``f``, and falls where there is but noise.

    Returns:
        (H, W), its mean 0 and its standard deviation 1.
    """
    around = np.pad(
        grey, 16, mode="symmetric"
    )  # as a Fourier transform takes the right edge for the left one's neighbour
    frequency = np.hypot(np.fft.fftfreq(around.shape[0])[:, None], np.fft.fftfreq(around.shape[1]))  # cycles a pixel
    filtered = np.fft.ifft2(np.fft.fft2(around) * frequency * np.exp(-((frequency / 0.4) ** 4))).real[16:-16, 16:-16]
    return (filtered - filtered.mean()) / filtered.std()


def directions(grey: np.ndarray) -> np.ndarray:
    """Tell in which direction the edges of grey patches (N, side, side) run.

    By the structure tensor: the outer product of the gradient with itself, summed over a patch. Its eigenvectors are the
    directions across and along the edges, and the difference of its eigenvalues says how far the edges agree.

    Returns:
        int64 (N,): 0 level, 1 rising to the right, 2 upright, 3 falling to the right, each within 22.5 degrees; 4 where the
        edges have no direction in common.
    """
    down, across = np.gradient(grey, axis=(1, 2))
    even = (across**2 - down**2).sum((1, 2))
    odd = 2 * (across * down).sum((1, 2))
    total = (across**2 + down**2).sum((1, 2))
    along = np.arctan2(-odd, even) / 2 + np.pi / 2  # of the edges, anticlockwise from level; rows count downwards
    quarter = np.floor(along / (np.pi / 4) + 0.5).astype(np.int64) % 4
    return np.where(np.hypot(even, odd) < 0.4 * total, 4, quarter)


def busy_places(white: np.ndarray, side: int) -> np.ndarray:
    """Return the places of patches that vary at least half as much as the whole whitened photograph does.

    Row by row, as the windows of all rows at once take a hundred times the memory.

    Args:
        white: the whitened photograph, (H, W).
        side: of a patch, in pixels.

    Returns:
        int (N, 2): the top and left of each, in the order of the rows.
    """
    rows = range(white.shape[0] - side + 1)
    spread = [sliding_window_view(white[top : top + side], (side, side)).std((2, 3))[0] for top in rows]
    return np.argwhere(np.array(spread) >= 0.5)


def cut_patches(photographs: list[Image.Image], count: int, side: int, colour: bool) -> tuple[np.ndarray, np.ndarray]:
    """Cut patches of ``side`` x ``side`` pixels, as many from each photograph and no two from one place.

    Flat sky teaches nothing: a place is drawn from the :func:`busy_places`, of which there have to be enough.

    Args:
        photographs: in red, green and blue.
        count: how many; a multiple of the number of photographs.
        side: of a patch, in pixels.
        colour: whether they are cut from the photographs as they are; otherwise from the whitened ones in grey, where 0 is
            a middle grey, and four standard deviations of the photograph are black and white.

    Returns:
        uint8 (count, 3 or 1, side, side) in random order, and int64 (count,): the direction of each by ``directions``.
    """
    random = np.random.RandomState(0)  # NumPy promises this stream never to change
    patches, labels = [], []
    for photo in photographs:
        grey = np.asarray(photo.convert("L")) / 255
        white = whiten(grey)
        busy = busy_places(white, side)
        top, left = busy[random.permutation(len(busy))[: count // len(photographs)]].T
        if colour:
            pixels = np.asarray(photo).transpose(2, 0, 1)
        else:
            pixels = np.rint(np.clip(white / 8 + 0.5, 0, 1) * 255).astype(np.uint8)[None]
        patches.append(sliding_window_view(pixels, (side, side), axis=(1, 2))[:, top, left].transpose(1, 0, 2, 3))
        labels.append(directions(sliding_window_view(grey, (side, side))[top, left]))
    order = random.permutation(count)
    return np.concatenate(patches)[order], np.concatenate(labels)[order]
