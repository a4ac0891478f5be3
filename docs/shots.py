"""Take README's pictures from a running app: ``python docs/shots.py http://localhost:8501``, all or those named after it.

The stills are of pages as they open. ``lab.webp`` moves: Home's slider is dragged, the pointer wanders over the latent
map, and a run is trained and its film played, which takes a worker some ten seconds. MNIST has to be on that machine.
"""

from __future__ import annotations

import io
import math
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Locator, Page, expect, sync_playwright

FOLDER = Path(__file__).parent
SIZE = (900, 560)  # of what the moving picture shows of a page, in pixels of the page
SHOWN = (720, 448)  # and of the picture
FRAME = 110  # milliseconds
REST = 900  # milliseconds at the end of a movement
QUALITY = 72
QUALITY_OF_STILLS = 90  # of those that are no PNG
MOVING = "lab.webp"

Shot = tuple[Image.Image, int]  # and for how many milliseconds it is shown


# --- Stills -------------------------------------------------------------------------------------------------


def point(page: Page, target: str, x: float, y: float) -> None:
    """Move the pointer over an element, to a place given as shares of its width and height."""
    page.mouse.move(*place(page.locator(target).first, x, y), steps=8)


def nothing(page: Page) -> None:
    """Leave a page as it opens."""


#: By the file, a page's address and what is done there first. As a PNG a photograph would be four times as large.
STILLS: dict[str, tuple[str, Callable[[Page], None]]] = {
    "home.png": ("?size=8", nothing),
    "latent_map.png": ("latent_map", lambda page: point(page, ".plane > canvas", 0.62, 0.42)),
    "denoise.png": ("denoise?strength=0.5", nothing),
    "photos.webp": ("photos", nothing),
    "generate.png": ("generate?show=Explore", lambda page: point(page, ".plane > canvas", 0.3, 0.6)),
    "compare.png": ("compare", nothing),
}


# --- The moving picture -------------------------------------------------------------------------------------


def place(target: Locator, x: float, y: float) -> tuple[float, float]:
    """Return where on the screen a share of an element's width and height lies."""
    box = target.bounding_box()
    assert box
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


class Camera:
    """Takes shots of a page from a fixed corner, with the pointer drawn in: a browser's own is on no screenshot."""

    def __init__(self, page: Page, left: float, top: float) -> None:
        self.page, self.left, self.top = page, left, top
        self.x, self.y = left + SIZE[0] / 2, top + SIZE[1]

    def to(self, x: float, y: float, milliseconds: int = FRAME) -> Shot:
        """Move the pointer to a place on the screen, and take a shot."""
        self.x, self.y = x, y
        self.page.mouse.move(x, y)
        return self.shot(milliseconds)

    def shot(self, milliseconds: int = FRAME) -> Shot:
        """Take a shot of the page as it is."""
        self.page.wait_for_timeout(60)
        clip = {"x": self.left, "y": self.top, "width": SIZE[0], "height": SIZE[1]}
        picture = Image.open(io.BytesIO(self.page.screenshot(clip=clip))).convert("RGB")
        tip = self.x - self.left, self.y - self.top
        arrow = ((0, 0), (0, 21), (5, 16), (9, 24), (12, 22), (9, 15), (15, 15))
        outline = [(tip[0] + x, tip[1] + y) for x, y in arrow]
        ImageDraw.Draw(picture).polygon(outline, fill="white", outline="black")
        return picture.resize(SHOWN, Image.Resampling.LANCZOS), milliseconds


