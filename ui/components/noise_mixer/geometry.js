import { clamp } from '../shared/base.js';

// Where an axis that shows these PSNRs begins and ends: at multiples of 5 dB, and 10 or more apart.
export const decibels = all => {
  const finite = all.filter(Number.isFinite); // a repair that equals the clean image has none
  const low = finite.length ? Math.floor(Math.min(...finite) / 5) * 5 : 0;
  const high = finite.length ? Math.ceil(Math.max(...finite) / 5) * 5 : 40;
  return [low, Math.max(high, low + 10)];
};

// The pixels of a w by h image whose middle is within a brush of this radius on its way between two places, in pixels;
// at least the one that it ends on.
export const underBrush = ([x0, y0], [x1, y1], radius, w, h) => {
  const dx = x1 - x0;
  const dy = y1 - y0;
  const length = dx * dx + dy * dy;
  const found = [];
  for (let i = 0; i < w * h; i++) {
    const x = (i % w) + 0.5;
    const y = Math.floor(i / w) + 0.5;
    const t = length ? clamp(((x - x0) * dx + (y - y0) * dy) / length, 0, 1) : 0;
    const under = Math.floor(x1) === Math.floor(x) && Math.floor(y1) === Math.floor(y);
    if (under || Math.hypot(x - x0 - t * dx, y - y0 - t * dy) <= radius) found.push(i);
  }
  return found;
};
