import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apartInWords, share, stepTo } from '../../ui/components/neighbours/saying.js';

test('what has the right class is counted', () => {
  assert.equal(share([3, 3, 5], 3, []), '2 of 3 right');
  assert.equal(share([3], 0, []), '0 of 1 right');
});

test('without a right class the most frequent one is named', () => {
  assert.equal(share([1, 2, 2], null, ['a', 'b', 'c']), '2 of 3: c');
});

test('a distance has three digits, and bits are counted', () => {
  assert.equal(apartInWords(2.71459, ''), '2.71');
  assert.equal(apartInWords(7, 'of the bits differ'), '7');
});

test('arrow keys stay within the grid', () => {
  assert.equal(stepTo('ArrowRight', 0, 30, 10), 1);
  assert.equal(stepTo('ArrowDown', 3, 30, 10), 13);
  assert.equal(stepTo('ArrowUp', 3, 30, 10), 3);
  assert.equal(stepTo('ArrowRight', 29, 30, 10), 29);
  assert.equal(stepTo('Enter', 3, 30, 10), null);
});
