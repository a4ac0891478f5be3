import assert from 'node:assert/strict';
import { test } from 'node:test';
import { strengthDial } from '../../ui/components/shared/strength.js';

// A range of 116 pixels, whose thumb is 16 wide, for steps from 0 to 20; and a picture of 200 pixels.
const bench = (held, width = 116) => {
  const range = { getBoundingClientRect: () => ({ left: 10, width }) };
  const picture = { getBoundingClientRect: () => ({ left: 0, width: 200 }), setPointerCapture: () => {} };
  const now = { step: 10, drag: null };
  const said = [];
  const dial = strengthDial({
    now,
    steps: 20,
    range,
    held,
    draw: () => said.push('draw'),
    tell: share => said.push(share),
    dropped: () => said.push('dropped'),
  });
  dial.draggable(picture, dial.along);
  return { ...dial, range, picture, now, said };
};
const at = (clientX, more = {}) => ({ clientX, isPrimary: true, button: 0, pointerId: 1, ...more });

test('a picture is dragged from wherever it is taken, and told once, where it rests', () => {
  const { picture, now, said } = bench();
  picture.onpointerdown(at(50));
  assert.deepEqual(said, []);
  picture.onpointermove(at(100));
  assert.equal(now.step, 15);
  picture.onpointerup();
  assert.deepEqual(said, ['draw', 'dropped', 0.75]);
  picture.onpointermove(at(0));
  assert.equal(now.step, 15);
});

test('a press without a move, another finger and another button do nothing', () => {
  const { picture, said } = bench();
  picture.onpointerdown(at(50));
  picture.onpointerup();
  picture.onpointerdown(at(50, { isPrimary: false }));
  picture.onpointermove(at(150));
  picture.onpointerdown(at(50, { button: 2 }));
  picture.onpointermove(at(150));
  assert.deepEqual(said, []);
});

test('a step stays among those that there are, and what a lesson holds does not move', () => {
  const { move, now } = bench();
  move(99);
  assert.equal(now.step, 20);
  const fixed = bench('fixed');
  fixed.move(3);
  assert.equal(fixed.now.step, 10);
});

test('a place over the chart is one of the range below it, and none where that is hidden', () => {
  assert.equal(bench().under(at(68)), 10);
  assert.equal(bench('hidden', 0).under(at(68)), 10);
});
