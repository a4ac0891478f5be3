import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dialAxis, fitting, frontier, inBytes } from '../../ui/components/byte_dial/fitting.js';

test('of the points that fit into the bytes the best is taken, and none where none is so small', () => {
  const bytes = [3, 5, 9];
  assert.equal(fitting(bytes, [10, 20, 30], 2.9), -1);
  assert.equal(fitting(bytes, [10, 20, 30], 3), 0);
  assert.equal(fitting(bytes, [10, 20, 30], 8.9), 1);
  assert.equal(fitting(bytes, [10, 31, 30], 100), 1); // more bytes need not be better
});

test('the frontier leaves out what costs more and is no better', () => {
  assert.deepEqual(frontier([3, 5, 9], [10, 20, 30]), [0, 1, 2]);
  assert.deepEqual(frontier([5, 3, 9], [20, 10, 15]), [1, 0]);
  assert.deepEqual(frontier([3, 3, 3], [10, 12, 11]), [1]);
});

test('the dial turns by ratios', () => {
  const dial = dialAxis(1, 100);
  assert.equal(dial.value(0.5), 10);
  assert.ok(Math.abs(dial.share(dial.value(0.3)) - 0.3) < 1e-12);
});

test('bytes are written in three digits or so', () => {
  assert.deepEqual([0.53, 9.04, 17.6, 2510].map(inBytes), ['0.5', '9.0', '18', '2,510']);
});
