// To which cluster an image belongs once it is moved along the map's plane: see ae_core/tasks/clusters/deciding.py.
// start is (N, K), slope (N, K, 2) and bend (K, 2, 2), one number after the other.
export const clusterAt = ({ start, slope, bend, count }, image, [dx, dy]) => {
  let best = 0;
  let highest = -Infinity;
  for (let k = 0; k < count; k++) {
    const i = image * count + k;
    const b = 4 * k;
    const score =
      start[i] -
      slope[2 * i] * dx -
      slope[2 * i + 1] * dy -
      (bend[b] * dx * dx + (bend[b + 1] + bend[b + 2]) * dx * dy + bend[b + 3] * dy * dy) / 2;
    if (score > highest) [best, highest] = [k, score];
  }
  return best;
};

// The frame of a map: the smallest box with all places (x, y, x, y, ...), and some room around them.
export const frameOf = places => {
  const axis = which => {
    const values = places.filter((_, i) => i % 2 === which);
    const [low, high] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
    const room = (high - low) * 0.06 || 1;
    return [low - room, high + room];
  };
  return [axis(0), axis(1)];
};

// The number of the place nearest to a point of the map, where both axes are measured in pixels.
export const nearestPlace = (places, [x, y], [acrossPixels, upPixels]) => {
  let best = 0;
  let least = Infinity;
  for (let i = 0; 2 * i < places.length; i++) {
    const far = ((places[2 * i] - x) * acrossPixels) ** 2 + ((places[2 * i + 1] - y) * upPixels) ** 2;
    if (far < least) [best, least] = [i, far];
  }
  return best;
};

// What a cluster is called: a letter, as classes may be digits.
export const letterOf = cluster => String.fromCharCode(65 + cluster);
