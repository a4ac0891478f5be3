// What a number of a code does to the words when it is turned: see ae_core/tasks/documents/topics.py.
import { clamp } from '../shared/base.js';

// Where a turn, from -1 over the mean at 0 to 1, lies on a grid of values: the row before it, and how far on to the next.
export const rowAt = (turn, rows) => {
  const at = ((clamp(turn, -1, 1) + 1) / 2) * (rows - 1);
  const row = Math.min(Math.floor(at), rows - 2);
  return [row, at - row];
};

export const valueAt = ({ values }, turn) => {
  const [row, part] = rowAt(turn, values.length);
  return (1 - part) * values[row] + part * values[row + 1];
};

// The words that are raised and lowered most at a turn, at most so many of each, the most changed first: each with its
// weight at the mean code and now.
export const changesAt = ({ values, words, weights }, turn, count) => {
  const rows = values.length;
  const middle = (rows - 1) / 2;
  const across = words.length;
  const [row, part] = rowAt(turn, rows);
  const all = words.map((word, i) => {
    const from = weights[middle * across + i];
    const to = (1 - part) * weights[row * across + i] + part * weights[(row + 1) * across + i];
    return { word, from, to, change: to - from };
  });
  const pick = sign =>
    all
      .filter(({ change }) => sign * change > 1e-7)
      .sort((a, b) => sign * (b.change - a.change))
      .slice(0, count);
  return { more: pick(1), less: pick(-1) };
};

// The largest change on the side of the mean that a turn is on: the length of the longest bar there.
export const largestChange = ({ values, words, weights }, turn) => {
  const across = words.length;
  const middle = (values.length - 1) / 2;
  const [first, end] = turn < 0 ? [0, middle * across] : [middle * across, weights.length];
  let most = 1e-9;
  for (let i = first; i < end; i++)
    most = Math.max(most, Math.abs(weights[i] - weights[middle * across + (i % across)]));
  return most;
};

// A share in per cent, in two digits.
export const inPerCent = share => {
  const value = 100 * share;
  if (value >= 9.95) return `${Math.round(value)} %`;
  if (value >= 0.095) return `${value.toFixed(1)} %`;
  return value < 0.005 ? '0 %' : `${value.toFixed(2)} %`;
};

const two = changes => changes.map(({ word }) => word).join(', ') || 'nothing';

// What either end of a number raises, in a few words.
export const endsOf = topic => [-1, 1].map(turn => two(changesAt(topic, turn, 2).more));

// What is heard of a place of the slider.
export const spoken = (topic, turn) => {
  if (!turn) return 'at its mean: nothing is raised or lowered';
  const { more, less } = changesAt(topic, turn, 3);
  return `more of ${two(more)}; less of ${two(less)}`;
};
