"""The bottleneck: an image, its code, and what the autoencoder and PCA draw from it, as wide as the finger says.

Python sends ten images through every size of the ladder, once; what the size and the choice of image change is drawn in
the browser. Where they come to rest is told to Python, for the address bar.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from ui.components.base import component

LABEL = "Code size: how many numbers"

_HTML = f"""
<div class="c squeeze">
  <div class="hero">
    <figure class="original"><div class="frame"><canvas class="img"></canvas></div>
      <figcaption><b>Original</b><span></span></figcaption></figure>
    <figure class="ae code"><div class="narrow"><div class="cone in"></div><canvas class="bars" role="img"></canvas>
      <div class="cone out"></div></div><figcaption><b>Code</b><span></span></figcaption></figure>
    <figure class="ae decoded"><div class="frame"><canvas class="img"></canvas></div>
      <figcaption><b>Autoencoder</b><span></span></figcaption></figure>
    <figure class="pca linear"><div class="frame"><canvas class="img"></canvas></div>
      <figcaption><b>PCA, same size</b><span></span></figcaption></figure>
  </div>
  <div class="dial">
    <label for="size">{LABEL}</label>
    <div class="track"><div class="stops" aria-hidden="true"></div><input type="range" id="size" min="0" step="1"></div>
  </div>
  <div class="more">
    <section>
      <h3>All from codes of this size <span class="quiet">Choose one.</span></h3>
      <div class="strip"><div class="names"><b>Original</b><b class="ae">Autoencoder</b><b class="pca">PCA</b></div>
        <div class="tiles"><canvas width="90" height="26" aria-hidden="true"></canvas>
          <div class="columns" role="group" aria-label="Choose an image"></div></div></div>
      <p class="quiet" aria-live="polite"></p>
    </section>
    <section>
      <h3>Held-out squared error against code size</h3>
      <div class="legend"><b class="ae">● Autoencoder <output></output></b> <b class="pca">■ PCA <output></output></b></div>
      <canvas class="curve" role="img"></canvas>
    </section>
  </div>
</div>
"""

_CSS = """
.squeeze { --thumb: 1.75rem; container-type: inline-size; }
.hero { display: grid; align-items: start; margin: .2rem 0 .4rem; text-align: center; --gap: 3.5rem;
  grid-template-columns: 1fr var(--gap) 1fr var(--gap) 1fr calc(var(--gap) * .45) 1fr;
  touch-action: pan-y; cursor: ew-resize; user-select: none; -webkit-user-select: none; }
