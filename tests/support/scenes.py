"""Pictures of handwriting and shapes as visitors take them, with the true ink beside each: paper, tables, screenshots."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from scipy import ndimage

# Each digit as strokes: points in a box of 1 x 1, x to the right and y down.
STROKES = {
    0: [[(0.5, 0), (0.15, 0.2), (0.1, 0.6), (0.3, 0.95), (0.6, 1), (0.85, 0.75), (0.85, 0.3), (0.5, 0)]],
    1: [[(0.3, 0.2), (0.55, 0), (0.5, 1)]],
    2: [[(0.15, 0.25), (0.4, 0), (0.75, 0.1), (0.75, 0.4), (0.1, 1), (0.9, 0.95)]],
    3: [[(0.15, 0.05), (0.8, 0.1), (0.45, 0.45), (0.85, 0.7), (0.5, 1), (0.1, 0.9)]],
    4: [[(0.45, 0), (0.1, 0.6), (0.9, 0.6)], [(0.65, 0.3), (0.6, 1)]],
    5: [[(0.8, 0), (0.25, 0.02), (0.2, 0.45), (0.65, 0.45), (0.8, 0.75), (0.5, 1), (0.1, 0.9)]],
    6: [[(0.7, 0), (0.25, 0.4), (0.15, 0.8), (0.45, 1), (0.8, 0.8), (0.6, 0.5), (0.2, 0.65)]],
    7: [[(0.1, 0.02), (0.9, 0), (0.4, 1)]],
    8: [[(0.5, 0.45), (0.2, 0.2), (0.5, 0), (0.8, 0.2), (0.5, 0.45), (0.15, 0.8), (0.5, 1), (0.85, 0.75), (0.5, 0.45)]],
    9: [[(0.8, 0.25), (0.45, 0.4), (0.2, 0.2), (0.5, 0), (0.8, 0.15), (0.7, 1)]],
}


@dataclass(frozen=True)
class Scene:
    """A picture, and where its ink is.

    Attributes:
        image: what the visitor uploads, mode RGB.
        ink: mode L, the same size, white where there is ink.
    """

    image: Image.Image
    ink: Image.Image


def digit(rng: np.random.Generator, size: tuple[int, int], height: float, thickness: float) -> Image.Image:
    """A digit near the middle: ``height`` is its share of the shorter side, ``thickness`` its strokes' share of it."""
    width, tall = size
    side = height * min(size)
    left = (width - 0.7 * side) / 2 + rng.uniform(-0.05, 0.05) * min(size)
    top = (tall - side) / 2 + rng.uniform(-0.05, 0.05) * min(size)
    image = Image.new("L", size)
    pen = ImageDraw.Draw(image)
    line = max(1, round(thickness * side))
    for stroke in STROKES[int(rng.integers(10))]:
        points = [(left + 0.7 * side * x, top + side * y) for x, y in np.array(stroke) + rng.uniform(-0.03, 0.03, 2)]
        pen.line(points, fill=255, width=line, joint="curve")
        for x, y in points:
            pen.ellipse((x - line / 2, y - line / 2, x + line / 2, y + line / 2), fill=255)
    return image.rotate(rng.uniform(-8, 8), Image.Resampling.BICUBIC)


def shape(rng: np.random.Generator, size: tuple[int, int], height: float) -> Image.Image:
    """A large filled form: a disc, a heart, a triangle, a star or a cross."""
    angles = np.linspace(0, 2 * np.pi, 200)
    heart = (
        np.stack([16 * np.sin(angles) ** 3, -13 * np.cos(angles) + 5 * np.cos(2 * angles) + 2 * np.cos(3 * angles)], 1)
        / 17
    )
    star = (
        np.stack([np.sin(angles[:-1:20]), -np.cos(angles[:-1:20])], 1) * np.where(np.arange(10) % 2, 0.45, 1)[:, None]
    )
    arm = 0.38
    cross = [(-arm, -1), (arm, -1), (arm, -arm), (1, -arm), (1, arm), (arm, arm), (arm, 1), (-arm, 1), (-arm, arm)]
    cross += [(-1, arm), (-1, -arm), (-arm, -arm)]
    forms = [np.stack([np.cos(angles), np.sin(angles)], 1), heart, [(0, -1), (0.95, 0.8), (-0.95, 0.8)], star, cross]
    points = np.array(forms[int(rng.integers(len(forms)))]) * height / 2 * min(size) + np.array(size) / 2
    image = Image.new("L", size)
    ImageDraw.Draw(image).polygon([tuple(point) for point in points.tolist()], fill=255)
    return image


