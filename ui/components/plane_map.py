"""Two planes of points beside each other, each point drawn as its class's digit; pointing at one shows its image.

Everything follows the pointer in the browser: Python sends the points and one sprite sheet of images.
"""

from __future__ import annotations

import base64
import json

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from ui.pictures import mosaic

COLUMNS = 40  # tiles to a row of the sprite sheet
HINT = "Point at a mark to see its image, in both planes."

_HTML = """
<div class="planes" role="group">
  <div class="plane"><div class="title"></div>
    <canvas tabindex="0" role="img"></canvas><div class="sub"></div></div>
  <div class="plane"><div class="title"></div>
    <canvas tabindex="0" role="img"></canvas><div class="sub"></div></div>
</div>
<div class="below">
  <canvas class="tile" width="28" height="28" aria-hidden="true"></canvas>
  <div class="said" aria-live="polite"></div>
  <div class="legend" role="group" aria-label="Show only one class"></div>
</div>
"""

_CSS = """
.planes { display: grid; grid-template-columns: 1fr 1fr; gap: 1.2rem; font-family: var(--st-font); color: var(--st-text-color); }
.title { font-weight: 650; margin-bottom: .3rem; } .sub { margin-top: .3rem; opacity: .85; font-size: .95rem; min-height: 1.4em; }
.plane canvas { width: 100%; aspect-ratio: 1; display: block; touch-action: pan-y; cursor: crosshair;
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); background: var(--st-secondary-background-color); }
.plane canvas:focus-visible { outline: 2px solid var(--st-primary-color); }
.below { display: flex; gap: 1rem; align-items: center; margin-top: .8rem; font-family: var(--st-font); color: var(--st-text-color);
  flex-wrap: wrap; }
.tile { width: 112px; height: 112px; image-rendering: pixelated; background: #000; border-radius: var(--st-base-radius); }
.tile.empty { background: none; box-shadow: inset 0 0 0 1px var(--st-border-color); }
.said { flex: 1 1 14rem; line-height: 1.4; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem .9rem; flex: 2 1 24rem; font-size: .95rem; }
.legend button { all: unset; cursor: pointer; padding: .15rem .3rem; border-radius: .3rem; }
.legend button:focus-visible { outline: 2px solid var(--st-primary-color); }
.legend button[aria-pressed=true] { background: var(--st-secondary-background-color); box-shadow: 0 0 0 1px var(--st-border-color); }
.legend b { font-weight: 750; }
@media (max-width: 640px) {
  .planes { grid-template-columns: 1fr; } .tile { width: 84px; height: 84px; }
  .said { flex-basis: 8rem; } .legend { flex-basis: 100%; gap: .2rem .5rem; }
}
"""

