"""A picture with a divider between before and after, a loupe over what every method made of it, and a brush.

Python sends the pictures once; the divider, the strength of the repair, zoom and loupe are the browser's alone. What is
painted goes to Python as strokes, and is drawn as a mask there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

from ui.components.shared import component

_component = component(__file__)
_MOST_LAYERS = 8  # of the component's data, which it is mounted with whether they are filled or not


@dataclass(frozen=True)
class Layer:
    """What one method made of the part of the picture that is compared.

    Attributes:
        title: of the method.
        about: what it does, in a sentence.
        role: "clean", "given", "ours" or "classic".
        url: the picture as a data: URL; empty while it is to come.
        psnr: in dB; None where there is nothing to compare with.
        ssim: the same.
        note: what stands under it in place of a score.
    """

    title: str
    about: str
    role: str
    url: str = ""
    psnr: float | None = None
    ssim: float | None = None
    note: str = ""


def viewer_data(
    key: str,
    size: tuple[int, int],
    part: tuple[int, int, int, int],
    layers: Sequence[Layer],
    *,
    before: str = "",
    after: str = "",
    curve: Mapping[str, Sequence[float]] | None = None,
    strength: float = 1.0,
    held: str = "",
    paints: bool = False,
    strokes: str = "[]",
    busy: bool = False,
    work: tuple[str, float] | None = None,
    offer: str = "",
    note: str = "",
) -> dict[str, str]:
    """Return the data of :func:`photo_viewer`.

    Args:
        key: of what is shown: with another one the view, the brush and the divider begin anew.
        size: width and height of the repaired picture in pixels.
        part: left, top, width and height of the part that is compared, in the same pixels.
        layers: what is compared, one of them with the role "given" and one "ours"; at most eight.
        before: the whole picture as a data: URL, of any size; empty where the part is the whole.
        after: the same, repaired; empty while there is none.
        curve: PSNR and SSIM of "ours", each at evenly spaced strengths from 0 to 1.
        strength: how much of the repair is shown at first.
        held: "fixed" where that cannot be moved, "hidden" where its dial is not shown either.
        paints: whether there is a brush.
        strokes: what was painted earlier, as the browser sent it.
        busy: whether more is to come.
        work: what is under way, in words, and which share of it is done; None where nothing is.
        offer: the label of the button for the whole picture; empty where there is none.
        note: a sentence in place of the verdict.
    """
    left, top, width, height = part
    described = [
        {name: value for name, value in asdict(layer).items() if name != "url"} | {"here": bool(layer.url)}
        for layer in layers
    ]
    scene = {
        "key": key,
        "w": size[0],
        "h": size[1],
        "detail": {"x": left, "y": top, "w": width, "h": height},
        "layers": described,
        "curve": None if curve is None else {name: list(values) for name, values in curve.items()},
        "strength": strength,
        "held": held,
        "paints": paints,
        "strokes": json.loads(strokes),
        "busy": busy,
        "work": None if work is None else {"words": work[0], "share": work[1]},
        "offer": offer,
        "note": note,
    }
    urls = [layer.url for layer in layers] + [""] * (_MOST_LAYERS - len(layers))
    return {"json": json.dumps(scene), "before": before, "after": after} | {
        f"layer{i}": url for i, url in enumerate(urls)
    }


def photo_viewer(
    key: str,
    data: dict[str, str],
    on_strength: Callable[[], None],
    on_strokes: Callable[[], None],
    on_compare: Callable[[], None],
    on_stop: Callable[[], None],
    on_whole: Callable[[], None],
) -> None:
    """Show a picture before and after its repair, and the same place of what every method made of it.

    Args:
        key: of the component.
        data: from :func:`viewer_data`.
        on_strength: called when another share of the repair is taken; finds it in ``st.session_state[key]``, unchecked.
        on_strokes: called when the brush was lifted; finds ``strokes`` there, unchecked.
        on_compare: called when another part is to be compared; finds ``compare``, a JSON text of x and y, unchecked.
        on_stop: called when the work is to be stopped.
        on_whole: called when the whole picture is to be repaired.
    """
    _component(
        key=key,
        data=data,
        on_strength_change=on_strength,
        on_strokes_change=on_strokes,
        on_compare_change=on_compare,
        on_stop_change=on_stop,
        on_whole_change=on_whole,
    )
