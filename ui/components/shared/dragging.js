// One value that is dragged over a plot, or set by the range under it, and told to Python where it comes to rest.
import { clamp } from './base.js';

export const STEPS = 1000; // of the range

// parts: the box, the plot, the range, and the button again, which leads back to the start.
// now: { value, told }, which outlives a redraw. axis: from a share of the plot between its margins() to a value.
// place: what Python is told of the value, '' for the start; draw() and tell(place) are called as it moves, and rests.
export const dragging = ({ box, plot, range, again }, { now, start, held, axis, margins, place, draw, tell }) => {
  const move = value => {
    if (held || value === now.value) return;
    now.value = value;
    draw();
  };
  const report = () => {
    const at = place();
    if (at === now.told) return;
    now.told = at;
    tell(at);
  };
  now.told ??= place();
  range.oninput = () => move(axis(+range.value / STEPS));
  range.onchange = report;
  range.disabled = Boolean(held);
  box.classList.toggle('held', Boolean(held));
  box.classList.toggle('unseen', held === 'hidden');
  again.onclick = () => {
    move(start);
    report();
  };
  const under = event => {
    const frame = plot.getBoundingClientRect();
    const { left, right } = margins();
    return axis(clamp((event.clientX - frame.left - left) / (frame.width - left - right), 0, 1));
  };
  // A finger that touches may be about to scroll: it counts once it moves sideways, or as a tap.
  plot.onpointerdown = event => {
    if (!event.isPrimary || event.button) return;
    plot.setPointerCapture(event.pointerId);
    if (event.pointerType !== 'touch') move(under(event));
  };
  plot.onpointermove = event => {
    if (plot.hasPointerCapture(event.pointerId)) move(under(event));
  };
  plot.onlostpointercapture = report;
  plot.onclick = event => {
    if (!event.detail) return;
    move(under(event));
    report();
  };
};