def photographed(
    rng: np.random.Generator,
    ink: Image.Image,
    ground: np.ndarray,
    *,
    pen: tuple[float, float, float] = (0.1, 0.11, 0.2),
    shade: float = 0.0,
    noise: float = 0.015,
) -> Image.Image:
    """``ink`` in the colour of ``pen`` on ``ground`` (H, W, 3), in light that falls off by ``shade`` across the picture."""
    height, width = ground.shape[:2]
    cover = np.asarray(ink.filter(ImageFilter.GaussianBlur(1.2)), float)[..., None] / 255
    scene = ground * (1 - cover) + np.array(pen) * cover
    turn = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    light = 1 - shade * (0.5 + 0.35 * (np.cos(turn) * x + np.sin(turn) * y))
    scene = scene * light[..., None] + rng.normal(0, noise, (height, width, 1))
    return Image.fromarray((np.clip(scene, 0, 1) * 255).astype(np.uint8))


PAPER = (0.93, 0.92, 0.88)


def plain(size: tuple[int, int], colour: tuple[float, float, float] = PAPER) -> np.ndarray:
    """A ground of one colour, (H, W, 3)."""
    return np.ones((size[1], size[0], 3)) * np.array(colour)


def on_paper(rng: np.random.Generator) -> Scene:
    """A pen on a sheet that fills the picture, in uneven light."""
    size = (600, 800)
    ink = digit(rng, size, rng.uniform(0.35, 0.7), rng.uniform(0.05, 0.12))
    return Scene(photographed(rng, ink, plain(size), shade=rng.uniform(0, 0.6)), ink)


def in_shadow(rng: np.random.Generator) -> Scene:
    """The same, with the edge of a shadow across it."""
    size = (600, 800)
    ink = digit(rng, size, rng.uniform(0.35, 0.6), rng.uniform(0.06, 0.12))
    y, x = np.mgrid[: size[1], : size[0]]
    turn = rng.uniform(0, 2 * np.pi)
    inside = np.cos(turn) * (x - 300) + np.sin(turn) * (y - 400) > rng.uniform(-150, 150)
    light = ndimage.gaussian_filter(np.where(inside, rng.uniform(0.55, 0.75), 1.0), rng.uniform(5, 30))
    image = np.asarray(photographed(rng, ink, plain(size), shade=0.15)) * light[..., None]
    return Scene(Image.fromarray(image.astype(np.uint8)), ink)


def on_squared_paper(rng: np.random.Generator) -> Scene:
    """A felt pen on squared or lined paper whose lines are strong."""
    size = (720, 960)
    ink = digit(rng, size, rng.uniform(0.4, 0.7), rng.uniform(0.07, 0.11))
    ground = Image.fromarray((plain(size) * 255).astype(np.uint8))
    pen, pitch, line = ImageDraw.Draw(ground), int(rng.integers(25, 60)), int(rng.integers(1, 4))
    strength = rng.uniform(0.3, 0.75)
    colour = tuple(int(255 * (1 - strength * share)) for share in (1.0, 0.9, 0.6))
    for y in range(int(rng.integers(pitch)), size[1], pitch):
        pen.line([(0, y), (size[0], y)], fill=colour, width=line)
    if rng.random() < 0.7:
        for x in range(int(rng.integers(pitch)), size[0], pitch):
            pen.line([(x, 0), (x, size[1])], fill=colour, width=line)
    ground = ground.rotate(rng.uniform(-4, 4), Image.Resampling.BICUBIC, fillcolor=tuple(int(255 * c) for c in PAPER))
    return Scene(photographed(rng, ink, np.asarray(ground) / 255, shade=rng.uniform(0, 0.5)), ink)


