"""One training step, stage by stage: a row of stages, and of the chosen one its images, codes and numbers.

Python sends a whole step at once (see :mod:`ui.step_through`); going through its stages, by hand or in slow motion,
happens in the browser. The next batch is asked of the server. All stages lie in one place of the page, as tall as the
tallest, so that nothing moves from one to the next.
"""

from __future__ import annotations

from ui.components.base import component

_HTML = """
<div class="c walk" role="group" aria-label="One batch of training, step by step">
  <div class="head"><b class="title"></b> <span class="facts"></span></div>
  <div class="chips" role="group" aria-label="Stages"></div>
  <div class="row">
    <button type="button" class="b step">Step</button>
    <button type="button" class="b next">Next batch</button>
    <button type="button" class="b slow"></button>
    <button type="button" class="b first">Start over</button>
  </div>
  <div class="stages"></div>
</div>
"""

_CSS = """
.head { margin-bottom: .6rem; } .title { font-size: 1.1rem; } .facts { opacity: .85; margin-left: .4rem; }
.chips { display: flex; flex-wrap: wrap; gap: .45rem; margin-bottom: .7rem; }
.chip { font: inherit; color: inherit; background: none; cursor: pointer; border: 1.5px solid var(--st-border-color);
  border-radius: .5rem; padding: .4rem .7rem .35rem; min-height: 3.4rem; min-width: 4.6rem; text-align: center; }
.chip:hover { border-color: var(--st-primary-color); }
.chip i { display: block; height: 1.1rem; width: 1.6rem; margin: 0 auto .2rem; background: currentColor; opacity: .75; }
.chip .in { clip-path: polygon(0 0, 100% 30%, 100% 70%, 0 100%); } .chip .out { clip-path: polygon(0 30%, 100% 0, 100% 100%, 0 70%); }
.chip .image { width: 1.1rem; } .chip .code { clip-path: polygon(0 60%, 18% 60%, 18% 100%, 0 100%, 0 60%, 27% 20%, 45% 20%,
  45% 100%, 27% 100%, 27% 20%, 55% 45%, 73% 45%, 73% 100%, 55% 100%, 55% 45%, 82% 0, 100% 0, 100% 100%, 82% 100%, 82% 0); }
.chip .loss { clip-path: circle(45%); width: 1.1rem; }
.chip .back { clip-path: polygon(0 50%, 45% 0, 45% 32%, 100% 32%, 100% 68%, 45% 68%, 45% 100%); }
.chip .move { clip-path: polygon(100% 50%, 55% 0, 55% 32%, 0 32%, 0 68%, 55% 68%, 55% 100%); }
.chip.adds { border: 2px dashed var(--ae); color: var(--ae); }
.chip.past { background: var(--st-secondary-background-color); }
.chip[aria-current=step] { background: var(--st-primary-color); border-color: var(--st-primary-color); color: var(--st-background-color); }
.chip:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
.slow { min-width: 9.5rem; } .step { min-width: 9.5rem; }
.stages { display: grid; margin-top: 1rem; }
.stage { grid-area: 1 / 1; visibility: hidden; opacity: 0; min-width: 0; }
.stage.on { visibility: visible; opacity: 1; transition: opacity .25s; }
@media (prefers-reduced-motion: reduce) { .stage.on { transition: none; } }
.stage > p { margin: 0 0 .8rem; max-width: 46rem; } .stage > p.adds { border-left: 4px solid var(--ae); padding-left: .7rem; }
.line { display: grid; grid-template-columns: 7.5rem 1fr; gap: .3rem .9rem; align-items: center; margin: .35rem 0; }
.line .name { font-weight: 600; line-height: 1.2; text-align: right; } .line.ae .name { color: var(--ae); }
.line .name small { display: block; font-weight: 400; opacity: .8; }
.line canvas.img { background: none; border-radius: 0; max-width: 44rem; }
.line canvas.bars { width: 100%; max-width: 44rem; height: 4.2rem; }
.meters { display: grid; grid-template-columns: max-content minmax(4rem, 1fr) max-content; gap: .35rem .9rem; align-items: center;
  max-width: 46rem; margin: .6rem 0; }
.meters .head { grid-column: 1 / -1; font-weight: 650; margin: .3rem 0 0; }
.meters .what small { display: block; opacity: .8; } .meters .bar { height: .8rem; background: var(--st-secondary-background-color); }
.meters .bar i { display: block; height: 100%; background: var(--st-text-color); opacity: .6; }
.meters .adds { color: var(--ae); } .meters .bar.adds i { background: var(--ae); opacity: 1; }
@media (max-width: 640px) {
  .line { grid-template-columns: 1fr; } .line .name { text-align: left; } .line .name small { display: inline; margin-left: .4rem; }
  .chip { min-width: 0; padding: .35rem .45rem; } .line canvas.bars { height: 3.2rem; }
}
"""

