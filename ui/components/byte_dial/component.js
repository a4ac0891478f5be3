import { clamp, colour, forget, onChange, picture, rem, sized, tile } from '../shared/base.js';
import { chart, linear, logarithmic, multiples, oneTwoFive } from '../shared/chart.js';
import { dragging, STEPS } from '../shared/dragging.js';
import { classColours } from '../shared/palette.js';
import { dialAxis, fitting, frontier, inBytes } from './fitting.js';

const DASHES = [[], [], [8, 4], [2, 4], [10, 3, 2, 3], [5, 5], []]; // by the method's place: colour alone tells nobody apart
const LOSSLESS = 60; // dB and more are drawn as so many

export default function ({ parentElement: root, data: given, setStateValue }) {
  const data = JSON.parse(given.json);
  const $ = selector => root.querySelector(selector);
  const box = $('.bytedial');
  const range = $('#bytes');
  const plot = $('.plot');
  const { methods, columns } = data;
  const unit = `bytes a${/^[aeiou]/.test(data.item) ? 'n' : ''} ${data.item}`;
  $('label b').textContent = unit[0].toUpperCase() + unit.slice(1);
  const [w, h] = data.side;
  const sizes = methods.flatMap(method => method.bytes);
  const low = Math.min(...sizes);
  const high = Math.max(
    ...methods.map(method => (method.bytes.length > 1 ? method.bytes.at(-1) : method.bytes[0] * 1.3)),
  );
  const dial = dialAxis(low, high);
  const firsts = []; // the row of the sheet where each method begins; the first row is the images themselves
  methods.reduce((row, method) => {
    firsts.push(row);
    return row + method.bytes.length;
  }, 1);

  // The dial outlives new data of the same study; another one begins where Python says.
  if (root.__dial?.name !== data.name) root.__dial = { name: data.name, value: data.at ?? data.start };
  const now = root.__dial;
  const place = () => (now.value === data.start ? '' : now.value.toPrecision(4));

  const words = (method, i) => {
    const quality = method.psnr[i] >= 99 ? 'nothing lost' : `${method.psnr[i].toFixed(1)} dB`;
    const alike = method.ssim[i];
    return [`${inBytes(method.bytes[i])} bytes`, quality, ...(alike === null ? [] : [`SSIM ${alike.toFixed(2)}`])];
  };
  const row = (title, actor) => {
    const made = document.createElement('div');
    made.className = `method ${actor}`;
    const name = document.createElement('b');
    name.textContent = title;
    made.append(name, Object.assign(document.createElement('canvas'), { role: 'img' }), document.createElement('span'));
    return made;
  };
  const rows = [row('Original', ''), ...methods.map(method => row(method.title, method.actor))];
  $('.rows').replaceChildren(...rows);

  const inks = () => {
    const others = classColours(box);
    const beside = [others[3], others[0], others[1], others[7], others[9]];
    let next = 0;
    return methods.map(({ actor }) => (actor ? colour(plot, `--${actor}`) : beside[next++ % beside.length]));
  };

  const strip = (made, sheetRow) => {
    const sheet = root.__pictures?.sheet;
    const gap = Math.max(1, Math.round(w / 14));
    const canvas = made.querySelector('canvas');
    const ctx = sized(canvas, columns * (w + gap) - gap, h);
    if (!sheet?.complete || !sheet.naturalWidth) return;
    for (let i = 0; i < columns; i++) tile(ctx, sheet, columns, [w, h], sheetRow * columns + i, i * (w + gap), 0, w, h);
  };

  const figures = (made, lines) => {
    const small = document.createElement('small');
    small.textContent = lines.slice(1).join(' · ');
    made.querySelector('span').replaceChildren(lines[0], small);
    made
      .querySelector('canvas')
      .setAttribute('aria-label', `${made.querySelector('b').textContent}: ${lines.join(', ')}`);
  };

  const draw = () => {
    const found = methods.map(method => fitting(method.bytes, method.psnr, now.value));
    $('output').textContent = inBytes(now.value);
    $('.dial small').textContent =
      now.value === data.start ? 'where it starts: what this run’s suggested step takes' : 'at most';
    $('.again').disabled = now.value === data.start;
    range.value = Math.round(clamp(dial.share(now.value), 0, 1) * STEPS);
    strip(rows[0], 0);
    figures(rows[0], [`${data.raw.toLocaleString('en')} bytes`, 'raw']);
    methods.forEach((method, i) => {
      const made = rows[i + 1];
      made.classList.toggle('none', found[i] < 0);
      strip(made, firsts[i] + Math.max(found[i], 0));
      figures(
        made,
        found[i] < 0
          ? ['does not fit:', `takes ${inBytes(Math.min(...method.bytes))} bytes or more`]
          : words(method, found[i]),
      );
    });
    $('.verdict').textContent = verdict(found);
    range.setAttribute('aria-valuetext', `${inBytes(now.value)} ${unit}. ${$('.verdict').textContent}`);
    curves(found);
    box.dataset.drawn = data.name;
  };

  const verdict = found => {
    const fit = methods.map((_, i) => i).filter(i => found[i] >= 0);
    if (!fit.length) return 'Nothing is so small.';
    const psnr = i => methods[i].psnr[found[i]];
    const said = i => (psnr(i) >= 99 ? 'loses nothing' : `${psnr(i).toFixed(1)} dB`);
    const order = fit.sort((a, b) => psnr(b) - psnr(a));
    const [first, second] = order;
    const called = i => methods[i].title.replace(/^This/, 'this');
    const missing = methods.filter((_, i) => found[i] < 0).map(method => method.title);
    return (
      `With at most ${inBytes(now.value)} ${unit}, ${called(first)} comes nearest to the originals (${said(first)})` +
      (second === undefined ? '.' : `, then ${called(second)} (${said(second)}).`) +
      (missing.length ? ` ${missing.join(', ')} ${missing.length > 1 ? 'do' : 'does'} not fit.` : '')
    );
  };

  const value = (method, i) => (data.measure === 'ssim' ? method.ssim[i] : Math.min(method.psnr[i], LOSSLESS));
  const margins = () => ({ left: 2.6 * rem(), right: 6.4 * rem(), top: 0.7 * rem(), foot: 1.7 * rem() });
  const curves = found => {
    const all = methods.flatMap(method => method.bytes.map((_, i) => value(method, i)));
    const floor = data.measure === 'ssim' ? Math.min(0, ...all) : Math.floor(Math.min(...all) / 5) * 5;
    const top = data.measure === 'ssim' ? 1 : Math.max(...all) + 1;
    const drawn = chart(plot, margins(), logarithmic(low, high), linear(floor, top));
    drawn.grid(data.measure === 'ssim' ? [0, 0.25, 0.5, 0.75, 1] : multiples(floor, top, 10));
    const ticks = oneTwoFive(low, high);
    const thinned = plot.clientWidth < 34 * rem() ? ticks.filter(tick => /^[15]/.test(String(tick))) : ticks;
    const step = Math.ceil(thinned.length / 9);
    thinned.filter((_, i) => i % step === 0).forEach(tick => drawn.below(tick, tick));
    const ink = inks();
    const named = [];
    methods.forEach((method, i) => {
      const best = frontier(
        method.bytes,
        method.bytes.map((_, k) => value(method, k)),
      );
      const points = best.map(k => [method.bytes[k], value(method, k)]);
      drawn.line(points, ink[i], method.actor ? 3 : 2, DASHES[i % DASHES.length]);
      const [, end] = points.at(-1);
      drawn.line([points.at(-1), [high, end]], ink[i], 1, [1, 4]); // more bytes make it no better
      if (points.length === 1) drawn.dot(points[0], ink[i], 5, true);
      named.push([method.title.replace(/ \(.*/, ''), end, ink[i]]);
    });
    drawn.names(named);
    drawn.cursor(clamp(now.value, low, high), colour(plot, '--st-primary-color'), 2);
    methods.forEach((method, i) => {
      if (found[i] >= 0)
        drawn.dot([method.bytes[found[i]], value(method, found[i])], ink[i], 6, method.actor === 'pca');
    });
    plot.setAttribute(
      'aria-label',
      `Rate and distortion: ${methods.map(m => `${m.title} from ${inBytes(m.bytes[0])} bytes, ${value(m, 0).toFixed(2)}, to ${inBytes(m.bytes.at(-1))}, ${value(m, m.bytes.length - 1).toFixed(2)}`).join('; ')}`,
    );
  };

  dragging(
    { box, plot, range, again: $('.again') },
    {
      now,
      start: data.start,
      held: data.held,
      axis: dial.value,
      margins,
      place,
      draw,
      tell: at => setStateValue('bytes', at && `${data.name}|${at}`),
    },
  );
  $('h3').textContent =
    data.measure === 'ssim' ? `Structural similarity (up) against ${unit}` : `PSNR in dB (up) against ${unit}`;
  picture(root, 'sheet', given.sheet, () => root.__again());
  draw();
  onChange(root, box, draw);
  return () => forget(root);
}
