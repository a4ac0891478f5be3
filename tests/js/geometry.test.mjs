import assert from 'node:assert/strict';
import { test } from 'node:test';
import { moment, stopAfter, stopBefore } from '../../ui/components/film/geometry.js';
import { decibels, underBrush } from '../../ui/components/noise_mixer/geometry.js';

test('a moment of a film lies between two of its frames', () => {
  const places = [0, 0.2, 1];
  assert.deepEqual(moment(places, 0.2), { i: 1, next: 2, way: 0, near: 1 });
  const { i, next, way, near } = moment(places, 0.8);
  assert.deepEqual([i, next, near], [1, 2, 2]);
  assert.ok(Math.abs(way - 0.75) < 1e-9);
  assert.deepEqual(moment(places, 5), { i: 2, next: 2, way: 0, near: 2 }); // beyond its end
  assert.deepEqual(moment([0], 0.5), { i: 0, next: 0, way: 0, near: 0 }); // a film of one frame
});

test('arrow keys go from frame to frame, of both films in turn', () => {
  const stops = [0, 0.4, 1, 0, 0.3];
  assert.equal(stopAfter(stops, 0.3), 0.4);
  assert.equal(stopBefore(stops, 0.4), 0.3);
  assert.equal(stopAfter(stops, 1), undefined);
  assert.equal(stopBefore(stops, 0), undefined);
});

test('the axis of PSNR has room for what is finite, and ten decibels at least', () => {
  assert.deepEqual(decibels([12, 31, Infinity]), [10, 35]);
  assert.deepEqual(decibels([21, 22]), [20, 30]);
  assert.deepEqual(decibels([Infinity]), [0, 40]);
});

test('a brush covers the pixels along its way, and at least the one it is on', () => {
  assert.deepEqual(underBrush([2.5, 1.5], [2.5, 1.5], 0.6, 5, 3), [7]);
  assert.deepEqual(underBrush([0.5, 0.5], [4.5, 0.5], 0.6, 5, 3), [0, 1, 2, 3, 4]); // a fast stroke leaves no gap
  assert.deepEqual(underBrush([4.99, 2.99], [4.99, 2.99], 0.6, 5, 3), [14]); // the corner, its middle out of reach
  assert.equal(underBrush([2.5, 1.5], [2.5, 1.5], 1.1, 5, 3).length, 5); // a cross
});
