// A strength in whole steps: set by a range, or dragged sideways over pictures and a chart, and told where it comes to rest.
import { clamp } from './base.js';

// now: { step, drag }, which outlives a redraw. draw() is called as it moves, tell(share) where it rests; dropped() where a
// drag that moved it ends, before that is told.
export const strengthDial = ({ now, steps, range, held, draw, tell, dropped = () => {} }) => {
  const move = step => {
    step = clamp(Math.round(step), 0, steps);
    if (held || step === now.step) return;
    now.step = step;
    draw();
  };
  const report = () => tell(now.step / steps);
  range.oninput = () => move(+range.value);
  range.onchange = report;

  // sideways; goes(event) is the step, once a drag has begun
  const draggable = (canvas, goes) => {
    canvas.onpointerdown = e => {
      if (!e.isPrimary || e.button) return;
      canvas.setPointerCapture(e.pointerId);
      now.drag = { x: e.clientX, from: now.step, width: canvas.getBoundingClientRect().width };
      move(goes(e));
    };
    canvas.onpointermove = e => {
      if (now.drag) move(goes(e));
    };
    canvas.onpointerup = canvas.onpointercancel = () => {
      const moved = now.drag && now.drag.from !== now.step;
      now.drag = null;
      if (!moved) return;
      dropped();
      report();
    };
  };
  // for a picture, over whose width lie all steps, from wherever the drag began; and for a chart above the range
  const along = e => now.drag.from + ((e.clientX - now.drag.x) / now.drag.width) * steps;
  const under = e => {
    const box = range.getBoundingClientRect(); // its thumb is 16 px wide; hidden, it has no width
    return box.width ? ((e.clientX - box.left - 8) / (box.width - 16)) * steps : now.step;
  };
  return { move, report, draggable, along, under };
};
