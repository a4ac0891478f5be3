import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { listen, tell, toldSoFar } from '../../ui/components/shared/talk.js';

beforeEach(() => {
  globalThis.window = {};
});

test('only the one that is meant hears it', () => {
  const heard = { left: [], right: [] };
  for (const key in heard) listen(key, (name, value) => heard[key].push([name, value]));
  tell('left', 'count', 100);
  tell('right', 'you', [1, 2]);
  assert.deepEqual(heard, { left: [['count', 100]], right: [['you', [1, 2]]] });
  assert.equal(toldSoFar('right', 'count'), null);
});

test('what was said before it was drawn is there to be asked for, until it is taken back', () => {
  const takeBack = tell('map', 'count', 100);
  assert.equal(toldSoFar('map', 'count'), 100);
  takeBack();
  assert.equal(toldSoFar('map', 'count'), null);
});

test('an old word that is taken back late leaves the new one', () => {
  const takeBack = tell('map', 'count', 100);
  tell('map', 'count', 100);
  takeBack();
  assert.equal(toldSoFar('map', 'count'), 100);
});

test('who is gone hears nothing, and does not silence who came after', () => {
  const heard = [];
  const leave = listen('map', () => heard.push('old'));
  listen('map', () => heard.push('new'));
  leave();
  tell('map', 'count', 1);
  assert.deepEqual(heard, ['new']);
});
