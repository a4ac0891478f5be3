import { clamp } from '../shared/base.js';

// Between which two of a film's frames place u lies, how far on the way, and which is nearer. places are the frames', in
// order.
export const moment = (places, u) => {
  const last = places.length - 1;
  let i = 0;
  while (i < last && places[i + 1] <= u + 1e-6) i++;
  const next = Math.min(i + 1, last);
  const gap = places[next] - places[i];
  const way = gap > 0 ? clamp((u - places[i]) / gap, 0, 1) : 0;
  return { i, next, way, near: way > 0.5 ? next : i };
};

// The next of some places to stop at, on either side of u; undefined beyond the last.
export const stopAfter = (stops, u) => stops.filter(stop => stop > u + 1e-4).sort((a, b) => a - b)[0];
export const stopBefore = (stops, u) => stops.filter(stop => stop < u - 1e-4).sort((a, b) => b - a)[0];
