import { clamp } from '../shared/base.js';

// What of a picture is seen through a frame, all in the picture's pixels but the frame's, which are the screen's: zoom is 1
// where the whole picture is in the frame, and [x, y] is what lies in the frame's middle.
export const LARGEST = 16; // screen pixels to one of the picture

const TALLEST = 0.72; // of the window's height that the picture takes
const LOWEST = 120; // screen pixels of height, of a panorama
const LONG = 5; // times as long as the frame's shape would have it, from which a picture opens so that it fills that

export const fitting = ([width, height], [w, h]) => Math.min(width / w, height / h);

// The height of a frame of some width, in a window of some height.
export const heightOf = (width, window, [w, h]) =>
  Math.round(Math.max(LOWEST, Math.min((width * h) / w, window * TALLEST, width * 1.2)));

// The zoom that a picture opens with: the whole of it is seen, but of a strip, of which that would show a line, so much as
// fills the frame.
export const opening = ([width, height], [w, h]) => {
  const [across, down] = [width / w, height / h];
  const fill = Math.max(across, down) / Math.min(across, down);
  return fill > LONG ? fill : 1;
};

// The view with its zoom and its middle within bounds: nothing beside the picture is seen that need not be.
export const bounded = ({ zoom, x, y }, frame, [w, h]) => {
  const fit = fitting(frame, [w, h]);
  const most = Math.max(1, LARGEST / fit);
  zoom = clamp(zoom, 1, most);
  const scale = fit * zoom;
  const middle = (at, length, side) => {
    const half = length / scale / 2;
    return 2 * half >= side ? side / 2 : clamp(at, half, side - half);
  };
  return { zoom, x: middle(x, frame[0], w), y: middle(y, frame[1], h) };
};

// Screen pixels to one of the picture, and where the picture's corner lies in the frame.
export const placed = (view, frame, size) => {
  const scale = fitting(frame, size) * view.zoom;
  return { scale, left: frame[0] / 2 - view.x * scale, top: frame[1] / 2 - view.y * scale };
};

// Zoom by a factor so that what is under a place of the frame stays there.
export const zoomedAt = (view, factor, [px, py], frame, size) => {
  const before = placed(view, frame, size);
  const at = [(px - before.left) / before.scale, (py - before.top) / before.scale];
  const next = bounded({ ...view, zoom: view.zoom * factor }, frame, size);
  const scale = fitting(frame, size) * next.zoom;
  return bounded(
    { zoom: next.zoom, x: at[0] + (frame[0] / 2 - px) / scale, y: at[1] + (frame[1] / 2 - py) / scale },
    frame,
    size,
  );
};

// The square of the picture that a loupe shows around a place: inside the picture, or as much of it as there is.
export const around = ([x, y], side, { left, top, width, height }) => {
  side = Math.min(side, width, height);
  return {
    side,
    left: clamp(x - side / 2, left, left + width - side),
    top: clamp(y - side / 2, top, top + height - side),
  };
};

// The brush's width in pixels of a picture for a slider from 0 to 100: from one pixel, as many more the further it is.
export const brushWidth = (slider, [w, h]) => Math.max(1, Math.round((Math.max(w, h) / 8) ** (slider / 100)));

// Between the values of evenly spaced shares from 0 to 1, the one at a share.
export const between = (values, share) => {
  const at = clamp(share, 0, 1) * (values.length - 1);
  const low = Math.min(Math.floor(at), values.length - 2);
  if (values.length < 2) return values[0];
  return values[low] + (values[low + 1] - values[low]) * (at - low);
};
