// Which point of each method fits into so many bytes, without a page.

// The place of the best point that takes at most so many bytes; -1 where none is so small.
export const fitting = (bytes, quality, most) => {
  let best = -1;
  bytes.forEach((size, i) => {
    if (size <= most * (1 + 1e-9) && (best < 0 || quality[i] > quality[best])) best = i;
  });
  return best;
};

// The points of the best quality for at most so many bytes: only those that are better than all smaller ones.
export const frontier = (bytes, quality) => {
  const order = bytes.map((_, i) => i).sort((a, b) => bytes[a] - bytes[b] || quality[b] - quality[a]);
  let best = Number.NEGATIVE_INFINITY;
  return order.filter(i => {
    if (quality[i] <= best) return false;
    best = quality[i];
    return true;
  });
};

// A number of bytes in three digits at most.
export const inBytes = size => (size < 10 ? size.toFixed(1) : Math.round(size).toLocaleString('en'));

// The bytes at a share of a logarithmic axis, and back.
export const dialAxis = (low, high) => ({
  value: share => low * (high / low) ** share,
  share: value => Math.log(value / low) / Math.log(high / low),
});
