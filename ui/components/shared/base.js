// Numbers that Python packed: see packed() in __init__.py.
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

// The numbers of a picture, from 0 to 255: channel after channel, each row by row. A grey picture has one, or three alike.
export const numbersOfPicture = (image, width, height, channels) => {
  const ctx = sized(document.createElement('canvas'), width, height);
  ctx.drawImage(image, 0, 0);
  const { data } = ctx.getImageData(0, 0, width, height);
  const size = width * height;
  return Uint8Array.from({ length: channels * size }, (_, i) => data[4 * (i % size) + Math.floor(i / size)]);
};

// Show an image of such numbers, from 0 to 1, on a canvas of its size; null clears it.
export const showNumbers = (canvas, width, height, numbers) => {
  const ctx = sized(canvas, width, height);
  if (!numbers) return;
  const pixels = ctx.createImageData(width, height);
  const size = width * height;
  const colours = numbers.length >= 3 * size ? size : 0; // from one channel to the next; a grey image has but one
  for (let i = 0; i < size; i++) {
    for (let c = 0; c < 3; c++) pixels.data[4 * i + c] = clamp(numbers[i + c * colours], 0, 1) * 255;
    pixels.data[4 * i + 3] = 255;
  }
  ctx.putImageData(pixels, 0, 0);
};

// Pixels to one unit of the page's type; a projector's are more.
export const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);

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

// Where the pointer is over an element, each way from 0 to 1; with beside it may be beside the element, too.
export const place = (element, event, beside = false) => {
  const box = element.getBoundingClientRect();
  const shares = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  return beside ? shares : shares.map(share => clamp(share, 0, 1));
};

// Call again when the element's width changes, or the page's colours do: they come in a rule of the page's, which may be
// read after a component was drawn, and after the theme has changed (base.css makes an event of it). The root keeps one
// observer for its life.
export const onChange = (root, element, again) => {
  root.__again = again;
  root.querySelector('.c').ontransitionend = event => {
    if (event.propertyName === '--ae') root.__again();
  };
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
