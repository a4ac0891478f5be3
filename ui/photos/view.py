"""How the page Photos shows a scene: the viewer's layers, the progress of the work, and the downloads."""

from __future__ import annotations

import json
import math

import numpy as np
import streamlit as st

from ae_core.data.upload.photo import Photo
from ae_core.data.upload.photo_files import JPEG_SIDE, as_jpeg, as_png
from ae_core.jobs.job import State
from ae_core.tasks.restoration import work
from ae_core.tasks.restoration.classical import METHODS
from ae_core.tasks.restoration.pixels import Pixels
from ae_core.tasks.restoration.strength import taken
from ae_core.tasks.restoration.strokes import StrokesRejected
from ae_core.tasks.restoration.work import GIVEN, NETWORK, Answer
from ae_core.text import as_written
from ui.components.photo_viewer import Layer, photo_viewer, viewer_data
from ui.photos import scene as scenes
from ui.photos.scene import Scene
from ui.visit import link, widget_values
from ui.visit.state import visit

ABOUT_NETWORK = {
    "denoise": "A U-Net of 0.9 million weights without biases, trained on noise of any strength up to 55. Grey pictures have one "
    "of their own, which is asked twice, of the picture turned and mirrored; the mean is taken.",
    "jpeg": "A U-Net of half a million weights, trained on JPEG of all qualities.",
    "fill": "A U-Net of half a million weights that sees what is around a hole, and where the hole is. It is asked eight times, of the "
    "picture turned and mirrored, and the mean is taken; four times or twice where it is large.",
    "watermark": "A U-Net of half a million weights tells where strokes are. How opaque the mark is, and of which colour, follows "
    "from what changes where they begin; then what lies below is worked out.",
    "colour": "A U-Net of 0.6 million weights that is shown the brightness of the whole picture, at 240 pixels of its longer side, "
    "and guesses the colours, which are then enlarged: eyes see them less sharply.",
    "double": "A U-Net of a third of a million weights, trained to undo a halving.",
}

_GREY = 4.0  # of 255: how far apart the colours of a grey picture's pixels may be on average, after JPEG for instance
_UNKNOWN = {  # of a picture that is repaired as it is, by the task
    "denoise": "what it looks like without its noise",
    "jpeg": "what it looked like before it was saved",
    "fill": "what is under the holes",
    "watermark": "what is under the mark",
    "colour": "its true colours",
    "double": "its finer detail",
}

# as docs/benchmarks.md has them
_BM3D = (
    "The strongest classical method against noise, BM3D, is not among these: its licence forbids to host it. Published of it, for "
    "noise of 15, 25 and 50 of 255 on the photographs of BSD68: 31.08, 28.57 and 25.60 dB in grey (these networks: 31.61, 29.15 "
    "and 26.23), and in colour 33.52, 30.71 and 27.38 (33.85, 31.19 and 27.89)."
)


def show(scene: Scene) -> None:
    """Show a scene, as far as the work on it has come."""
    scenes.collect(scene)
    key = widget_values.PHOTO_VIEWER
    photo_viewer(
        key,
        _data(scene),
        on_strength=_take_strength,
        on_strokes=_take_strokes,
        on_compare=_take_place,
        on_stop=_take_stop,
        on_whole=_take_whole,
    )
    if scene.asked.task == "denoise":
        st.caption(_BM3D)
    if scene.refusal:
        st.error(as_written(scene.refusal), icon=":material/error:")
    _again(scene)
    _downloads(scene)


def dial() -> float:
    """Return how much of the repair is taken, in [0, 1]: what the visitor has set, at first what the link says."""
    state = visit().photos
    if state.strength is None or link.holds("dial"):
        state.strength = float(link.number("dial", 1.0, 0.0, 1.0))
    return state.strength


