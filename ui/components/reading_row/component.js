import { bytes, colour, forget, onChange, picture, place, rem, sized, tile } from '../shared/base.js';
import { chart, linear } from '../shared/chart.js';
import { strengthDial } from '../shared/strength.js';
import { isShort, mark, pointsOf, rightOf, rowOf, saidOf } from './marks.js';

const WAYS = ['as it is', 'after the autoencoder', 'after PCA', 'after the median filter', 'by the rival'];
const SHARES = [0, 0.5, 1];

export default function ({ parentElement, data: { json, sheet }, setStateValue }) {
  const root = parentElement;
  const data = JSON.parse(json);
  const {
    tile: [w, h],
    labels,
    names,
    held,
  } = data;
  const classes = bytes(data.classes);
  const images = labels.length;
  const steps = classes.length / WAYS.length / images - 1;
  const $ = selector => root.querySelector(selector);
  const reader = $('.reader');
  const range = $('input');
  const curve = $('.chart');
  const lines = [...root.querySelectorAll('.line[data-method]')];
  const gap = Math.max(1, Math.round(w / 14));

  // What the visitor did outlives new data: a rerun that comes late moves nothing under the finger.
  root.__read ??= { step: data.step, chosen: 0, drag: null };
  const read = root.__read;
  if (held) read.step = data.step;
  read.chosen = Math.min(read.chosen, images - 1);
  reader.style.setProperty('--images', images);

  const fill = (cells, kind, make) => {
    let found = [...cells.querySelectorAll(kind)];
    if (found.length !== images) {
      for (const old of found) old.remove();
      found = labels.map(() => cells.appendChild(document.createElement(kind)));
    }
    found.forEach(make);
  };
  const readBy = (method, step) => {
    const first = rowOf(method, step, steps, images);
    return classes.subarray(first, first + images);
  };

  const draw = () => {
    const strength = (read.step / steps).toFixed(2);
    fill($('.head .cells'), 'button', (button, i) => {
      button.type = 'button';
      button.textContent = names[labels[i]];
      button.title = names[labels[i]]; // which is cut off where it is long
      button.setAttribute('aria-label', `Image ${i + 1}: ${names[labels[i]]}`);
      button.setAttribute('aria-pressed', String(i === read.chosen));
      button.onclick = () => {
        read.chosen = i;
        draw();
      };
    });
    const pictures = root.__pictures?.sheet;
    for (const line of lines) {
      const method = +line.dataset.method;
      const found = readBy(method, read.step);
      const right = rightOf(found, labels);
      line.querySelector('.count').textContent = `${right} of ${images}`;
      fill(line.querySelector('.cells'), 'span', (span, i) => {
        span.textContent = mark(found[i], labels[i], names);
        span.className = found[i] === labels[i] ? 'right' : 'wrong';
        span.title = names[found[i]];
      });
      const canvas = line.querySelector('canvas');
      if (!canvas || !pictures?.complete) continue;
      const ctx = sized(canvas, images * (w + gap) - gap, h);
      for (let i = 0; i < images; i++) {
        const from = rowOf(method, read.step, steps, images) + i;
        tile(ctx, pictures, images, [w, h], from, i * (w + gap), 0, w, h);
      }
      const what = line.querySelector('b').textContent;
      const keys = method || held ? '' : ' Arrow keys set the strength.';
      canvas.setAttribute('aria-label', `${what}, strength ${strength}: ${right} of ${images} are read.${keys}`);
    }
    reader.classList.toggle('held', Boolean(held));
    reader.classList.toggle('unseen', held === 'hidden');
    range.max = steps;
    range.value = read.step;
    range.disabled = Boolean(held);
    range.setAttribute('aria-valuetext', `${strength}, ${data.measure}`);
    $('output').textContent = strength;
    $('label small').textContent = data.measure;
    const ways = [0, 4, 1, 2, 3].map(method => [WAYS[method], readBy(method, read.step)[read.chosen]]);
    $('.one').textContent = `${saidOf(read.chosen, labels[read.chosen], names, ways)}${
      isShort(names) ? '' : ' Under a picture: ✓ read, ✗ misread.'
    }`;
    $('.verdict').textContent =
      data.said[read.step] || 'How many of many images are read at this strength is being counted.';
    plot();
  };

  const LINES = [
    ['Noisy', null, 1.5, [1, 3]], // told apart by their dashes, too
    ['Autoencoder', '--ae', 3, []],
    ['PCA', '--pca', 2.5, [7, 4]],
    ['Median', null, 2, [2, 3]],
    ['Rival', null, 2.5, [12, 3]],
  ];
  const plot = () => {
    if (!curve.clientWidth) return;
    const style = getComputedStyle($('.dial'));
    const [left, right] = ['--left', '--right'].map(name => parseFloat(style.getPropertyValue(name)) * rem());
    const margins = { left, right, top: 8, foot: 1.125 * rem() };
    const drawn = chart(curve, margins, linear(0, steps), linear(0, 1));
    const inks = LINES.map(([, name]) => (name ? colour(reader, name) : drawn.text));
    if (data.learned) {
      const [from, to] = data.learned.map(strength => strength * steps);
      drawn.band(from, to, colour(reader, '--ae'));
      if (from + to > steps) drawn.below('learned', to, 'right');
      else drawn.below('learned', from, 'left');
    }
    drawn.grid(SHARES);
    const all = data.curves.map(pointsOf);
    const ends = LINES.flatMap(([name], i) => (all[i].length ? [[name, all[i].at(-1)[1], inks[i]]] : []));
    drawn.names(ends);
    LINES.forEach(([, , thick, dash], i) => drawn.line(all[i], inks[i], thick, dash));
    drawn.cursor(read.step);
    LINES.forEach((_, i) => {
      const share = data.curves[i][read.step];
      if (share !== null) drawn.dot([read.step, share], inks[i], i ? 5 : 3, i === 2);
    });
    const here = LINES.map(([name], i) => [name, data.curves[i][read.step]]);
    curve.setAttribute(
      'aria-label',
      'Share of held-out images read, by strength. At this one: ' +
        here
          .map(([name, share]) => `${name} ${share === null ? 'not known yet' : `${(100 * share).toFixed(1)} %`}`)
          .join(', '),
    );
  };

  const { move, report, draggable, along, under } = strengthDial({
    now: read,
    steps,
    range,
    held,
    draw,
    tell: share => setStateValue('strength', share),
  });
  for (const line of lines) {
    const canvas = line.querySelector('canvas');
    if (!canvas) continue;
    draggable(canvas, along);
    canvas.onclick = e => {
      const chosen = Math.min(images - 1, Math.floor(place(canvas, e)[0] * images));
      if (chosen === read.chosen) return;
      read.chosen = chosen;
      draw();
    };
  }
  draggable(curve, under);
  $('canvas[tabindex]').onkeydown = e => {
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1 }[e.key];
    if (!by) return;
    e.preventDefault();
    move(read.step + by);
    report();
  };

  root.__draw = draw;
  onChange(root, reader, () => root.__draw());
  picture(root, 'sheet', sheet, () => root.__draw());
  draw();
  return () => forget(root);
}
