"""One slider for each number of a code, with previews along it; what is dragged is decoded while it is dragged.

A strip of images decoded along each number comes once; between two of them the browser blends. When a slider rests,
the strips are decoded anew around the new place.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import torch
from torch import Tensor

from ui.components.base import component, packed

_HTML = """
<div class="c sliders">
  <figure class="ae"><canvas class="img" role="img" aria-label="What is decoded from these numbers"></canvas>
    <figcaption><b>Decoded</b><span></span></figcaption>
    <canvas class="bars" role="img" aria-label="The code as bars"></canvas>
    <div class="row"><button type="button" class="b start">Back to the image</button></div>
  </figure>
  <div class="all"></div>
</div>
"""

_CSS = """
.sliders { display: grid; grid-template-columns: minmax(9rem, 16rem) 1fr; gap: 2rem; align-items: start; }
figure { position: sticky; top: 4rem; } .bars { width: 100%; height: 4rem; margin: .8rem 0; image-rendering: auto; }
.all { display: grid; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); gap: .9rem 1.6rem; }
.one label { display: flex; justify-content: space-between; gap: .5rem; }
.one canvas { width: 100%; height: auto; background: #000; border-radius: .3rem; cursor: ew-resize; touch-action: pan-y; }
.one input { height: 1.8rem; }
@media (max-width: 640px) {
  .sliders { grid-template-columns: 1fr; gap: .8rem; }
  figure { display: grid; grid-template-columns: 7rem 1fr; gap: .2rem .8rem; align-items: center; z-index: 1; top: 3rem;
    background: var(--st-background-color); padding-bottom: .5rem; }
  figure > canvas.img { grid-row: 1 / 4; } figcaption { margin: 0; } .bars { height: 2.4rem; margin: 0; }
}
"""

_JS = """
export default function ({ parentElement: root, data: { json, strips }, setStateValue }) {
  const data = JSON.parse(json), { side: [width, height], count, numbers } = data;
  const all = root.querySelector('.all'), big = root.querySelector('figure canvas.img'), barsOf = root.querySelector('.bars');
  const told = root.querySelector('figcaption span'), start = root.querySelector('.start');
  const code = [...floats(data.code)], ink = colour(root.querySelector('.c'), '--ae');
  let pixels = null;
  const sheet = picture(root, 'strips', strips, () => {
    const canvas = document.createElement('canvas'), ctx = sized(canvas, count * width, numbers.length * height);
    ctx.drawImage(sheet, 0, 0);
    const rgba = ctx.getImageData(0, 0, canvas.width, canvas.height).data;
    pixels = Uint8Array.from({ length: rgba.length / 4 }, (_, i) => rgba[4 * i]);
    rows.forEach((_, r) => drawStrip(r));
    const last = Math.min(root.__last ?? 0, rows.length - 1);
    if (root.__held === undefined) show(last, code[numbers[last].index]);
  });
  const scale = Math.max(...numbers.map(n => Math.max(Math.abs(n.low), Math.abs(n.high))));
  const step = n => (n.high - n.low) / 100;

  // The image for one number's value, the others as they are: between two of its strip
  const show = (r, value) => {
    if (!pixels) return;
    const n = numbers[r], t = clamp((value - n.low) / (n.high - n.low), 0, 1) * (count - 1);
    const first = Math.min(Math.floor(t), count - 2), part = t - first, across = count * width;
    const ctx = sized(big, width, height), image = ctx.createImageData(width, height);
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
      const at = (r * height + y) * across + first * width + x, to = 4 * (y * width + x);
      const grey = (1 - part) * pixels[at] + part * pixels[at + width];
      image.data[to] = image.data[to + 1] = image.data[to + 2] = grey; image.data[to + 3] = 255;
    }
    ctx.putImageData(image, 0, 0);
    code[n.index] = value;
    bars(barsOf, code, ink, scale);
    told.textContent = `number ${n.index + 1} at ${value.toFixed(2)}`.replace('-', '−');
    rows[r].value.textContent = value.toFixed(2).replace('-', '−');
    rows[r].input.setAttribute('aria-valuetext', value.toFixed(2));
  };
  const drawStrip = r => {
    const ctx = sized(rows[r].canvas, count * (width + 1) - 1, height);
    for (let i = 0; i < count; i++) ctx.drawImage(sheet, i * width, r * height, width, height, i * (width + 1), 0, width, height);
  };
  const drag = (r, value) => { root.__held = root.__last = r; rows[r].input.value = value; show(r, Number(value)); };
  const rest = () => { if (root.__held !== undefined) { root.__held = undefined; setStateValue('code', JSON.stringify(code.map(v => Number(v.toPrecision(5))))); } };

  if (all.children.length !== numbers.length) all.replaceChildren(...numbers.map(() => {
    const one = document.createElement('div');
    one.className = 'one';
    one.innerHTML = '<label><span></span><span></span></label><canvas aria-hidden="true"></canvas><input type="range">';
    return one;
  }));
  const rows = [...all.children].map((one, r) => {
    const n = numbers[r], [name, value] = one.querySelectorAll('span'), input = one.querySelector('input'), canvas = one.querySelector('canvas');
    name.textContent = `Number ${n.index + 1}`; value.textContent = code[n.index].toFixed(2).replace('-', '−');
    input.min = n.low; input.max = n.high; input.step = step(n); input.value = code[n.index];
    input.setAttribute('aria-label', `Number ${n.index + 1}`); input.setAttribute('aria-valuetext', code[n.index].toFixed(2));
    input.oninput = () => drag(r, input.value);
    input.onchange = rest;
    canvas.onpointerdown = event => { canvas.setPointerCapture(event.pointerId); canvas.onpointermove(event); };
    canvas.onpointermove = event => {
      if (event.buttons) drag(r, n.low + place(canvas, event)[0] * (n.high - n.low));
    };
    canvas.onpointerup = canvas.onpointercancel = rest;
    return { input, value, canvas };
  });
  start.onclick = () => setStateValue('code', '[]');
  bars(barsOf, code, ink, scale);
  onResize(root, barsOf, () => bars(barsOf, code, ink, scale));
  return () => forget(root);
}
"""

_component = component("code_sliders", _HTML, _CSS, _JS)


@dataclass(frozen=True)
class Number:
    """One number of the code: which it is, and the range of its slider."""

    index: int
    low: float
    high: float


def payload(code: Tensor, numbers: list[Number], count: int, strips: str, side: tuple[int, int]) -> dict[str, str]:
    """What the component is sent: the code (D,), its sliders, and ``count`` images along each, edge to edge in rows."""
    about = {
        "code": packed(code.float().numpy()),
        "numbers": [vars(number) for number in numbers],
        "count": count,
        "side": side,
    }
    return {"json": json.dumps(about), "strips": strips}


def code_sliders(key: str, data: dict[str, str]) -> None:
    """Show the sliders of :func:`payload`; where they rest is :func:`chosen`."""
    _component(key=key, data=data, default={"code": None}, on_code_change=lambda: None)


def chosen(state: object, size: int) -> Tensor | None:
    """The code (D,) of the component's state; None where there is none yet, or it is not one of ``size`` numbers."""
    text = state.get("code") if hasattr(state, "get") else None
    if not isinstance(text, str) or len(text) > 50_000:
        return None
    try:
        code = torch.tensor(json.loads(text), dtype=torch.float32)
    except (ValueError, TypeError, RuntimeError):
        return None
    return code if code.shape == (size,) and bool(code.isfinite().all()) else None