.hero .code { grid-column: 3; } .hero .decoded { grid-column: 5; } .hero .linear { grid-column: 7; }
.hero .frame { background: #000; border-radius: .4rem; padding: 4%; }
.hero .img { aspect-ratio: 1; border-radius: 0; }
.hero figcaption { min-height: 3.75em; } .hero figcaption span { display: block; }
.code .narrow { position: relative; aspect-ratio: 1; display: grid; align-items: center; }
.code .bars { width: 100%; height: var(--tall); border: 1.5px solid var(--ae); border-radius: .3rem; }
.cone { position: absolute; top: 0; height: 100%; width: var(--gap); background: var(--ae); opacity: .22;
  --top: calc(50% - var(--tall) / 2); --foot: calc(50% + var(--tall) / 2); }
.cone.in { right: 100%; clip-path: polygon(0 0, 100% var(--top), 100% var(--foot), 0 100%); }
.cone.out { left: 100%; clip-path: polygon(0 var(--top), 100% 0, 100% 100%, 0 var(--foot)); }
.dial { margin: 0 0 1.2rem; touch-action: pan-y; cursor: pointer; user-select: none;
  -webkit-user-select: none; padding-bottom: .3rem; }
.dial label { font-weight: 600; cursor: inherit; }
.track { position: relative; padding-bottom: 1.4rem; }
.track input { position: relative; display: block; pointer-events: none; appearance: none; -webkit-appearance: none;
  background: none; border-radius: .4rem; }
.track input::-webkit-slider-runnable-track { height: .4rem; border-radius: .2rem; background: var(--st-border-color); }
.track input::-moz-range-track { height: .4rem; border-radius: .2rem; background: var(--st-border-color); }
.track input::-webkit-slider-thumb { -webkit-appearance: none; width: var(--thumb); height: var(--thumb);
  margin-top: calc(.2rem - var(--thumb) / 2); border-radius: 50%; background: var(--st-primary-color);
  border: 3px solid var(--st-background-color); box-shadow: 0 0 0 2px var(--st-primary-color); }
.track input::-moz-range-thumb { box-sizing: border-box; width: var(--thumb); height: var(--thumb); border-radius: 50%;
  background: var(--st-primary-color); border: 3px solid var(--st-background-color);
  box-shadow: 0 0 0 2px var(--st-primary-color); }
.stops { position: absolute; inset: 0 calc(var(--thumb) / 2); }
.stops span { position: absolute; transform: translateX(-50%); top: 2.3rem; }
.stops span::before { content: ''; position: absolute; left: 50%; top: -1.5rem; width: .9rem; height: .9rem;
  margin-left: -.45rem; border-radius: 50%; background: var(--st-border-color); }
.stops .on { font-weight: 750; color: var(--st-primary-color); }
.more { display: grid; grid-template-columns: 1.15fr 1fr; gap: 1.5rem 2.5rem; }
.more section { min-width: 0; }
h3 { font-size: 1rem; font-weight: 650; margin: 0 0 .5rem; } h3 .quiet { font-weight: 400; }
.strip { display: grid; grid-template-columns: auto 1fr; gap: .8rem; }
.names { display: grid; grid-template-rows: repeat(3, 1fr); align-items: center; text-align: right; line-height: 1.1; }
.names .ae, .legend .ae { color: var(--ae); } .names .pca, .legend .pca { color: var(--pca); }
.tiles { position: relative; } .tiles canvas { width: 100%; height: auto; }
.columns { position: absolute; inset: 0; display: grid; grid-auto-flow: column; grid-auto-columns: 1fr; }
.columns button { all: unset; cursor: pointer; border-radius: .3rem; }
.columns button:hover { box-shadow: 0 0 0 2px var(--st-border-color); }
.columns button[aria-pressed=true] { box-shadow: 0 0 0 3px var(--st-primary-color); }
.columns button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 4px; }
.legend { display: flex; flex-wrap: wrap; gap: .1rem 1.4rem; margin-bottom: .3rem; }
.curve { width: 100%; height: 9.5rem; touch-action: pan-y; cursor: pointer; }
p { margin: .7rem 0 0; min-height: 2.8em; }
@container (max-width: 820px) { .hero { --gap: 2rem; } .more { grid-template-columns: 1fr; } }
@container (max-width: 560px) {
  .hero { --gap: .9rem; }
  .hero figcaption { font-size: .78rem; line-height: 1.2; min-height: 4.9em; }
  .dial { margin-bottom: .8rem; }
  .strip { grid-template-columns: 1fr; gap: .35rem; }
  .names { display: flex; gap: .4em; font-size: .9rem; } .names b:not(:first-child)::before { content: '↓ '; }
}
"""

_JS = r"""
export default function ({ parentElement: root, data: { json, sheet: url, size, image }, setTriggerValue }) {
  const data = JSON.parse(json), $ = name => root.querySelector(name);
  const hero = $('.hero'), dial = $('.dial'), input = $('#size'), chart = $('.curve'), strip = $('.tiles canvas');
  const { sizes, names, tile: [w, h], heldOut } = data, count = names.length, most = sizes.length - 1;
  const codes = floats(data.codes), errors = floats(data.errors);
  let sheet = null;

  // What is chosen lives here; Python's word counts when it is a new one, as when a link or other images come.
  const at = root.__at ??= {};
  const given = { step: sizes.findIndex(s => s.size === +size), image: +image };
  for (const what in given)
    if (root.__given?.[what] !== given[what] || (what === 'image' && root.__url !== url)) at[what] = given[what];
  root.__given = given; root.__url = url;
  const told = root.__told ??= {};
  Object.assign(told, { size: sizes[at.step].size, image: at.image });
  const tell = (what, value) => {
    if (told[what] !== value) setTriggerValue(what, told[what] = value);
  };
  const restStep = () => tell('size', sizes[at.step].size);

  const put = (canvas, index) => tile(sized(canvas, w, h), sheet, count, [w, h], index, 0, 0, w, h);
  const write = (selector, text) => { $(selector).textContent = text; };
  const draw = () => {
    const { step, image } = at, s = sizes[step];
    root.querySelector('.squeeze').style.setProperty('--tall', `${s.height * 100}%`);
    const started = count * sizes.slice(0, step).reduce((sum, { size }) => sum + size, 0) + image * s.size;
    stack($('.bars'), codes.subarray(started, started + s.size));
    input.value = step;
    input.setAttribute('aria-valuetext', s.numbers);
    [...$('.stops').children].forEach((stop, i) => stop.classList.toggle('on', i === step));
    write('.original span', `${data.pixels}, ${names[image]}`);
    write('.code span', `${s.numbers}, ${s.fewer}`);
    [['.decoded', 0], ['.linear', 1]].forEach(([figure, actor]) =>
      write(`${figure} span`, `squared error ${errors[(actor * sizes.length + step) * count + image].toFixed(4)}`));
    root.querySelectorAll('output').forEach((output, actor) => { output.textContent = heldOut[actor][step].toFixed(4); });
    write('p', `Over all ${data.count.toLocaleString('en')} held-out images ${s.said}`);
    [...$('.columns').children].forEach((button, i) => button.setAttribute('aria-pressed', String(i === image)));
    curve();
    if (!sheet?.complete || !sheet.naturalWidth) return;
    put($('.original canvas'), image);
    put($('.decoded canvas'), (1 + 2 * step) * count + image);
    put($('.linear canvas'), (2 + 2 * step) * count + image);
    const gap = Math.max(1, Math.round(w / 14)), ctx = sized(strip, count * (w + gap), 3 * h + 2 * gap);
    [0, 1 + 2 * step, 2 + 2 * step].forEach((row, r) => {
      for (let i = 0; i < count; i++)
        tile(ctx, sheet, count, [w, h], row * count + i, i * (w + gap) + gap / 2, r * (h + gap), w, h);
    });
    hero.dataset.drawn = s.size;
  };

  // The code as a stack of bars to the left and right of zero: as many rows as numbers.
  const stack = (canvas, values) => {
    const [ctx, width, height] = sharp(canvas);
    const largest = Math.max(1e-9, ...values.map(Math.abs)), each = height / values.length;
    ctx.fillStyle = colour(canvas, '--ae');
    ctx.fillRect(width / 2 - .5, 0, 1, height);
    values.forEach((value, i) => {
      const long = Math.max(1, Math.abs(value) / largest * (width / 2 - 4));
      ctx.fillRect(value >= 0 ? width / 2 : width / 2 - long, i * each + each * .1, long, Math.max(each * .8, .6));
    });
    const said = [...values].slice(0, 16).map(value => value.toFixed(1)).join(', ');
    canvas.setAttribute('aria-label', `The code: ${said}${values.length > 16 ? ' and so on' : ''}`);
  };

  // Both held-out errors over the sizes, logarithmic both ways; what is below half the smallest leaves the chart.
  const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);     // a projector's is larger
  const margins = () => [3.25, 1, .65, 1.6].map(side => side * rem());
  const across = i => Math.log2(sizes[i].size / sizes[0].size) / Math.log2(sizes[most].size / sizes[0].size);
  const curve = () => {
    const [ctx, width, height] = sharp(chart), [LEFT, RIGHT, TOP, FOOT] = margins(), ink = colour(chart, '--st-text-color');
    const low = Math.min(...heldOut[0]) / 1.6, high = Math.max(...heldOut.flat()) * 1.15;
    const x = i => LEFT + across(i) * (width - LEFT - RIGHT);
    const y = error => TOP + Math.log(high / error) / Math.log(high / low) * (height - TOP - FOOT);
    ctx.font = `${rem() * .8}px ${colour(chart, '--st-font')}`;
    ctx.fillStyle = ink; ctx.strokeStyle = colour(chart, '--st-border-color');
    ctx.textAlign = 'right'; ctx.textBaseline = 'middle';
    for (let decade = Math.floor(Math.log10(low)); decade < 1; decade++)
      for (const digit of [1, 2, 5]) {
        const error = digit * 10 ** decade;
        if (error < low || error > high) continue;
        ctx.fillText(+error.toPrecision(1), LEFT - 14, y(error));
        ctx.fillRect(LEFT - 10, y(error) - .5, 4, 1);
        ctx.beginPath(); ctx.moveTo(LEFT - 4, y(error)); ctx.lineTo(width, y(error)); ctx.stroke();
      }
    ctx.textAlign = 'center'; ctx.textBaseline = 'bottom';
    sizes.forEach(({ size }, i) => ctx.fillText(size, x(i), height));
    ctx.save();
    ctx.beginPath(); ctx.rect(0, 0, width, height - FOOT + 6); ctx.clip();
    ctx.strokeStyle = colour(chart, '--st-primary-color'); ctx.lineWidth = 2;
    ctx.beginPath(); ctx.moveTo(x(at.step), 0); ctx.lineTo(x(at.step), height); ctx.stroke();
    for (const actor of [1, 0]) {
      ctx.strokeStyle = ctx.fillStyle = colour(chart, ['--ae', '--pca'][actor]);
      ctx.lineWidth = 3; ctx.lineJoin = 'round';
      const points = heldOut[actor].map((error, i) => [x(i), y(Math.max(error, low / 100))]);
      ctx.beginPath(); points.forEach(point => ctx.lineTo(...point)); ctx.stroke();
      points.forEach(([px, py], i) => {
        const r = i === at.step ? 8 : 4.5;
        ctx.beginPath();
        if (actor) ctx.rect(px - r * .9, py - r * .9, r * 1.8, r * 1.8); else ctx.arc(px, py, r, 0, 7);
        ctx.fill();
      });
    }
    ctx.restore();
  };
  chart.setAttribute('aria-label', 'Held-out squared error by code size, autoencoder and PCA: ' + sizes.map((s, i) =>
    `${s.size}: ${heldOut[0][i].toFixed(4)} and ${heldOut[1][i].toFixed(4)}`).join('; '));

  const turn = step => {
    if (step !== at.step) { at.step = step; draw(); }
  };
  // A finger that touches may be about to scroll: it counts once it moves sideways, or as a tap.
  const draggable = (element, begin, step, tap) => {
    element.onpointerdown = event => {
      if (event.button) return;
      element.setPointerCapture(event.pointerId);
      input.focus({ preventScroll: true });
      begin(event);
      if (tap && event.pointerType !== 'touch') turn(step(event));
    };
    element.onpointermove = event => {
      if (element.hasPointerCapture(event.pointerId)) turn(step(event));
    };
    element.onlostpointercapture = restStep;
    element.onclick = event => { if (tap && event.detail) { turn(step(event)); restStep(); } };
  };
  const nearest = (position, places) => {
    const distance = i => Math.abs(places(i) - position);
    return sizes.reduce((best, _, i) => distance(i) < distance(best) ? i : best, 0);
  };
  const along = (element, inset, places) => event => {
    const box = element.getBoundingClientRect(), [left, right] = inset();
    return nearest((event.clientX - box.left - left) / (box.width - left - right), places);
  };
  const half = () => parseFloat(getComputedStyle(root.querySelector('.stops')).left);      // of the thumb
  draggable(dial, () => {}, along(input, () => [half(), half()], i => i / most), true);
  draggable(chart, () => {}, along(chart, margins, across), true);
  let from;                                              // over the figure a drag is measured from where it began
  draggable(hero, event => { from = [event.clientX, at.step]; },
    event => clamp(from[1] + Math.round((event.clientX - from[0]) / hero.clientWidth * 10), 0, most), false);
  input.max = most;
  input.oninput = () => turn(+input.value);
  input.onchange = restStep;

  $('.stops').replaceChildren(...sizes.map(({ size }, i) => {
    const stop = document.createElement('span');
    stop.textContent = size; stop.style.left = `${i / most * 100}%`;
    return stop;
  }));
  const columns = $('.columns');
  while (columns.children.length > count) columns.lastChild.remove();
  while (columns.children.length < count) columns.append(Object.assign(document.createElement('button'), { type: 'button' }));
  [...columns.children].forEach((button, i) => {
    button.setAttribute('aria-label', names[i]);
    button.onclick = () => { at.image = i; draw(); tell('image', i); };
  });
  sheet = picture(root, 'sheet', url, () => sheet && draw());
  draw();
  onResize(root, hero, draw);
  return () => forget(root);
}
"""

_component = component("squeeze", _HTML, _CSS, _JS)


def squeeze(
    key: str,
    figure: dict[str, str],
    size: int,
    image: int,
    on_size: Callable[[int], None],
    on_image: Callable[[int], None],
) -> None:
    """Show the bottleneck.

    Args:
        figure: from :func:`ui.squeezing.figure`. As long as it, ``size`` and ``image`` stay the same nothing is sent again.
        size, image: where it starts: a size of the ladder, and the place of an image in the figure.
        on_size, on_image: called with the visitor's choice, of either, when it has come to rest; the value is a
            whole number that a browser sent, and no more than that is certain of it.
    """

    def taken(name: str, take: Callable[[int], None]) -> Callable[[], None]:
        def told() -> None:
            value = st.session_state[key].get(name)
            if isinstance(value, int):
                take(value)

        return told

    _component(
        key=key,
        data={**figure, "size": str(size), "image": str(image)},
        on_size_change=taken("size", on_size),
        on_image_change=taken("image", on_image),
    )
