// What can be told of a choice without a page: which images are taken, and in which words.
export const toggled = (picked, index, most) => {
  if (picked.includes(index)) return picked.filter(other => other !== index);
  return picked.length < most ? [...picked, index] : picked;
};

// Python's answers come one after another, and clicks may be ahead of them. Of choices that were told in this order, those
// that an answer to one of them leaves unanswered; null where it answers none.
export const unanswered = (answered, told) => {
  const at = told.indexOf(answered);
  return at < 0 ? null : told.slice(at + 1);
};

// How many of each class are taken, by the class's place.
export const counted = (picked, labels, classes) => {
  const counts = new Array(classes).fill(0);
  for (const index of picked) counts[labels[index]]++;
  return counts;
};

// A random choice of so many: of each class in turn one, as far as that goes. The last is a source of random numbers.
export const randomly = (labels, classes, count, random = Math.random) => {
  const mixed = labels.map((label, i) => [random(), i, label]).sort((a, b) => a[0] - b[0]);
  const seen = new Array(classes).fill(0);
  return mixed
    .map(([, i, label]) => [seen[label]++, i])
    .sort((a, b) => a[0] - b[0])
    .slice(0, count)
    .map(([, i]) => i);
};

// How many of the errors of random choices are larger than one.
export const beaten = (error, others) => others.filter(other => other > error).length;

export const percent = share => `${(100 * share).toFixed(1)} %`;
export const mean = values => values.reduce((sum, value) => sum + value, 0) / values.length;