_JS = """
// Paul Tol's muted set for light, its pale relatives for dark: told apart by colour-blind eyes; the digit is the mark.
const LIGHT = ['#AA3355','#332288','#8A7A1B','#117733','#1B7FA6','#882255','#2A7F73','#6E6E1E','#9C3D8C','#555555'];
const DARK = ['#F28CA0','#A9A4F5','#E8DA86','#6FD58C','#8FD3F2','#E08AB5','#6FD9CB','#CFCF6A','#DF9AD2','#C8C8C8'];

const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
const view = ({ title, sub, points }) => {               // x and y in turn become two rows
  const numbers = new Float32Array(bytes(points).buffer);
  return { title, sub, x: numbers.filter((_, i) => i % 2 === 0), y: numbers.filter((_, i) => i % 2 === 1) };
};

export default function ({ parentElement, data: { json, sheet: picture } }) {
  const data = JSON.parse(json);
  data.labels = bytes(data.labels);
  const root = parentElement;
  const planes = [...root.querySelectorAll('.plane')];
  const tile = root.querySelector('.tile'), said = root.querySelector('.said'), legend = root.querySelector('.legend');
  const views = [view(data.left), view(data.right)];
  const n = data.labels.length;
  let hovered = -1, only = root.__only ?? null;          // a chosen class outlives a change of the data
  const dark = (() => {
    const c = document.createElement('canvas').getContext('2d');
    c.fillStyle = getComputedStyle(root.querySelector('.planes')).color;
    return parseInt(c.fillStyle.slice(1, 3), 16) > 128;
  })();
  const palette = dark ? DARK : LIGHT;
  const sheet = root.__sheet ??= new Image();
  if (sheet.src !== picture) sheet.src = picture;
  tile.width = data.width; tile.height = data.height;

  // Into the unit square, one scale for both axes, y upwards. A few codes far out would press all others together:
  // the frame is drawn round the middle 98 % of each axis, and what lies beyond stands at its edge.
  const places = views.map(({ x, y }) => {
    const [[x0, x1], [y0, y1]] = [x, y].map(values => {
      const sorted = values.slice().sort();
      return [sorted[Math.floor(n * 0.01)], sorted[Math.ceil(n * 0.99) - 1]];
    });
    const span = Math.max(x1 - x0, y1 - y0) || 1, cx = (x0 + x1) / 2, cy = (y0 + y1) / 2;
    const inside = at => Math.min(Math.max(at, 0.015), 0.985);
    return Array.from({ length: n }, (_, i) =>
      [inside(0.5 + (x[i] - cx) / span * 0.92), inside(0.5 - (y[i] - cy) / span * 0.92)]);
  });

  const draw = p => {
    const canvas = planes[p].querySelector('canvas');
    const ratio = window.devicePixelRatio || 1, side = canvas.clientWidth;
    if (!side) return;
    canvas.width = canvas.height = Math.round(side * ratio);
    const ctx = canvas.getContext('2d');
    ctx.scale(ratio, ratio);
    ctx.textAlign = 'center'; ctx.textBaseline = 'middle';
    ctx.font = `600 ${Math.max(9, side / 46)}px sans-serif`;
    for (let i = 0; i < n; i++) {
      if (i === hovered) continue;
      ctx.globalAlpha = only === null || data.labels[i] === only ? 0.85 : 0.07;
      ctx.fillStyle = palette[data.labels[i] % 10];
      ctx.fillText(data.labels[i], places[p][i][0] * side, places[p][i][1] * side);
    }
    if (hovered >= 0) {
      const [x, y] = [places[p][hovered][0] * side, places[p][hovered][1] * side];
      const s = Math.max(44, side / 8), left = Math.min(Math.max(x - s / 2, 2), side - s - 2);
      const top = y > s + 16 ? y - s - 12 : y + 12;
      ctx.globalAlpha = 1;
      ctx.fillStyle = palette[data.labels[hovered] % 10];
      ctx.beginPath(); ctx.arc(x, y, 7, 0, 7); ctx.fill();
      ctx.imageSmoothingEnabled = false;
      ctx.strokeStyle = ctx.fillStyle; ctx.lineWidth = 3; ctx.strokeRect(left, top, s, s);
      source(ctx, hovered, left, top, s, s);
    }
  };
  const source = (ctx, i, x, y, w, h) =>
    ctx.drawImage(sheet, i % data.columns * data.width, Math.floor(i / data.columns) * data.height, data.width, data.height, x, y, w, h);
  const drawAll = () => { draw(0); draw(1); };
  const point = i => {
    hovered = i;
    tile.classList.toggle('empty', i < 0);
    tile.width = data.width;                             // clears it
    if (i >= 0) {
      source(tile.getContext('2d'), i, 0, 0, data.width, data.height);
      const at = views.map(v => `(${v.x[i].toFixed(2)}, ${v.y[i].toFixed(2)})`);
      said.textContent = `${data.names[data.labels[i]]}: ${at[0]} in the encoder's plane, ${at[1]} in PCA's`;
    } else said.textContent = data.hint;
    drawAll();
  };
  const nearest = (p, x, y) => {
    let best = -1, least = Infinity;
    for (let i = 0; i < n; i++) {
      if (only !== null && data.labels[i] !== only) continue;
      const d = (places[p][i][0] - x) ** 2 + (places[p][i][1] - y) ** 2;
      if (d < least) { least = d; best = i; }
    }
    return best;
  };
  planes.forEach((plane, p) => {
    plane.querySelector('.title').textContent = views[p].title;
    plane.querySelector('.sub').textContent = views[p].sub;
    const canvas = plane.querySelector('canvas');
    canvas.setAttribute('aria-label', `${views[p].title}: ${n} held-out images as points. ${views[p].sub}. Arrow keys move from point to point.`);
    canvas.onpointermove = canvas.onpointerdown = e => {
      const r = canvas.getBoundingClientRect();
      point(nearest(p, (e.clientX - r.left) / r.width, (e.clientY - r.top) / r.height));
    };
    canvas.onpointerleave = e => { if (e.pointerType === 'mouse') point(-1); };
    canvas.onkeydown = e => {
      const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key];
      if (!move) return;
      e.preventDefault();
      if (hovered < 0) return point(nearest(p, 0.5, 0.5));
      const [x, y] = places[p][hovered];
      let best = -1, least = Infinity;                  // the nearest point within 45 degrees of that way
      for (let i = 0; i < n; i++) {
        const dx = places[p][i][0] - x, dy = places[p][i][1] - y;
        const along = dx * move[0] + dy * move[1], across = Math.abs(dx * move[1]) + Math.abs(dy * move[0]);
        if (i === hovered || along <= 0 || across > along || (only !== null && data.labels[i] !== only)) continue;
        if (along + across < least) { least = along + across; best = i; }
      }
      if (best >= 0) point(best);
    };
  });
  legend.replaceChildren(...data.names.map((name, c) => {
    const button = document.createElement('button');
    button.type = 'button'; button.setAttribute('aria-pressed', String(c === only));
    const mark = document.createElement('b'); mark.textContent = c; mark.style.color = palette[c % 10];
    button.append(mark, name === String(c) ? '' : ' ' + name);
    button.title = `Show only ${name}`; button.setAttribute('aria-label', `Show only ${name}`);
    button.onclick = () => {
      only = root.__only = only === c ? null : c; hovered = -1;
      [...legend.children].forEach((b, j) => b.setAttribute('aria-pressed', String(j === only)));
      point(-1);
    };
    return button;
  }));
  root.__draw = drawAll;
  if (!root.__observer) {
    let width = 0;                                       // it reports once without a change
    root.__observer = new ResizeObserver(([{ contentRect }]) => {
      if (width && width !== contentRect.width) root.__draw();
      width = contentRect.width;
    });
    root.__observer.observe(planes[0]);
  }
  point(-1);
  return () => { root.__observer.disconnect(); root.__observer = null; };
}
"""

