import { clamp, colour, floats, forget, onChange, picture, rem, sharp, sized, tile } from '../shared/base.js';
import { chart, linear } from '../shared/chart.js';
import { dragging, STEPS } from '../shared/dragging.js';
import { classColours } from '../shared/palette.js';
import { listen, toldSoFar } from '../shared/talk.js';
import { axis, besideLine, confusion, curves, histogram, inWords, marks } from './counting.js';

const BINS = 64;
const BESIDE = 5; // images on either side of the line
const POINTS = 240; // of a curve
const HOT = 0.7; // a difference of so much is as hot as it gets

export default function ({ parentElement: root, data: given, setStateValue }) {
  const data = JSON.parse(given.json);
  const normal = floats(given.normal);
  const strange = floats(given.strange);
  const $ = selector => root.querySelector(selector);
  const box = $('.threshold');
  const plot = $('.plot');
  const range = $('#line');
  const [w, h] = data.side;
  const scale = axis(data.axis[0], data.axis[1], data.log);
  const share = score => clamp(scale.share(score), 0, 1);

  // The line outlives new data of the same study; another one begins where Python says.
  if (root.__line?.name !== data.name)
    root.__line = { name: data.name, value: data.line === null ? data.start : scale.value(data.line) };
  const line = root.__line;
  const place = () => (line.value === data.start ? '' : share(line.value).toFixed(3));
  let own = toldSoFar(given.key, 'own');
  const curve = curves(normal, strange, POINTS);
  const heights = [histogram(normal, scale.share, BINS), histogram(strange, scale.share, BINS)];
  const percent = (part, of) => `${((100 * part) / Math.max(of, 1)).toFixed(1)}\u00a0%`;
  const write = (selector, text) => {
    $(selector).textContent = text;
  };

  const draw = () => {
    const ink = classColours(box);
    box.style.setProperty('--normal', ink[4]);
    box.style.setProperty('--strange', ink[0]);
    const now = confusion(normal, strange, line.value);
    bars(ink[4], ink[0]);
    rates(now);
    write('output', inWords(line.value));
    write('.dial small', line.value === data.start ? `where it starts: ${data.promised}` : '');
    $('.again').disabled = line.value === data.start;
    range.value = Math.round(share(line.value) * STEPS);
    range.setAttribute(
      'aria-valuetext',
      `${inWords(line.value)}: ${percent(now.alarms, normal.length)} false alarms, ${percent(now.caught, strange.length)} caught`,
    );
    const cells = [
      [now.passed, normal.length],
      [now.alarms, normal.length],
      [now.missed, strange.length],
      [now.caught, strange.length],
    ];
    root.querySelectorAll('tbody td').forEach((cell, i) => {
      cell.querySelector('b').textContent = cells[i][0].toLocaleString('en');
      cell.querySelector('small').textContent = percent(...cells[i]);
    });
    write(
      '.verdict',
      `With this line ${percent(now.alarms, normal.length)} of the normal ${data.items} raise a false alarm, and ` +
        `${percent(now.caught, strange.length)} of the strange ones are caught; of what is called strange, ` +
        `${percent(now.caught, now.caught + now.alarms)} is.` +
        (own === null ? '' : ` Yours (★) lies ${own > line.value ? 'above it: strange' : 'below it: normal'}.`),
    );
    const beside = besideLine(data.shown.scores, line.value, BESIDE);
    side('.below', beside.below, false);
    side('.above', beside.above, true);
    box.dataset.drawn = data.name;
  };

  // Normal images upwards, strange ones downwards; each side has its own scale, as there may be many more of one.
  const bars = (up, down) => {
    const [ctx, width, height] = sharp(plot);
    const edge = 0.6 * rem();
    const foot = 1.5 * rem();
    const middle = (height - foot) / 2;
    const x = at => edge + at * (width - 2 * edge);
    const text = getComputedStyle(plot).color;
    ctx.font = `${rem() * 0.8}px ${getComputedStyle(plot).fontFamily}`;
    const at = share(line.value);
    ctx.globalAlpha = 0.1;
    ctx.fillStyle = down;
    ctx.fillRect(x(at), 0, x(1) - x(at), height - foot);
    ctx.globalAlpha = 1;
    heights.forEach((counts, i) => {
      const most = Math.max(...counts, 1e-9);
      ctx.fillStyle = i ? down : up;
      counts.forEach((count, bin) => {
        const tall = Math.max((count / most) * (middle - 6), count ? 1.5 : 0);
        const right = (bin + 0.5) / BINS >= at;
        ctx.globalAlpha = right === Boolean(i) ? 1 : 0.55; // what is on the wrong side of the line is paler
        ctx.fillRect(x(bin / BINS) + 0.5, i ? middle : middle - tall, (width - 2 * edge) / BINS - 1, tall);
      });
    });
    ctx.globalAlpha = 1;
    ctx.fillStyle = text;
    ctx.fillRect(x(0), middle - 0.5, x(1) - x(0), 1);
    ctx.textBaseline = 'alphabetic';
    ctx.textAlign = 'center';
    for (const value of marks(data.axis[0], data.axis[1], data.log)) {
      ctx.fillRect(x(scale.share(value)) - 0.5, height - foot, 1, 4);
      const half = ctx.measureText(inWords(value)).width / 2;
      ctx.fillText(inWords(value), clamp(x(scale.share(value)), half, width - half), height - 4);
    }
    ctx.fillStyle = colour(plot, '--st-primary-color');
    ctx.fillRect(x(at) - 1.5, 0, 3, height - foot);
    ctx.beginPath();
    ctx.arc(x(at), middle, 9, 0, 7);
    ctx.fill();
    ctx.fillStyle = colour(plot, '--st-background-color');
    ctx.textBaseline = 'middle';
    ctx.fillText('↔', x(at), middle + 1);
    if (own !== null) {
      ctx.font = `${rem() * 1.6}px ${getComputedStyle(plot).fontFamily}`;
      ctx.fillStyle = text;
      ctx.strokeStyle = colour(plot, '--st-background-color');
      ctx.lineWidth = 4;
      const mine = clamp(x(share(own)), rem(), width - rem());
      ctx.strokeText('★', mine, rem());
      ctx.fillText('★', mine, rem());
    }
    plot.setAttribute(
      'aria-label',
      `Histograms of ${data.title}: ${normal.length} normal ${data.items} above, ${strange.length} strange ones below; the line at ${inWords(line.value)}`,
    );
  };

  const rates = now => {
    const both = [
      ['.roc', 0, 1, [now.falseAlarmRate, now.recall], 'false alarms →', 'caught'],
      ['.pr', 1, 2, [now.recall, now.precision], 'caught →', 'precision'],
    ];
    for (const [canvas, a, b, point, below, left] of both) {
      const margins = { left: 2.4 * rem(), right: 0.7 * rem(), top: 0.7 * rem(), foot: 1.5 * rem() };
      const drawn = chart($(canvas), margins, linear(0, 1), linear(0, 1));
      drawn.grid([0, 0.5, 1]);
      drawn.below(below, 0.5);
      const ink = colour($(canvas), '--st-primary-color');
      const chance = strange.length / Math.max(strange.length + normal.length, 1);
      drawn.line(
        a
          ? [
              [0, chance],
              [1, chance],
            ]
          : [
              [0, 0],
              [1, 1],
            ],
        drawn.text,
        1,
        [3, 4],
      ); // what guessing gives
      drawn.line(
        curve.map(row => [row[a], row[b]]),
        drawn.text,
        2,
      );
      drawn.dot(point, ink, 7);
      $(canvas).setAttribute(
        'aria-label',
        `${left} ${point[1].toFixed(3)} at ${below.replace(' →', '')} ${point[0].toFixed(3)}`,
      );
    }
    write('figure:nth-of-type(1) span', `↑ caught; area ${data.figures[0].toFixed(3)}`);
    write('figure:nth-of-type(2) span', `↑ precision; mean ${data.figures[1].toFixed(3)}`);
  };

  // The images on one side of the line: each as it is, as it was drawn, and where the two differ.
  const side = (selector, found, called) => {
    const sheet = root.__pictures?.sheet;
    const canvas = $(`${selector} canvas`);
    const gap = Math.max(1, Math.round(w / 12));
    const ctx = sized(canvas, BESIDE * (w + gap) - gap, 3 * h + 2 * gap);
    const first = called ? 0 : BESIDE - found.length; // those below stand next to the line, at the right
    const { names, strange: odd } = data.shown;
    if (sheet?.complete && sheet.naturalWidth)
      found.forEach((i, place) => {
        const x = (first + place) * (w + gap);
        tile(ctx, sheet, data.columns, [w, h], 2 * i, x, 0, w, h);
        tile(ctx, sheet, data.columns, [w, h], 2 * i + 1, x, h + gap, w, h);
        heat(ctx, x);
      });
    const captions = Array.from({ length: BESIDE }, (_, place) => {
      const caption = document.createElement('span');
      const i = found[place - first];
      if (i === undefined) return caption;
      caption.textContent = `${odd[i] === called ? '✓' : '✗'} ${names[i]}`;
      const what = document.createElement('small');
      what.textContent = odd[i] ? 'strange' : 'normal';
      what.className = what.textContent;
      what.style.color = `var(--${what.textContent})`;
      caption.append(what);
      return caption;
    });
    $(`${selector} .names`).replaceChildren(...captions);
    canvas.setAttribute(
      'aria-label',
      `${found.map(i => names[i]).join(', ') || 'none'}; below each what was drawn, and the difference`,
    );
  };
  const heat = (ctx, x) => {
    const gap = (ctx.canvas.height - 3 * h) / 2;
    const seen = ctx.getImageData(x, 0, w, h);
    const drawn = ctx.getImageData(x, h + gap, w, h).data;
    for (let i = 0; i < seen.data.length; i += 4) {
      let off = 0;
      let light = 0;
      for (let c = 0; c < 3; c++) {
        off += Math.abs(seen.data[i + c] - drawn[i + c]) / 765;
        light += seen.data[i + c] / 3;
      }
      const hot = Math.min(off / HOT, 1);
      seen.data[i] = clamp(light * 0.35 * (1 - hot) + 255 * Math.min(1, hot * 1.6), 0, 255);
      seen.data[i + 1] = clamp(light * 0.35 * (1 - hot) + 230 * Math.max(0, hot * 1.6 - 0.6), 0, 255);
      seen.data[i + 2] = clamp(light * 0.35 * (1 - hot) + 60 * hot, 0, 255);
    }
    ctx.putImageData(seen, x, 2 * (h + gap));
  };

  const margins = () => ({ left: 0.6 * rem(), right: 0.6 * rem() });
  dragging(
    { box, plot, range, again: $('.again') },
    {
      now: line,
      start: data.start,
      held: data.held,
      axis: scale.value,
      margins,
      place,
      draw,
      tell: at => setStateValue('line', `${data.name}|${at}`),
    },
  );
  write('.legend .normal span', data.words[0]);
  write('.legend .strange span', data.words[1]);
  write(
    '.rows',
    `From above: as it is, what ${data.drawnBy} made of it, and where the two differ. ✓ is called what it is, ✗ is not.`,
  );
  const deaf = listen(given.key, (name, value) => {
    if (name !== 'own') return;
    own = value;
    draw();
  });
  picture(root, 'sheet', given.sheet, () => root.__again());
  draw();
  onChange(root, box, draw);
  return () => {
    forget(root);
    deaf();
  };
}
