import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  around,
  between,
  bounded,
  brushWidth,
  heightOf,
  LARGEST,
  opening,
  placed,
  zoomedAt,
} from '../../ui/components/photo_viewer/geometry.js';

const FRAME = [600, 300];
const SIZE = [1200, 900];

test('the whole picture is in the frame at zoom 1, in its middle', () => {
  const view = bounded({ zoom: 0.2, x: 5, y: 5000 }, FRAME, SIZE);
  assert.deepEqual(view, { zoom: 1, x: 600, y: 450 });
  const { scale, left, top } = placed(view, FRAME, SIZE);
  assert.deepEqual([scale, left, top], [1 / 3, 100, 0]);
});

test('nothing beside the picture is seen once it fills the frame, and no pixel is larger than allowed', () => {
  const view = bounded({ zoom: 1e6, x: -50, y: 1e9 }, FRAME, SIZE);
  const { scale, left, top } = placed(view, FRAME, SIZE);
  assert.equal(scale, LARGEST);
  assert.ok(left === 0 && Math.abs(top + SIZE[1] * scale - FRAME[1]) < 1e-6);
});

test('what is under the pointer stays there while zooming', () => {
  const before = { zoom: 4, x: 500, y: 400 };
  const pointer = [150, 220];
  const under = view => {
    const { scale, left, top } = placed(view, FRAME, SIZE);
    return [(pointer[0] - left) / scale, (pointer[1] - top) / scale];
  };
  const after = zoomedAt(before, 2, pointer, FRAME, SIZE);
  assert.ok(after.zoom === 8);
  under(after).forEach((value, i) => assert.ok(Math.abs(value - under(before)[i]) < 1e-6));
});

test('a small picture is enlarged to the frame', () => {
  const { scale } = placed(bounded({ zoom: 1, x: 0, y: 0 }, FRAME, [30, 30]), FRAME, [30, 30]);
  assert.equal(scale, 10);
});

test('a loupe stays inside the part that is compared', () => {
  const part = { left: 100, top: 50, width: 200, height: 80 };
  assert.deepEqual(around([0, 0], 64, part), { side: 64, left: 100, top: 50 });
  assert.deepEqual(around([150, 90], 64, part), { side: 64, left: 118, top: 58 });
  assert.deepEqual(around([9999, 9999], 64, part), { side: 64, left: 236, top: 66 });
  assert.deepEqual(around([0, 0], 500, part), { side: 80, left: 100, top: 50 });
});

test('the brush goes from one pixel to an eighth of the picture', () => {
  assert.equal(brushWidth(0, SIZE), 1);
  assert.equal(brushWidth(100, SIZE), 150);
  assert.equal(brushWidth(0, [3, 3]), 1);
  for (let slider = 1; slider <= 100; slider++) assert.ok(brushWidth(slider, SIZE) >= brushWidth(slider - 1, SIZE));
});

test('between evenly spaced values lies a straight line', () => {
  assert.equal(between([10, 20, 40], 0.75), 30);
  assert.equal(between([10, 20, 40], 0), 10);
  assert.equal(between([10, 20, 40], 1), 40);
  assert.equal(between([7], 0.3), 7);
});

test('a picture opens whole, and a strip so that it fills a frame that is never a line', () => {
  assert.equal(heightOf(600, 900, SIZE), 450);
  assert.equal(opening([600, 450], SIZE), 1);
  const wide = [8192, 100];
  const frame = [600, heightOf(600, 900, wide)];
  assert.equal(frame[1], 120);
  const { scale } = placed(bounded({ zoom: opening(frame, wide), x: 4096, y: 50 }, frame, wide), frame, wide);
  assert.ok(Math.abs(scale * 100 - 120) < 1e-6);
  const tall = [3, 4096];
  const upright = [600, heightOf(600, 900, tall)];
  const seen = placed(bounded({ zoom: opening(upright, tall), x: 1, y: 2048 }, upright, tall), upright, tall);
  assert.equal(seen.scale, LARGEST);
});
