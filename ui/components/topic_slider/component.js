import { floats, forget, onChange } from '../shared/base.js';
import { changesAt, endsOf, inPerCent, largestChange, spoken, valueAt } from './turning.js';

const SHOWN = 8; // words in a list

export default function ({ parentElement: root, data: { json }, setStateValue }) {
  const data = JSON.parse(json);
  const $ = selector => root.querySelector(selector);
  const range = $('#turn');
  const numbers = $('.numbers');
  const [heldTopic, heldTurn] = data.held;
  if (root.__packed !== json) {
    root.__packed = json;
    root.__topics = data.topics.map(topic => ({
      ...topic,
      values: floats(topic.values),
      weights: floats(topic.weights),
    }));
  }
  const topics = root.__topics;

  // Where it stands lives here; Python's word counts when it is a new one.
  const given = `${data.name}|${data.topic}|${data.turn}`;
  if (root.__given !== given) {
    const own = root.__now;
    const mine = own?.name === data.name && `${own.name}|${own.topic}|${own.turn}`;
    if (mine !== given) root.__now = { name: data.name, topic: data.topic, turn: data.turn };
  }
  root.__given = given;
  const now = root.__now;

  const signed = value => value.toFixed(2).replace('-', '−');
  const filled = (list, changes, largest) => {
    while (list.children.length < SHOWN) {
      const made = document.createElement('li');
      made.innerHTML = '<b></b><i></i><span></span>';
      list.append(made);
    }
    [...list.children].forEach((row, i) => {
      const one = changes[i];
      row.classList.toggle('none', !one);
      row.querySelector('b').textContent = one?.word ?? '';
      row.querySelector('i').style.setProperty('--long', one ? Math.min(Math.abs(one.change) / largest, 1) : 0);
      row.querySelector('span').textContent = one ? `${inPerCent(one.from)} → ${inPerCent(one.to)}` : '';
    });
  };
  const draw = () => {
    const topic = topics[now.topic];
    const turn = now.turn / 100;
    const { more, less } = changesAt(topic, turn, SHOWN);
    const largest = largestChange(topic, turn);
    const [low, high] = endsOf(topic);
    $('.dial b').textContent = `Number ${topic.number + 1}`;
    $('.dial output').textContent = signed(valueAt(topic, turn));
    $('.dial small').textContent = now.turn
      ? `${Math.abs(now.turn)} % of the way ${now.turn > 0 ? 'up' : 'down'}`
      : 'the mean';
    $('.low').textContent = low;
    $('.high').textContent = high;
    filled($('.more ol'), more, largest);
    filled($('.less ol'), less, largest);
    range.value = now.turn;
    range.disabled = Boolean(heldTurn);
    range.setAttribute('aria-label', `Number ${topic.number + 1}, turned`);
    range.setAttribute('aria-valuetext', `${signed(valueAt(topic, turn))}, ${spoken(topic, turn)}`);
    $('.dial').hidden = $('.ends').hidden = heldTurn === 'hidden';
    $('.turning .row').hidden = Boolean(heldTurn);
    $('.again').disabled = now.turn === data.start;
    $('.other').disabled = now.turn === 0;
    numbers.hidden = heldTopic === 'hidden' || topics.length < 2;
    $('.topics').classList.toggle('alone', numbers.hidden);
    [...numbers.children].forEach((button, i) => {
      button.setAttribute('aria-checked', String(i === now.topic));
      button.tabIndex = i === now.topic ? 0 : -1;
      button.disabled = Boolean(heldTopic);
    });
  };
  const rest = () => {
    const place = `${now.name}|${topics[now.topic].number}|${now.turn}`;
    if (root.__told === place) return;
    root.__told = place;
    setStateValue('place', place);
  };
  const turnTo = value => {
    now.turn = value;
    draw();
  };

  if (root.__listed !== data.name) {
    root.__listed = data.name;
    numbers.replaceChildren(
      ...topics.map(topic => {
        const made = document.createElement('button');
        made.type = 'button';
        made.setAttribute('role', 'radio');
        const [low, high] = endsOf(topic);
        made.append(
          Object.assign(document.createElement('b'), { textContent: topic.number + 1 }),
          Object.assign(document.createElement('span'), { textContent: `${low} ↔ ${high}` }),
        );
        made.setAttribute('aria-label', `Number ${topic.number + 1}: down ${low}, up ${high}`);
        return made;
      }),
    );
  }
  const choose = place => {
    if (heldTopic || place === now.topic) return;
    now.topic = place;
    draw();
    rest();
  };
  [...numbers.children].forEach((button, i) => {
    button.onclick = () => choose(i);
  });
  numbers.onkeydown = event => {
    const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    const to = now.topic + by;
    if (!by || heldTopic) return;
    event.preventDefault();
    if (to < 0 || to >= topics.length) return;
    choose(to);
    numbers.children[to].focus();
  };
  range.oninput = () => turnTo(Number(range.value));
  range.onchange = rest;
  $('.again').onclick = () => {
    turnTo(data.start);
    rest();
  };
  $('.other').onclick = () => {
    turnTo(-now.turn);
    rest();
  };
  draw();
  if (root.__seen !== given) {
    root.__seen = given;
    const chosen = numbers.children[now.topic]; // which a link may have put far down in the list; the page stays where it is
    if (chosen && !numbers.contains(root.getRootNode().activeElement))
      numbers.scrollTop = chosen.offsetTop - (numbers.clientHeight - chosen.offsetHeight) / 2;
  }
  onChange(root, $('.turning'), draw);
  return () => forget(root);
}
