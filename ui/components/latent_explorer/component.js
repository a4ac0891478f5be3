import { bytes, clamp, colour, floats, forget, onResize, picture, place, sharp, sized, tile } from '../shared/base.js';
import { classColours } from '../shared/palette.js';

const STEPS = 11; // images of a path that are shown of its frames
const SQUEEZE = 0.015; // codes beyond the frame stand this far inside its edge

export default function ({ parentElement: root, data: { json, points, decoded }, setStateValue }) {
  const data = JSON.parse(json);
  const {
    grid,
    side: [width, height],
  } = data;
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
  let n = Math.min(labels.length, root.__count ?? Infinity); // how many of the points are shown
  const views = data.planes.map(plane => ({ ...plane, xy: floats(plane.xy) }));
  const far = bytes(data.far);
  const mean = floats(data.mean);
  const axes = data.axes.map(floats);
  const palette = classColours(canvases[0]);
  const ink = ['--ae', '--pca'].map(name => colour(root.querySelector('.c'), name));
  const text = getComputedStyle(canvases[0]).color;
  let only = root.__only ?? null; // a chosen class outlives a change of the data
  let pins = root.__pins ?? [];
  let at = null;
  let film = null;
  root.__film = null;
  const sent = JSON.stringify(data.pins);
  if (root.__sent !== sent) {
    root.__sent = sent;
    pins = root.__pins = data.pins;
  }

  // --- Places: numbers of the plane, and shares of the canvas from its left and top edge
  const inside = share => clamp(share, SQUEEZE, 1 - SQUEEZE);
  const share = (p, [x, y]) => [(x - views[p].low[0]) / views[p].span, 1 - (y - views[p].low[1]) / views[p].span];
  const number = (p, [u, v]) => [views[p].low[0] + u * views[p].span, views[p].low[1] + (1 - v) * views[p].span];
  const places = [0, 1].map(p =>
    Array.from({ length: labels.length }, (_, i) => share(p, [views[p].xy[2 * i], views[p].xy[2 * i + 1]]).map(inside)),
  );

  // --- What is decoded at a place: the grid's tiles as bytes, and PCA's plane as three images
  let tiles = null;
  const sheet = picture(root, 'points', points, () => redraw());
  const sheetOfGrid = picture(root, 'decoded', decoded, () => {
    const canvas = document.createElement('canvas');
    const ctx = sized(canvas, grid * width, grid * height);
    ctx.drawImage(sheetOfGrid, 0, 0);
    const rgba = ctx.getImageData(0, 0, canvas.width, canvas.height).data;
    tiles = Uint8Array.from({ length: rgba.length / 4 }, (_, i) => rgba[4 * i]);
    redraw();
  });
  const corners = ([u, v]) => {
    // the grid's four places around one, and the share of each
    const gx = clamp(u, 0, 1) * (grid - 1);
    const gy = clamp(v, 0, 1) * (grid - 1);
    const x = Math.min(Math.floor(gx), grid - 2);
    const y = Math.min(Math.floor(gy), grid - 2);
    const fx = gx - x;
    const fy = gy - y;
    return [
      [x, y, (1 - fx) * (1 - fy)],
      [x + 1, y, fx * (1 - fy)],
      [x, y + 1, (1 - fx) * fy],
      [x + 1, y + 1, fx * fy],
    ];
  };
  const blended = place => {
    const result = new Float32Array(width * height);
    const row = grid * width;
    for (const [column, line, share] of corners(place))
      for (let y = 0, start = line * height * row + column * width; y < height; y++, start += row)
        for (let x = 0; x < width; x++) result[y * width + x] += (share * tiles[start + x]) / 255;
    return result;
  };
  const linear = ([x, y]) => mean.map((value, i) => value + x * axes[0][i] + y * axes[1][i]);
  // where the other plane draws the same image: PCA by its own projection, the grid by its most alike tile
  const projected = image => axes.map(axis => axis.reduce((sum, weight, i) => sum + weight * (image[i] - mean[i]), 0));
  const alike = image => {
    let best = 0;
    let least = Infinity;
    for (let g = 0; g < grid * grid; g++) {
      const start = Math.floor(g / grid) * height * grid * width + (g % grid) * width;
      let d = 0;
      for (let y = 0; y < height && d < least; y++)
        for (let x = 0; x < width; x++) {
          const off = tiles[start + y * grid * width + x] / 255 - clamp(image[y * width + x], 0, 1);
          d += off * off;
        }
      if (d < least) {
        least = d;
        best = g;
      }
    }
    return [(best % grid) / (grid - 1), Math.floor(best / grid) / (grid - 1)];
  };
  const distance = place => // to the nearest code, in typical distances
    corners(place).reduce((sum, [x, y, share]) => sum + (share * far[y * grid + x]) / data.far_unit, 0);
  const paint = (canvas, image) => {
    const ctx = sized(canvas, width, height);
    const pixels = ctx.createImageData(width, height);
    image.forEach((value, i) => {
      pixels.data[4 * i] = pixels.data[4 * i + 1] = pixels.data[4 * i + 2] = clamp(value, 0, 1) * 255;
      pixels.data[4 * i + 3] = 255;
    });
    ctx.putImageData(pixels, 0, 0);
  };

  // --- The still part of a plane (points, holes), drawn once, and what moves over it
  const still = [null, null];
  const drawStill = p => {
    const [ctx, size] = sharp(canvases[p]);
    if (!size) return;
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    if (data.backdrop === 'tiles' && tiles) {
      ctx.imageSmoothingEnabled = false;
      const shown = 16;
      const each = size / shown;
      const small = document.createElement('canvas'); // as many as can be told apart
      for (let y = 0; y < shown; y++)
        for (let x = 0; x < shown; x++) {
          const here = [(x + 0.5) / shown, (y + 0.5) / shown]; // each tile is decoded at its middle
          paint(small, p === 0 ? blended(here) : linear(number(1, here)));
          ctx.drawImage(small, x * each, y * each, each, each);
        }
    }
    if (p === 0) {
      // hatch what lies far from every code
      const cells = 90;
      const each = size / cells;
      ctx.strokeStyle = data.backdrop === 'tiles' ? '#fff' : text;
      ctx.lineWidth = 1;
      ctx.globalAlpha = data.backdrop === 'tiles' ? 0.55 : 0.3;
      ctx.beginPath();
      for (let y = 0; y < cells; y++)
        for (let x = 0; x < cells; x++)
          if ((x + y) % 3 === 0 && distance([(x + 0.5) / cells, (y + 0.5) / cells]) > 1) {
            ctx.moveTo(x * each, (y + 1) * each);
            ctx.lineTo((x + 1) * each, y * each);
          }
      ctx.stroke();
      ctx.globalAlpha = 1;
    }
    if (data.backdrop === 'points') {
      ctx.font = `600 ${Math.max(9, size / 46)}px sans-serif`;
      for (let i = 0; i < n; i++) {
        ctx.globalAlpha = only === null || labels[i] === only ? 0.85 : 0.07;
        ctx.fillStyle = palette[labels[i] % 10];
        ctx.fillText(labels[i], places[p][i][0] * size, places[p][i][1] * size);
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
  const over = (p, place, close) => {
    const canvas = canvases[p];
    if (!still[p]) return;
    const size = canvas.clientWidth;
    const ctx = canvas.getContext('2d');
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, canvas.width, canvas.height);
    ctx.drawImage(still[p], 0, 0);
    ctx.scale(canvas.width / size, canvas.height / size);
    if (close >= 0) {
      const [u, v] = places[p][close];
      ctx.strokeStyle = palette[labels[close] % 10];
      ctx.lineWidth = 2.5;
      ctx.beginPath();
      ctx.arc(u * size, v * size, 10, 0, 7);
      ctx.stroke();
    }
    if (p === 0 && pins.length === 2) {
      const [a, b] = pins.map(pin => share(0, pin));
      ctx.strokeStyle = ink[0];
      ctx.lineWidth = 2.5;
      ctx.setLineDash([6, 4]);
      ctx.beginPath();
      ctx.moveTo(a[0] * size, a[1] * size);
      ctx.lineTo(b[0] * size, b[1] * size);
      ctx.stroke();
      ctx.setLineDash([]);
    }
    if (root.__you) mark(ctx, share(p, root.__you[p]).map(inside), size, '★', '#b5126a');
    if (p === 0) pins.forEach((pin, i) => mark(ctx, share(0, pin), size, 'AB'[i], ink[0]));
    if (place) {
      const [x, y] = place.map(value => clamp(value, 0, 1) * size);
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
    }
  };
  const nearest = (p, [u, v]) => {
    let best = -1;
    let least = 0.03 ** 2; // as far as a finger is wide
    for (let i = 0; i < n; i++) {
      if (only !== null && labels[i] !== only) continue;
      const d = (places[p][i][0] - u) ** 2 + (places[p][i][1] - v) ** 2;
      if (d < least) {
        least = d;
        best = i;
      }
    }
    return best;
  };
  const words = ([x, y]) => `(${x.toFixed(2)}, ${y.toFixed(2)})`.replaceAll('-', '−');

  // --- One place on one plane is shown: p is the plane, place its share of the canvas, or null to snap back
  const home = () => (pins.length ? share(0, pins.at(-1)) : root.__you ? share(0, root.__you[0]) : share(0, data.home));
  const show = (p, place) => {
    if (!tiles) return;
    at = place ? [p, place] : null;
    const from = place ? p : 0;
    const here = place ?? home();
    const image = from === 0 ? blended(here) : linear(number(1, here));
    const there = from === 0 ? share(1, projected(image)) : alike(image);
    const [u0, u1] = from === 0 ? [here, there] : [there, here];
    paint(outputs[0], blended(u0));
    paint(outputs[1], linear(number(1, u1)));
    const hole = distance(u0) > 1;
    [u0, u1].forEach((u, i) => {
      const [who, what] = [planes[i].querySelector('.who'), planes[i].querySelector('.what')];
      who.textContent = i === 0 ? 'The autoencoder draws' : 'PCA draws';
      what.textContent =
        (i === from
          ? 'from '
          : i === 1
            ? 'the same image, as well as its plane can, from '
            : 'what is most like it, from ') +
        words(number(i, u)) +
        (i === 0 && hole ? '. Far from every code: a hole.' : '');
    });
    const close = place ? nearest(from, here) : -1;
    near.classList.toggle('empty', close < 0);
    if (close >= 0) {
      const ctx = sized(near, width, height);
      tile(ctx, sheet, data.columns, [width, height], close, 0, 0, width, height);
      said.textContent = `Beside it: ${data.names[labels[close]]}, a held-out image, ${words([...views[0].xy.slice(2 * close, 2 * close + 2)])} here and ${words([...views[1].xy.slice(2 * close, 2 * close + 2)])} in PCA's plane`;
    } else {
      said.textContent = place ? 'No held-out image is near this place.' : data.hint;
      sized(near, width, height);
    }
    over(0, u0, close);
    over(1, u1, close);
  };
  const redraw = () => {
    drawStill(0);
    drawStill(1);
    drawWay();
    show(...(at ?? [0, null]));
  };

  // --- Pins, the path between two of them, and its film
  const along = t => pins[0].map((start, i) => start + t * (pins[1][i] - start));
  const same = () =>
    root.__path && JSON.stringify(root.__path.pins) === JSON.stringify(pins.map(pair => pair.map(rounded)));
  const rounded = value => Number(value.toPrecision(4));
  const onPath = t => {
    // decoded exactly once Python has answered; until then blended
    if (!same() || !root.__path.frames) return blended(share(0, along(t)));
    const { frames, count } = root.__path;
    const size = width * height;
    const first = Math.min(Math.floor(t * (count - 1)), count - 2);
    const part = t * (count - 1) - first;
    return Float32Array.from(
      { length: size },
      (_, i) => ((1 - part) * frames[first * size + i] + part * frames[(first + 1) * size + i]) / 255,
    );
  };
  const drawWay = () => {
    way.className = `way ${['none', 'one', ''][pins.length]}`;
    play.disabled = pins.length < 2;
    play.textContent = film ? 'Stop' : 'Play the path';
    told.textContent = [
      'Click the autoencoder’s plane to pin a place; a second pin makes a path.',
      'Click a second place.',
      '',
    ][pins.length];
    const gap = Math.max(1, Math.round(width / 14));
    const ctx = sized(strip, STEPS * (width + gap) - gap, height);
    if (pins.length < 2 || !tiles) return;
    strip.setAttribute('aria-label', `${STEPS} images decoded along a straight line from pin A to pin B`);
    const small = document.createElement('canvas');
    for (let i = 0; i < STEPS; i++) {
      paint(small, onPath(i / (STEPS - 1)));
      ctx.drawImage(small, i * (width + gap), 0);
    }
  };
  const pin = place => {
    pins = root.__pins = [...pins, number(0, place)].slice(-2);
    stop();
    drawWay();
    show(0, place);
    setStateValue('pins', JSON.stringify(pins.map(pair => pair.map(rounded))));
  };
  const stop = () => {
    cancelAnimationFrame(film);
    film = root.__film = null;
  };
  play.onclick = () => {
    if (film) {
      stop();
      drawWay();
      return;
    }
    const start = performance.now();
    const step = now => {
      if (!root.isConnected && !root.host?.isConnected) return;
      const phase = ((now - start) / 2500) % 2; // 2.5 seconds there, and as many back
      const t = phase < 1 ? phase : 2 - phase;
      show(0, share(0, along(t)));
      paint(outputs[0], onPath(t));
      film = root.__film = requestAnimationFrame(step);
    };
    film = root.__film = requestAnimationFrame(step);
    drawWay();
  };
  unpin.onclick = () => {
    pins = root.__pins = [];
    stop();
    drawWay();
    show(0, null);
    setStateValue('pins', '[]');
  };

  // --- Mouse, finger and keys
  const describe = (canvas, p) =>
    canvas.setAttribute(
      'aria-label',
      `${views[p].title}: ${n} held-out images as points. ${views[p].sub}. Arrow keys move over the plane` +
        (p ? '.' : ', Enter pins a place, Escape removes the pins.'),
    );
  canvases.forEach((canvas, p) => {
    planes[p].querySelector('.title').textContent = views[p].title;
    planes[p].querySelector('.sub').textContent = views[p].sub;
    describe(canvas, p);
    canvas.onpointermove = event => {
      stop();
      show(p, place(canvas, event));
    };
    canvas.onpointerdown = event => {
      root.__tapped = event.pointerType !== 'mouse' && canvas.getRootNode().activeElement !== canvas;
      stop();
      show(p, place(canvas, event));
    };
    canvas.onpointerleave = event => {
      if (event.pointerType === 'mouse') show(0, null);
    };
    canvas.onclick = event => {
      // a finger's first tap only takes hold of the plane
      if (root.__tapped) {
        root.__tapped = false;
        canvas.focus({ preventScroll: true });
        return;
      }
      if (p === 0) pin(place(canvas, event));
    };
    canvas.onkeydown = event => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (step) {
        const from = at && at[0] === p ? at[1] : p === 0 ? home() : [0.5, 0.5];
        stop();
        show(
          p,
          from.map((value, i) => clamp(value + step[i] / 40, 0, 1)),
        );
      } else if (event.key === 'Enter' && p === 0) pin(at?.[0] === 0 ? at[1] : home());
      else if (event.key === 'Escape') unpin.onclick();
      else return;
      event.preventDefault();
    };
  });
  legend.replaceChildren(
    ...data.names.map((name, c) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.setAttribute('aria-pressed', String(c === only));
      const letter = document.createElement('b');
      letter.textContent = c;
      letter.style.color = palette[c % 10];
      button.append(letter, name === String(c) ? '' : ` ${name}`);
      button.title = `Show only ${name}`;
      button.setAttribute('aria-label', `Show only ${name}`);
      button.onclick = () => {
        only = root.__only = only === c ? null : c;
        [...legend.children].forEach((b, j) => b.setAttribute('aria-pressed', String(j === only)));
        redraw();
      };
      return button;
    }),
  );

  // --- What small components beside this one tell it, so that all of this is not sent again
  const hearYou = you => {
    root.__you = you;
    show(...(you ? [0, null] : (at ?? [0, null])));
  };
  const hearCount = count => {
    root.__count = count;
    n = Math.min(labels.length, count ?? Infinity);
    canvases.forEach(describe);
    redraw();
  };
  const hearPath = path => {
    root.__path = path;
    if (!path) return;
    const image = new Image();
    image.onload = () => {
      // frames beside each other
      const ctx = sized(document.createElement('canvas'), path.count * width, height);
      ctx.drawImage(image, 0, 0);
      const { data: rgba } = ctx.getImageData(0, 0, path.count * width, height);
      const frames = new Uint8Array(path.count * width * height);
      for (let f = 0; f < path.count; f++)
        for (let y = 0; y < height; y++)
          for (let x = 0; x < width; x++)
            frames[(f * height + y) * width + x] = rgba[4 * (y * path.count * width + f * width + x)];
      path.frames = frames;
      drawWay();
    };
    image.src = path.sheet;
  };
  window.removeEventListener('lab-explorer', root.__hear);
  const hear = { you: hearYou, count: hearCount, path: hearPath };
  root.__hear = ({ detail }) => hear[detail.name](detail.value);
  window.addEventListener('lab-explorer', root.__hear);
  root.__you = window.__lab?.you ?? null;
  if (window.__lab?.count) {
    root.__count = window.__lab.count;
    n = Math.min(labels.length, root.__count);
    canvases.forEach(describe);
  }
  if (!root.__path) hearPath(window.__lab?.path ?? null);
  onResize(root, canvases[0], redraw);
  redraw();
  return () => {
    stop();
    forget(root);
    window.removeEventListener('lab-explorer', root.__hear);
  };
}
