// What a threshold makes of sorted scores: counts, curves and histograms, without a page.
import { multiples, oneTwoFive } from '../shared/chart.js';

// How many of these sorted numbers are above a value.
export const above = (sorted, value) => {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] > value) high = middle;
    else low = middle + 1;
  }
  return sorted.length - low;
};

// What is called strange, and rightly or not, where all scores above a threshold are.
export const confusion = (normal, strange, threshold) => {
  const alarms = above(normal, threshold);
  const caught = above(strange, threshold);
  const called = alarms + caught;
  return {
    alarms,
    caught,
    passed: normal.length - alarms,
    missed: strange.length - caught,
    falseAlarmRate: normal.length ? alarms / normal.length : 0,
    recall: strange.length ? caught / strange.length : 0,
    precision: called ? caught / called : 1,
  };
};

// Points of both curves, from the strictest threshold to the laxest: at most so many, each [false alarm rate, recall,
// precision].
export const curves = (normal, strange, most) => {
  const all = Float32Array.from([...normal, ...strange])
    .sort()
    .reverse();
  const points = [[0, 0, 1]];
  const step = Math.max(1, Math.floor(all.length / most));
  for (let i = 0; i < all.length; i += step) {
    // just below this score, so that it is above the line
    const { falseAlarmRate, recall, precision } = confusion(normal, strange, below(all[i]));
    points.push([falseAlarmRate, recall, precision]);
  }
  points.push([1, 1, strange.length / Math.max(all.length, 1)]);
  return points;
};

// The next smaller number of 32 bits, near enough: less than the value and not less than its neighbour.
const below = value => value - Math.max(Math.abs(value) * 3e-8, 1e-30);

// The share of the numbers in each of so many bins of an axis; what is beyond it is in the first or the last.
export const histogram = (sorted, share, bins) => {
  const counts = new Array(bins).fill(0);
  for (const value of sorted) {
    const at = Math.floor(share(value) * bins);
    counts[Math.min(Math.max(Number.isNaN(at) ? 0 : at, 0), bins - 1)]++;
  }
  return counts.map(count => count / Math.max(sorted.length, 1));
};

// The numbers of those that lie nearest to a threshold, so many on either side: below it from far to near, above it from
// near to far.
export const besideLine = (scores, threshold, most) => {
  const order = scores.map((_, i) => i).sort((a, b) => scores[a] - scores[b]);
  const first = order.findIndex(i => scores[i] > threshold);
  const cut = first < 0 ? order.length : first;
  return { below: order.slice(Math.max(0, cut - most), cut), above: order.slice(cut, cut + most) };
};

// An axis from low to high, linear or logarithmic: share() of a score, and the value() at a share.
export const axis = (low, high, log) =>
  log
    ? {
        share: score => (score > 0 ? Math.log(score / low) / Math.log(high / low) : 0),
        value: share => low * (high / low) ** share,
      }
    : { share: score => (score - low) / (high - low), value: share => low + share * (high - low) };

// The values that an axis is labelled with: about five, round ones.
export const marks = (low, high, log) => {
  if (log && high / low > 5)
    return oneTwoFive(low, high).filter((_, i, all) => all.length < 7 || i % Math.ceil(all.length / 6) === 0);
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const apart = [1, 2, 5, 10].find(digit => digit * power >= rough) * power;
  return multiples(low, high, apart);
};

// A score in three digits.
export const inWords = score => {
  if (score === 0) return '0';
  const size = Math.abs(score);
  return size >= 1e5 || size < 1e-3 ? score.toExponential(1) : String(Number(score.toPrecision(3)));
};
