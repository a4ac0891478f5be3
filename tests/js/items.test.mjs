import assert from 'node:assert/strict';
import { test } from 'node:test';
import { itemOf, pictureSide } from '../../ui/components/shared/items.js';

test('an image is its own picture, a series one of a column a number, and a row one of a bar a column', () => {
  assert.deepEqual(pictureSide('image', [28, 28]), [28, 28]);
  assert.deepEqual(pictureSide('series', [1, 140]), [140, 84]);
  assert.deepEqual(pictureSide('table', [15, 1]), [150, 84]);
  assert.deepEqual(pictureSide('table', [200, 2]), [400, 84]); // folded on its sheet
  assert.deepEqual(pictureSide('text', [200, 10]), [150, 84]);
});

test('an item is cut out of its sheet', () => {
  const sheet = Uint8Array.from({ length: 24 }, (_, i) => i * 10); // 4 across, 6 down: items of 2 x 3
  assert.deepEqual(
    [...itemOf(sheet, 4, [2, 3], 1, 1)],
    [...Float32Array.from([14, 15, 18, 19, 22, 23], n => (n * 10) / 255)],
  );
});