def _data(scene: Scene) -> dict[str, str]:
    times = work.times_of(scene.asked.task)
    height, width = scene.photo.pixels.shape[:2]
    box = scene.box
    answers = scene.methods.answers if scene.methods is not None else {}
    network = answers.get(NETWORK)
    layers = _layers(scene, answers)
    return viewer_data(
        scenes.key_of(scene),
        (width * times, height * times),
        (box.left * times, box.top * times, box.width * times, box.height * times),
        layers,
        before=_url(scene, "before", scene.photo.pixels) if scene.is_part else "",
        after=_url(scene, "after", scene.result) if scene.is_part and scene.result is not None else "",
        curve={"psnr": _finite(network.psnr), "ssim": _finite(network.ssim)} if network and network.psnr else None,
        strength=dial(),
        held="hidden" if link.hides("dial") else "fixed" if link.holds("dial") else "",
        paints=scene.asked.task == "fill",
        strokes=scene.strokes,
        busy=scene.busy,
        work=_under_way(scene),
        offer=_offer(scene),
        note=_note(scene, answers),
    )


def _layers(scene: Scene, answers: dict[str, Answer]) -> list[Layer]:
    given, network = answers.get(GIVEN), answers.get(NETWORK)
    task, box = scene.asked.task, scene.box
    layers = []
    if scene.clean is not None:
        clean = box.of(scene.clean, work.times_of(task))
        layers.append(Layer("Original", "The picture before it was damaged.", "clean", _url(scene, "clean", clean)))
    layers.append(
        _layer(
            "Damaged" if scene.clean is not None else "Yours" if not scene.shared else "As it is",
            "What every method is given.",
            "given",
            # enlarged for the task "double", which is not done anew with every look
            scene.urls.get(GIVEN) or _url(scene, GIVEN, work.unrepaired(task, box.of(scene.photo.pixels))),
            given,
        )
    )
    layers.append(
        _layer(
            "Network",
            ABOUT_NETWORK[task],
            "ours",
            _url(scene, NETWORK, network.pixels) if network else "",
            network,
        )
    )
    for name, method in METHODS[task].items():
        answer = answers.get(name)
        url = _url(scene, name, answer.pixels) if answer else ""
        layers.append(_layer(method.title, method.about, "classic", url, answer))
    return layers


def _layer(title: str, about: str, role: str, url: str, answer: Answer | None) -> Layer:
    if answer is None or not answer.psnr:
        return Layer(title, about, role, url)
    psnr, ssim = answer.psnr[-1], answer.ssim[-1]
    return Layer(title, about, role, url, min(psnr, 99.0), ssim if math.isfinite(ssim) else 0.0)


def _finite(values: tuple[float, ...]) -> list[float]:
    return [min(value, 99.0) if not math.isnan(value) else 0.0 for value in values]


def _note(scene: Scene, answers: dict[str, Answer]) -> str:
    """Return the sentence that stands in place of a verdict where nothing can be scored."""
    if scene.methods is None and scene.to_do:
        return "Nothing is to be filled in the frame. Press Compare here where something is, or have the whole picture repaired."
    if scene.methods is None and scene.asked.task == "fill":
        return "Paint over what is to be filled. When the brush is lifted, it is."
    if scene.clean is not None:
        return ""
    given = answers.get(GIVEN)
    words = f"Nobody knows {_UNKNOWN[scene.asked.task]}, so nothing is scored: judge by eye."
    if scene.asked.task == "colour" and _has_colours(scene.photo.pixels):
        words = "It has colours already: only its brightness is used, and colours are guessed as if it had none."
    if given is not None:
        words += f" Its noise is estimated at {given.sigma * 255:.1f} of 255."
    return words


def _under_way(scene: Scene) -> tuple[str, float] | None:
    """Return what is done for a scene, in words, and which share of it is finished; None where nothing is."""
    active = [job for job in scene.jobs.values() if not job.state.ended]
    if not active:
        return None
    done, total = sum(job.done for job in active), sum(job.total for job in active)
    words = "Repairing" if any(job.state is State.RUNNING for job in active) else "Waiting for its turn"
    return f"{words}: {done / 1e6:.1f} of {total / 1e6:.1f} million pixels", min(1.0, done / max(1, total))


