import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  betweenFour,
  betweenTwo,
  corners,
  gridOfImages,
  linearPlane,
} from '../../ui/components/latent_explorer/decoding.js';

const close = (one, other) =>
  one.forEach((value, i) => assert.ok(Math.abs(value - other[i]) < 1e-6, `${one}, ${other}`));

// Three by three images of two by one pixels: the first pixel grows to the right, the second downwards.
const GRID = 3;
const SHEET = Uint8Array.from([0, 1, 2].flatMap(line => [0, 1, 2].flatMap(column => [column * 100, line * 50])));

test('a place lies between four others, whose shares make one', () => {
  for (const place of [
    [0, 0],
    [0.31, 0.77],
    [1, 1],
    [-5, 3],
  ])
    close([corners(GRID, place).reduce((sum, [, , share]) => sum + share, 0)], [1]);
  assert.equal(betweenFour([0, 0, 0, 0, 8, 0, 0, 0, 0], GRID, [0.5, 0.5]), 8);
  assert.equal(betweenFour([0, 0, 0, 0, 8, 0, 0, 0, 0], GRID, [0.75, 0.75]), 2);
});

test('an image of the grid is drawn as it is on its place, and blended between', () => {
  const images = gridOfImages(SHEET, GRID, 2, 1);
  close(images.at([0.5, 1]), [100 / 255, 100 / 255]);
  close(images.at([0.25, 0.75]), [50 / 255, 75 / 255]);
});

test('the most alike image of the grid is found at its place', () => {
  const images = gridOfImages(SHEET, GRID, 2, 1);
  for (const place of [
    [0, 0],
    [1, 0.5],
    [0.5, 1],
  ])
    assert.deepEqual(images.mostLike(images.at(place)), place);
});

test('PCA’s plane draws the image of two numbers and finds them again', () => {
  const pca = linearPlane(new Float32Array([0.5, 0.5, 0.25]), [
    [0.6, 0.8, 0],
    [-0.8, 0.6, 0],
  ]);
  close(pca.at([1, 2]), [0.5 + 0.6 - 1.6, 0.5 + 0.8 + 1.2, 0.25]);
  close(pca.numbers(pca.at([1, 2])), [1, 2]);
});

test('a path’s images begin, end and blend as they were sent', () => {
  const images = Uint8Array.from([0, 51, 102, 153, 255, 255]); // three of two by one pixels, beside each other
  close(betweenTwo(images, 3, 2, 0), [0, 0.2]);
  close(betweenTwo(images, 3, 2, 0.25), [0.2, 0.4]);
  close(betweenTwo(images, 3, 2, 1), [1, 1]);
  const tall = Uint8Array.from([0, 255, 51, 204]); // two of one by two
  close(betweenTwo(tall, 2, 1, 0), [0, 0.2]);
  close(betweenTwo(tall, 2, 1, 0.5), [0.5, 0.5]);
});

test('a coloured image of the grid has its channels one after the other', () => {
  const images = gridOfImages(Uint8Array.from([...SHEET, ...SHEET.map(value => 255 - value), ...SHEET]), GRID, 2, 1);
  const [red, green] = [images.at([0.5, 1]).slice(0, 2), images.at([0.5, 1]).slice(2, 4)];
  close(red, [100 / 255, 100 / 255]);
  close(green, [155 / 255, 155 / 255]);
  assert.deepEqual(images.mostLike(images.at([1, 0.5])), [1, 0.5]);
});
