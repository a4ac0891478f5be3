// Where things are on a plane, and which part of the plane is shown.
//
// A place is given in shares of the plane's frame, from its left and its top edge: 0 to 1 inside it. A view is the square
// that is shown, { x, y, size } in the same shares. On the canvas a place is a share of the canvas.
import { clamp } from '../shared/base.js';

export const FRAME = { x: 0, y: 0, size: 1 };
const SMALLEST = 1 / 12; // the size of the view that is zoomed in most: two or three tiles of the decoded grid across
const INSET = 0.015; // of the canvas: what stands at an edge for what lies beyond it stands this far inside
const MARGIN = 0.03; // of the canvas: more than INSET, so that in the widest view every point is at its own place

// Between the numbers of a plane, whose frame has its lower left corner at low and is span wide, and places.
export const placeOf = ({ low, span }, [x, y]) => [(x - low[0]) / span, 1 - (y - low[1]) / span];
export const numbersOf = ({ low, span }, [u, v]) => [low[0] + u * span, low[1] + (1 - v) * span];

export const isFrame = view => ['x', 'y', 'size'].every(name => Math.abs(view[name] - FRAME[name]) < 1e-6);

export const onCanvas = ({ x, y, size }, [u, v]) => [(u - x) / size, (v - y) / size];
export const fromCanvas = ({ x, y, size }, [u, v]) => [x + u * size, y + v * size];
export const within = ([u, v]) => u >= 0 && u <= 1 && v >= 0 && v <= 1;

// Where on the canvas a place is marked. What lies beyond the frame stands at its edge, or at the view's where more than
// the frame is shown; so the farthest points are seen in every view that shows that edge.
export const standing = (view, [u, v], inset = INSET) => {
  const edge = inset * view.size;
  const between = (value, start) => clamp(value, Math.min(0, start) + edge, Math.max(1, start + view.size) - edge);
  return onCanvas(view, [between(u, view.x), between(v, view.y)]);
};

// The view that shows the frame and all of these places.
export const widest = places => {
  const edges = axis => {
    const values = places.map(place => place[axis]);
    return [Math.min(0, ...values), Math.max(1, ...values)];
  };
  const [left, right] = edges(0);
  const [top, bottom] = edges(1);
  if (left === 0 && right === 1 && top === 0 && bottom === 1) return FRAME;
  const size = Math.max(right - left, bottom - top) / (1 - 2 * MARGIN);
  return { x: (left + right - size) / 2, y: (top + bottom - size) / 2, size };
};

const held = (view, most) => ({
  size: view.size,
  x: clamp(view.x, most.x, most.x + most.size - view.size),
  y: clamp(view.y, most.y, most.y + most.size - view.size),
});

// A view so many times as close, with one place where it is on the canvas. No view goes beyond the widest, most.
export const zoomed = (view, times, [u, v], most) => {
  const size = clamp(view.size / times, SMALLEST, most.size);
  const kept = size / view.size;
  return held({ size, x: u - (u - view.x) * kept, y: v - (v - view.y) * kept }, most);
};

// A view moved by shares of the canvas.
export const panned = (view, [right, down], most) =>
  held({ ...view, x: view.x + right * view.size, y: view.y + down * view.size }, most);

// The view after two fingers moved from two shares of the canvas to two others: what lay between them still does.
export const pinched = (view, from, to, most) => {
  const middle = ([a, b]) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
  const apart = ([a, b]) => Math.max(Math.hypot(a[0] - b[0], a[1] - b[1]), 0.01);
  const [u, v] = middle(from);
  const [newU, newV] = middle(to);
  const closer = zoomed(view, apart(to) / apart(from), fromCanvas(view, [u, v]), most);
  return panned(closer, [u - newU, v - newV], most);
};

// How many times closer one turn of a wheel brings: half as much again at most. A pinch on a touchpad comes as many small turns.
export const wheelTimes = ({ deltaY, deltaMode }) => 2 ** clamp(-deltaY * [0.02, 0.5, 1][deltaMode], -0.5, 0.5);

// The nearest of some marks on the canvas, at most as far from a place on it as a finger is wide; -1 for none.
export const nearest = (marks, [u, v], counts = () => true) => {
  let best = -1;
  let least = 0.03 ** 2;
  marks.forEach((mark, i) => {
    const far = (mark[0] - u) ** 2 + (mark[1] - v) ** 2;
    if (far < least && counts(i)) {
      least = far;
      best = i;
    }
  });
  return best;
};

// The place a share t of the way from the first of two places to the second.
export const along = ([from, to], t) => from.map((start, i) => start + t * (to[i] - start));
