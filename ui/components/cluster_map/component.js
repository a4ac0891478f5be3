import { clamp, floats, forget, onChange, picture, place, rem, sharp, sized, tile } from '../shared/base.js';
import { classColours } from '../shared/palette.js';
import { clusterAt, frameOf, letterOf, nearestPlace } from './deciding.js';

export default function ({ parentElement: root, data: { json, sheet: url } }) {
  const data = JSON.parse(json);
  const $ = selector => root.querySelector(selector);
  const map = $('.map');
  const { columns, tile: size, labels, clusters } = data;
  const [w, h] = size;
  const count = clusters.length;
  const places = floats(data.places);
  const middles = floats(data.middles);
  const scores = { start: floats(data.start), slope: floats(data.slope), bend: floats(data.bend), count };
  const total = labels.length;
  const [xs, ys] = frameOf([...places, ...middles]);
  let sheet = null;

  // Which image is held and where it was put outlives a redraw; other clusters let go of it.
  if (root.__json !== json) root.__held = { image: Math.min(root.__held?.image ?? 0, total - 1), moved: [0, 0] };
  root.__json = json;
  const held = root.__held;

  const home = i => [places[2 * i], places[2 * i + 1]];
  const at = () => home(held.image).map((value, axis) => value + held.moved[axis]);
  const ink = k => `hsl(${(k * 137.5 + 210) % 360} 65% ${dark ? 72 : 33}%)`;
  let dark = false;

  const put = (canvas, which) => {
    if (sheet?.complete && sheet.naturalWidth) tile(sized(canvas, w, h), sheet, columns, size, which, 0, 0, w, h);
  };
  const draw = () => {
    dark = classColours(map)[0] === '#F28CA0';
    const [ctx, width, height] = sharp(map);
    const x = value => ((value - xs[0]) / (xs[1] - xs[0])) * width;
    const y = value => height - ((value - ys[0]) / (ys[1] - ys[0])) * height;
    // the borders, for the image that is held
    const step = 8;
    for (let px = 0; px < width; px += step)
      for (let py = 0; py < height; py += step) {
        const u = xs[0] + ((px + step / 2) / width) * (xs[1] - xs[0]);
        const v = ys[1] - ((py + step / 2) / height) * (ys[1] - ys[0]);
        const [hx, hy] = home(held.image);
        ctx.fillStyle = ink(clusterAt(scores, held.image, [u - hx, v - hy]));
        ctx.globalAlpha = dark ? 0.22 : 0.16;
        ctx.fillRect(px, py, step, step);
      }
    ctx.globalAlpha = 1;
    const style = getComputedStyle(map);
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    const write = (k, px, py, points, weight) => {
      ctx.font = `${weight} ${points * rem()}px ${style.fontFamily}`;
      ctx.fillStyle = ink(k);
      ctx.fillText(letterOf(k), px, py);
    };
    for (let i = 0; i < total; i++) {
      if (i === held.image) continue;
      write(clusterAt(scores, i, [0, 0]), x(places[2 * i]), y(places[2 * i + 1]), 0.75, 500);
    }
    for (let k = 0; k < count; k++) {
      const [px, py] = [x(middles[2 * k]), y(middles[2 * k + 1])];
      ctx.fillStyle = style.getPropertyValue('--st-background-color');
      ctx.strokeStyle = ink(k);
      ctx.lineWidth = 2;
      ctx.beginPath();
      ctx.arc(px, py, 0.8 * rem(), 0, 7);
      ctx.fill();
      ctx.stroke();
      write(k, px, py, 0.95, 750);
    }
    const was = clusterAt(scores, held.image, [0, 0]);
    const now = clusterAt(scores, held.image, held.moved);
    const [px, py] = [x(at()[0]), y(at()[1])];
    const side = 2.4 * rem();
    ctx.strokeStyle = ink(now);
    ctx.lineWidth = 4;
    if (held.moved.some(Boolean)) {
      ctx.setLineDash([4, 4]);
      ctx.lineWidth = 1.5;
      ctx.beginPath();
      ctx.moveTo(x(home(held.image)[0]), y(home(held.image)[1]));
      ctx.lineTo(px, py);
      ctx.stroke();
      ctx.setLineDash([]);
      ctx.lineWidth = 4;
    }
    if (sheet?.complete && sheet.naturalWidth)
      tile(ctx, sheet, columns, size, held.image, px - side / 2, py - side / 2, side, side);
    ctx.strokeRect(px - side / 2, py - side / 2, side, side);

    put($('.image'), held.image);
    put($('.centre'), total + now);
    const [image, centre] = [...root.querySelectorAll('.pair figcaption')];
    image.querySelector('b').textContent = labels[held.image];
    image.querySelector('span').textContent = `held out, no. ${held.image}`;
    centre.querySelector('b').textContent = `Cluster ${letterOf(now)}`;
    centre.querySelector('b').style.color = ink(now);
    centre.querySelector('span').textContent = clusters[now];
    $('.image').setAttribute('aria-label', `Held out, no. ${held.image}, ${labels[held.image]}`);
    $('.centre').setAttribute('aria-label', `The centre of cluster ${letterOf(now)}, decoded`);
    $('.verdict').textContent = !held.moved.some(Boolean)
      ? `It is in cluster ${letterOf(was)}. Drag it over a border.`
      : now === was
        ? `Moved, and still in cluster ${letterOf(was)}.`
        : `From cluster ${letterOf(was)} it has come to cluster ${letterOf(now)}.`;
    map.dataset.cluster = letterOf(now);
    $('.back').disabled = !held.moved.some(Boolean);
  };
  $('.moves').textContent = data.moves;

  const under = event => {
    const [across, down] = place(map, event);
    return [xs[0] + across * (xs[1] - xs[0]), ys[1] - down * (ys[1] - ys[0])];
  };
  const pixels = () => [map.clientWidth / (xs[1] - xs[0]), map.clientHeight / (ys[1] - ys[0])];
  const hold = image => {
    held.image = image;
    held.moved = [0, 0];
  };
  let from = null;
  map.onpointerdown = event => {
    if (!event.isPrimary || event.button) return;
    const point = under(event);
    const scale = pixels();
    const apart = at().map((value, axis) => (value - point[axis]) * scale[axis]);
    if (Math.hypot(...apart) > 1.6 * rem()) hold(nearestPlace(places, point, scale));
    from = at().map((value, axis) => value - point[axis]);
    map.setPointerCapture(event.pointerId);
    map.classList.add('dragging');
    draw();
  };
  map.onpointermove = event => {
    if (!from) return;
    const point = under(event);
    const start = home(held.image);
    held.moved = [xs, ys].map(([low, high], axis) => clamp(point[axis] + from[axis], low, high) - start[axis]);
    draw();
  };
  map.onpointerup = map.onpointercancel = () => {
    from = null;
    map.classList.remove('dragging');
  };
  // a finger that touches the picture that is held drags it; anywhere else it may be about to scroll
  map.ontouchstart = event => {
    const box = map.getBoundingClientRect();
    const touch = event.touches[0];
    const scale = pixels();
    const point = [
      xs[0] + ((touch.clientX - box.left) / box.width) * (xs[1] - xs[0]),
      ys[1] - ((touch.clientY - box.top) / box.height) * (ys[1] - ys[0]),
    ];
    if (Math.hypot(...at().map((value, axis) => (value - point[axis]) * scale[axis])) < 2.2 * rem())
      event.preventDefault();
  };
  map.onkeydown = event => {
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (event.key === 'n' || event.key === 'N') return another();
    if (!by) return;
    event.preventDefault();
    const start = home(held.image);
    held.moved = [xs, ys].map(
      ([low, high], axis) => clamp(at()[axis] + by[axis] * 0.03 * (high - low), low, high) - start[axis],
    );
    draw();
  };
  const another = () => {
    hold((held.image + 1) % total);
    draw();
  };
  $('.next').onclick = another;
  $('.back').onclick = () => {
    held.moved = [0, 0];
    draw();
  };
  root.__draw = draw;
  sheet = picture(root, 'sheet', url, () => sheet && root.__draw());
  draw();
  onChange(root, map, () => root.__draw());
  return () => forget(root);
}
