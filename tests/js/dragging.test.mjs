import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dragging, STEPS } from '../../ui/components/shared/dragging.js';

// A plot of 120 pixels of which ten on either side are margin, over an axis from 0 to 50.
const bench = held => {
  const classes = new Set();
  const box = { classList: { toggle: (name, on) => on && classes.add(name) } };
  const captured = new Set();
  const plot = {
    getBoundingClientRect: () => ({ left: 100, width: 120 }),
    setPointerCapture: id => captured.add(id),
    hasPointerCapture: id => captured.has(id),
  };
  const parts = { box, plot, range: {}, again: {} };
  const now = { value: 20 };
  const told = [];
  let drawn = 0;
  dragging(parts, {
    now,
    start: 20,
    held,
    axis: share => 50 * share,
    margins: () => ({ left: 10, right: 10 }),
    place: () => (now.value === 20 ? '' : String(now.value)),
    draw: () => drawn++,
    tell: at => told.push(at),
  });
  return { ...parts, now, told, classes, drawn: () => drawn };
};
const mouse = (x, type = 'mouse') => ({
  isPrimary: true,
  button: 0,
  pointerId: 1,
  pointerType: type,
  clientX: x,
  detail: 1,
});

test('a mouse moves the value at once, and Python is told where it rests', () => {
  const { plot, now, told, drawn } = bench('');
  plot.onpointerdown(mouse(160));
  assert.equal(now.value, 25);
  plot.onpointermove(mouse(200));
  assert.equal(now.value, 45);
  plot.onpointermove(mouse(500)); // beyond the plot is its end
  assert.equal(now.value, 50);
  assert.deepEqual([told, drawn()], [[], 3]);
  plot.onlostpointercapture();
  plot.onclick(mouse(500));
  assert.deepEqual(told, ['50']); // once
});

test('a finger that touches moves nothing until it goes sideways', () => {
  const { plot, now } = bench('');
  plot.onpointermove(mouse(200, 'touch')); // no finger is down
  plot.onpointerdown(mouse(200, 'touch'));
  assert.equal(now.value, 20);
  plot.onpointermove(mouse(130, 'touch'));
  assert.equal(now.value, 10);
});

test('the range does the same, and the button leads back', () => {
  const { range, again, now, told } = bench('');
  range.value = STEPS / 2;
  range.oninput();
  range.onchange();
  assert.equal(now.value, 25);
  again.onclick();
  assert.equal(now.value, 20);
  assert.deepEqual(told, ['25', '']);
});

test('what a teacher holds is not moved', () => {
  const { plot, range, now, told, classes } = bench('hidden');
  plot.onpointerdown(mouse(160));
  plot.onclick(mouse(160));
  assert.deepEqual([now.value, told, range.disabled], [20, [], true]);
  assert.deepEqual([...classes], ['held', 'unseen']);
});
