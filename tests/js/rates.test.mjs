import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bestWithin, bytesAt, climbing, leader, stepAt } from '../../ui/components/byte_dial/rates.js';

const OURS = [
  [5, 18, 0.7, 1],
  [20, 28, 0.95, 2],
  [40, 31, 0.97, 3],
];
const THEIRS = [
  [30, 22, 0.8, 4],
  [80, 33, 0.96, 5],
];

test('a method is shown at its best point that is not too many bytes', () => {
  assert.equal(bestWithin(OURS, 4.9, 1), -1);
  assert.equal(bestWithin(OURS, 5, 1), 0);
  assert.equal(bestWithin(OURS, 39, 1), 1);
  assert.equal(bestWithin(THEIRS, 1000, 1), 1);
});

test('who leads is told with what lies between it and the next', () => {
  assert.deepEqual(leader([OURS, THEIRS], 1, 1), [-1, null]);
  assert.deepEqual(leader([OURS, THEIRS], 20, 1), [0, null]);
  assert.deepEqual(leader([OURS, THEIRS], 40, 1), [0, 9]);
  assert.deepEqual(leader([OURS, THEIRS], 80, 1), [1, 2]);
  assert.equal(leader([OURS, THEIRS], 80, 2)[0], 0); // by another measure another
});

test('the dial goes by ratios, and comes back to the step that it stood at', () => {
  assert.equal(bytesAt(0, 100, 2, 200), 2);
  assert.ok(Math.abs(bytesAt(50, 100, 2, 200) - 20) < 1e-9);
  for (const step of [0, 1, 37, 100]) assert.equal(stepAt(bytesAt(step, 100, 2, 200), 100, 2, 200), step);
  assert.equal(stepAt(1e9, 100, 2, 200), 100);
});

test('a line climbs: what takes more bytes and is worse is no part of it', () => {
  const points = [
    [30, 20],
    [10, 15],
    [20, 22],
  ];
  assert.deepEqual(climbing(points, 1), [
    [10, 15],
    [20, 22],
  ]);
});