def on_table(rng: np.random.Generator) -> Scene:
    """A sheet or a sticky note on a table of another tone, seen from above at an angle."""
    size = (900, 900)
    table = [(0.28, 0.17, 0.11), (0.1, 0.1, 0.1), (0.45, 0.42, 0.4), (0.5, 0.33, 0.2), (0.2, 0.3, 0.25)]
    sheet = [PAPER, (0.98, 0.92, 0.5), (0.97, 0.75, 0.8)][int(rng.integers(3))]
    half = rng.uniform(0.3, 0.42) * size[0]
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * half * [rng.uniform(0.75, 1), 1]
    turn = np.radians(rng.uniform(-15, 15))
    corners = corners @ np.array([(np.cos(turn), np.sin(turn)), (-np.sin(turn), np.cos(turn))])
    middle = 450 + rng.uniform(-25, 25, 2)
    corners = corners + middle + rng.uniform(-0.06, 0.06, (4, 2)) * half
    lies = Image.new("L", size)
    ImageDraw.Draw(lies).polygon([tuple(corner) for corner in corners.tolist()], fill=255)
    grain = ndimage.gaussian_filter(rng.normal(0, 1, size), (2, 40))
    wood = plain(size, table[int(rng.integers(len(table)))]) * (1 + 0.12 * grain / grain.std())[..., None]
    on = np.asarray(lies.filter(ImageFilter.GaussianBlur(1)), float)[..., None] / 255
    ground = wood * (1 - on) + np.array(sheet) * on
    x, y = (middle - 450).round().astype(int)
    ink = digit(rng, size, half / 450 * rng.uniform(0.5, 0.65), rng.uniform(0.07, 0.12))
    ink = ink.transform(size, Image.Transform.AFFINE, (1, 0, -x, 0, 1, -y))
    return Scene(photographed(rng, ink, ground, shade=rng.uniform(0, 0.3)), ink)


def in_screenshot(rng: np.random.Generator) -> Scene:
    """A drawing program's white canvas between bars with icons, sharp to the pixel."""
    size = (1280, 800)
    bar, icons = [((60, 60, 65), (120, 150, 180)), ((225, 225, 228), (90, 90, 95)), ((30, 30, 46), (200, 200, 210))][
        int(rng.integers(3))
    ]
    image = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(image)
    top, bottom, left = int(rng.integers(50, 120)), int(rng.integers(0, 40)), int(rng.integers(0, 2)) * 70
    for box in ((0, 0, 1280, top), (0, 800 - bottom, 1280, 800), (0, 0, left, 800)):
        if box[0] < box[2] and box[1] < box[3]:
            pen.rectangle(box, fill=bar)
    for place in range(int(rng.integers(4, 16))):
        pen.rectangle((20 + 60 * place, 15, 50 + 60 * place, 40), fill=icons)
        if left and place < 10:
            pen.rectangle((20, top + 10 + 60 * place, 45, top + 35 + 60 * place), fill=icons)
    ink = digit(rng, size, rng.uniform(0.4, 0.6), rng.uniform(0.03, 0.08))
    image.paste((10, 10, 10), mask=ink)
    return Scene(image, ink)


def large_form(rng: np.random.Generator) -> Scene:
    """A filled form of half the picture, sharp to the pixel, or photographed."""
    size = (600, 600)
    ink = shape(rng, size, rng.uniform(0.55, 0.8))
    level = rng.uniform(0.1, 0.6)
    image = photographed(
        rng,
        ink,
        plain(size, (1, 1, 1)),
        pen=(level, level, level),
        shade=rng.choice([0, 0.3]),
        noise=rng.choice([0, 0.01]),
    )
    return Scene(image, ink)


SCENES: dict[str, Callable[[np.random.Generator], Scene]] = {
    "paper": on_paper,
    "shadow": in_shadow,
    "squared paper": on_squared_paper,
    "table": on_table,
    "screenshot": in_screenshot,
    "large form": large_form,
}
