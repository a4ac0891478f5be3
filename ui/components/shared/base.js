// Numbers that Python packed: see packed() in base.py.
export const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
export const floats = text => new Float32Array(bytes(text).buffer);
export const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

// A colour as the page shows it, from a variable such as --ae or --st-text-color.
export const colour = (element, name) => getComputedStyle(element).getPropertyValue(name).trim();

// The picture behind a data: URL, kept on the root under a name; then() is called when it can be drawn: where it already
// can, as soon as the script that asks has ended (what follows the asking exists by then), and before anything is painted.
export const picture = (root, name, url, then) => {
  root.__pictures ??= {};
  root.__pictures[name] ??= new Image();
  const image = root.__pictures[name];
  image.onload = then;
  if (image.src !== url) image.src = url;
  else if (image.complete) queueMicrotask(then);
  return image;
};

// Tile i of a sheet of tiles edge to edge, drawn crisply into a box of a canvas.
export const tile = (ctx, sheet, columns, [w, h], i, x, y, width, height) => {
  ctx.imageSmoothingEnabled = false;
  ctx.drawImage(sheet, (i % columns) * w, Math.floor(i / columns) * h, w, h, x, y, width, height);
};

// Make a canvas exactly w by h pixels of its own (clears it) and give its context.
export const sized = (canvas, w, h) => {
  canvas.width = w;
  canvas.height = h;
  return canvas.getContext('2d', { willReadFrequently: w * h <= 65536 });
};

// Make a canvas as fine as the screen, and its context measured in CSS pixels.
export const sharp = canvas => {
  const ratio = window.devicePixelRatio || 1;
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const ctx = canvas.getContext('2d');
  ctx.scale(ratio, ratio);
  return [ctx, width, height];
};

// A code as bars above and below a zero line, as everywhere in the lab.
export const bars = (canvas, values, ink, scale) => {
  const [ctx, width, height] = sharp(canvas);
  const most = scale || Math.max(1e-9, ...values.map(Math.abs));
  const each = width / values.length;
  ctx.clearRect(0, 0, width, height);
  ctx.fillStyle = ink;
  ctx.fillRect(0, height / 2 - 0.5, width, 1);
  values.forEach((value, i) => {
    const tall = Math.max(1, ((Math.abs(value) / most) * height) / 2);
    ctx.fillRect(i * each + each * 0.1, value >= 0 ? height / 2 - tall : height / 2, Math.max(each * 0.8, 0.6), tall);
  });
};

// Where the pointer is over an element, each way from 0 to 1; with beside it may be beside the element, too.
export const place = (element, event, beside = false) => {
  const box = element.getBoundingClientRect();
  const shares = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  return beside ? shares : shares.map(share => clamp(share, 0, 1));
};

// Call again when the element's width changes; the root keeps one observer for its life.
export const onResize = (root, element, again) => {
  root.__again = again;
  if (root.__observer) return;
  let width = 0; // it reports once without a change
  root.__observer = new ResizeObserver(([{ contentRect }]) => {
    if (width && width !== contentRect.width) root.__again();
    width = contentRect.width;
  });
  root.__observer.observe(element);
};
export const forget = root => {
  root.__observer?.disconnect();
  root.__observer = null;
};
