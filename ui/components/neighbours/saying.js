// How many of what was found have the right class or, where nobody knows it, which class most of them have.
export const share = (classes, right, names) => {
  const count = classes.length;
  if (right !== null) return `${classes.filter(one => one === right).length} of ${count} right`;
  const counts = new Map();
  for (const one of classes) counts.set(one, (counts.get(one) ?? 0) + 1);
  const [most, times] = [...counts].reduce((best, each) => (each[1] > best[1] ? each : best));
  return `${times} of ${count}: ${names[most]}`;
};

// A distance in three digits; a count of bits as it is.
export const apartInWords = (apart, unit) => (unit ? String(Math.round(apart)) : apart.toPrecision(3));

// Where an arrow key leads among so many things in rows of so many; null where it is no arrow key.
export const stepTo = (key, at, count, columns) => {
  const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[key];
  if (by === undefined) return null;
  const to = at + by;
  return to < 0 || to >= count ? at : to;
};
