import { clamp, colour, forget, onChange, picture, rem, sized, tile } from '../shared/base.js';
import { chart, linear, logarithmic, multiples, oneTwoFive } from '../shared/chart.js';
import { classColours } from '../shared/palette.js';
import { bestWithin, bytesAt, climbing, leader, stepAt } from './rates.js';

const STEPS = 120;
const EQUAL = 99; // dB from which a picture is its original

export default function ({ parentElement: root, data: { json, sheet: url }, setStateValue }) {
  const data = JSON.parse(json);
  const { w, h, shown, methods, low, high, measure } = data;
  const $ = name => root.querySelector(name);
  const frame = $('.bytes');
  const range = $('input');
  const plot = $('.chart');
  const rows = $('.rows');
  const which = measure === 'ssim' ? 2 : 1;
  const digitsOf = which === 2 ? 2 : 1;
  let sheet = null;

  // What the finger chose outlives new data; Python's word counts when it is a new one.
  root.__dial ??= {};
  const dial = root.__dial;
  const given = `${data.bytes}`;
  if (dial.bytes === undefined || dial.given !== given) dial.bytes = data.bytes;
  dial.given = given;
  dial.bytes = clamp(dial.bytes, low, high);

  const number = bytes => (bytes < 100 ? bytes.toFixed(1) : bytes.toFixed(0));
  const told = ([bytes, psnr, ssim]) =>
    `${number(bytes)} bytes, ${psnr > EQUAL ? 'equal' : `${psnr.toFixed(1)}\u00a0dB`}, SSIM\u00a0${ssim.toFixed(2)}`;
  const inks = () => {
    const palette = classColours(frame);
    return methods.map(({ actor }, i) => (actor ? colour(frame, `--${actor}`) : palette[(2 * i + 1) % 10]));
  };

  while (rows.children.length > methods.length + 1) rows.lastChild.remove();
  while (rows.children.length < methods.length + 1) {
    const figure = document.createElement('figure');
    figure.innerHTML =
      '<figcaption><b></b><span></span></figcaption><canvas class="img" role="img"></canvas>';
    rows.append(figure);
  }
  const strip = (canvas, row) => {
    const ctx = sized(canvas, shown * (w + 1) - 1, h);
    if (!sheet?.complete || !sheet.naturalWidth) return;
    for (let i = 0; i < shown; i++) tile(ctx, sheet, shown, [w, h], row * shown + i, i * (w + 1), 0, w, h);
  };

  const draw = () => {
    const { bytes } = dial;
    const ink = inks();
    const points = methods.map(method => method.points);
    const [first, lead] = leader(points, bytes, which);
    const at = stepAt(bytes, STEPS, low, high);
    range.max = STEPS;
    range.value = at;
    range.disabled = Boolean(data.held);
    frame.classList.toggle('held', Boolean(data.held));
    frame.classList.toggle('unseen', data.held === 'hidden');
    $('output').textContent = number(bytes);
    $('label small').textContent = data.mode;
    range.setAttribute('aria-valuetext', `${number(bytes)} bytes an image`);
    [...rows.children].forEach((figure, i) => {
      const [b, span] = figure.querySelectorAll('b, span');
      const canvas = figure.querySelector('canvas');
      const method = methods[i - 1];
      if (!method) {
        b.textContent = 'Original';
        span.textContent = `${w * h * data.channels} bytes of pixels`;
        canvas.setAttribute('aria-label', 'The originals');
        strip(canvas, 0);
        return;
      }
      const best = bestWithin(method.points, bytes, which);
      b.replaceChildren(document.createElement('i'), method.name);
      b.style.color = ink[i - 1];
      figure.classList.toggle('beyond', best < 0);
      figure.classList.toggle('best', i - 1 === first && methods.length > 1);
      const least = Math.min(...method.points.map(point => point[0]));
      span.textContent = best < 0 ? `needs ${number(least)} bytes or more` : told(method.points[best]);
      canvas.setAttribute('aria-label', `${method.name}: ${span.textContent}`);
      if (best < 0) strip(canvas, -1);
      else strip(canvas, method.points[best][3]);
    });
    const unit = which === 2 ? '' : ' dB';
    $('.verdict').textContent =
      first < 0
        ? 'No method writes a file of so few bytes.'
        : `At ${number(bytes)} bytes an image ${methods[first].said} comes nearest to the originals` +
          (lead === null
            ? ': nothing else writes so small a file.'
            : lead > EQUAL - 60
              ? ': nothing is lost.'
              : `, ${lead.toFixed(digitsOf)}${unit} before the next.`);
    curve(ink);
  };

  const margins = () => {
    const style = getComputedStyle($('.dial'));
    const [left, right] = ['--left', '--right'].map(name => Number.parseFloat(style.getPropertyValue(name)) * rem());
    return { left, right, top: 8, foot: 1.5 * rem() };
  };
  const across = logarithmic(low, high);
  const curve = ink => {
    if (!plot.clientWidth) return;
    const values = methods.flatMap(({ points }) => points.map(point => point[which])).filter(value => value < EQUAL);
    const [bottom, top] =
      which === 2
        ? [Math.floor(Math.min(...values, 1) * 5) / 5, 1]
        : [Math.floor(Math.min(...values, 20) / 5) * 5, Math.min(50, Math.ceil(Math.max(...values, 20) / 5) * 5)];
    const drawn = chart(plot, margins(), across, value => linear(bottom, top)(clamp(value, bottom, top)));
    drawn.grid(which === 2 ? multiples(bottom * 5, top * 5, 1).map(value => value / 5) : multiples(bottom, top, 10));
    drawn.unit(which === 2 ? 'SSIM' : 'dB');
    for (const bytes of oneTwoFive(low, high)) drawn.below(bytes, bytes);
    const dashes = [[], [7, 4], [2, 3], [9, 3, 2, 3], [4, 2], [1, 3], []];
    const ends = [];
    methods.forEach(({ name, points }, i) => {
      const line = climbing(points, which).map(point => [point[0], point[which]]);
      drawn.line(line, ink[i], i ? 2 : 3.5, dashes[i % dashes.length]);
      for (const one of line.length < 3 ? line : []) drawn.dot(one, ink[i], 4, true);
      const best = bestWithin(points, dial.bytes, which);
      if (best >= 0) drawn.dot([points[best][0], points[best][which]], ink[i], 5, i === 1);
      ends.push([name, clamp(line.at(-1)[1], bottom, top), ink[i]]);
    });
    drawn.cursor(dial.bytes);
    drawn.names(ends);
    plot.setAttribute(
      'aria-label',
      `${which === 2 ? 'SSIM' : 'PSNR'} over bytes an image: ` +
        methods
          .map(({ name, points }) => {
            const line = climbing(points, which);
            const [start, end] = [line[0], line.at(-1)];
            return `${name} from ${start[which].toFixed(digitsOf)} at ${number(start[0])} to ${end[which].toFixed(digitsOf)} at ${number(end[0])}`;
          })
          .join('; '),
    );
  };
  $('.axis').textContent = `${which === 2 ? 'SSIM' : 'PSNR'} over bytes an image. Drag the dial, a picture or the chart.`;

  const move = step => {
    step = clamp(Math.round(step), 0, STEPS);
    if (data.held || step === stepAt(dial.bytes, STEPS, low, high)) return;
    dial.bytes = bytesAt(step, STEPS, low, high);
    draw();
  };
  const report = () => setStateValue('bytes', dial.bytes);
  range.oninput = () => move(+range.value);
  range.onchange = report;
  const draggable = (element, goes) => {
    element.onpointerdown = e => {
      if (!e.isPrimary || e.button) return;
      element.setPointerCapture(e.pointerId);
      const box = element.getBoundingClientRect();
      dial.drag = { x: e.clientX, width: box.width, from: stepAt(dial.bytes, STEPS, low, high) };
      if (e.pointerType !== 'touch') move(goes(e));
    };
    element.onpointermove = e => {
      if (dial.drag) move(goes(e));
    };
    element.onpointerup = element.onpointercancel = () => {
      if (!dial.drag) return;
      const moved = dial.drag.from !== stepAt(dial.bytes, STEPS, low, high);
      dial.drag = null;
      if (moved) report();
    };
  };
  for (const figure of rows.children)
    draggable(
      figure.querySelector('canvas'),
      e => dial.drag.from + ((e.clientX - dial.drag.x) / dial.drag.width) * STEPS,
    );
  draggable(plot, e => {
    const { left, right } = margins();
    const box = plot.getBoundingClientRect();
    return clamp((e.clientX - box.left - left) / (box.width - left - right), 0, 1) * STEPS;
  });

  root.__draw = draw;
  onChange(root, frame, () => root.__draw());
  sheet = picture(root, 'sheet', url, () => root.__draw());
  draw();
  return () => forget(root);
}