def squeeze(page: Page) -> Iterator[Shot]:
    """Drag Home's slider from 64 numbers to one, and back to eight."""
    camera = Camera(page, left=340, top=135)
    slider = page.get_by_role("slider", name="Code size: how many numbers")
    stops = [place(slider, 0.015 + 0.97 * step / 6, 0.5) for step in range(7)]
    page.mouse.move(*stops[6])
    page.mouse.down()
    yield camera.to(*stops[6], REST)
    for at, onward in ((6, 5), (5, 4), (4, 3), (3, 2), (2, 1), (1, 0), (0, 1), (1, 2), (2, 3)):
        for share in (1 / 3, 2 / 3):
            yield camera.to(stops[at][0] + share * (stops[onward][0] - stops[at][0]), stops[at][1])
        yield camera.to(*stops[onward], REST if onward in (0, 3) and at != 4 else 4 * FRAME)
    page.mouse.up()


def wander(page: Page) -> Iterator[Shot]:
    """Lead the pointer round the autoencoder's plane."""
    camera = Camera(page, left=340, top=168)
    plane = page.locator(".plane > canvas").first
    for step in range(37):
        turn = 2 * math.pi * step / 36
        spot = place(plane, 0.5 + 0.36 * math.sin(turn), 0.55 - 0.36 * math.cos(turn) * (1 - step / 72))
        yield camera.to(*spot, FRAME if step < 36 else REST)


def play(page: Page) -> Iterator[Shot]:
    """Draw the film of a run with a code of two numbers from the first step to the last; its link has it trained."""
    expect(page.get_by_text("Finished after 2 epochs")).to_be_visible(timeout=600_000)
    film = page.locator(".film")
    film.wait_for()
    page.wait_for_timeout(2000)
    film.evaluate("film => film.scrollIntoView({ block: 'start' })")
    page.wait_for_timeout(500)
    camera = Camera(page, left=340, top=place(film.locator(".map").first, 0, 0)[1] - 20)
    moment = film.get_by_role("slider", name="Moment of the training")
    page.mouse.move(*place(moment, 0.01, 0.5))
    page.mouse.down()
    for step in range(31):
        yield camera.to(*place(moment, 0.01 + 0.98 * step / 30, 0.5), FRAME if 0 < step < 30 else REST)
    page.mouse.up()


SCENES: tuple[tuple[str, Callable[[Page], Iterator[Shot]]], ...] = (
    ("?images=mnist&size=64", squeeze),
    ("latent_map", wander),
    ("train?dataset=mnist&hidden_sizes=256&code_size=2&learning_rate=0.006&epochs=2&trained=1", play),
)


def main() -> None:
    """Write a still of each of the pages, 1440 pixels wide, light, and docs/lab.webp, or what of these is named."""
    if len(sys.argv) < 2 or not set(sys.argv[2:]) <= {*STILLS, MOVING}:
        sys.exit(__doc__)
    wanted = sys.argv[2:] or [*STILLS, MOVING]
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])

        def opened(address: str, width: int, height: int) -> Page:
            page = browser.new_page(viewport={"width": width, "height": height}, color_scheme="light")
            page.goto(f"{sys.argv[1]}/{address}")
            page.locator("[data-testid=stMain] :is(img, canvas)").first.wait_for()
            page.wait_for_timeout(4000)
            return page

        for name, (address, prepare) in STILLS.items():
            if name not in wanted:
                continue
            page = opened(address, 1440, 900)
            prepare(page)
            page.wait_for_timeout(500)
            shot = page.screenshot()
            if name.endswith(".png"):
                (FOLDER / name).write_bytes(shot)
            else:
                picture = Image.open(io.BytesIO(shot)).convert("RGB")
                picture.save(FOLDER / name, quality=QUALITY_OF_STILLS, method=6)
            page.close()
        shots: list[Shot] = []
        for address, scene in SCENES if MOVING in wanted else ():
            page = opened(address, 1280, 1400)  # the film and its slider are higher than a screen
            shots += scene(page)
            page.close()
        browser.close()
    if not shots:
        return
    first, *others = (picture for picture, _ in shots)
    first.save(
        FOLDER / MOVING,
        save_all=True,
        append_images=others,
        duration=[milliseconds for _, milliseconds in shots],
        loop=0,
        quality=QUALITY,
        method=6,
    )


if __name__ == "__main__":
    main()
