// What is written under a picture: a sign that needs no colour, and the class that was read where its name is short.
const SHORT = 2;
export const isShort = names => names.every(name => name.length <= SHORT);
export const mark = (read, label, names) => `${read === label ? '✓' : '✗'}${isShort(names) ? ` ${names[read]}` : ''}`;

// Where in the list of what was read, methods by strengths by images, one of them begins.
export const rowOf = (method, step, steps, images) => (method * (steps + 1) + step) * images;

// How many of the images were read right.
export const rightOf = (classes, labels) => labels.filter((label, i) => classes[i] === label).length;

// One image in words: what it is, and what each method reads in it.
export const saidOf = (place, label, names, reads) => {
  const wrong = reads.filter(([, read]) => read !== label);
  const it = `Image ${place + 1} is “${names[label]}”`;
  if (!wrong.length) return `${it}, and is read by every way.`;
  const misread = wrong.map(([way, read]) => `${way} “${names[read]}”`).join(', ');
  return `${it}. Misread: ${misread}.${wrong.length < reads.length ? ' All other ways read it.' : ''}`;
};

// The points of a curve that are there yet: [[step, share], ...].
export const pointsOf = curve => curve.flatMap((share, step) => (share === null ? [] : [[step, share]]));
