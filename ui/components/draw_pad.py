"""A pad to draw on with a finger, a mouse or arrow keys, at the resolution that the model sees.

Strokes are kept as lines and drawn four times as fine as the pad shows them, so that scaling the drawing to the size
MNIST's digits have loses nothing. While a stroke is being drawn the pad sends what is there a few times a second.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from ae_core.datasets import DatasetInfo
from ae_core.upload import UploadRejected, open_image, prepare
from ui.components.base import component

FINER = 4  # what is sent has this many times the pad's pixels each way
_PREFIX = "data:image/png;base64,"
_LONGEST = 200_000  # characters; a pad full of scribbles has a tenth

_HTML = """
<div class="c pad">
  <canvas class="img" tabindex="0" role="img"></canvas>
  <div class="row" role="toolbar" aria-label="Drawing tools">
    <button type="button" class="b brush" aria-pressed="true">Brush</button>
    <button type="button" class="b eraser" aria-pressed="false">Eraser</button>
    <button type="button" class="b undo">Undo</button>
    <button type="button" class="b clear">Clear</button>
  </div>
  <div class="quiet" aria-live="polite"></div>
</div>
"""

_CSS = """
.pad { display: grid; gap: .6rem; width: 100%; max-width: var(--pad-width, 20rem);  /* a page may ask for a low, wide one */
  grid-template-columns: var(--pad-columns, minmax(0, 1fr)); align-items: start; }
