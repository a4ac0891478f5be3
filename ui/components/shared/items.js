// An item from its numbers, as ui/figures/items.py draws it: an image is its own picture, a series is a line.
import { showNumbers, sized } from './base.js';

const LINE_HEIGHT = 84; // pixels; there are as many columns as numbers
const LINE_MARGIN = 3;

// Width and height of the picture of an item of so many numbers across and down.
export const pictureSide = (kind, [width, height]) => (kind === 'series' ? [height, LINE_HEIGHT] : [width, height]);

// Show an item, numbers from 0 to 1, on a canvas of its picture's size; null clears it.
export const showItem = (canvas, kind, side, numbers) => {
  if (kind !== 'series') return showNumbers(canvas, ...side, numbers);
  const [across, down] = pictureSide(kind, side);
  const ctx = sized(canvas, across, down);
  canvas.style.imageRendering = 'auto'; // a line has no pixels to be kept crisp
  if (!numbers) return;
  ctx.fillStyle = '#000';
  ctx.fillRect(0, 0, across, down);
  ctx.strokeStyle = '#fff';
  ctx.lineWidth = 1.6;
  ctx.lineJoin = 'round';
  ctx.beginPath();
  numbers.forEach((value, i) => {
    ctx.lineTo(i + 0.5, LINE_MARGIN + (1 - value) * (down - 2 * LINE_MARGIN));
  });
  ctx.stroke();
};

// The numbers of one of the items on a sheet, from 0 to 1: numbers of the sheet as numbersOfPicture gives them, and where
// the item lies on it.
export const itemOf = (numbers, sheetWidth, [width, height], column, row) =>
  Float32Array.from({ length: width * height }, (_, i) => {
    const y = row * height + Math.floor(i / width);
    return numbers[y * sheetWidth + column * width + (i % width)] / 255;
  });
