import { drawBars } from '../shared/bars.js';
import {
  clamp,
  colour,
  floats,
  forget,
  numbersOfPicture,
  onChange,
  picture,
  place,
  sharp,
  sized,
} from '../shared/base.js';
import { itemOf, pictureSide, showItem } from '../shared/items.js';

export default function ({ parentElement: root, data: { json, strips }, setStateValue }) {
  const data = JSON.parse(json);
  const { kind, side, count, numbers } = data;
  const [width, height] = side;
  const channels = kind === 'image' ? 3 : 1;
  const [wide, high] = pictureSide(kind, side); // of what is drawn of an item
  const all = root.querySelector('.all');
  const big = root.querySelector('figure canvas.img');
  const barsOf = root.querySelector('.bars');
  const told = root.querySelector('figcaption span');
  const start = root.querySelector('.start');
  const code = [...floats(data.code)];
  let pixels = null;
  const sheet = picture(root, 'strips', strips, () => {
    pixels = numbersOfPicture(sheet, count * width, numbers.length * height, channels);
    rows.forEach((_, r) => drawStrip(r));
    const last = Math.min(root.__last ?? 0, rows.length - 1);
    if (root.__held === undefined) show(last, code[numbers[last].index]);
  });
  const scale = Math.max(...numbers.map(n => Math.max(Math.abs(n.low), Math.abs(n.high))));
  const drawCode = () => {
    const [ctx, width, height] = sharp(barsOf);
    drawBars(ctx, code, [0, 0, width, height], { scale, ink: colour(barsOf, '--ae') });
  };
  const step = n => (n.high - n.low) / 100;

  // The image for one number's value, the others as they are: between two of its strip
  const show = (r, value) => {
    if (!pixels) return;
    const n = numbers[r];
    const t = clamp((value - n.low) / (n.high - n.low), 0, 1) * (count - 1);
    const first = Math.min(Math.floor(t), count - 2);
    const part = t - first;
    const across = count * width;
    const image = Float32Array.from({ length: channels * width * height }, (_, i) => {
      const [x, y, channel] = [i % width, Math.floor(i / width) % height, Math.floor(i / (width * height))];
      const at = ((channel * numbers.length + r) * height + y) * across + first * width + x;
      return ((1 - part) * pixels[at] + part * pixels[at + width]) / 255;
    });
    showItem(big, kind, side, image, data.words);
    code[n.index] = value;
    drawCode();
    told.textContent = `number ${n.index + 1} at ${value.toFixed(2)}`.replace('-', '−');
    rows[r].value.textContent = value.toFixed(2).replace('-', '−');
    rows[r].input.setAttribute('aria-valuetext', value.toFixed(2));
  };
  const drawStrip = r => {
    const ctx = sized(rows[r].canvas, count * (wide + 1) - 1, high);
    const small = document.createElement('canvas');
    for (let i = 0; i < count; i++)
      if (kind === 'image')
        ctx.drawImage(sheet, i * width, r * height, width, height, i * (width + 1), 0, width, height);
      else {
        showItem(small, kind, side, itemOf(pixels, count * width, side, i, r), data.words);
        ctx.drawImage(small, i * (wide + 1), 0);
      }
  };
  const drag = (r, value) => {
    root.__held = root.__last = r;
    rows[r].input.value = value;
    show(r, Number(value));
  };
  const rest = () => {
    if (root.__held !== undefined) {
      root.__held = undefined;
      setStateValue('code', JSON.stringify(code.map(v => Number(v.toPrecision(5)))));
    }
  };

  if (all.children.length !== numbers.length)
    all.replaceChildren(
      ...numbers.map(() => {
        const one = document.createElement('div');
        one.className = 'one';
        one.innerHTML =
          '<label><span></span><span></span></label><canvas aria-hidden="true"></canvas><input type="range">';
        return one;
      }),
    );
  const rows = [...all.children].map((one, r) => {
    const n = numbers[r];
    const [name, value] = one.querySelectorAll('span');
    const input = one.querySelector('input');
    const canvas = one.querySelector('canvas');
    name.textContent = `Number ${n.index + 1}`;
    value.textContent = code[n.index].toFixed(2).replace('-', '−');
    input.min = n.low;
    input.max = n.high;
    input.step = step(n);
    input.value = code[n.index];
    input.setAttribute('aria-label', `Number ${n.index + 1}`);
    input.setAttribute('aria-valuetext', code[n.index].toFixed(2));
    input.oninput = () => drag(r, input.value);
    input.onchange = rest;
    canvas.onpointerdown = event => {
      canvas.setPointerCapture(event.pointerId);
      canvas.onpointermove(event);
    };
    canvas.onpointermove = event => {
      if (event.buttons) drag(r, n.low + place(canvas, event)[0] * (n.high - n.low));
    };
    canvas.onpointerup = canvas.onpointercancel = rest;
    return { input, value, canvas };
  });
  start.onclick = () => setStateValue('code', '[]');
  drawCode();
  onChange(root, barsOf, drawCode);
  return () => forget(root);
}
