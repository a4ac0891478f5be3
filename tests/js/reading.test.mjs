import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isShort, mark, pointsOf, rightOf, rowOf, saidOf } from '../../ui/components/reading_row/marks.js';

const DIGITS = ['0', '1', '2'];
const CLOTHES = ['Shirt', 'Bag'];

test('a mark has a sign, and the class that was read where its name is short', () => {
  assert.equal(mark(1, 1, DIGITS), '✓ 1');
  assert.equal(mark(2, 1, DIGITS), '✗ 2');
  assert.equal(mark(0, 1, CLOTHES), '✗');
  assert.equal(isShort(CLOTHES), false);
});

test('what is read is kept by method, then strength, then image', () => {
  assert.equal(rowOf(0, 0, 20, 8), 0);
  assert.equal(rowOf(0, 3, 20, 8), 24);
  assert.equal(rowOf(2, 1, 20, 8), (2 * 21 + 1) * 8);
});

test('only what equals its label is right', () => {
  assert.equal(rightOf([1, 2, 0], [1, 1, 0]), 2);
});

test('an image is told with the ways that misread it', () => {
  assert.equal(saidOf(0, 1, DIGITS, [['here', 1]]), 'Image 1 is “1”, and is read by every way.');
  const two = [
    ['as it is', 0],
    ['after PCA', 1],
  ];
  assert.equal(saidOf(2, 1, CLOTHES, two), 'Image 3 is “Bag”. Misread: as it is “Shirt”. All other ways read it.');
  assert.equal(saidOf(2, 1, CLOTHES, [['as it is', 0]]), 'Image 3 is “Bag”. Misread: as it is “Shirt”.');
});

test('a curve is drawn through what is known', () => {
  assert.deepEqual(pointsOf([0.9, null, 0.5]), [
    [0, 0.9],
    [2, 0.5],
  ]);
});
