// What is decoded at a place: of the autoencoder's plane images on a grid are sent, PCA's decoder is sent as it is.
import { clamp } from '../shared/base.js';

// The grid's four places around one in the frame, and the share of each.
export const corners = (grid, [u, v]) => {
  const gx = clamp(u, 0, 1) * (grid - 1);
  const gy = clamp(v, 0, 1) * (grid - 1);
  const x = Math.min(Math.floor(gx), grid - 2);
  const y = Math.min(Math.floor(gy), grid - 2);
  const fx = gx - x;
  const fy = gy - y;
  return [
    [x, y, (1 - fx) * (1 - fy)],
    [x + 1, y, fx * (1 - fy)],
    [x, y + 1, (1 - fx) * fy],
    [x + 1, y + 1, fx * fy],
  ];
};

// What a grid of numbers, row by row, says of a place between four of them.
export const betweenFour = (numbers, grid, place) =>
  corners(grid, place).reduce((sum, [x, y, share]) => sum + share * numbers[y * grid + x], 0);

// A sheet of grid by grid images as bytes, row of pixels by row of pixels.
export const gridOfImages = (tiles, grid, width, height) => ({
  // The image at a place, from 0 to 1: blended from the four around it.
  at: place => {
    const result = new Float32Array(width * height);
    const row = grid * width;
    for (const [column, line, share] of corners(grid, place))
      for (let y = 0, start = line * height * row + column * width; y < height; y++, start += row)
        for (let x = 0; x < width; x++) result[y * width + x] += (share * tiles[start + x]) / 255;
    return result;
  },
  // The place of the image that is most like this one, by squared error.
  mostLike: image => {
    let best = 0;
    let least = Infinity;
    for (let g = 0; g < grid * grid; g++) {
      const start = Math.floor(g / grid) * height * grid * width + (g % grid) * width;
      let error = 0;
      for (let y = 0; y < height && error < least; y++)
        for (let x = 0; x < width; x++) {
          const off = tiles[start + y * grid * width + x] / 255 - clamp(image[y * width + x], 0, 1);
          error += off * off;
        }
      if (error < least) {
        least = error;
        best = g;
      }
    }
    return [(best % grid) / (grid - 1), Math.floor(best / grid) / (grid - 1)];
  },
});

// PCA by two components: the image of two numbers, and the numbers of an image.
export const linearPlane = (mean, axes) => ({
  at: ([x, y]) => mean.map((value, i) => value + x * axes[0][i] + y * axes[1][i]),
  numbers: image => axes.map(axis => axis.reduce((sum, weight, i) => sum + weight * (image[i] - mean[i]), 0)),
});

// The image a share t of the way through some, as bytes one after the other: blended from the two it lies between.
export const betweenTwo = (images, count, t) => {
  const size = images.length / count;
  const first = Math.min(Math.floor(t * (count - 1)), count - 2);
  const part = t * (count - 1) - first;
  return Float32Array.from(
    { length: size },
    (_, i) => ((1 - part) * images[first * size + i] + part * images[(first + 1) * size + i]) / 255,
  );
};