def _offer(scene: Scene) -> str:
    """Return the label of the button that repairs all of a large picture, of which a part was compared; else nothing."""
    if scene.busy or not scene.is_part or not scene.to_do or scene.result is not None:
        return ""  # the one after the other, each of them with its progress
    height, width = scene.photo.pixels.shape[:2]
    seconds = scenes.seconds_for_whole(scene)
    about = f", about {seconds:.0f} seconds" if seconds is not None and seconds >= 1.5 else ""
    return f"Repair the whole picture ({height * width / 1e6:.1f} megapixels{about})"


def _has_colours(pixels: Pixels) -> bool:
    few = pixels[::8, ::8].astype(np.int16)
    return few.shape[2] > 1 and float(np.ptp(few, axis=2).mean()) > _GREY


def _url(scene: Scene, name: str, pixels: Pixels) -> str:
    if name not in scene.urls:
        scene.urls[name] = scenes.jpeg_url(pixels, scene.photo.profile)
    return scene.urls[name]


# --- Under the viewer ---------------------------------------------------------------------------------------


def _again(scene: Scene) -> None:
    """Offer the comparison once more that was stopped, by the visitor or because they were away, or that failed."""
    job = scene.jobs.get("methods")
    if job is None or job.state not in (State.STOPPED, State.FAILED):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if job.state is State.STOPPED:
            st.caption("This was stopped before it was finished.", width="content")
        st.button(
            "Repair it again", key="photos_again", on_click=scenes.compare, args=(scene,), icon=":material/refresh:"
        )


def _downloads(scene: Scene) -> None:
    result = scene.result
    if result is None:
        return
    photo, task, strength = scene.photo, scene.asked.task, dial()

    def repaired() -> Photo:
        whole = strength >= 1  # then nothing of what was given is seen, and large pictures need not be enlarged for it
        return photo.holding(result if whole else taken(work.unrepaired(task, photo.pixels), result, strength))

    ways = [("PNG", as_png, "image/png"), ("JPEG", as_jpeg, "image/jpeg")]
    if max(result.shape) > JPEG_SIDE:
        ways.pop()
    with st.container(horizontal=True):
        for label, write, mime in ways:
            st.download_button(
                f"{label}, {result.shape[1]} × {result.shape[0]}",
                data=lambda write=write: write(repaired()),  # type: ignore[misc]
                file_name=f"{task}.{label.lower().replace('jpeg', 'jpg')}",
                mime=mime,
                on_click="ignore",
                icon=":material/download:",
                help="As much of the repair as the dial says, at full size, with the picture's colour profile. "
                "Nothing else that the file held comes along: no place, no time, no camera.",
            )


# --- What the browser reports -------------------------------------------------------------------------------


def _take_strength() -> None:
    value = widget_values.read(widget_values.PHOTO_VIEWER).get("strength")
    if isinstance(value, (int, float)) and 0 <= value <= 1:
        visit().photos.strength = float(value)


def _take_stop() -> None:
    scene = visit().photos.scene
    if isinstance(scene, Scene):
        scenes.stop(scene)


def _take_whole() -> None:
    scene = visit().photos.scene
    if isinstance(scene, Scene) and _offer(scene):
        scenes.repair_whole(scene)


def _take_strokes() -> None:
    strokes, scene = widget_values.read(widget_values.PHOTO_VIEWER).get("strokes"), visit().photos.scene
    if not isinstance(scene, Scene) or not isinstance(strokes, str) or strokes == scene.strokes:
        return
    try:
        scenes.paint(scene, strokes)
    except StrokesRejected as error:
        scene.refusal = str(error)


def _take_place() -> None:
    place, scene = widget_values.read(widget_values.PHOTO_VIEWER).get("compare"), visit().photos.scene
    try:
        x, y = (float(number) for number in json.loads(str(place)))
    except (TypeError, ValueError):
        return
    if isinstance(scene, Scene) and math.isfinite(x) and math.isfinite(y):
        times = work.times_of(scene.asked.task)
        scenes.move_part(scene, x / times, y / times)
