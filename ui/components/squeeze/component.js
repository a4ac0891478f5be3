import { drawBars, largestOf } from '../shared/bars.js';
import { clamp, colour, floats, forget, onChange, picture, rem, sharp, sized, tile } from '../shared/base.js';
import { chart, logarithmic, nearestOf, oneTwoFive } from '../shared/chart.js';

export default function ({ parentElement: root, data: { json, sheet: url, size, image }, setTriggerValue }) {
  const data = JSON.parse(json);
  const $ = name => root.querySelector(name);
  const hero = $('.hero');
  const dial = $('.dial');
  const input = $('#size');
  const plot = $('.curve');
  const strip = $('.tiles canvas');
  const {
    sizes,
    names,
    tile: [w, h],
    heldOut,
  } = data;
  const count = names.length;
  const most = sizes.length - 1;
  const codes = floats(data.codes);
  const errors = floats(data.errors);
  let sheet = null;

  // What is chosen lives here; Python's word counts when it is a new one, as when a link or other images come.
  root.__at ??= {};
  const at = root.__at;
  const given = { step: sizes.findIndex(s => s.size === +size), image: +image };
  for (const what in given)
    if (root.__given?.[what] !== given[what] || (what === 'image' && root.__url !== url)) at[what] = given[what];
  root.__given = given;
  root.__url = url;
  root.__told ??= {};
  const told = root.__told;
  Object.assign(told, { size: sizes[at.step].size, image: at.image });
  const tell = (what, value) => {
    if (told[what] === value) return;
    told[what] = value;
    setTriggerValue(what, value);
  };
  const restStep = () => tell('size', sizes[at.step].size);

  const put = (canvas, index) => tile(sized(canvas, w, h), sheet, count, [w, h], index, 0, 0, w, h);
  const write = (selector, text) => {
    $(selector).textContent = text;
  };
  const draw = () => {
    const { step, image } = at;
    const s = sizes[step];
    root.querySelector('.squeeze').style.setProperty('--tall', `${s.height * 100}%`);
    const started = count * sizes.slice(0, step).reduce((sum, { size }) => sum + size, 0) + image * s.size;
    stack($('.bars'), codes.subarray(started, started + s.size));
    input.value = step;
    input.setAttribute('aria-valuetext', s.numbers);
    [...$('.stops').children].forEach((stop, i) => stop.classList.toggle('on', i === step));
    write('.original span', `${data.pixels}, ${names[image]}`);
    write('.code span', `${s.numbers}, ${s.fewer}`);
    [
      ['.decoded', 0],
      ['.linear', 1],
    ].forEach(([figure, actor]) =>
      write(`${figure} span`, `squared error ${errors[(actor * sizes.length + step) * count + image].toFixed(4)}`),
    );
    root.querySelectorAll('output').forEach((output, actor) => {
      output.textContent = heldOut[actor][step].toFixed(4);
    });
    write('p', `Over all ${data.count.toLocaleString('en')} held-out images ${s.said}`);
    [...$('.columns').children].forEach((button, i) => button.setAttribute('aria-pressed', String(i === image)));
    curve();
    if (!sheet?.complete || !sheet.naturalWidth) return;
    put($('.original canvas'), image);
    put($('.decoded canvas'), (1 + 2 * step) * count + image);
    put($('.linear canvas'), (2 + 2 * step) * count + image);
    const gap = Math.max(1, Math.round(w / 14));
    const ctx = sized(strip, count * (w + gap), 3 * h + 2 * gap);
    [0, 1 + 2 * step, 2 + 2 * step].forEach((row, r) => {
      for (let i = 0; i < count; i++)
        tile(ctx, sheet, count, [w, h], row * count + i, i * (w + gap) + gap / 2, r * (h + gap), w, h);
    });
    hero.dataset.drawn = s.size;
  };

  // The code as a stack of bars to the left and right of zero: as many rows as numbers.
  const stack = (canvas, values) => {
    const [ctx, width, height] = sharp(canvas);
    const look = { scale: largestOf(values), ink: colour(canvas, '--ae'), sideways: true };
    drawBars(ctx, values, [4, 0, width - 8, height], look);
    const said = [...values]
      .slice(0, 16)
      .map(value => value.toFixed(1))
      .join(', ');
    canvas.setAttribute('aria-label', `The code: ${said}${values.length > 16 ? ' and so on' : ''}`);
  };

  // Both held-out errors over the sizes, logarithmic both ways; what is below half the smallest leaves the chart.
  const margins = () => ({ left: 3.25 * rem(), right: rem(), top: 0.65 * rem(), foot: 1.6 * rem() });
  const across = logarithmic(sizes[0].size, sizes[most].size);
  const curve = () => {
    const low = Math.min(...heldOut[0]) / 1.6;
    const high = Math.max(...heldOut.flat()) * 1.15;
    const drawn = chart(plot, margins(), across, logarithmic(low, high));
    drawn.grid(oneTwoFive(low, high));
    for (const { size } of sizes) drawn.below(size, size);
    drawn.clip();
    drawn.cursor(sizes[at.step].size, colour(plot, '--st-primary-color'), 2, true);
    for (const actor of [1, 0]) {
      const ink = colour(plot, ['--ae', '--pca'][actor]);
      const points = heldOut[actor].map((error, i) => [sizes[i].size, Math.max(error, low / 100)]);
      drawn.line(points, ink, 3);
      points.forEach((point, i) => drawn.dot(point, ink, i === at.step ? 8 : 4.5, actor === 1));
    }
  };
  plot.setAttribute(
    'aria-label',
    'Held-out squared error by code size, autoencoder and PCA: ' +
      sizes.map((s, i) => `${s.size}: ${heldOut[0][i].toFixed(4)} and ${heldOut[1][i].toFixed(4)}`).join('; '),
  );

  const turn = step => {
    if (step !== at.step) {
      at.step = step;
      draw();
    }
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
    element.onclick = event => {
      if (tap && event.detail) {
        turn(step(event));
        restStep();
      }
    };
  };
  // The step under the pointer, where each step lies at a share of the element without its margins.
  const along = (element, margins, shares) => event => {
    const box = element.getBoundingClientRect();
    const { left, right } = margins();
    return nearestOf(shares, (event.clientX - box.left - left) / (box.width - left - right));
  };
  const half = () => parseFloat(getComputedStyle($('.stops')).left); // of the thumb
  const stops = sizes.map((_, i) => i / most);
  draggable(
    dial,
    () => {},
    along(input, () => ({ left: half(), right: half() }), stops),
    true,
  );
  draggable(
    plot,
    () => {},
    along(
      plot,
      margins,
      sizes.map(({ size }) => across(size)),
    ),
    true,
  );
  let from; // over the figure a drag is measured from where it began
  draggable(
    hero,
    event => {
      from = [event.clientX, at.step];
    },
    event => clamp(from[1] + Math.round(((event.clientX - from[0]) / hero.clientWidth) * 10), 0, most),
    false,
  );
  input.max = most;
  input.oninput = () => turn(+input.value);
  input.onchange = restStep;

  $('.stops').replaceChildren(
    ...sizes.map(({ size }, i) => {
      const stop = document.createElement('span');
      stop.textContent = size;
      stop.style.left = `${(i / most) * 100}%`;
      return stop;
    }),
  );
  const columns = $('.columns');
  while (columns.children.length > count) columns.lastChild.remove();
  while (columns.children.length < count)
    columns.append(Object.assign(document.createElement('button'), { type: 'button' }));
  [...columns.children].forEach((button, i) => {
    button.setAttribute('aria-label', names[i]);
    button.onclick = () => {
      at.image = i;
      draw();
      tell('image', i);
    };
  });
  sheet = picture(root, 'sheet', url, () => sheet && draw());
  draw();
  onChange(root, hero, draw);
  return () => forget(root);
}
