import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  beaten,
  counted,
  mean,
  percent,
  randomly,
  toggled,
  unanswered,
} from '../../ui/components/pick_labels/picking.js';

test('a click takes an image and another one leaves it, and no more are taken than may be', () => {
  assert.deepEqual(toggled([], 3, 2), [3]);
  assert.deepEqual(toggled([3], 5, 2), [3, 5]);
  assert.deepEqual(toggled([3, 5], 7, 2), [3, 5]);
  assert.deepEqual(toggled([3, 5], 3, 2), [5]);
});

test('an answer to an earlier choice does not undo the clicks since then, and one to none is a new word', () => {
  assert.deepEqual(unanswered('1', ['1', '1_2', '1_2_3']), ['1_2', '1_2_3']);
  assert.deepEqual(unanswered('1_2_3', ['1', '1_2', '1_2_3']), []);
  assert.deepEqual(unanswered('1', ['1', '', '1']), ['', '1']);
  assert.equal(unanswered('7', ['1', '1_2']), null);
});

test('classes are counted, those that are missing too', () => {
  assert.deepEqual(counted([0, 2, 3], [1, 0, 1, 2], 4), [0, 2, 1, 0]);
});

test('a random choice has one of each class, in whatever order they lie', () => {
  const labels = Array.from({ length: 40 }, (_, i) => i % 4);
  for (let n = 0; n < 20; n++) {
    const choice = randomly(labels, 4, 4);
    assert.deepEqual(counted(choice, labels, 4), [1, 1, 1, 1]);
    assert.equal(new Set(randomly(labels, 4, 10)).size, 10);
  }
  assert.notDeepEqual(randomly(labels, 4, 10), randomly(labels, 4, 10));
});

test('of a class that runs out the others take the place', () => {
  assert.equal(randomly([0, 1, 1, 1], 2, 4).length, 4);
});

test('a choice is held against random ones', () => {
  assert.equal(beaten(0.2, [0.1, 0.2, 0.3, 0.4]), 2);
  assert.equal(percent(0.1234), '12.3 %');
  assert.equal(mean([1, 2, 3]), 2);
});
