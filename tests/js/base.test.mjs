import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, clamp, floats, place } from '../../ui/components/shared/base.js';

test('numbers that Python packed come back', () => {
  assert.deepEqual([...bytes('AAH/')], [0, 1, 255]); // base64.b64encode(bytes([0, 1, 255]))
  assert.deepEqual([...floats('AADAPwAAAMA=')], [1.5, -2]); // struct.pack('<2f', 1.5, -2)
});

test('a value is kept between two others', () => {
  assert.deepEqual(
    [-1, 0.5, 7].map(value => clamp(value, 0, 1)),
    [0, 0.5, 1],
  );
});

test('the pointer’s place is a share of the element, and never beside it', () => {
  const element = { getBoundingClientRect: () => ({ left: 100, top: 50, width: 200, height: 100 }) };
  assert.deepEqual(place(element, { clientX: 150, clientY: 125 }), [0.25, 0.75]);
  assert.deepEqual(place(element, { clientX: 0, clientY: 500 }), [0, 1]);
});