_JS = r"""
const PAUSE = 1800;                                      // milliseconds that slow motion rests on a stage

export default function ({ parentElement: root, data: { json, sheet }, setTriggerValue }) {
  const data = JSON.parse(json), $ = name => root.querySelector(name), last = data.stages.length - 1;
  const make = (tag, name, text) => {
    const element = document.createElement(tag);
    if (name) element.className = name;
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const state = root.__walk ??= { stage: 0, playing: false };
  if (state.run !== data.run) { state.playing = false; clearTimeout(state.timer); }
  if (state.id !== data.id) { state.stage = 0; state.asked = false; }
  state.run = data.run; state.id = data.id;
  $('.title').textContent = data.title; $('.facts').textContent = data.facts;
  const step = $('.step'), next = $('.next'), slow = $('.slow'), first = $('.first');
  const paints = [];                                     // what has to be drawn anew at another width

  const line = (panel, label, note, actor) => {
    const row = make('div', `line ${actor || ''}`), name = make('div', 'name', label), canvas = make('canvas');
    if (note) name.append(make('small', '', note));
    canvas.setAttribute('role', 'img'); canvas.setAttribute('aria-label', `${label}${note ? ', ' + note : ''}`);
    row.append(name, canvas); panel.append(row);
    return canvas;
  };
  const blocks = {
    images: ({ label, note, actor, row }, panel) => {
      const canvas = line(panel, label, note, actor), [w, h] = data.tile, gap = Math.max(1, Math.round(w / 10));
      canvas.className = 'img';
      const paint = () => {
        const ctx = sized(canvas, data.count * (w + gap) - gap, h), image = root.__pictures?.sheet;
        if (image?.complete) for (let k = 0; k < data.count; k++) tile(ctx, image, data.count, data.tile, row * data.count + k, k * (w + gap), 0, w, h);
      };
      paints.push(paint);
    },
    codes: ({ label, note, actor, values, faint, scale }, panel) => {
      const canvas = line(panel, label, note, actor), all = floats(values), size = all.length / data.count;
      const silent = faint ? bytes(faint) : null;
      canvas.className = 'bars';
      paints.push(() => {
        if (!canvas.clientWidth) return;
        const [ctx, width, height] = sharp(canvas), ink = colour(canvas, '--ae'), pale = colour(canvas, '--st-border-color');
        const [w] = data.tile, gap = Math.max(1, Math.round(w / 10)), whole = data.count * (w + gap) - gap;
        const each = width * (w + gap) / whole, inner = width * w / whole;    // each code under its image
        for (let k = 0; k < data.count; k++) {
          ctx.fillStyle = ink; ctx.fillRect(k * each, height / 2 - .5, inner, 1);
          for (let j = 0; j < size; j++) {
            const value = all[k * size + j], tall = Math.min(Math.abs(value) / scale, 1) * height / 2;
            ctx.fillStyle = silent && silent[k * size + j] ? pale : ink;
            ctx.fillRect(k * each + j * inner / size, value >= 0 ? height / 2 - tall : height / 2, Math.max(inner / size * .8, .6), tall);
          }
        }
      });
    },
    meters: ({ head, rows }, panel) => {
      const table = make('div', 'meters');
      if (head) table.append(make('div', 'head', head));
      for (const [what, note, share, text, adds] of rows) {
        const name = make('div', `what ${adds ? 'adds' : ''}`, what), bar = make('div', `bar ${adds ? 'adds' : ''}`), fill = make('i');
        if (note) name.append(make('small', '', note));
        fill.style.width = `${(clamp(share, 0, 1) * 100).toFixed(1)}%`; bar.append(fill);
        table.append(name, bar, make('div', adds ? 'adds' : '', text));
      }
      panel.append(table);
    },
  };
  const panels = data.stages.map(stage => {
    const panel = make('div', 'stage');
    panel.append(make('p', stage.adds ? 'adds' : '', stage.words));
    for (const block of stage.blocks) blocks[block.kind](block, panel);
    return panel;
  });
  const chips = data.stages.map((stage, i) => {
    const chip = make('button', `chip ${stage.adds ? 'adds' : ''}`);
    chip.type = 'button';
    chip.append(make('i', stage.shape), stage.name);
    chip.setAttribute('aria-label', stage.name + (stage.adds ? ', added by this kind' : ''));
    if (stage.adds) chip.title = 'Added by this kind';
    chip.onclick = () => { rest(); go(i); };
    return chip;
  });
  $('.chips').replaceChildren(...chips); $('.stages').replaceChildren(...panels);
  const paint = () => paints.forEach(one => one());

  const go = i => {
    state.stage = i;
    panels.forEach((panel, k) => panel.classList.toggle('on', k === i));
    chips.forEach((chip, k) => {
      chip.classList.toggle('past', k < i);
      if (k === i) chip.setAttribute('aria-current', 'step'); else chip.removeAttribute('aria-current');
    });
    step.disabled = i === last && data.last; next.disabled = data.last; first.disabled = data.step === 0 && i === 0;
    step.textContent = i === last && !data.last ? 'Step: next batch' : 'Step';
    slow.textContent = state.playing ? '❚❚ Pause' : '▶ Slow motion';
    slow.setAttribute('aria-pressed', String(state.playing));
    slow.disabled = i === last && data.last;
  };
  const ask = name => { if (!state.asked) { state.asked = true; setTriggerValue(name, data.step); } };
  const rest = () => { clearTimeout(state.timer); state.playing = false; };
  const forward = () => {
    if (state.stage < last) go(state.stage + 1);
    else if (!data.last) ask('next');
    else { rest(); go(state.stage); }
  };
  const tick = () => {
    clearTimeout(state.timer);
    state.timer = setTimeout(() => { forward(); if (state.playing && !state.asked) tick(); }, PAUSE);
  };
  step.onclick = () => { rest(); forward(); };
  next.onclick = () => { rest(); ask('next'); };
  first.onclick = () => { rest(); if (data.step === 0) go(0); else ask('first'); };
  slow.onclick = () => {
    if (state.playing) rest(); else { state.playing = true; tick(); }
    go(state.stage);
  };
  root.onkeydown = e => {
    const way = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (!way) return;
    e.preventDefault(); rest();
    if (way > 0) forward(); else if (state.stage > 0) go(state.stage - 1);
    chips[state.stage].focus();
  };
  go(Math.min(state.stage, last));
  picture(root, 'sheet', sheet, paint);
  paint();
  if (state.playing) tick();                             // the batch that slow motion asked for
  onResize(root, $('.stages'), paint);
  return () => { rest(); forget(root); };
}
"""

mount = component("step_through", html=_HTML, css=_CSS, js=_JS)
