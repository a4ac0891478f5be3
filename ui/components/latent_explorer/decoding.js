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

// A sheet of grid by grid images as bytes: channel after channel, each row of pixels by row of pixels.
export const gridOfImages = (tiles, grid, width, height) => {
  const channels = tiles.length / (grid * grid * width * height);
  const rows = channels * height; // of pixels in an image
  // where in the sheet a row of pixels begins, of the image in a column and a line of the grid
  const startOf = (row, column, line) => {
    const channel = Math.floor(row / height);
    return (((channel * grid + line) * height + (row % height)) * grid + column) * width;
  };
  return {
    // The image at a place, from 0 to 1: blended from the four around it.
    at: place => {
      const image = new Float32Array(rows * width);
      for (const [column, line, share] of corners(grid, place))
        for (let row = 0; row < rows; row++) {
          const start = startOf(row, column, line);
          for (let x = 0; x < width; x++) image[row * width + x] += (share * tiles[start + x]) / 255;
        }
      return image;
    },
    // The place of the image that is most like this one, by squared error.
    mostLike: image => {
      const seen = image.map(value => clamp(value, 0, 1) * 255);
      let best = [0, 0];
      let least = Infinity;
      for (let line = 0; line < grid; line++)
        for (let column = 0; column < grid; column++) {
          let error = 0;
          for (let row = 0; row < rows && error < least; row++) {
            const start = startOf(row, column, line);
            for (let x = 0; x < width; x++) error += (tiles[start + x] - seen[row * width + x]) ** 2;
          }
          if (error < least) {
            least = error;
            best = [column / (grid - 1), line / (grid - 1)];
          }
        }
      return best;
    },
  };
};

// PCA by two components: the image of two numbers, and the numbers of an image.
export const linearPlane = (mean, axes) => ({
  at: ([x, y]) => mean.map((value, i) => value + x * axes[0][i] + y * axes[1][i]),
  numbers: image => axes.map(axis => axis.reduce((sum, weight, i) => sum + weight * (image[i] - mean[i]), 0)),
});

// The image a share t of the way through some that are beside each other, as bytes: blended from the two it lies between.
export const betweenTwo = (images, count, width, t) => {
  const first = Math.min(Math.floor(t * (count - 1)), count - 2);
  const part = t * (count - 1) - first;
  return Float32Array.from({ length: images.length / count }, (_, i) => {
    const at = Math.floor(i / width) * count * width + first * width + (i % width);
    return ((1 - part) * images[at] + part * images[at + width]) / 255;
  });
};
