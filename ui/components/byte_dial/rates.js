// Which of a method's points is shown at some bytes an image, and where a share of the dial lies.

// A point is [bytes, PSNR, SSIM, tile]. Of those within so many bytes the place of the one that is best by a measure (1 or 2);
// -1 where there is none.
export const bestWithin = (points, most, measure) =>
  points.reduce((best, point, i) => {
    if (point[0] > most) return best;
    return best < 0 || point[measure] >= points[best][measure] ? i : best;
  }, -1);

// The method that is best at so many bytes, and by how much beyond the next: [place, lead], lead null where it is alone;
// place -1 where none needs so few.
export const leader = (methods, most, measure) => {
  const reached = methods
    .map((points, i) => [i, bestWithin(points, most, measure)])
    .filter(([, at]) => at >= 0)
    .map(([i, at]) => [i, methods[i][at][measure]])
    .sort((a, b) => b[1] - a[1]);
  if (!reached.length) return [-1, null];
  return [reached[0][0], reached.length > 1 ? reached[0][1] - reached[1][1] : null];
};

// Steps of the dial lie evenly by ratio between two numbers of bytes.
export const bytesAt = (step, steps, low, high) => low * (high / low) ** (step / steps);
export const stepAt = (bytes, steps, low, high) =>
  Math.min(Math.max(Math.round((Math.log(bytes / low) / Math.log(high / low)) * steps), 0), steps);

// What the lines of a chart show: of points with more and more bytes only those that are better than all before.
export const climbing = (points, measure) => {
  let best = -Infinity;
  return [...points]
    .sort((a, b) => a[0] - b[0])
    .filter(point => {
      if (point[measure] <= best) return false;
      best = point[measure];
      return true;
    });
};
