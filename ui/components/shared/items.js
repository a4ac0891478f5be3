// An item from its numbers, as ui/figures/items.py draws it: an image is its own picture, a series is a line, a row of a
// table is bars, a document its strongest words.
import { showNumbers, sized } from './base.js';

const ITEM_HEIGHT = 84; // pixels of a line's picture, which has as many columns as numbers, and of bars
const ITEM_MARGIN = 3;
const BARS_ROOM = 150; // pixels that the bars share
const WIDEST_BAR = 12;
const BARS_GAIN = 1.6;

const itemBarWidth = columns => Math.max(1, Math.min(WIDEST_BAR, Math.floor(BARS_ROOM / columns)));

const drawLine = (ctx, numbers, down) => {
  ctx.strokeStyle = '#fff';
  ctx.lineWidth = 1.6;
  ctx.lineJoin = 'round';
  ctx.beginPath();
  numbers.forEach((value, i) => {
    ctx.lineTo(i + 0.5, ITEM_MARGIN + (1 - value) * (down - 2 * ITEM_MARGIN));
  });
  ctx.stroke();
};

const drawRow = (ctx, numbers, down) => {
  const width = itemBarWidth(numbers.length);
  ctx.fillStyle = '#404040';
  ctx.fillRect(0, down / 2 - 0.5, numbers.length * width, 1);
  ctx.fillStyle = '#ccc';
  numbers.forEach((value, i) => {
    const share = Math.min(1, Math.max(0, 0.5 - BARS_GAIN * (value - 0.5)));
    const top = ITEM_MARGIN + share * (down - 2 * ITEM_MARGIN);
    ctx.fillRect(i * width, Math.min(top, down / 2), width > 2 ? width - 1 : width, Math.abs(top - down / 2));
  });
};

const WORD_LINES = 6;

const drawWords = (ctx, numbers, down, words) => {
  const [across, line] = [BARS_ROOM, down / WORD_LINES];
  const order = [...numbers.keys()].sort((a, b) => numbers[b] - numbers[a] || a - b).slice(0, WORD_LINES);
  ctx.font = `${line - 3}px sans-serif`;
  ctx.textBaseline = 'middle';
  order.forEach((place, i) => {
    if (!(numbers[place] > 0)) return;
    ctx.fillStyle = '#525252';
    ctx.fillRect(0, i * line, numbers[place] * (across - 1), line - 1);
    ctx.fillStyle = '#fff';
    ctx.fillText(words[place], 3, (i + 0.5) * line - 0.5);
  });
};

// For each kind that is not its own picture: its size of as many numbers across and down, and how it is drawn.
const DRAWN_ITEMS = {
  series: { size: ([, height]) => [height, ITEM_HEIGHT], draw: drawLine },
  table: {
    size: ([width, height]) => [width * height * itemBarWidth(width * height), ITEM_HEIGHT],
    draw: drawRow,
  },
  text: { size: () => [BARS_ROOM, ITEM_HEIGHT], draw: drawWords },
};

// Width and height of the picture of an item of so many numbers across and down.
export const pictureSide = (kind, side) => DRAWN_ITEMS[kind]?.size(side) ?? side;

// Show an item, numbers from 0 to 1, on a canvas of its picture's size; null clears it. A text's numbers count its words.
export const showItem = (canvas, kind, side, numbers, words) => {
  if (!(kind in DRAWN_ITEMS)) return showNumbers(canvas, ...side, numbers);
  const [across, down] = pictureSide(kind, side);
  const ctx = sized(canvas, across, down);
  canvas.style.imageRendering = 'auto'; // lines and bars have no pixels to be kept crisp
  if (!numbers) return;
  ctx.fillStyle = '#000';
  ctx.fillRect(0, 0, across, down);
  DRAWN_ITEMS[kind].draw(ctx, numbers, down, words);
};

// The numbers of one of the items on a sheet, from 0 to 1: numbers of the sheet as numbersOfPicture gives them, and where
// the item lies on it.
export const itemOf = (numbers, sheetWidth, [width, height], column, row) =>
  Float32Array.from({ length: width * height }, (_, i) => {
    const y = row * height + Math.floor(i / width);
    return numbers[y * sheetWidth + column * width + (i % width)] / 255;
  });
