// A code as bars to both sides of a zero line, as everywhere in the lab.

// Where bars are along a zero line of some length, and how far each reaches from it, to which side: 1 for a value of scale
// or more, and never less than least.
export const barPlaces = (values, scale, length, least = 0) => {
  const each = length / values.length;
  return Array.from(values, (value, i) => {
    const reach = Math.max(least, Math.min(Math.abs(value) / scale, 1));
    return { start: (i + 0.1) * each, thick: Math.max(each * 0.8, 0.6), reach, up: value >= 0 };
  });
};

export const largestOf = values => values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);

// Draw values as bars in a box of a canvas, [left, top, width, height]: upright beside each other, or sideways below each
// other. ink may be a function of the value's number; least is in pixels.
export const drawBars = (ctx, values, [left, top, width, height], { scale, ink, least = 1, sideways = false }) => {
  const [length, half] = sideways ? [height, width / 2] : [width, height / 2];
  const inkOf = typeof ink === 'function' ? ink : () => ink;
  const box = (along, across, thick, long) =>
    sideways
      ? ctx.fillRect(left + half + across, top + along, long, thick)
      : ctx.fillRect(left + along, top + half - across - long, thick, long);
  ctx.fillStyle = inkOf(-1);
  box(0, -0.5, length, 1);
  barPlaces(values, scale, length, least / half).forEach(({ start, thick, reach, up }, i) => {
    ctx.fillStyle = inkOf(i);
    box(start, up ? 0 : -reach * half, thick, reach * half);
  });
};
