import { drawBars } from '../shared/bars.js';
import { bytes, clamp, colour, floats, forget, onChange, picture, sharp, sized, tile } from '../shared/base.js';

const PAUSE = 1800; // milliseconds that slow motion rests on a stage

export default function ({ parentElement: root, data: { json, sheet }, setTriggerValue }) {
  const data = JSON.parse(json);
  const $ = name => root.querySelector(name);
  const last = data.stages.length - 1;
  const make = (tag, name, text) => {
    const element = document.createElement(tag);
    if (name) element.className = name;
    if (text !== undefined) element.textContent = text;
    return element;
  };
  root.__walk ??= { stage: 0, playing: false };
  const state = root.__walk;
  if (state.run !== data.run) {
    state.playing = false;
    clearTimeout(state.timer);
  }
  if (state.id !== data.id) {
    state.stage = 0;
    state.asked = false;
  }
  state.run = data.run;
  state.id = data.id;
  $('.title').textContent = data.title;
  $('.facts').textContent = data.facts;
  const step = $('.step');
  const next = $('.next');
  const slow = $('.slow');
  const first = $('.first');
  const paints = []; // what has to be drawn anew at another width

  const line = (panel, label, note, actor) => {
    const row = make('div', `line ${actor || ''}`);
    const name = make('div', 'name', label);
    const canvas = make('canvas');
    if (note) name.append(make('small', '', note));
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', `${label}${note ? `, ${note}` : ''}`);
    row.append(name, canvas);
    panel.append(row);
    return canvas;
  };
  const blocks = {
    images: ({ label, note, actor, row }, panel) => {
      const canvas = line(panel, label, note, actor);
      const [w, h] = data.tile;
      const gap = Math.max(1, Math.round(w / 10));
      canvas.className = 'img';
      const paint = () => {
        const ctx = sized(canvas, data.count * (w + gap) - gap, h);
        const image = root.__pictures?.sheet;
        if (image?.complete)
          for (let k = 0; k < data.count; k++)
            tile(ctx, image, data.count, data.tile, row * data.count + k, k * (w + gap), 0, w, h);
      };
      paints.push(paint);
    },
    codes: ({ label, note, actor, values, faint, scale }, panel) => {
      const canvas = line(panel, label, note, actor);
      const all = floats(values);
      const size = all.length / data.count;
      const silent = faint ? bytes(faint) : null;
      canvas.className = 'bars';
      paints.push(() => {
        if (!canvas.clientWidth) return;
        const [ctx, width, height] = sharp(canvas);
        const [w] = data.tile;
        const gap = Math.max(1, Math.round(w / 10));
        const whole = data.count * (w + gap) - gap;
        const inks = [colour(canvas, '--ae'), colour(canvas, '--st-border-color')];
        for (let k = 0; k < data.count; k++) {
          // each code under its image
          const box = [(k * width * (w + gap)) / whole, 0, (width * w) / whole, height];
          const ink = j => inks[silent?.[k * size + j] ? 1 : 0];
          drawBars(ctx, all.subarray(k * size, (k + 1) * size), box, { scale, ink, least: 0 });
        }
      });
    },
    meters: ({ head, rows }, panel) => {
      const table = make('div', 'meters');
      if (head) table.append(make('div', 'head', head));
      for (const [what, note, share, text, adds] of rows) {
        const name = make('div', `what ${adds ? 'adds' : ''}`, what);
        const bar = make('div', `bar ${adds ? 'adds' : ''}`);
        const fill = make('i');
        if (note) name.append(make('small', '', note));
        fill.style.width = `${(clamp(share, 0, 1) * 100).toFixed(1)}%`;
        bar.append(fill);
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
    chip.onclick = () => {
      rest();
      go(i);
    };
    return chip;
  });
  $('.chips').replaceChildren(...chips);
  $('.stages').replaceChildren(...panels);
  const paint = () => paints.forEach(one => one());

  const go = i => {
    state.stage = i;
    panels.forEach((panel, k) => panel.classList.toggle('on', k === i));
    chips.forEach((chip, k) => {
      chip.classList.toggle('past', k < i);
      if (k === i) chip.setAttribute('aria-current', 'step');
      else chip.removeAttribute('aria-current');
    });
    step.disabled = i === last && data.last;
    next.disabled = data.last;
    first.disabled = data.step === 0 && i === 0;
    step.textContent = i === last && !data.last ? 'Step: next batch' : 'Step';
    slow.textContent = state.playing ? '❚❚ Pause' : '▶ Slow motion';
    slow.setAttribute('aria-pressed', String(state.playing));
    slow.disabled = i === last && data.last;
  };
  const ask = name => {
    if (!state.asked) {
      state.asked = true;
      setTriggerValue(name, data.step);
    }
  };
  const rest = () => {
    clearTimeout(state.timer);
    state.playing = false;
  };
  const forward = () => {
    if (state.stage < last) go(state.stage + 1);
    else if (!data.last) ask('next');
    else {
      rest();
      go(state.stage);
    }
  };
  const tick = () => {
    clearTimeout(state.timer);
    state.timer = setTimeout(() => {
      forward();
      if (state.playing && !state.asked) tick();
    }, PAUSE);
  };
  step.onclick = () => {
    rest();
    forward();
  };
  next.onclick = () => {
    rest();
    ask('next');
  };
  first.onclick = () => {
    rest();
    if (data.step === 0) go(0);
    else ask('first');
  };
  slow.onclick = () => {
    if (state.playing) rest();
    else {
      state.playing = true;
      tick();
    }
    go(state.stage);
  };
  root.onkeydown = e => {
    const way = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (!way) return;
    e.preventDefault();
    rest();
    if (way > 0) forward();
    else if (state.stage > 0) go(state.stage - 1);
    chips[state.stage].focus();
  };
  go(Math.min(state.stage, last));
  picture(root, 'sheet', sheet, paint);
  paint();
  if (state.playing) tick(); // the batch that slow motion asked for
  onChange(root, $('.stages'), paint);
  return () => {
    rest();
    forget(root);
  };
}
