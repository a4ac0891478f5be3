import assert from 'node:assert/strict';
import { test } from 'node:test';
import { barPlaces, largestOf } from '../../ui/components/shared/bars.js';
import { linear, logarithmic, multiples, nearestOf, oneTwoFive, spread } from '../../ui/components/shared/chart.js';

test('a scale leads from 0 at its low end to 1 at its high end, by differences or by ratios', () => {
  assert.deepEqual([10, 15, 20].map(linear(10, 20)), [0, 0.5, 1]);
  assert.deepEqual([1, 8, 64].map(logarithmic(1, 64)), [0, 0.5, 1]);
  for (const scale of [linear(3, 3), logarithmic(3, 3)]) assert.equal(scale(3), 0); // a curve that is flat
});

test('ticks are multiples between the ends, the ends among them', () => {
  assert.deepEqual(multiples(0, 40, 10), [0, 10, 20, 30, 40]);
  assert.deepEqual(multiples(5, 39, 20), [20]);
  assert.deepEqual(multiples(-15, 15, 10), [-10, 0, 10]);
  assert.deepEqual(multiples(1, 9, 10), []);
});

test('a logarithmic axis is labelled with 1, 2 and 5, as they are written', () => {
  assert.deepEqual(oneTwoFive(0.004, 0.06), [0.005, 0.01, 0.02, 0.05]);
  assert.deepEqual(oneTwoFive(0.9, 5), [1, 2, 5]);
  assert.deepEqual(oneTwoFive(0.003, 0.0031), []);
  assert.deepEqual(oneTwoFive(0, 5), []); // not without end
});

test('names keep their order and a gap, and stay between top and bottom', () => {
  assert.deepEqual(spread([50, 10, 30], 10, 0, 100), [50, 10, 30]); // all have room
  const placed = spread([50, 51, 50.5], 10, 0, 100);
  const sorted = [placed[0], placed[2], placed[1]];
  assert.ok(sorted[1] - sorted[0] >= 10 && sorted[2] - sorted[1] >= 10);
  assert.ok(Math.max(...spread([98, 99, 99], 10, 0, 100)) <= 100);
  assert.ok(Math.min(...spread([-5, -4], 10, 0, 100)) >= 0);
});

test('the nearest of some stops is found', () => {
  assert.equal(nearestOf([0, 0.5, 1], 0.6), 1);
  assert.equal(nearestOf([0, 0.5, 1], -3), 0);
});

test('bars stand side by side, reach as far as their value, and no farther than the scale', () => {
  const bars = barPlaces([1, -2, 8], 4, 30, 0.01);
  assert.deepEqual(
    bars.map(({ reach, up }) => [reach, up]),
    [
      [0.25, true],
      [0.5, false],
      [1, true],
    ],
  );
  bars.forEach(({ start, thick }, i) => assert.ok(start >= 10 * i && start + thick <= 10 * (i + 1)));
  assert.equal(barPlaces([0], 4, 30, 0.01)[0].reach, 0.01); // still seen
  assert.equal(largestOf([1, -3, 2]), 3);
  assert.ok(largestOf([0, 0]) > 0);
});