.pad canvas { touch-action: none; cursor: crosshair; border: 1px solid var(--st-border-color); aspect-ratio: 1; }
.pad .row { gap: .35rem; } .pad button.b { flex: 1 1 auto; padding: .35rem .5rem; }
.pad .quiet { min-height: 1.3em; grid-column: 1 / -1; }
"""

_JS = """
export default function ({ parentElement: root, data, setStateValue }) {
  const { json } = data;
  const { width, height, finer, brush, hint, token } = JSON.parse(json);
  const canvas = root.querySelector('canvas'), said = root.querySelector('.quiet');
  const tools = Object.fromEntries(['brush', 'eraser', 'undo', 'clear'].map(name => [name, root.querySelector('.' + name)]));
  if (root.__token !== token) {                          // another resolution: an empty pad
    root.__token = token; root.__strokes = []; root.__erase = false; root.__pen = [width / 2, height / 2]; root.__down = false;
  }
  const strokes = root.__strokes, fine = root.__fine ??= document.createElement('canvas');
  canvas.setAttribute('aria-label', `Drawing pad, ${width} by ${height} pixels. Arrow keys move the pen, space puts it down and lifts it.`);

  const draw = () => {
    const ink = sized(fine, width * finer, height * finer);
    ink.fillStyle = '#000'; ink.fillRect(0, 0, fine.width, fine.height);
    ink.scale(finer, finer); ink.lineCap = ink.lineJoin = 'round';
    const since = strokes.findLastIndex(stroke => stroke.clear) + 1;
    for (const { points, erase } of strokes.slice(since)) {
      ink.strokeStyle = erase ? '#000' : '#fff'; ink.lineWidth = erase ? brush * 1.6 : brush;
      ink.beginPath(); ink.moveTo(...points[0]);
      for (const point of points) ink.lineTo(...point);
      ink.stroke();
    }
    const seen = sized(canvas, width, height);
    seen.imageSmoothingEnabled = true; seen.imageSmoothingQuality = 'high';
    seen.drawImage(fine, 0, 0, width, height);
    if (canvas.getRootNode().activeElement === canvas && root.__keys) {
      seen.fillStyle = root.__down ? '#62bde6' : '#f2a65e';
      seen.fillRect(Math.floor(root.__pen[0]), Math.floor(root.__pen[1]), 1, 1);
    }
    tools.undo.disabled = strokes.length === 0;
    tools.clear.disabled = strokes.length === 0 || strokes.at(-1).clear;
    tools.brush.setAttribute('aria-pressed', !root.__erase); tools.eraser.setAttribute('aria-pressed', root.__erase);
    said.textContent = strokes.length === 0 ? hint : '';
  };
  const send = () => {
    const empty = strokes.length === 0 || strokes.at(-1).clear;
    root.__sent = performance.now();
    setStateValue('ink', empty ? null : fine.toDataURL());
  };
  const at = event => { const [x, y] = place(canvas, event); return [x * width, y * height]; };
  const begin = point => { strokes.push({ points: [point], erase: root.__erase }); draw(); };
  const go = point => {
    strokes.at(-1).points.push(point); draw();
    if (performance.now() - (root.__sent ?? 0) > 200) send();   // what follows the drawing on the page
  };
  canvas.onpointerdown = event => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId); root.__drawing = event.pointerId; root.__keys = false; begin(at(event));
  };
  canvas.onpointermove = event => { if (root.__drawing === event.pointerId) go(at(event)); };
  canvas.onpointerup = canvas.onpointercancel = event => {
    if (root.__drawing !== event.pointerId) return;
    root.__drawing = null; send();
  };
  canvas.onkeydown = event => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!step && event.key !== ' ') return;
    event.preventDefault(); root.__keys = true;
    if (step) {
      root.__pen = [clamp(root.__pen[0] + step[0], .5, width - .5), clamp(root.__pen[1] + step[1], .5, height - .5)];
      root.__down ? go([...root.__pen]) : draw();
    } else {
      root.__down = !root.__down;
      if (root.__down) begin([...root.__pen]); else { draw(); send(); }
    }
  };
  canvas.onblur = () => { root.__down = false; draw(); };
  tools.brush.onclick = () => { root.__erase = false; draw(); };
  tools.eraser.onclick = () => { root.__erase = true; draw(); };
  tools.undo.onclick = () => { strokes.pop(); draw(); send(); };
  tools.clear.onclick = () => { strokes.push({ clear: true }); draw(); send(); };
  draw();
}
"""

_component = component("draw_pad", _HTML, _CSS, _JS)


def draw_pad(key: str, info: DatasetInfo) -> Tensor | None:
    """Show a pad for images of a dataset.

    Returns what is drawn, centred and scaled as the dataset's images were, float (1, C, H, W) in [0, 1]; None while
    the pad is empty.
    """
    result = _component(key=key, data=payload(info), default={"ink": None}, on_ink_change=lambda: None)
    try:
        return drawing(result.ink, info)
    except UploadRejected as error:
        st.error(str(error), icon=":material/draw:")
        return None


def payload(info: DatasetInfo) -> dict[str, str]:
    """What the component is sent: the size of the pad and of its brush, in pixels of the model."""
    _, height, width = info.shape
    about = {
        "width": width,
        "height": height,
        "finer": FINER,
        "brush": max(1.2, width / 12),
        "hint": "Draw here with a finger or the mouse.",
        "token": f"{width}x{height}",
    }
    return {"json": json.dumps(about)}


def drawing(ink: Any, info: DatasetInfo) -> Tensor | None:
    """The pad's state as an image of the dataset, (1, C, H, W) in [0, 1]; None for an empty pad.

    Raises UploadRejected for what no pad sends: the state comes from a browser.
    """
    if not ink:
        return None
    if not isinstance(ink, str) or not ink.startswith(_PREFIX) or len(ink) > _LONGEST:
        raise UploadRejected("The drawing did not arrive whole. Clear the pad and draw again.")
    try:
        file = base64.b64decode(ink.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        raise UploadRejected("The drawing did not arrive whole. Clear the pad and draw again.") from None
    picture = open_image(file)
    if np.asarray(picture.convert("L")).max() < 128:  # rubbed out again
        return None
    prepared = prepare(
        picture, info.shape, polarity="as is", centre=info.ink_fill is not None, fill=info.ink_fill or 1.0
    )
    return torch.from_numpy(prepared.pixels)[None]
