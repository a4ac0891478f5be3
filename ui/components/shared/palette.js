// Ten class colours that colour-blind eyes tell apart (after Paul Tol's muted set); the digit is always the mark.
const LIGHT = [
  '#AA3355',
  '#332288',
  '#75660F',
  '#117733',
  '#14698E',
  '#882255',
  '#1F6B62',
  '#8A4B08',
  '#9C3D8C',
  '#4A4A4A',
];
const DARK = [
  '#F28CA0',
  '#A9A4F5',
  '#E8DA86',
  '#6FD58C',
  '#8FD3F2',
  '#E08AB5',
  '#6FD9CB',
  '#CFCF6A',
  '#DF9AD2',
  '#C8C8C8',
];

// Whether the page is dark, told by the colour of its text.
const isDark = element => {
  const c = document.createElement('canvas').getContext('2d');
  c.fillStyle = getComputedStyle(element).color;
  return parseInt(c.fillStyle.slice(1, 3), 16) > 128;
};

export const classColours = element => (isDark(element) ? DARK : LIGHT);
