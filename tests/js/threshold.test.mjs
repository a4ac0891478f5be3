import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  above,
  axis,
  besideLine,
  confusion,
  curves,
  histogram,
  inWords,
  marks,
} from '../../ui/components/threshold/counting.js';

const normal = Float32Array.from([1, 2, 3, 4]);
const strange = Float32Array.from([2.5, 4, 5]);

test('what is above a value is counted, and what equals it is not', () => {
  assert.equal(above(normal, 0), 4);
  assert.equal(above(normal, 2), 2);
  assert.equal(above(normal, 4), 0);
  assert.equal(above(Float32Array.from([]), 1), 0);
  assert.equal(above(Float32Array.from([1, 1, 1, 2]), 1), 1);
});

test('a threshold calls strange what lies above it', () => {
  const now = confusion(normal, strange, 3);
  assert.deepEqual([now.alarms, now.passed, now.caught, now.missed], [1, 3, 2, 1]);
  assert.equal(now.falseAlarmRate, 0.25);
  assert.equal(now.recall, 2 / 3);
  assert.equal(now.precision, 2 / 3);
  assert.equal(confusion(normal, strange, 9).precision, 1); // nothing is called strange
});

test('both curves run from nothing called strange to everything, and never back', () => {
  const points = curves(normal, strange, 100);
  assert.deepEqual(points[0], [0, 0, 1]);
  assert.deepEqual(points[1], [0, 1 / 3, 1]); // the 5 alone
  assert.deepEqual(points.at(-1), [1, 1, 3 / 7]);
  for (let i = 1; i < points.length; i++)
    assert.ok(points[i][0] >= points[i - 1][0] && points[i][1] >= points[i - 1][1]);
});

test('the area below the curve is the chance that a strange image has the higher score', () => {
  const draw = n => Float32Array.from({ length: n }, (_, i) => Math.abs(Math.sin(i * 12.9898 + n)) * 10).sort();
  const [few, many] = [draw(97), draw(203).map(value => value * 1.3)];
  many.sort();
  const points = curves(few, many, 1000);
  let area = 0;
  for (let i = 1; i < points.length; i++)
    area += ((points[i][0] - points[i - 1][0]) * (points[i][1] + points[i - 1][1])) / 2;
  let pairs = 0;
  for (const a of few) for (const b of many) pairs += b > a ? 1 : b === a ? 0.5 : 0;
  assert.ok(Math.abs(area - pairs / (few.length * many.length)) < 1e-9);
});

test('a histogram holds every score, those beyond the axis at its ends', () => {
  const { share } = axis(2, 4, false);
  assert.deepEqual(histogram(normal, share, 2), [0.5, 0.5]);
  const shares = histogram(normal, axis(1, 100, true).share, 10);
  assert.ok(Math.abs(shares.reduce((a, b) => a + b) - 1) < 1e-9);
  assert.deepEqual(histogram(Float32Array.from([-5, 0]), axis(1, 100, true).share, 2), [1, 0]);
});

test('a value is found again at its share of an axis', () => {
  for (const log of [true, false]) {
    const { share, value } = axis(0.02, 7, log);
    assert.ok(Math.abs(value(share(0.3)) - 0.3) < 1e-9);
    assert.equal(share(0.02), 0);
    assert.ok(Math.abs(share(7) - 1) < 1e-12);
  }
});

test('beside the line stand the nearest of either side, in their order', () => {
  const scores = [5, 1, 4, 2, 3];
  assert.deepEqual(besideLine(scores, 3, 2), { below: [3, 4], above: [2, 0] });
  assert.deepEqual(besideLine(scores, 0, 2), { below: [], above: [1, 3] });
  assert.deepEqual(besideLine(scores, 9, 2), { below: [2, 0], above: [] });
});

test('an axis has a handful of round marks within it', () => {
  for (const [low, high, log] of [
    [0.02, 0.3, true],
    [150, 40000, true],
    [1, 1.4, true],
    [-40, -1, false],
    [0.4, 0.7, false],
  ]) {
    const found = marks(low, high, log);
    assert.ok(found.length >= 2 && found.length <= 8, `${found}`);
    assert.ok(found.every(value => value >= low && value <= high));
  }
});

test('a score is written in three digits', () => {
  assert.equal(inWords(1073.4), '1070');
  assert.equal(inWords(0.025543), '0.0255');
  assert.equal(inWords(-0.4), '-0.4');
  assert.equal(inWords(0), '0');
  assert.equal(inWords(0.00002), '2.0e-5');
});
