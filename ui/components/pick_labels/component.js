import { forget, onChange, picture, sized, tile } from '../shared/base.js';
import { beaten, counted, mean, percent, randomly, toggled, unanswered } from './picking.js';

export default function ({ parentElement: root, data: { json, sheet: url, picked, errors }, setTriggerValue }) {
  const data = JSON.parse(json);
  const $ = name => root.querySelector(name);
  const {
    labels,
    names,
    tile: [w, h],
    most,
    ten,
    kinds,
    random,
    medoids,
    held,
    called: [item, items],
  } = data;
  const grid = $('.grid');
  grid.setAttribute('aria-label', `Training ${items} to label`);
  const given = picked ? picked.split('_').map(Number) : [];
  const judged = errors ? JSON.parse(errors) : null; // of the choice that Python was told last

  // What is chosen lives here; Python's word counts when it is a new one that is not this browser's own.
  if (root.__url !== url || root.__given !== picked) {
    const left = root.__url === url ? unanswered(picked, root.__sent) : null;
    if (!left) root.__picked = given;
    root.__sent = left ?? [];
  }
  root.__given = picked;
  root.__url = url;
  const told = () => root.__picked.join('_');
  const choose = choice => {
    if (held || choice === root.__picked) return;
    root.__picked = choice;
    root.__sent.push(told());
    draw();
    setTriggerValue('picked', told());
  };

  while (grid.children.length > labels.length) grid.lastChild.remove();
  while (grid.children.length < labels.length) {
    const button = Object.assign(document.createElement('button'), { type: 'button' });
    button.append(document.createElement('canvas'));
    grid.append(button);
  }
  [...grid.children].forEach((button, i) => {
    button.title = names[labels[i]];
    button.dataset.class = names[labels[i]];
    button.onclick = () => choose(toggled(root.__picked, i, most));
    button.onkeydown = event => {
      const across = getComputedStyle(grid).gridTemplateColumns.split(' ').length;
      const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across }[event.key];
      if (!step) return;
      event.preventDefault();
      grid.children[i + step]?.focus();
    };
  });
  $('.none').onclick = () => choose([]);
  $('.random').onclick = () => choose(randomly(labels, names.length, ten));
  $('.medoids').onclick = () => choose(medoids);
  root.querySelectorAll('.row button').forEach(button => {
    button.hidden = held;
  });

  const draw = () => {
    const choice = root.__picked;
    [...grid.children].forEach((button, i) => {
      const on = choice.includes(i);
      button.setAttribute('aria-pressed', String(on));
      button.setAttribute('aria-label', `${item[0].toUpperCase()}${item.slice(1)} ${i + 1}, class ${names[labels[i]]}`);
      button.setAttribute('aria-disabled', String(held || (!on && choice.length >= most)));
    });
    const counts = counted(choice, labels, names.length);
    const seen = counts.filter(Boolean).length;
    $('.taken').textContent = choice.length
      ? `${choice.length} labelled, of ${seen} of ${names.length} classes.${choice.length >= most ? ' No more can be taken.' : ''}`
      : `Nothing is labelled yet. Click the ${items} whose class you would ask for.`;
    $('.classes').replaceChildren(
      ...names.map((name, i) => {
        const chip = document.createElement('span');
        chip.textContent = counts[i] > 1 ? `${name} × ${counts[i]}` : name;
        chip.className = counts[i] ? 'on' : '';
        return chip;
      }),
    );
    bars(choice);
  };

  const bars = choice => {
    const fresh = judged && told() === picked;
    $('.bars').replaceChildren(
      ...kinds.map(([kind, name]) => {
        const bar = document.createElement('div');
        bar.className = fresh || !choice.length ? 'bar' : 'bar waiting';
        const value = choice.length && judged ? judged[kind] : null;
        const [low, high] = [Math.min(...random[kind]), Math.max(...random[kind])];
        const part = (tag, style, words = '') => {
          const element = document.createElement(tag);
          Object.assign(element.style, style);
          element.textContent = words;
          return element;
        };
        const track = document.createElement('div');
        track.className = 'track';
        track.append(
          part('i', { width: `${100 * (value ?? 0)}%` }),
          Object.assign(part('span', { left: `${100 * low}%`, width: `${100 * (high - low)}%` }), {
            className: 'range',
          }),
          Object.assign(part('span', { left: `${100 * mean(random[kind])}%` }), { className: 'mean' }),
        );
        bar.append(part('b', {}, name), track, part('output', {}, value === null ? '–' : percent(value)));
        return bar;
      }),
    );
    const averages = kinds.map(([kind, , name]) => `${percent(mean(random[kind]))} on ${name}`).join(', ');
    const beside = `Upright lines: the mean of ${random.codes.length} random tens, one of each class as far as that goes, ${averages}; the bars through them, from the best to the worst.`;
    let words = '';
    if (fresh && choice.length === ten)
      words = `On codes your ten are better than ${beaten(judged.codes, random.codes)} of ${random.codes.length} random tens. `;
    else if (choice.length && choice.length < ten)
      words = `${ten - choice.length} more, and they can be held against random tens. `;
    else if (choice.length > ten) words = `These are more than the random ones have: ${ten} would be fair. `;
    $('.said').textContent = words + beside;
    $('.bars').dataset.drawn = fresh ? picked : '';
  };

  const sheet = picture(root, 'sheet', url, () => {
    [...grid.children].forEach((button, i) => {
      tile(sized(button.firstChild, w, h), sheet, labels.length, [w, h], i, 0, 0, w, h);
    });
    grid.dataset.drawn = labels.length;
  });
  draw();
  onChange(root, grid, draw);
  return () => forget(root);
}
