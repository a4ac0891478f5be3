import { clamp, colour, floats, forget, onResize, picture, sharp, sized, tile } from '../shared/base.js';

export default function ({ parentElement: root, data: { json, sheet: url, size, image }, setTriggerValue }) {
  const data = JSON.parse(json);
  const $ = name => root.querySelector(name);
  const hero = $('.hero');
  const dial = $('.dial');
  const input = $('#size');
  const chart = $('.curve');
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
    const largest = Math.max(1e-9, ...values.map(Math.abs));
    const each = height / values.length;
    ctx.fillStyle = colour(canvas, '--ae');
    ctx.fillRect(width / 2 - 0.5, 0, 1, height);
    values.forEach((value, i) => {
      const long = Math.max(1, (Math.abs(value) / largest) * (width / 2 - 4));
      ctx.fillRect(value >= 0 ? width / 2 : width / 2 - long, i * each + each * 0.1, long, Math.max(each * 0.8, 0.6));
    });
    const said = [...values]
      .slice(0, 16)
      .map(value => value.toFixed(1))
      .join(', ');
    canvas.setAttribute('aria-label', `The code: ${said}${values.length > 16 ? ' and so on' : ''}`);
  };

  // Both held-out errors over the sizes, logarithmic both ways; what is below half the smallest leaves the chart.
  const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize); // a projector's is larger
  const margins = () => [3.25, 1, 0.65, 1.6].map(side => side * rem());
  const across = i => Math.log2(sizes[i].size / sizes[0].size) / Math.log2(sizes[most].size / sizes[0].size);
  const curve = () => {
    const [ctx, width, height] = sharp(chart);
    const [LEFT, RIGHT, TOP, FOOT] = margins();
    const ink = colour(chart, '--st-text-color');
    const low = Math.min(...heldOut[0]) / 1.6;
    const high = Math.max(...heldOut.flat()) * 1.15;
    const x = i => LEFT + across(i) * (width - LEFT - RIGHT);
    const y = error => TOP + (Math.log(high / error) / Math.log(high / low)) * (height - TOP - FOOT);
    ctx.font = `${rem() * 0.8}px ${colour(chart, '--st-font')}`;
    ctx.fillStyle = ink;
    ctx.strokeStyle = colour(chart, '--st-border-color');
    ctx.textAlign = 'right';
    ctx.textBaseline = 'middle';
    for (let decade = Math.floor(Math.log10(low)); decade < 1; decade++)
      for (const digit of [1, 2, 5]) {
        const error = digit * 10 ** decade;
        if (error < low || error > high) continue;
        ctx.fillText(+error.toPrecision(1), LEFT - 14, y(error));
        ctx.fillRect(LEFT - 10, y(error) - 0.5, 4, 1);
        ctx.beginPath();
        ctx.moveTo(LEFT - 4, y(error));
        ctx.lineTo(width, y(error));
        ctx.stroke();
      }
    ctx.textAlign = 'center';
    ctx.textBaseline = 'bottom';
    sizes.forEach(({ size }, i) => ctx.fillText(size, x(i), height));
    ctx.save();
    ctx.beginPath();
    ctx.rect(0, 0, width, height - FOOT + 6);
    ctx.clip();
    ctx.strokeStyle = colour(chart, '--st-primary-color');
    ctx.lineWidth = 2;
    ctx.beginPath();
    ctx.moveTo(x(at.step), 0);
    ctx.lineTo(x(at.step), height);
    ctx.stroke();
    for (const actor of [1, 0]) {
      ctx.strokeStyle = ctx.fillStyle = colour(chart, ['--ae', '--pca'][actor]);
      ctx.lineWidth = 3;
      ctx.lineJoin = 'round';
      const points = heldOut[actor].map((error, i) => [x(i), y(Math.max(error, low / 100))]);
      ctx.beginPath();
      points.forEach(point => ctx.lineTo(...point));
      ctx.stroke();
      points.forEach(([px, py], i) => {
        const r = i === at.step ? 8 : 4.5;
        ctx.beginPath();
        if (actor) ctx.rect(px - r * 0.9, py - r * 0.9, r * 1.8, r * 1.8);
        else ctx.arc(px, py, r, 0, 7);
        ctx.fill();
      });
    }
    ctx.restore();
  };
  chart.setAttribute(
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
  const nearest = (position, places) => {
    const distance = i => Math.abs(places(i) - position);
    return sizes.reduce((best, _, i) => (distance(i) < distance(best) ? i : best), 0);
  };
  const along = (element, inset, places) => event => {
    const box = element.getBoundingClientRect();
    const [left, right] = inset();
    return nearest((event.clientX - box.left - left) / (box.width - left - right), places);
  };
  const half = () => parseFloat(getComputedStyle(root.querySelector('.stops')).left); // of the thumb
  draggable(
    dial,
    () => {},
    along(
      input,
      () => [half(), half()],
      i => i / most,
    ),
    true,
  );
  draggable(chart, () => {}, along(chart, margins, across), true);
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
  onResize(root, hero, draw);
  return () => forget(root);
}
