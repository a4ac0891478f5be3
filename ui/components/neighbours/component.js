import { bytes, floats, forget, onChange, picture, sized, tile } from '../shared/base.js';
import { classColours } from '../shared/palette.js';
import { apartInWords, share, stepTo } from './saying.js';

export default function ({ parentElement: root, data: { json, sheet: url, image, held }, setTriggerValue }) {
  const data = JSON.parse(json);
  const $ = selector => root.querySelector(selector);
  const { columns, tile: size, questions, right, names } = data;
  const [w, h] = size;
  const rows = data.rows.map(row => ({
    ...row,
    places: floats(row.places),
    classes: [...bytes(row.classes)],
    apart: floats(row.apart),
  }));
  let sheet = null;

  // What is chosen lives here; Python's word counts when it is a new one.
  if (root.__given !== `${image} ${questions[0]}`) root.__at = +image;
  root.__given = `${image} ${questions[0]}`;
  const chosen = () => Math.min(root.__at, questions.length - 1);

  const make = (parent, count, kind, fill) => {
    while (parent.children.length > count) parent.lastChild.remove();
    while (parent.children.length < count) {
      const made = document.createElement(kind);
      made.innerHTML = fill;
      parent.append(made);
    }
    return [...parent.children];
  };
  const grid = $('.grid');
  const several = questions.length > 1;
  grid.hidden = !several;
  grid.setAttribute('aria-label', `Which ${data.item} to search for`);
  grid.classList.toggle('held', Boolean(held));
  $('.asked').classList.toggle('alone', !several);
  const buttons = make(grid, several ? questions.length : 0, 'button', '<canvas></canvas>');
  const lines = make(
    $('.rows'),
    rows.length,
    'div',
    '<div class="name"><b></b><span class="share" aria-live="polite"></span><span class="quiet"></span></div><div class="found"></div>',
  );

  const put = (canvas, place) => {
    if (sheet?.complete && sheet.naturalWidth) tile(sized(canvas, w, h), sheet, columns, size, place, 0, 0, w, h);
  };
  const draw = () => {
    const at = chosen();
    const known = right.length ? right[at] : null;
    $('.near').classList.toggle('dark', classColours($('.near'))[0] === '#F28CA0');
    put($('.question'), at);
    $('.question').setAttribute('aria-label', questions[at]);
    $('.asked b').textContent = known === null ? questions[at] : names[known];
    $('.asked figcaption span').textContent = known === null ? '' : questions[at];
    buttons.forEach((button, i) => {
      button.type = 'button';
      button.setAttribute('role', 'radio');
      button.setAttribute('aria-checked', String(i === at));
      button.setAttribute('aria-label', `${questions[i]}${right.length ? `, ${names[right[i]]}` : ''}`);
      button.tabIndex = i === at ? 0 : -1;
      button.disabled = Boolean(held);
      put(button.firstChild, i);
    });
    rows.forEach((row, r) => {
      const line = lines[r];
      const own = values => values.slice(at * row.count, (at + 1) * row.count);
      const [places, classes, apart] = [row.places, row.classes, row.apart].map(own);
      line.className = `row-of ${row.actor}`;
      line.querySelector('b').textContent = row.title;
      line.querySelector('.share').textContent = share(classes, known, names);
      line.querySelector('.quiet').textContent = row.about;
      make(
        line.querySelector('.found'),
        row.count,
        'figure',
        '<canvas class="img" role="img"></canvas><figcaption><b></b><span></span></figcaption>',
      ).forEach((figure, i) => {
        const wrong = known !== null && classes[i] !== known;
        const name = names[classes[i]];
        figure.classList.toggle('wrong', wrong);
        put(figure.firstChild, places[i]);
        figure.firstChild.setAttribute(
          'aria-label',
          `${name}, ${wrong ? 'wrong, ' : ''}distance ${apartInWords(apart[i], row.unit)}`,
        );
        figure.querySelector('b').textContent = `${wrong ? '✗ ' : ''}${name}`;
        figure.querySelector('b').title = name;
        figure.querySelector('span').textContent = apartInWords(apart[i], row.unit);
      });
    });
  };

  const choose = place => {
    if (held || place === chosen()) return;
    root.__at = place;
    draw();
    setTriggerValue('image', place);
  };
  buttons.forEach((button, i) => {
    button.onclick = () => choose(i);
  });
  grid.onkeydown = event => {
    const across = getComputedStyle(grid).gridTemplateColumns.split(' ').length;
    const to = stepTo(event.key, chosen(), questions.length, across);
    if (to === null) return;
    event.preventDefault();
    choose(to);
    buttons[to].focus();
  };
  sheet = picture(root, 'sheet', url, () => sheet && draw());
  draw();
  onChange(root, $('.near'), draw);
  return () => forget(root);
}
