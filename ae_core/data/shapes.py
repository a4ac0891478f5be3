"""Draw the ``shapes`` data set: forms of known kind, hue, size, place and turn, 32 x 32 pixels in colour.

Nothing is downloaded. As it is known what each image was made of, one can ask which number of a code follows which of
these factors; dSprites (Matthey et al. 2017) was made for the same question.

Take-home scripts carry the source of both functions, so they use NumPy and nothing of the lab.
"""

from __future__ import annotations

import numpy as np


def draw_factors(count: int) -> np.ndarray:
    """Draw what each image is made of: six factors, independent of each other and uniform.

    Args:
        count: how many images; the first rows of a longer table are those of a shorter one.

    Returns:
        (count, 6): kind 0 to 4 (ellipse, triangle, square, star, heart), hue from 0 (red) to 240 (blue) degrees,
        size 4.5 to 8.5 pixels, then how far the centre lies to the right and how far down, -5.5 to 5.5 pixels from the
        middle, and a turn of -30 to 30 degrees clockwise. Within these limits no two rows make the same image.
    """
    draws = np.random.RandomState(0).random_sample((count, 6))  # NumPy promises this stream never to change
    low = np.array([0.0, 0.0, 4.5, -5.5, -5.5, -30.0])
    high = np.array([5.0, 240.0, 8.5, 5.5, 5.5, 30.0])
    factors = low + (high - low) * draws
    factors[:, 0] = np.floor(factors[:, 0])
    return factors


def draw_shapes(factors: np.ndarray) -> np.ndarray:
    """Draw an image of 32 x 32 pixels for each row of ``factors``.

    A form is where its signed distance (of a point to its edge, in pixels) is below zero. It fades into the black
    ground half a pixel to either side of the edge.

    Args:
        factors: (N, 6), as ``draw_factors`` gives them.

    Returns:
        uint8 (N, 3, 32, 32): red, green, blue.
    """

    def ellipse(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        across, down = x / 1.15, y / 0.65
        level, steepness = np.hypot(across, down), np.hypot(across / 1.15, down / 0.65)
        return level * (level - 1) / np.maximum(steepness, 1e-9)

    def pointed(x: np.ndarray, y: np.ndarray, points: int, tip: float, waist: float) -> np.ndarray:
        # folded into the sector between a tip and a waist, the edge of such a form is one straight line
        sector = np.pi / points
        angle = np.abs((np.arctan2(x, -y) + sector) % (2 * sector) - sector)
        along, off = np.hypot(x, y) * np.cos(angle) - tip, np.hypot(x, y) * np.sin(angle)
        run, rise = waist * np.cos(sector) - tip, waist * np.sin(sector)
        return (along * rise - off * run) / np.hypot(run, rise)

    def heart(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        # two half discs on a square that stands on its corner; across and up count in the square's half diagonals
        across, up = np.abs(x) / 1.8, 0.65 - y / 1.8
        disc = np.hypot(across - 0.25, up - 0.75) - np.sqrt(0.125)
        side = np.maximum(across + up, 0) / 2
        corner = np.minimum(np.hypot(across, up - 1), np.hypot(across - side, up - side))
        return 1.8 * np.where(across + up > 1, disc, corner * np.sign(across - up))

    kinds = (
        ellipse,
        lambda x, y: pointed(x, y, 3, 1.25, 0.625),
        lambda x, y: np.maximum(np.abs(x), np.abs(y)) - 0.85,
        lambda x, y: pointed(x, y, 5, 1.2, 0.5),
        heart,
    )
    images = np.empty((len(factors), 3, 32, 32), np.uint8)
    pixel = np.arange(32) - 15.5
    for kind, distance in enumerate(kinds):
        rows = np.flatnonzero(factors[:, 0] == kind)
        for some in np.split(rows, range(250, len(rows), 250)):  # a block fits the processor's cache
            hue, size, right, down, turn = factors[some, 1:].T[:, :, None, None]
            across, along = pixel - right, pixel[:, None] - down
            cosine, sine = np.cos(np.deg2rad(turn)), np.sin(np.deg2rad(turn))
            x, y = (across * cosine + along * sine) / size, (along * cosine - across * sine) / size
            cover = np.clip(0.5 - size * distance(x, y), 0, 1)
            # red, green and blue fade into each other along the hue, none of them below a fifth of white
            primary = np.array([0.0, 120.0, 240.0]).reshape(3, 1, 1)
            colour = np.clip(2 - np.abs(hue[:, None] - primary) / 60, 0.2, 1)
            images[some] = (255 * cover[:, None] * colour + 0.5).astype(np.uint8)
    return images