_component = st.components.v2.component("plane_map", html=_HTML, css=_CSS, js=_JS)


def sheet(images: Tensor) -> str:
    """The images (N, C, H, W) that the points show, as one picture for :func:`plane_map`."""
    blank = -len(images) % COLUMNS  # a full rectangle
    return mosaic(torch.cat([images, images.new_zeros(blank, *images.shape[1:])]), COLUMNS)


def plane_map(
    key: str,
    left: tuple[str, str, Tensor],
    right: tuple[str, str, Tensor],
    labels: Tensor,
    names: tuple[str, ...],
    sheet: str,
    tile: tuple[int, int],
) -> None:
    """Show two planes of the same held-out images.

    Args:
        left, right: title, line below, and points (N, 2).
        labels: (N,) classes, indices into ``names``.
        sheet: what a point shows, from :func:`sheet`.
        tile: width and height of one image in it, in pixels.
    """

    def side(title: str, sub: str, points: Tensor) -> dict[str, str]:
        return {"title": title, "sub": sub, "points": _base64(points.float().numpy())}

    data = {
        "left": side(*left),
        "right": side(*right),
        "labels": _base64(labels.to(torch.uint8).numpy()),
        "names": list(names),
        "columns": COLUMNS,
        "width": tile[0],
        "height": tile[1],
        "hint": HINT,
    }
    # strings: Streamlit imports pandas, 50 MB, to look at a list or a dict; the sheet apart, to be escaped only once
    _component(key=key, data={"json": json.dumps(data), "sheet": sheet})


def _base64(numbers: np.ndarray) -> str:
    """A tenth of the time that a thousand decimals take."""
    return base64.b64encode(np.ascontiguousarray(numbers).tobytes()).decode()
