import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusterAt, frameOf, letterOf, nearestPlace } from '../../ui/components/cluster_map/deciding.js';

// two centres at -1 and 1 on the first axis, k-means: the score of z is -(z - c)^2, bend 2 I, slope 2 (z - c)
const scores = z => ({
  count: 2,
  start: [-((z + 1) ** 2), -((z - 1) ** 2)],
  slope: [2 * (z + 1), 0, 2 * (z - 1), 0],
  bend: [2, 0, 0, 2, 2, 0, 0, 2],
});

test('an image is of the nearest centre, and of the other one beyond the middle', () => {
  assert.equal(clusterAt(scores(-0.5), 0, [0, 0]), 0);
  assert.equal(clusterAt(scores(-0.5), 0, [0.49, 3]), 0);
  assert.equal(clusterAt(scores(-0.5), 0, [0.51, -3]), 1);
});

test('a mixed bend counts both ways', () => {
  const tilted = { count: 2, start: [0, 0], slope: [0, 0, 0, 0], bend: [2, 1, 1, 2, 2, -1, -1, 2] };
  assert.equal(clusterAt(tilted, 0, [1, 1]), 1);
  assert.equal(clusterAt(tilted, 0, [1, -1]), 0);
});

test('a frame holds all places with room, and a line has some, too', () => {
  const [xs, ys] = frameOf([0, 5, 10, 5]);
  assert.ok(xs[0] < 0 && xs[1] > 10);
  assert.ok(ys[0] < 5 && ys[1] > 5);
});

test('nearest is what looks nearest', () => {
  assert.equal(nearestPlace([0, 0, 1, 10], [0, 6], [100, 1]), 0);
  assert.equal(nearestPlace([0, 0, 1, 10], [0, 6], [1, 100]), 1);
});

test('clusters are called by letters, twenty at most', () => {
  assert.equal(letterOf(0), 'A');
  assert.equal(letterOf(19), 'T');
});
