// The one chart that components draw by hand: lines over an axis, names, and a mark of where one is.
import { colour, rem, sharp } from './base.js';

// From a value to a share of an axis: 0 at low, 1 at high.
export const linear = (low, high) => value => (value - low) / (high - low || 1);
export const logarithmic = (low, high) => value => Math.log(value / low) / (Math.log(high / low) || 1);

// The multiples of a number between two others.
export const multiples = (low, high, apart) => {
  const first = Math.ceil(low / apart);
  const count = Math.max(0, Math.floor(high / apart) - first + 1);
  return Array.from({ length: count }, (_, i) => (first + i) * apart);
};

// The numbers 1, 2 and 5 times a power of ten between two others: what a logarithmic axis is labelled with.
export const oneTwoFive = (low, high) => {
  const found = [];
  if (!(low > 0)) return found; // no power of ten is that small
  for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power++)
    for (const digit of [1, 2, 5]) {
      const value = Number(`${digit}e${power}`);
      if (value >= low && value <= high) found.push(value);
    }
  return found;
};

// Heights for names that should stand at these heights: in the same order, and at least a gap apart as long as all fit.
export const spread = (heights, gap, top, bottom) => {
  const order = heights.map((_, i) => i).sort((a, b) => heights[a] - heights[b]);
  const placed = [...heights];
  order.forEach((i, k) => {
    placed[i] = Math.max(placed[i], k ? placed[order[k - 1]] + gap : top);
  });
  order.reverse().forEach((i, k) => {
    placed[i] = Math.min(placed[i], k ? placed[order[k - 1]] - gap : bottom);
  });
  return placed;
};

// The place whose share is nearest to one.
export const nearestOf = (shares, share) =>
  shares.reduce((best, here, i) => (Math.abs(here - share) < Math.abs(shares[best] - share) ? i : best), 0);

// Begin a chart on a canvas. The margins, in pixels, are what is left free around its lines; across and up are two of the
// scales above. Returns its parts, each drawn over what was drawn before; values are given as they are, not as pixels.
export const chart = (canvas, { left, right, top, foot }, across, up) => {
  const [ctx, width, height] = sharp(canvas);
  const style = getComputedStyle(canvas);
  const end = width - right;
  const bottom = height - foot;
  const x = value => left + across(value) * (end - left);
  const y = value => bottom - up(value) * (bottom - top);
  ctx.font = `${rem() * 0.8}px ${style.fontFamily}`;
  ctx.lineJoin = 'round';
  ctx.textBaseline = 'middle';
  const write = (words, px, py, align, ink = style.color) => {
    ctx.fillStyle = ink;
    ctx.textAlign = align;
    ctx.fillText(words, px, py);
  };
  return {
    text: style.color,
    // A line across at each value, and the value to its left.
    grid: values => {
      for (const value of values) {
        ctx.fillStyle = colour(canvas, '--st-border-color');
        ctx.fillRect(left, Math.round(y(value)), end - left, 1);
        write(value, left - 12, y(value), 'right');
      }
    },
    // The axis that the lines stand on, at the canvas's own end.
    ground: () => {
      ctx.fillStyle = colour(canvas, '--st-border-color');
      ctx.fillRect(left, height - 1, end - left, 1);
    },
    // Words below the lines: under a value, or where the values to the left of the grid end.
    below: (words, value, align = 'center') => write(words, x(value), height - rem() / 2, align),
    unit: words => write(words, left - 12, height - rem() / 2, 'right'),
    // What is between two values across.
    band: (from, to, ink) => {
      ctx.globalAlpha = 0.13;
      ctx.fillStyle = ink;
      ctx.fillRect(x(from) - 2, top, x(to) - x(from) + 4, bottom - top);
      ctx.globalAlpha = 1;
    },
    line: (points, ink, thick, dash = []) => {
      ctx.strokeStyle = ink;
      ctx.lineWidth = thick;
      ctx.setLineDash(dash);
      ctx.beginPath();
      for (const [a, b] of points) ctx.lineTo(x(a), y(b));
      ctx.stroke();
      ctx.setLineDash([]);
    },
    dot: ([a, b], ink, radius, square = false) => {
      ctx.fillStyle = ink;
      ctx.beginPath();
      if (square) ctx.rect(x(a) - radius * 0.9, y(b) - radius * 0.9, radius * 1.8, radius * 1.8);
      else ctx.arc(x(a), y(b), radius, 0, 7);
      ctx.fill();
    },
    // Where one is: an upright line, from the top down to the foot or to the canvas's own end.
    cursor: (value, ink = style.color, thick = 1.5, whole = false) => {
      ctx.fillStyle = ink;
      ctx.fillRect(x(value) - thick / 2, 0, thick, whole ? height : bottom);
    },
    // The names of lines to the right of where they end: [[name, value, ink], ...].
    names: ends => {
      const heights = spread(
        ends.map(([, value]) => y(value)),
        rem() * 0.9,
        top,
        height - rem() / 2,
      );
      ends.forEach(([name, , ink], i) => write(name, end + 12, heights[i], 'left', ink));
    },
    // What runs out of the chart at its foot is cut there, in all that is drawn after this.
    clip: () => {
      ctx.beginPath();
      ctx.rect(0, 0, width, bottom + 6);
      ctx.clip();
    },
  };
};
