import { bytes, clamp, colour, forget, onChange, picture, sharp, sized, tile } from '../shared/base.js';
import { chart, logarithmic } from '../shared/chart.js';
import { classColours } from '../shared/palette.js';
import { moment, stopAfter, stopBefore } from './geometry.js';

const PAD = 8; // half a slider's thumb: the curve lies over its track
const SECONDS = 7; // that the whole film takes

const floor = loss => Math.max(loss, 1e-12); // a logarithm is drawn

const opened = film => {
  const packed = new Uint16Array(bytes(film.points).buffer);
  return {
    ...film,
    at: Float32Array.from(packed, v => v / 65535),
    marks: bytes(film.labels),
    places: film.shares.map(Math.sqrt),
    count: film.shares.length,
  };
};

export default function ({ parentElement: root, data: { json, sheetA, sheetB } }) {
  const data = JSON.parse(json);
  const films = data.films.map(opened);
  const sheets = [sheetA, sheetB];
  const $ = name => root.querySelector(name);
  const sections = [...root.querySelectorAll('.one')];
  const range = $('input');
  const play = $('.play');
  const latest = $('.latest');
  const curve = $('.curve');
  const ends = films.map(film => film.places[film.count - 1]);
  const end = Math.max(...ends);
  const say = (element, text) => {
    if (element.textContent !== text) element.textContent = text;
  };
  root.__film ??= {};
  const state = root.__film;
  if (state.id !== data.id) {
    // another run: what it came to is the first picture
    cancelAnimationFrame(state.tick);
    Object.assign(state, { id: data.id, u: end, playing: false, following: true });
  }
  $('.films').classList.toggle('two', films.length > 1);
  sections.forEach((section, i) => {
    section.hidden = i >= films.length;
    if (!section.hidden) say(section.querySelector('.name'), films[i].name);
  });
  latest.hidden = !data.live;
  say($('.key'), data.key);

  const drawMap = (canvas, film, { i, next, way }) => {
    if (!canvas.clientWidth) return;
    const [ctx, side] = sharp(canvas);
    const palette = classColours(canvas);
    const n = film.marks.length;
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    ctx.globalAlpha = 0.88;
    ctx.font = `600 ${clamp(side / 34, 7, 15)}px sans-serif`;
    const a = i * n * 2;
    const b = next * n * 2;
    for (let k = 0; k < n; k++) {
      const x = film.at[a + 2 * k] * (1 - way) + film.at[b + 2 * k] * way;
      const y = film.at[a + 2 * k + 1] * (1 - way) + film.at[b + 2 * k + 1] * way;
      ctx.fillStyle = palette[film.marks[k] % 10];
      ctx.fillText(film.marks[k], (0.03 + 0.94 * x) * side, (0.97 - 0.94 * y) * side);
    }
  };

  // Blocks of six columns, or of four where pictures are wide: originals above (and what the network was given, where that
  // differs), answers below.
  const drawTiles = (canvas, film, sheet, frame) => {
    const [w, h] = film.tile;
    const rows = film.given + 1;
    const gap = Math.max(1, Math.round(w / 14));
    const across = w > h ? 4 : 6;
    const blocks = 12 / across;
    const tall = rows * (h + gap) - gap;
    canvas.style.imageRendering = w > h ? 'auto' : ''; // lines and words have no pixels to be kept crisp
    const ctx = sized(canvas, across * (w + gap) - gap, blocks * (tall + 3 * gap) - 3 * gap);
    if (!sheet.complete) return;
    for (let row = 0; row < rows; row++) {
      const from = row < film.given ? row : film.given + frame;
      for (let k = 0; k < 12; k++)
        tile(
          ctx,
          sheet,
          12,
          film.tile,
          from * 12 + k,
          (k % across) * (w + gap),
          Math.floor(k / across) * (tall + 3 * gap) + row * (h + gap),
          w,
          h,
        );
    }
  };

  // One scale for both, where their losses are in one unit.
  const lossScales = films.map(film => {
    const shown = films.length > 1 && films[0].unit === films[1].unit ? films : [film];
    const losses = shown.flatMap(({ losses }) => losses.map(floor));
    return logarithmic(Math.min(...losses), Math.max(...losses));
  });
  const drawCurve = () => {
    if (!curve.clientWidth) return;
    const margins = { left: PAD, right: PAD, top: 6, foot: 8 };
    // up the axis are pairs: which film, and its loss
    const drawn = chart(
      curve,
      margins,
      u => u,
      ([i, loss]) => lossScales[i](floor(loss)),
    );
    const inks = [colour(curve, '--ae'), drawn.text];
    drawn.ground();
    films.forEach((film, i) => {
      const points = film.moments.map((share, k) => [Math.sqrt(share), [i, film.losses[k]]]);
      drawn.line(points, inks[i], 2.5, i ? [6, 4] : []);
    });
    drawn.cursor(state.u, drawn.text, 1.5, true);
    films.forEach((film, i) => {
      const { near } = moment(film.places, Math.min(state.u, ends[i]));
      drawn.dot([film.places[near], [i, film.losses[film.seen[near]]]], inks[i], 5);
    });
  };

  const draw = () => {
    const told = films.map((film, i) => {
      const section = sections[i];
      const now = moment(film.places, Math.min(state.u, ends[i]));
      const map = section.querySelector('.map');
      const tiles = section.querySelector('.tiles');
      const loss = film.losses[film.seen[now.near]].toPrecision(3);
      const epoch = film.epochs[now.near];
      const words = `epoch ${epoch < 10 ? epoch.toFixed(epoch < 1 ? 2 : 1) : epoch.toFixed(0)} of ${film.total}`;
      drawMap(map, film, now);
      drawTiles(tiles, film, root.__pictures[`sheet${i}`], now.near);
      const said = section.querySelector('.said');
      const figure = document.createElement('b');
      figure.textContent = loss;
      said.replaceChildren(figure, ` held-out loss · ${words} · map ${film.wide[now.near].toPrecision(2)} wide`);
      map.setAttribute(
        'aria-label',
        `Map of ${film.marks.length} held-out ${data.items} at ${words}, each drawn as its class's digit`,
      );
      tiles.setAttribute(
        'aria-label',
        `Twelve held-out ${data.items} and what the autoencoder makes of them at ${words}`,
      );
      return `${film.name ? `${film.name}: ` : ''}${words}, held-out loss ${loss}`;
    });
    drawCurve();
    range.value = Math.round(state.u * 1000);
    range.setAttribute('aria-valuetext', told.join('; '));
    say(play, state.playing ? '❚❚ Pause' : '▶ Play');
    play.setAttribute('aria-label', state.playing ? 'Pause the film' : 'Play the film');
    latest.setAttribute('aria-pressed', String(state.following));
  };

  const go = u => {
    state.u = clamp(u, 0, end);
    draw();
  };
  const glide = (to, seconds, then) => {
    // at a constant pace, one drawing a frame of the screen
    cancelAnimationFrame(state.tick);
    const from = state.u;
    let began = null;
    const step = now => {
      began ??= now;
      const way = Math.min((now - began) / 1000 / Math.max(seconds, 0.001), 1);
      state.u = from + (to - from) * way;
      if (way === 1) then();
      draw();
      if (way < 1) state.tick = requestAnimationFrame(step);
    };
    state.tick = requestAnimationFrame(step);
  };
  const halt = () => {
    cancelAnimationFrame(state.tick);
    state.playing = false;
  };
  const scrub = u => {
    halt();
    go(u);
    state.following = state.u >= end - 0.004;
    latest.setAttribute('aria-pressed', String(state.following));
  };
  const start = () => {
    state.playing = true;
    state.following = false;
    if (state.u >= end - 0.004) state.u = 0;
    glide(end, SECONDS * (end - state.u), () => {
      state.playing = false;
      state.following = true;
    });
    draw();
  };
  play.onclick = () => {
    if (state.playing) {
      halt();
      draw();
    } else start();
  };
  latest.onclick = () => {
    halt();
    state.following = true;
    go(end);
  };
  range.oninput = () => scrub(range.value / 1000);
  range.onkeydown = e => {
    // from one snapshot to the next
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[e.key];
    if (e.key === ' ') {
      e.preventDefault();
      play.onclick();
    }
    if (!step) return;
    e.preventDefault();
    const stops = films.flatMap(film => film.places);
    scrub(step > 0 ? (stopAfter(stops, state.u) ?? end) : (stopBefore(stops, state.u) ?? 0));
  };
  const along = e => scrub((e.clientX - curve.getBoundingClientRect().left - PAD) / (curve.clientWidth - 2 * PAD));
  curve.onpointerdown = e => {
    curve.setPointerCapture(e.pointerId);
    along(e);
  };
  curve.onpointermove = e => {
    if (e.buttons) along(e);
  };

  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
  films.forEach((_, i) => picture(root, `sheet${i}`, sheets[i], draw));
  if (state.playing)
    start(); // a longer film, or the other theme, in the middle of playing
  else if (state.following && state.u < end && !calm) {
    draw();
    glide(end, 0.35, () => {});
  } else go(state.following ? end : state.u);
  onChange(root, $('.films'), draw);
  return () => {
    halt();
    forget(root);
  };
}
