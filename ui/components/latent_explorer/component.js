import {
  bytes,
  clamp,
  colour,
  floats,
  forget,
  numbersOfPicture,
  onChange,
  picture,
  place,
  sharp,
  sized,
  tile,
} from '../shared/base.js';
import { itemOf, pictureSide, showItem } from '../shared/items.js';
import { classColours } from '../shared/palette.js';
import { listen, toldSoFar } from '../shared/talk.js';
import { betweenFour, betweenTwo, gridOfImages, linearPlane } from './decoding.js';
import {
  along,
  FRAME,
  fromCanvas,
  isFrame,
  nearest,
  numbersOf,
  onCanvas,
  panned,
  pinched,
  placeOf,
  standing,
  wheelTimes,
  widest,
  within,
  zoomed,
} from './view.js';

const STEPS = 11; // images of a path that are shown of its frames
const CLOSER = Math.SQRT2; // how many times, by a button or a key
const A_DRAG = 5; // pixels: a hand that moves less between press and release has clicked

export default function ({ parentElement: root, data: { json, points, decoded, key }, setStateValue }) {
  const data = JSON.parse(json);
  const {
    grid,
    kind,
    side,
    called: [item, items],
  } = data;
  const [width, height] = side;
  const [across, down] = pictureSide(kind, side); // of what is drawn of an item
  const planes = [...root.querySelectorAll('.plane')];
  const canvases = planes.map(p => p.querySelector(':scope > canvas'));
  const outputs = planes.map(p => p.querySelector('.drawn canvas'));
  const near = root.querySelector('.near canvas');
  const said = root.querySelector('.said');
  const legend = root.querySelector('.legend');
  const way = root.querySelector('.way');
  const strip = way.querySelector('.strip');
  const play = way.querySelector('.play');
  const unpin = way.querySelector('.unpin');
  const told = way.querySelector('span');
  const labels = bytes(data.labels);
  const frames = data.planes.map(plane => ({ ...plane, xy: floats(plane.xy) }));
  const far = bytes(data.far);
  const mean = floats(data.mean);
  const channels = mean.length / (width * height);
  const pca = linearPlane(mean, data.axes.map(floats));
  const palette = classColours(canvases[0]);
  let ink = []; // of the two planes
  const text = getComputedStyle(canvases[0]).color;

  // What the visitor did outlives new data and the other theme; pins count anew when the link's are others, and what is
  // shown of the planes when they are other planes.
  root.__state ??= { only: null, pins: [], film: null, views: [FRAME, FRAME], fingers: new Map(), drag: null };
  const state = root.__state;
  cancelAnimationFrame(state.film);
  state.film = null;
  const pinsSent = JSON.stringify(data.pins);
  if (state.pinsSent !== pinsSent) Object.assign(state, { pinsSent, pins: data.pins });
  const planesSent = JSON.stringify(data.planes.map(({ title, low, span }) => [title, low, span]));
  if (state.planesSent !== planesSent) Object.assign(state, { planesSent, views: [FRAME, FRAME] });
  let at = null;
  let n = labels.length; // how many of the points are shown

  // --- Places: see view.js
  const places = frames.map(frame =>
    Array.from(labels, (_, i) => placeOf(frame, [frame.xy[2 * i], frame.xy[2 * i + 1]])),
  );
  const most = places.map(widest);
  const marks = [[], []]; // where the points are on the canvas

  // --- What is decoded at a place: see decoding.js
  let images = null;
  const sheet = picture(root, 'points', points, () => redraw());
  const sheetOfGrid = picture(root, 'decoded', decoded, () => {
    const tiles = numbersOfPicture(sheetOfGrid, grid * width, grid * height, channels);
    images = gridOfImages(tiles, grid, width, height);
    redraw();
  });
  const drawnAt = (p, place) => {
    if (p === 1) return pca.at(numbersOf(frames[1], place));
    return within(place) ? images.at(place) : null;
  };
  let numbers = null; // of the sheet, once one is asked for
  const pointOf = i => {
    const [w, h] = [sheet.naturalWidth, sheet.naturalHeight];
    numbers ??= numbersOfPicture(sheet, w, h, 1);
    return itemOf(numbers, w, side, i % data.columns, Math.floor(i / data.columns));
  };
  const distance = place => betweenFour(far, grid, place) / data.far_unit; // to the nearest code, in typical distances
  const paint = (canvas, image) => showItem(canvas, kind, side, image, data.words);

  // --- The still part of a plane (points, holes), drawn once, and what moves over it
  const still = [null, null];
  const drawTiles = (ctx, p, size) => {
    const shown = 16; // as many as can be told apart
    const each = size / shown;
    const small = document.createElement('canvas');
    ctx.imageSmoothingEnabled = false;
    for (let y = 0; y < shown; y++)
      for (let x = 0; x < shown; x++) {
        const image = drawnAt(p, fromCanvas(state.views[p], [(x + 0.5) / shown, (y + 0.5) / shown])); // of its middle
        if (!image) continue;
        paint(small, image);
        ctx.drawImage(small, x * each, y * each, each, each);
      }
  };
  const hatchHoles = (ctx, size) => {
    const cells = 90;
    const each = size / cells;
    ctx.strokeStyle = data.backdrop === 'tiles' ? '#fff' : text;
    ctx.lineWidth = 1;
    ctx.globalAlpha = data.backdrop === 'tiles' ? 0.55 : 0.3;
    ctx.beginPath();
    for (let y = 0; y < cells; y++)
      for (let x = 0; x < cells; x++) {
        if ((x + y) % 3 !== 0) continue;
        const here = fromCanvas(state.views[0], [(x + 0.5) / cells, (y + 0.5) / cells]);
        if (!within(here) || distance(here) <= 1) continue;
        ctx.moveTo(x * each, (y + 1) * each);
        ctx.lineTo((x + 1) * each, y * each);
      }
    ctx.stroke();
    ctx.globalAlpha = 1;
  };
  const shadeBeyondFrame = (ctx, size) => {
    const [left, top] = onCanvas(state.views[0], [0, 0]).map(share => share * size);
    const side = size / state.views[0].size;
    ctx.beginPath();
    ctx.rect(0, 0, size, size);
    ctx.rect(left, top, side, side);
    ctx.fillStyle = text;
    ctx.globalAlpha = 0.1;
    ctx.fill('evenodd');
    ctx.globalAlpha = 0.6;
    ctx.strokeStyle = text;
    ctx.lineWidth = 1;
    ctx.setLineDash([4, 4]);
    ctx.strokeRect(left, top, side, side);
    ctx.setLineDash([]);
    ctx.globalAlpha = 1;
  };
  const drawStill = p => {
    marks[p] = places[p].map(place => standing(state.views[p], place));
    const [ctx, size] = sharp(canvases[p]);
    if (!size) return;
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    if (data.backdrop === 'tiles' && images) drawTiles(ctx, p, size);
    if (p === 0) hatchHoles(ctx, size);
    if (p === 0 && !isFrame(state.views[0])) shadeBeyondFrame(ctx, size);
    if (data.backdrop === 'points') {
      ctx.font = `600 ${Math.max(9, size / 46)}px sans-serif`;
      for (let i = 0; i < n; i++) {
        ctx.globalAlpha = state.only === null || labels[i] === state.only ? 0.85 : 0.07;
        ctx.fillStyle = palette[labels[i] % 10];
        ctx.fillText(labels[i], marks[p][i][0] * size, marks[p][i][1] * size);
      }
      ctx.globalAlpha = 1;
    }
    still[p] = document.createElement('canvas');
    still[p].width = canvases[p].width;
    still[p].height = canvases[p].height;
    still[p].getContext('2d').drawImage(canvases[p], 0, 0);
  };
  const mark = (ctx, [u, v], size, word, fill) => {
    const x = u * size;
    const y = v * size;
    ctx.lineWidth = 2;
    ctx.strokeStyle = '#fff';
    ctx.fillStyle = fill;
    ctx.beginPath();
    ctx.arc(x, y, 9, 0, 7);
    ctx.fill();
    ctx.stroke();
    ctx.fillStyle = '#fff';
    ctx.font = '700 11px sans-serif';
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    ctx.fillText(word, x, y + 0.5);
  };
  const drawOver = (p, place, close) => {
    const canvas = canvases[p];
    if (!still[p]) return;
    const size = canvas.clientWidth;
    const ctx = canvas.getContext('2d');
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, canvas.width, canvas.height);
    ctx.drawImage(still[p], 0, 0);
    ctx.scale(canvas.width / size, canvas.height / size);
    if (close >= 0) {
      const [u, v] = marks[p][close];
      ctx.strokeStyle = palette[labels[close] % 10];
      ctx.lineWidth = 2.5;
      ctx.beginPath();
      ctx.arc(u * size, v * size, 10, 0, 7);
      ctx.stroke();
    }
    const pins = p === 0 ? state.pins.map(pin => onCanvas(state.views[0], placeOf(frames[0], pin))) : [];
    if (pins.length === 2) {
      const [a, b] = pins;
      ctx.strokeStyle = ink[0];
      ctx.lineWidth = 2.5;
      ctx.setLineDash([6, 4]);
      ctx.beginPath();
      ctx.moveTo(a[0] * size, a[1] * size);
      ctx.lineTo(b[0] * size, b[1] * size);
      ctx.stroke();
      ctx.setLineDash([]);
    }
    if (state.you) mark(ctx, standing(state.views[p], placeOf(frames[p], state.you[p])), size, '★', '#b5126a');
    pins.forEach((pin, i) => mark(ctx, pin, size, 'AB'[i], ink[0]));
    if (!place) return;
    const cross = standing(state.views[p], place, 0);
    if (!within(cross)) return;
    const [x, y] = cross.map(share => share * size);
    ctx.strokeStyle = data.backdrop === 'tiles' ? '#fff' : ink[p];
    ctx.lineWidth = 1.5;
    ctx.globalAlpha = 0.8;
    ctx.beginPath();
    ctx.moveTo(x, 0);
    ctx.lineTo(x, size);
    ctx.moveTo(0, y);
    ctx.lineTo(size, y);
    ctx.stroke();
    ctx.globalAlpha = 1;
    ctx.beginPath();
    ctx.arc(x, y, 6, 0, 7);
    ctx.fillStyle = ink[p];
    ctx.fill();
  };
  const words = ([x, y]) => `(${x.toFixed(2)}, ${y.toFixed(2)})`.replaceAll('-', '−');

  // --- One place on one plane is shown: p is the plane, here its place, or null to snap back
  const home = () => placeOf(frames[0], state.pins.at(-1) ?? state.you?.[0] ?? data.home);
  const sameOnOther = (p, image) => {
    if (!image) return null;
    return p === 0 ? placeOf(frames[1], pca.numbers(image)) : images.mostLike(image);
  };
  const ORIGINS = ['what is most like it, from ', `the same ${item}, as well as its plane can, from `];
  const show = (p, here) => {
    if (!images) return;
    at = here ? [p, here] : null;
    const from = here ? p : 0;
    const shown = here ?? home();
    const other = sameOnOther(from, drawnAt(from, shown));
    const both = from === 0 ? [shown, other] : [other, shown];
    both.forEach((place, i) => {
      const image = place && drawnAt(i, place);
      paint(outputs[i], image);
      outputs[i].classList.toggle('nothing', !image);
      planes[i].querySelector('.who').textContent = i === 0 ? 'The autoencoder draws' : 'PCA draws';
      let what = i === 0 ? 'nothing: its plane is decoded inside the frame only.' : 'nothing either.';
      if (image) {
        what = (i === from ? 'from ' : ORIGINS[i]) + words(numbersOf(frames[i], place));
        if (i === 0 && distance(place) > 1) what += '. Far from every code: a hole.';
      }
      planes[i].querySelector('.what').textContent = what;
    });
    const counts = i => i < n && (state.only === null || labels[i] === state.only);
    const close = here ? nearest(marks[p], onCanvas(state.views[p], here), counts) : -1;
    near.classList.toggle('empty', close < 0);
    if (close >= 0) {
      const [here, there] = frames.map(({ xy }) => words([xy[2 * close], xy[2 * close + 1]]));
      if (kind === 'image') tile(sized(near, width, height), sheet, data.columns, side, close, 0, 0, width, height);
      else paint(near, pointOf(close));
      said.textContent = `Beside it: ${data.names[labels[close]]}, a held-out ${item}, ${here} here and ${there} in PCA's plane`;
    } else {
      said.textContent = here ? `No held-out ${item} is near this place.` : data.hint;
      sized(near, across, down);
    }
    both.forEach((place, i) => drawOver(i, place, close));
  };
  const redraw = () => {
    ink = ['--ae', '--pca'].map(name => colour(canvases[0], name));
    drawStill(0);
    drawStill(1);
    drawWay();
    show(...(at ?? [0, null]));
  };

  // --- Pins, the path between two of them, and its film
  const rounded = pins => pins.map(pin => pin.map(value => Number(value.toPrecision(4))));
  const isDecoded = () => state.path?.frames && JSON.stringify(state.path.pins) === JSON.stringify(rounded(state.pins));
  const onPath = t => // decoded exactly once Python has answered; until then blended
    isDecoded()
      ? betweenTwo(state.path.frames, state.path.count, width, t)
      : images.at(placeOf(frames[0], along(state.pins, t)));
  const drawWay = () => {
    const count = state.pins.length;
    way.className = `way ${['none', 'one', ''][count]}`;
    play.disabled = count < 2;
    play.textContent = state.film ? 'Stop' : 'Play the path';
    told.textContent = [
      'Click the autoencoder’s plane to pin a place; a second pin makes a path.',
      'Click a second place.',
      '',
    ][count];
    const gap = Math.max(1, Math.round(across / 14));
    const ctx = sized(strip, STEPS * (across + gap) - gap, down);
    if (count < 2 || !images) return;
    strip.setAttribute('aria-label', `${STEPS} ${items} decoded along a straight line from pin A to pin B`);
    const small = document.createElement('canvas');
    for (let i = 0; i < STEPS; i++) {
      paint(small, onPath(i / (STEPS - 1)));
      ctx.drawImage(small, i * (across + gap), 0);
    }
  };
  const stop = () => {
    cancelAnimationFrame(state.film);
    state.film = null;
  };
  const setPins = (pins, shown) => {
    state.pins = pins;
    stop();
    drawWay();
    show(0, shown);
    setStateValue('pins', JSON.stringify(rounded(pins)));
  };
  const pin = place => {
    if (within(place)) setPins([...state.pins, numbersOf(frames[0], place)].slice(-2), place);
  };
  play.onclick = () => {
    if (state.film) {
      stop();
      drawWay();
      return;
    }
    const start = performance.now();
    const step = now => {
      if (!root.isConnected && !root.host?.isConnected) return;
      const phase = ((now - start) / 2500) % 2; // 2.5 seconds there, and as many back
      const t = phase < 1 ? phase : 2 - phase;
      show(0, placeOf(frames[0], along(state.pins, t)));
      paint(outputs[0], onPath(t));
      state.film = requestAnimationFrame(step);
    };
    state.film = requestAnimationFrame(step);
    drawWay();
  };
  unpin.onclick = () => setPins([], null);

  // --- Which part of a plane is shown
  const describe = (canvas, p) => {
    const times = 1 / state.views[p].size;
    canvas.setAttribute(
      'aria-label',
      `${frames[p].title}: ${n} held-out ${items} as points. ${frames[p].sub}. Arrow keys move over the plane` +
        (p ? '' : ', Enter pins a place, Escape removes the pins') +
        '; plus and minus zoom, Shift and arrow keys move what is shown, 0 shows the whole map.',
    );
    planes[p].querySelector('.times').textContent = isFrame(state.views[p]) ? '' : `${times.toFixed(1)}×`;
    planes[p].querySelector('.whole').hidden = isFrame(state.views[p]);
  };
  const look = (p, view) => {
    state.views[p] = view;
    describe(canvases[p], p);
    drawStill(p);
    show(...(at ?? [0, null]));
  };
  const closer = (p, times, place = fromCanvas(state.views[p], [0.5, 0.5])) =>
    look(p, zoomed(state.views[p], times, place, most[p]));

  // --- Mouse, finger and keys
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvases.forEach((canvas, p) => {
    planes[p].querySelector('.title').textContent = frames[p].title;
    planes[p].querySelector('.sub').textContent = frames[p].sub;
    planes[p].querySelector('.closer').onclick = () => closer(p, CLOSER);
    planes[p].querySelector('.farther').onclick = () => closer(p, 1 / CLOSER);
    planes[p].querySelector('.whole').onclick = () => look(p, FRAME);
    const under = event => fromCanvas(state.views[p], place(canvas, event));
    const fingers = () => [...state.fingers.values()];

    canvas.onpointerdown = event => {
      stop();
      if (event.isPrimary) {
        state.fingers.clear();
        state.tapped = event.pointerType !== 'mouse' && canvas.getRootNode().activeElement !== canvas;
        state.moved = false; // the map was, so that no click ends this
        state.drag = event.pointerType === 'mouse' && event.button === 0 ? place(canvas, event, true) : null;
        state.pressed = [event.clientX, event.clientY];
      }
      if (event.pointerType === 'touch') state.fingers.set(event.pointerId, place(canvas, event, true));
      if (state.fingers.size < 2) show(p, under(event));
    };
    canvas.onpointermove = event => {
      stop();
      const now = place(canvas, event, true);
      const before = fingers();
      if (state.fingers.has(event.pointerId)) state.fingers.set(event.pointerId, now);
      if (state.fingers.size === 2) {
        state.moved = true;
        look(p, pinched(state.views[p], before, fingers(), most[p]));
        return;
      }
      if (state.drag && event.buttons & 1) {
        const [x, y] = state.pressed;
        state.moved ||= Math.hypot(event.clientX - x, event.clientY - y) > A_DRAG;
        if (state.moved) {
          canvas.setPointerCapture(event.pointerId);
          const by = state.drag.map((share, i) => share - now[i]);
          state.drag = now;
          look(p, panned(state.views[p], by, most[p]));
        }
      }
      if (!state.moved || event.pointerType === 'mouse') show(p, under(event));
    };
    canvas.onpointerup = canvas.onpointercancel = event => {
      state.fingers.delete(event.pointerId);
      state.drag = null;
    };
    canvas.onpointerleave = event => {
      if (event.pointerType === 'mouse') show(0, null);
    };
    canvas.ontouchstart = canvas.ontouchmove = event => {
      if (event.touches.length > 1) event.preventDefault(); // two fingers move the plane; one may scroll the page
    };
    canvas.onwheel = event => {
      if (!event.ctrlKey && !event.metaKey) return; // the page scrolls, wherever the pointer is
      event.preventDefault();
      stop();
      closer(p, wheelTimes(event), under(event));
    };
    canvas.onclick = event => {
      if (state.moved) return;
      if (state.tapped) {
        state.tapped = false; // a finger's first tap only takes hold of the plane
        canvas.focus({ preventScroll: true });
        return;
      }
      if (p === 0) pin(under(event));
    };
    canvas.onkeydown = event => {
      if (event.ctrlKey || event.metaKey || event.altKey) return; // the browser's own
      const step = ARROWS[event.key];
      const here = at?.[0] === p ? at[1] : null;
      if (step && event.shiftKey) {
        const by = step.map(share => share / 10);
        look(p, panned(state.views[p], by, most[p]));
      } else if (step) {
        const from = onCanvas(state.views[p], here ?? (p === 0 ? home() : fromCanvas(state.views[p], [0.5, 0.5])));
        stop();
        const to = from.map((share, i) => clamp(share + step[i] / 40, 0, 1));
        show(p, fromCanvas(state.views[p], to));
      } else if (event.key === '+' || event.key === '=') closer(p, CLOSER, here ?? undefined);
      else if (event.key === '-') closer(p, 1 / CLOSER, here ?? undefined);
      else if (event.key === '0') look(p, FRAME);
      else if (event.key === 'Enter' && p === 0) pin(here ?? home());
      else if (event.key === 'Escape') unpin.onclick();
      else return;
      event.preventDefault();
    };
  });
  legend.replaceChildren(
    ...data.names.map((name, c) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.setAttribute('aria-pressed', String(c === state.only));
      const letter = document.createElement('b');
      letter.textContent = c;
      letter.style.color = palette[c % 10];
      button.append(letter, name === String(c) ? '' : ` ${name}`);
      button.title = `Show only ${name}`;
      button.setAttribute('aria-label', `Show only ${name}`);
      button.onclick = () => {
        state.only = state.only === c ? null : c;
        [...legend.children].forEach((b, j) => b.setAttribute('aria-pressed', String(j === state.only)));
        redraw();
      };
      return button;
    }),
  );

  // --- What it is told, so that all of this is not sent again: see shared/talk.js
  const take = {
    you: you => {
      state.you = you;
    },
    count: count => {
      n = Math.min(labels.length, count ?? Infinity);
      canvases.forEach(describe);
    },
    path: path => {
      state.path = path;
      if (!path || path.frames) return;
      const image = new Image();
      image.onload = () => {
        path.frames = numbersOfPicture(image, path.count * width, height, channels); // beside each other
        drawWay();
      };
      image.src = path.sheet;
    },
  };
  for (const name in take) take[name](toldSoFar(key, name));
  const deaf = listen(key, (name, value) => {
    take[name](value);
    if (name === 'you') show(...(value ? [0, null] : (at ?? [0, null])));
    if (name === 'count') redraw();
  });
  onChange(root, canvases[0], redraw);
  redraw();
  return () => {
    stop();
    forget(root);
    deaf();
  };
}
