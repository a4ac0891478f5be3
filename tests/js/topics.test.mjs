import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  changesAt,
  endsOf,
  inPerCent,
  largestChange,
  rowAt,
  spoken,
  valueAt,
} from '../../ui/components/topic_slider/turning.js';

// Down, mean and up, of three words: the first is raised upwards, the second downwards, the third never.
const topic = {
  values: [-2, 1, 2],
  words: ['graph', 'array', 'the'],
  weights: [0.1, 0.9, 0.5, 0.2, 0.4, 0.5, 0.8, 0.1, 0.5],
};

test('a turn lies between two rows, the mean on the middle one', () => {
  assert.deepEqual(rowAt(0, 3), [1, 0]);
  assert.deepEqual(rowAt(-1, 3), [0, 0]);
  assert.deepEqual(rowAt(1, 3), [1, 1]);
  assert.deepEqual(rowAt(7, 3), [1, 1]);
  assert.equal(valueAt(topic, -0.5), -0.5);
  assert.equal(valueAt(topic, 1), 2);
});

test('at the mean nothing is raised or lowered', () => {
  assert.deepEqual(changesAt(topic, 0, 5), { more: [], less: [] });
  assert.match(spoken(topic, 0), /nothing/);
});

test('what is raised and lowered is between two values of the grid what lies between their words', () => {
  const { more, less } = changesAt(topic, 0.5, 5);
  assert.equal(more.length, 1);
  assert.equal(more[0].word, 'graph');
  assert.ok(Math.abs(more[0].to - 0.5) < 1e-9);
  assert.equal(less[0].word, 'array');
  assert.ok(Math.abs(less[0].change + 0.15) < 1e-9);
});

test('the most changed come first, and no more than are asked for', () => {
  const more = { values: [0, 1, 2], words: ['a', 'b', 'c'], weights: [0, 0, 0, 0, 0, 0, 0.1, 0.3, 0.2] };
  assert.deepEqual(
    changesAt(more, 1, 2).more.map(({ word }) => word),
    ['b', 'c'],
  );
});

test('the longest bar is the largest change on the side that it is turned to', () => {
  assert.ok(Math.abs(largestChange(topic, 0.1) - 0.6) < 1e-9);
  assert.ok(Math.abs(largestChange(topic, -0.1) - 0.5) < 1e-9);
});

test('ends are named by what they raise', () => {
  assert.deepEqual(endsOf(topic), ['array', 'graph']);
  assert.deepEqual(endsOf({ values: [1, 1, 1], words: [], weights: [] }), ['nothing', 'nothing']);
  assert.equal(spoken(topic, 1), 'more of graph; less of array');
});

test('shares are told in two digits, however small', () => {
  assert.deepEqual([0.214, 0.0412, 0.00071, 0.00001].map(inPerCent), ['21 %', '4.1 %', '0.07 %', '0 %']);
});
