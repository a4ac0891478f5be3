import { bytes, clamp, colour, floats, forget, onChange, picture, place, rem, sized, tile } from '../shared/base.js';
import { chart, linear, multiples } from '../shared/chart.js';
import { strengthDial } from '../shared/strength.js';
import { decibels, underBrush } from './geometry.js';

const REPAIRS = ['the autoencoder', 'PCA', 'the median filter'];
const NOISY = 0;
const UNDOS = 50;

export default function ({ parentElement, data: { json, strip, answer }, setStateValue }) {
  const root = parentElement;
  const data = JSON.parse(json);
  const { w, h, channels, steps } = data;
  const repairs = REPAIRS.slice(0, data.median ? 3 : 2); // of the pictures the first is the noisy one
  const pictures = [...Array(repairs.length + 1).keys()];
  const n = w * h;
  const $ = selector => root.querySelector(selector);
  const mixer = $('.mixer');
  const range = $('input');
  const curve = $('.chart');
  const ring = $('.stage i');
  const figures = [...root.querySelectorAll('figure')];
  const [clean, noisy, ...others] = figures.map(figure => figure.querySelector('canvas'));
  const repaired = others.slice(0, repairs.length);
  const difference = others[3];

  // What the visitor did outlives new data: a rerun that comes late moves nothing under the finger.
  root.__mix ??= {
    step: data.step,
    tool: 'off',
    mask: new Uint8Array(n),
    value: new Uint8Array(channels * n), // channel after channel
    undo: [],
    text: data.painting,
    stroke: null,
    drag: null,
    at: null,
  };
  const mix = root.__mix;
  if (!mix.layer) {
    mix.layer = document.createElement('canvas');
    if (mix.text) {
      const all = bytes(mix.text);
      mix.mask.set(all.subarray(0, n));
      mix.value.set(all.subarray(n));
    }
  }

  // ------------------------------------------------------------------------------------ what is on screen

  // Scores of a strength, of the pictures in turn: PSNR in dB and SSIM of each.
  const scores = floats(data.scores);
  const ofStrip = step =>
    pictures.map(i => scores.slice((i * (steps + 1) + step) * 2, (i * (steps + 1) + step) * 2 + 2));
  const answered = data.answer && floats(data.answer.scores);
  const ofAnswer = pictures.map(i => answered?.slice(i * 2, i * 2 + 2));
  const score = ([psnr, ssim]) =>
    psnr === Infinity
      ? 'equal to the clean one'
      : `${psnr.toFixed(1)}\u00a0dB${Number.isNaN(ssim) ? '' : `, SSIM\u00a0${ssim.toFixed(2)}`}`;

  const draw = () => {
    const sheet = root.__pictures?.strip;
    const reply = root.__pictures?.answer;
    if (!sheet?.complete) return;
    const painted = mix.mask.includes(1);
    const fits =
      data.answer &&
      reply?.complete &&
      !mix.stroke &&
      data.answer.painting === mix.text &&
      data.answer.step === mix.step;
    const waiting = painted && !fits;
    const now = waiting ? null : painted ? ofAnswer : ofStrip(mix.step);
    const show = (canvas, from, i) => tile(sized(canvas, w, h), from, from.width / w, [w, h], i, 0, 0, w, h);
    show(clean, sheet, 0);
    show(noisy, sheet, 1 + mix.step);
    if (painted) noisy.getContext('2d').drawImage(layer(), 0, 0);
    if (!waiting) {
      repaired.forEach((canvas, i) =>
        painted ? show(canvas, reply, i) : show(canvas, sheet, 1 + (i + 1) * (steps + 1) + mix.step),
      );
      const ctx = sized(difference, w, h);
      ctx.drawImage(clean, 0, 0);
      ctx.globalCompositeOperation = 'difference';
      ctx.drawImage(repaired[0], 0, 0);
    }
    mixer.classList.toggle('painted', painted);
    mixer.classList.toggle('waiting', waiting);
    mixer.classList.toggle('brush', mix.tool !== 'off');
    mixer.classList.toggle('paintable', Boolean(data.brush));
    mixer.classList.toggle('four', !data.median);
    const strength = (mix.step / steps).toFixed(2);
    figures[1].querySelector('b').textContent = painted ? 'Painted by you' : 'Noisy';
    figures[4].hidden = !data.median;
    figures[5].hidden = !data.brush; // of what is no image the repairs show what is wrong themselves
    mixer.style.setProperty('--sides', w / h);
    figures.slice(1, 1 + pictures.length).forEach((figure, i) => {
      figure.querySelector('span').textContent = now ? score(now[i]) : '…';
      const canvas = figure.querySelector('canvas');
      const what = figure.querySelector('b').textContent;
      canvas.setAttribute(
        'aria-label',
        `${what}, strength ${strength}: ${now ? score(now[i]) : 'not scored yet'}` +
          (i !== NOISY
            ? ''
            : mix.tool === 'off'
              ? data.held
                ? ''
                : '. Arrow keys set the strength.'
              : '. Arrow keys move the brush, the space bar paints.'),
      );
    });
    $('.tools').hidden = !data.brush;
    mixer.classList.toggle('held', Boolean(data.held));
    mixer.classList.toggle('unseen', data.held === 'hidden');
    range.max = steps;
    range.value = mix.step;
    range.disabled = Boolean(data.held);
    $('output').textContent = strength;
    $('label small').textContent = painted ? 'of the noise under your painting' : data.measure;
    range.setAttribute('aria-valuetext', `${strength}, ${data.measure}`);
    $('.clear').disabled = !painted;
    $('.undo').disabled = !mix.undo.length;
    root
      .querySelectorAll('[data-tool]')
      .forEach(b => b.setAttribute('aria-pressed', String(b.dataset.tool === mix.tool)));
    $('.verdict').textContent = verdict(painted, now);
    plot(now);
  };

  const verdict = (painted, now) => {
    const of = painted ? 'For your painting' : `At strength ${(mix.step / steps).toFixed(2)}`;
    if (!painted && mix.step === 0) return 'At strength 0.00 nothing is damaged: what a repair changes here, it loses.';
    if (!now) return mix.stroke || mix.drag ? 'Let go, and each repairs your painting.' : 'Repairing your painting…';
    const best = [...repairs.keys()].reduce((a, b) => (now[b + 1][0] > now[a + 1][0] ? b : a));
    return now[best + 1][0] > now[NOISY][0]
      ? `${of} ${repairs[best]} comes closest to the clean one, by PSNR.`
      : `${of} no repair comes closer to the clean one than the noisy one itself: each loses more than the noise cost.`;
  };

  // ------------------------------------------------------------------------------------ PSNR over strength

  const LINES = [
    ['Noisy', null, 1, [1, 3]], // told apart by their dashes, too
    ['Autoencoder', '--ae', 3, []],
    ['PCA', '--pca', 2.5, [7, 4]],
    ['Median', null, 2, [2, 3]],
  ].slice(0, pictures.length);
  const plot = now => {
    if (!curve.clientWidth) return;
    const style = getComputedStyle($('.dial'));
    const [left, right] = ['--left', '--right'].map(name => parseFloat(style.getPropertyValue(name)) * rem());
    const all = Array.from({ length: steps + 1 }, (_, step) => ofStrip(step).map(([psnr]) => psnr));
    const [low, high] = decibels(all.flatMap(row => row.slice(1)));
    const margins = { left, right, top: 8, foot: 1.125 * rem() };
    const drawn = chart(curve, margins, linear(0, steps), psnr => linear(low, high)(clamp(psnr, low, high)));
    const inks = LINES.map(([, name]) => (name ? colour(mixer, name) : drawn.text));
    if (data.learned) {
      // the strengths that the model was trained on
      const [from, to] = data.learned.map(strength => strength * steps);
      drawn.band(from, to, colour(mixer, '--ae'));
      if (from + to > steps) drawn.below('learned', to, 'right');
      else drawn.below('learned', from, 'left');
    }
    drawn.grid(multiples(low, high, high - low > 25 ? 20 : 10));
    drawn.unit('dB');
    drawn.names(LINES.map(([name], i) => [name, all[steps][i], inks[i]]));
    LINES.forEach(([, , thick, dash], i) => {
      const points = all.map((row, step) => [step, row[i]]);
      drawn.line(points, inks[i], thick, dash);
    });
    drawn.cursor(mix.step);
    now?.forEach(([psnr], i) => {
      if (psnr <= high) drawn.dot([mix.step, psnr], inks[i], i === NOISY ? 3 : 5);
    });
    curve.setAttribute('aria-label', `PSNR over strength, from ${low} to ${high} dB, of ${repairs.join(', ')}`);
  };

  // ------------------------------------------------------------------------------------ the strength

  const { move, report, draggable, along, under } = strengthDial({
    now: mix,
    steps,
    range,
    held: data.held,
    draw,
    tell: share => setStateValue('strength', share),
    dropped: draw,
  });
  [clean, noisy, ...others].forEach(canvas => draggable(canvas, along));
  draggable(curve, under);

  // ------------------------------------------------------------------------------------ the brush

  const radius = Math.max(0.6, w / 14);
  const layer = () => {
    const ctx = sized(mix.layer, w, h);
    const image = ctx.createImageData(w, h);
    const next = channels > 1 ? n : 0; // from one channel to the next; a grey image has but one
    for (let i = 0; i < n; i++) {
      for (let c = 0; c < 3; c++) image.data[4 * i + c] = mix.value[i + c * next];
      image.data[4 * i + 3] = mix.mask[i] * 255;
    }
    ctx.putImageData(image, 0, 0);
    return mix.layer;
  };
  // Each pixel once a stroke.
  const paint = (from, to) => {
    for (const i of underBrush(from, to, radius, w, h)) {
      if (mix.stroke.done.has(i)) continue;
      mix.stroke.done.add(i);
      mix.mask[i] = mix.tool === 'eraser' ? 0 : 1;
      for (let c = 0; c < channels; c++) mix.value[i + c * n] = mix.tool === 'noise' ? Math.random() * 256 : 0;
    }
    draw();
  };
  const remember = () => {
    mix.undo.push([mix.mask.slice(), mix.value.slice()]);
    if (mix.undo.length > UNDOS) mix.undo.shift();
  };
  const hand = () => {
    // over to Python
    const all = new Uint8Array((1 + channels) * n);
    all.set(mix.mask);
    all.set(mix.value, n);
    const before = mix.text;
    mix.text = mix.mask.includes(1) ? btoa(String.fromCharCode(...all)) : '';
    draw();
    if (mix.text !== before) setStateValue('painting', mix.text);
  };
  const point = at => {
    // the ring shows what the brush would cover
    mix.at = at;
    ring.style.display = at && mix.tool !== 'off' ? 'block' : 'none';
    if (!at) return;
    Object.assign(ring.style, {
      left: `${(at[0] / w) * 100}%`,
      top: `${(at[1] / h) * 100}%`,
      width: `${((2 * radius) / w) * 100}%`,
      height: `${((2 * radius) / h) * 100}%`,
    });
  };
  const where = e => {
    const [x, y] = place(noisy, e);
    return [Math.min(x * w, w - 0.01), Math.min(y * h, h - 0.01)];
  };
  const start = at => {
    remember();
    mix.stroke = { last: at, done: new Set() };
    paint(at, at);
  };
  const end = () => {
    if (mix.stroke) {
      mix.stroke = null;
      hand();
    }
  };

  const { onpointerdown: dragStart, onpointermove: dragMove, onpointerup: dragEnd } = noisy;
  noisy.onpointerdown = e => {
    if (mix.tool === 'off') return dragStart(e);
    if (!e.isPrimary || e.button) return;
    noisy.setPointerCapture(e.pointerId);
    point(where(e));
    start(where(e));
  };
  noisy.onpointermove = e => {
    if (mix.tool === 'off') return dragMove(e);
    const at = where(e);
    point(at);
    if (mix.stroke) {
      paint(mix.stroke.last, at);
      mix.stroke.last = at;
    }
  };
  noisy.onpointerup = noisy.onpointercancel = () => {
    if (mix.stroke) end();
    else dragEnd();
  };
  noisy.onpointerleave = () => {
    if (!mix.stroke) point(null);
  };
  noisy.onblur = () => point(null);
  noisy.onkeydown = e => {
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key];
    if (!by && e.key !== ' ' && e.key !== 'Enter') return;
    if (mix.tool === 'off' && !by) return;
    e.preventDefault();
    if (mix.tool === 'off') {
      move(mix.step + by[0] - by[1]);
      return report();
    }
    const [x, y] = mix.at ?? [Math.floor(w / 2) + 0.5, Math.floor(h / 2) + 0.5];
    if (by) return point([clamp(x + by[0], 0.5, w - 0.5), clamp(y + by[1], 0.5, h - 0.5)]);
    point([x, y]);
    start([x, y]);
    end();
  };
  root.querySelectorAll('[data-tool]').forEach(button => {
    button.onclick = () => {
      mix.tool = button.dataset.tool;
      draw();
    };
  });
  $('.undo').onclick = () => {
    const [mask, value] = mix.undo.pop();
    mix.mask.set(mask);
    mix.value.set(value);
    hand();
  };
  $('.clear').onclick = () => {
    remember();
    mix.mask.fill(0);
    hand();
  };

  root.__draw = draw;
  onChange(root, mixer, () => root.__draw());
  picture(root, 'strip', strip, () => root.__draw());
  if (answer) picture(root, 'answer', answer, () => root.__draw());
  return () => forget(root);
}
