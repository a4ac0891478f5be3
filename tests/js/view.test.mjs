import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  along,
  FRAME,
  fromCanvas,
  isFrame,
  nearest,
  numbersOf,
  onCanvas,
  panned,
  pinched,
  placeOf,
  standing,
  wheelTimes,
  widest,
  within,
  zoomed,
} from '../../ui/components/latent_explorer/view.js';

const plane = { low: [-2, 1], span: 4 };
const OUTLIERS = [
  [0.5, 0.5],
  [9, 0.2],
  [-3, 6],
];
const MOST = widest(OUTLIERS);
const close = (one, other) => {
  assert.equal(one.length, other.length);
  one.forEach((value, i) => assert.ok(Math.abs(value - other[i]) < 1e-9, `${one} is not ${other}`));
};
const square = ({ x, y, size }) => [x, y, size];

test('a place counts from the upper left corner of the frame, a number from the lower left', () => {
  close(placeOf(plane, [-2, 1]), [0, 1]);
  close(placeOf(plane, [2, 5]), [1, 0]);
  close(numbersOf(plane, placeOf(plane, [0.3, -7])), [0.3, -7]);
});

test('what is on the canvas comes back from it', () => {
  const view = { x: 0.2, y: -1, size: 0.3 };
  close(fromCanvas(view, onCanvas(view, [0.7, 0.1])), [0.7, 0.1]);
  close(onCanvas(view, [0.2, -1]), [0, 0]);
});

test('of the frame every point is seen: what lies beyond it stands at its edge', () => {
  for (const place of OUTLIERS) assert.ok(within(standing(FRAME, place)));
  close(standing(FRAME, [9, 0.2]), [0.985, 0.2]);
  close(standing(FRAME, [0.5, 0.5]), [0.5, 0.5]);
});

test('zoomed in, a point beyond the frame is still at the frame’s edge, and one inside at its own place', () => {
  const view = { x: 0.5, y: 0, size: 0.5 };
  close(standing(view, [9, 0.2]), [0.985, 0.4]);
  close(standing(view, [0.1, 0.2]), [-0.8, 0.4]); // out of sight
});

test('in the widest view every point is at its own place, on the canvas', () => {
  for (const place of OUTLIERS) {
    close(standing(MOST, place), onCanvas(MOST, place));
    assert.ok(within(onCanvas(MOST, place)));
  }
  assert.ok(isFrame(widest([[0.5, 0.5]]))); // no point beyond the frame: nothing to zoom out to
});

test('zooming leaves the place under the pointer where it is', () => {
  const under = [0.3, 0.8];
  const view = zoomed(FRAME, 2, under, MOST);
  assert.equal(view.size, 0.5);
  close(onCanvas(view, under), under);
  close(square(zoomed(view, 0.5, under, MOST)), square(FRAME));
});

test('no zoom goes beyond the widest view, and none closer than a few decoded images', () => {
  close(square(zoomed(FRAME, 1e-9, [0.1, 0.9], MOST)), square(MOST));
  assert.equal(zoomed(FRAME, 1e9, [0.1, 0.9], MOST).size, 1 / 12);
});

test('a view is moved by its own width, and not past the last point', () => {
  const view = { x: 0.5, y: 0.5, size: 0.2 };
  close(square(panned(view, [0.5, -1], MOST)), [0.6, 0.3, 0.2]);
  const end = panned(view, [1e3, 0], MOST);
  close([end.x + end.size], [MOST.x + MOST.size]);
});

test('what lies between two fingers follows them, and twice as far apart is twice as close', () => {
  const from = [
    [0.4, 0.5],
    [0.6, 0.5],
  ];
  const to = [
    [0.2, 0.3],
    [0.6, 0.3],
  ];
  const view = pinched(FRAME, from, to, MOST);
  close([view.size], [0.5]);
  close(onCanvas(view, [0.5, 0.5]), [0.4, 0.3]); // the middle
  close(onCanvas(view, [0.4, 0.5]), to[0]);
  close(square(pinched(FRAME, from, from, MOST)), square(FRAME));
});

test('one turn of a wheel is a step, however it is counted; a touchpad’s is a small one', () => {
  assert.equal(wheelTimes({ deltaY: -120, deltaMode: 0 }), Math.SQRT2);
  assert.equal(wheelTimes({ deltaY: -3, deltaMode: 1 }), Math.SQRT2); // lines
  assert.ok(wheelTimes({ deltaY: -2, deltaMode: 0 }) < 1.05);
  assert.ok(Math.abs(wheelTimes({ deltaY: 7, deltaMode: 0 }) * wheelTimes({ deltaY: -7, deltaMode: 0 }) - 1) < 1e-9);
});

test('the nearest mark is hit within a finger’s width, of those that count', () => {
  const marks = [
    [0.5, 0.5],
    [0.51, 0.5],
    [0.9, 0.9],
  ];
  assert.equal(nearest(marks, [0.512, 0.5]), 1);
  assert.equal(
    nearest(marks, [0.512, 0.5], i => i !== 1),
    0,
  );
  assert.equal(nearest(marks, [0.7, 0.7]), -1);
});

test('a path goes straight from one pin to the other', () => {
  const pins = [
    [0, 1],
    [4, -1],
  ];
  close(along(pins, 0), pins[0]);
  close(along(pins, 0.25), [1, 0.5]);
  close(along(pins, 1), pins[1]);
});
