import { clamp, forget, onChange, picture, sharp, sized } from '../shared/base.js';
import { around, between, bounded, brushWidth, heightOf, opening, placed, zoomedAt } from './geometry.js';

const LOUPE = 64; // pixels of the picture across a loupe at zoom 1
const DIFFERENCE = 4; // times which the difference is brightened
const LONGEST = 60_000; // numbers of all strokes

export default function ({ parentElement, data, setStateValue, setTriggerValue }) {
  const root = parentElement;
  const scene = JSON.parse(data.json);
  const { w, h, detail, layers } = scene;
  const size = [w, h];
  const $ = selector => root.querySelector(selector);
  const viewer = $('.viewer');
  const main = $('.main');
  const range = $('#strength');
  const ring = $('.ring');

  // What the visitor did outlives new data; another picture begins anew.
  if (root.__look?.scene !== scene.key) {
    root.__look = {
      scene: scene.key,
      view: { zoom: 1, x: w / 2, y: h / 2 },
      split: 0.5, // of the frame's width
      fresh: true,
      at: [detail.x + detail.w * 0.3, detail.y + detail.h / 2], // beside the divider's knob
      strength: scene.strength,
      tool:
        scene.paints && !scene.busy && !layers.some(layer => layer.role === 'ours' && layer.here) ? 'paint' : 'look',
      width: 55, // of the brush, on its slider
      strokes: scene.strokes,
      touches: new Map(),
      drag: null,
    };
  }
  const look = root.__look;
  if (scene.held) look.strength = scene.strength;
  if (!scene.paints) look.tool = 'look';

  // ------------------------------------------------------------------------------------ what is on screen

  const images = layers.map((layer, i) =>
    layer.here ? picture(root, `layer${i}`, data[`layer${i}`], () => root.__draw()) : null,
  );
  const wide = ['before', 'after'].map(name =>
    data[name] ? picture(root, name, data[name], () => root.__draw()) : null,
  );
  const index = role => layers.findIndex(layer => layer.role === role);
  const ready = image => image?.complete && image.naturalWidth;
  const frame = () => [main.clientWidth, main.clientHeight];
  const place = () => placed(look.view, frame(), size);

  // A picture, or its part within the detail, drawn where it lies: scale screen pixels to one of its own.
  const put = (ctx, whole, part, { scale, left, top }) => {
    ctx.imageSmoothingEnabled = scale < 2;
    if (ready(whole)) ctx.drawImage(whole, left, top, w * scale, h * scale);
    if (ready(part))
      ctx.drawImage(part, left + detail.x * scale, top + detail.y * scale, detail.w * scale, detail.h * scale);
  };

  const draw = () => {
    if (!main.clientWidth) return;
    main.style.height = `${heightOf(main.clientWidth, window.innerHeight, size)}px`;
    if (look.fresh) look.view.zoom = opening(frame(), size);
    look.fresh = false;
    look.view = bounded(look.view, frame(), size);
    const at = place();
    const [ctx, width, height] = sharp(main);
    const given = images[index('given')];
    const ours = images[index('ours')];
    const repaired = ready(ours) || ready(wide[1]);
    put(ctx, wide[0], given, at);
    const x = look.split * width;
    if (repaired && look.tool === 'look') {
      ctx.save();
      ctx.beginPath();
      ctx.rect(x, 0, width - x, height);
      ctx.clip();
      ctx.globalAlpha = look.strength;
      put(ctx, wide[1], ours, at);
      ctx.restore();
      ctx.fillStyle = '#000';
      ctx.fillRect(x - 2, 0, 4, height);
      ctx.fillStyle = '#fff';
      ctx.fillRect(x - 1, 0, 2, height);
      ctx.beginPath();
      ctx.arc(x, height / 2, 13, 0, 7);
      ctx.fillStyle = '#fff';
      ctx.fill();
      ctx.strokeStyle = '#000';
      ctx.stroke();
      ctx.fillStyle = '#000';
      ctx.font = '14px sans-serif';
      ctx.textAlign = 'center';
      ctx.textBaseline = 'middle';
      ctx.fillText('◂ ▸', x, height / 2 + 1);
    }
    if (repaired && look.tool !== 'look' && !look.stroke) {
      ctx.globalAlpha = look.strength;
      put(ctx, wide[1], ours, at);
      ctx.globalAlpha = 1;
    }
    if (scene.paints) drawMarks(ctx, at, repaired);
    if (detail.w * detail.h < w * h) {
      ctx.strokeStyle = '#fff';
      ctx.lineWidth = 3;
      const box = [
        at.left + detail.x * at.scale,
        at.top + detail.y * at.scale,
        detail.w * at.scale,
        detail.h * at.scale,
      ];
      ctx.strokeRect(...box);
      ctx.strokeStyle = '#000';
      ctx.lineWidth = 1;
      ctx.strokeRect(...box);
    }
    drawLoupes();
    drawLens(ctx, at);
    controls(repaired);
  };
  // Where the loupes look.
  const drawLens = (ctx, { scale, left, top }) => {
    if (look.tool !== 'look') return;
    const { side, left: x, top: y } = look.lens;
    for (const [ink, thick] of [
      ['#000', 3],
      ['#fff', 1],
    ]) {
      ctx.strokeStyle = ink;
      ctx.lineWidth = thick;
      ctx.strokeRect(left + x * scale, top + y * scale, side * scale, side * scale);
    }
  };

  const marked = () => (look.strokes.length ? layerOfMarks() : null);
  const layerOfMarks = () => {
    // at the screen's resolution at most: what is filled is made of the strokes themselves, in Python
    const shrink = Math.min(1, 1600 / Math.max(w, h));
    const key = `${JSON.stringify(look.strokes.length)}/${look.strokes.at(-1)?.length}/${shrink}`;
    if (look.marksKey === key) return look.marks;
    look.marks ??= document.createElement('canvas');
    const ctx = sized(look.marks, Math.ceil(w * shrink), Math.ceil(h * shrink));
    ctx.scale(shrink, shrink);
    ctx.lineCap = ctx.lineJoin = 'round';
    for (const [erase, thick, ...places] of look.strokes) {
      ctx.globalCompositeOperation = erase ? 'destination-out' : 'source-over';
      ctx.strokeStyle = ctx.fillStyle = '#e0218a';
      ctx.lineWidth = thick;
      if (thick <= 1) {
        for (let i = 0; i < places.length; i += 2) {
          const [fx, fy] = i ? [places[i - 2], places[i - 1]] : [places[i], places[i + 1]];
          const steps = Math.max(1, Math.ceil(Math.hypot(places[i] - fx, places[i + 1] - fy)));
          for (let s = 0; s <= steps; s++)
            ctx.fillRect(
              Math.floor(fx + ((places[i] - fx) * s) / steps),
              Math.floor(fy + ((places[i + 1] - fy) * s) / steps),
              1,
              1,
            );
        }
        continue;
      }
      ctx.beginPath();
      ctx.moveTo(places[0], places[1]);
      for (let i = 0; i < places.length; i += 2) ctx.lineTo(places[i], places[i + 1]);
      if (places.length === 2) ctx.lineTo(places[0] + 0.01, places[1]);
      ctx.stroke();
    }
    look.marksKey = key;
    return look.marks;
  };
  // What is filled already shows what it was filled with, but to the eraser, which has to be led over the marks. Of a
  // large picture that is so in the part that is compared, until all of it is repaired.
  const drawMarks = (ctx, at, repaired) => {
    const marks = marked();
    if (!marks) return;
    const filled = repaired && !look.stroke && look.tool !== 'erase';
    if (filled && ready(wide[1])) return;
    ctx.save();
    if (filled) {
      ctx.beginPath();
      ctx.rect(at.left, at.top, w * at.scale, h * at.scale);
      ctx.rect(at.left + detail.x * at.scale, at.top + detail.y * at.scale, detail.w * at.scale, detail.h * at.scale);
      ctx.clip('evenodd');
    }
    ctx.globalAlpha = 0.6;
    ctx.imageSmoothingEnabled = at.scale < 2;
    ctx.drawImage(marks, at.left, at.top, w * at.scale, h * at.scale);
    ctx.restore();
  };

  // ------------------------------------------------------------------------------------ the same place of all

  const loupes = $('.loupes');
  const wanted = layers.map(layer => layer.title).join('|');
  if (loupes.dataset.of !== wanted) {
    loupes.dataset.of = wanted;
    loupes.replaceChildren(
      ...[
        ...layers,
        { title: 'Difference', role: 'difference', about: `What the repair changed, ${DIFFERENCE} times as bright.` },
      ].map(layer => {
        const figure = document.createElement('figure');
        figure.className = layer.role;
        figure.title = layer.about;
        const canvas = document.createElement('canvas');
        canvas.setAttribute('role', 'img');
        const caption = document.createElement('figcaption');
        caption.append(document.createElement('b'), document.createElement('span'));
        caption.firstChild.textContent = layer.title;
        figure.append(canvas, caption);
        return figure;
      }),
    );
  }
  const figures = [...loupes.children];

  const score = i => {
    const layer = layers[i];
    if (layer.role === 'ours' && scene.curve)
      return [between(scene.curve.psnr, look.strength), between(scene.curve.ssim, look.strength)];
    return layer.psnr == null ? null : [layer.psnr, layer.ssim];
  };
  const words = found =>
    found
      ? Number.isFinite(found[0]) && found[0] < 99
        ? `${found[0].toFixed(2)} dB, ${found[1].toFixed(3)}`
        : 'no error'
      : '';

  const drawLoupes = () => {
    const box = { left: detail.x, top: detail.y, width: detail.w, height: detail.h };
    look.lens = around(look.at, Math.max(8, LOUPE / Math.sqrt(look.view.zoom)), box);
    const { side, left, top } = look.lens;
    const show = (canvas, image, alpha = 1, under = null) => {
      const ctx = sized(canvas, 160, 160);
      const draws = from => {
        const ratio = from.naturalWidth / detail.w;
        ctx.drawImage(
          from,
          (left - detail.x) * ratio,
          (top - detail.y) * ratio,
          side * ratio,
          side * ratio,
          0,
          0,
          160,
          160,
        );
      };
      ctx.imageSmoothingEnabled = false;
      if (ready(under)) draws(under);
      ctx.globalAlpha = alpha;
      if (ready(image)) draws(image);
      return ctx;
    };
    const given = images[index('given')];
    layers.forEach((layer, i) => {
      const canvas = figures[i].querySelector('canvas');
      // before there is a repair its place is as empty as those of the others
      if (layer.role === 'ours') show(canvas, images[i], look.strength, ready(images[i]) ? given : null);
      else show(canvas, images[i]);
      const found = score(i);
      const text = layer.here ? words(found) || layer.note || '' : scene.busy ? '…' : layer.note || '';
      figures[i].querySelector('span').textContent = text;
      figures[i].classList.toggle('waiting', !layer.here);
      canvas.setAttribute('aria-label', `${layer.title}${text ? `: ${text}` : ''}`);
    });
    const last = figures.at(-1);
    const compared = ready(images[index('ours')]);
    const ctx = show(last.querySelector('canvas'), compared ? given : null);
    last.querySelector('canvas').setAttribute('aria-label', 'What the repair changed');
    last.classList.toggle('waiting', !compared);
    if (compared) {
      ctx.globalCompositeOperation = 'difference';
      ctx.drawImage(figures[index('ours')].querySelector('canvas'), 0, 0);
      ctx.globalCompositeOperation = 'lighter';
      for (let times = 1; times < DIFFERENCE; times *= 2) ctx.drawImage(last.querySelector('canvas'), 0, 0);
    }
    last.querySelector('span').textContent = compared ? `× ${DIFFERENCE}` : '';
    const best = bestOf();
    figures.forEach((figure, i) => figure.classList.toggle('best', i === best));
    const lens =
      look.tool === 'look' ? 'the small frame in the picture, which follows the pointer' : 'those around the brush';
    const scores = layers.some(layer => layer.role === 'clean')
      ? ' The numbers tell how near all of the picture is to the original: its PSNR in dB, and its SSIM, which is 1 for the very same. More is better.'
      : '';
    $('.where').textContent = `The same ${Math.round(side)} × ${Math.round(side)} pixels of each: ${lens}.${scores}`;
  };

  // Of what repairs, the one with the highest PSNR: -1 while anything is still to come, or where there is no truth.
  const repairs = () => layers.map((_, i) => i).filter(i => ['ours', 'classic'].includes(layers[i].role));
  const bestOf = () => {
    const all = repairs();
    if (!all.every(i => layers[i].here && score(i))) return -1;
    return all.reduce((a, b) => (score(b)[0] > score(a)[0] ? b : a));
  };

  const verdict = () => {
    if (scene.note) return scene.note;
    const best = bestOf();
    if (best < 0) return '';
    const before = layers[index('given')].psnr;
    if (before != null && score(best)[0] <= before)
      return 'No repair comes closer to the original than the damaged picture itself: each loses more than the damage cost.';
    const part = detail.w * detail.h < w * h ? ' in the frame' : '';
    if (layers[best].role === 'ours') {
      const second = repairs().filter(i => i !== best);
      const ahead = second.length ? score(best)[0] - Math.max(...second.map(i => score(i)[0])) : null;
      return `The network comes closest to the original${part}${ahead == null ? '' : `, ${ahead.toFixed(2)} dB before the best classical method`}.`;
    }
    return `Here the classical method wins${part}: ${layers[best].title} comes closest to the original, ${(score(best)[0] - score(index('ours'))[0]).toFixed(2)} dB before the network.`;
  };

  const controls = repaired => {
    viewer.classList.toggle('zoomed', look.view.zoom > 1.001);
    viewer.classList.toggle('painting', look.tool !== 'look');
    $('.brushes').style.display = scene.paints ? '' : 'none';
    $('.compare').style.display = detail.w * detail.h < w * h ? '' : 'none';
    $('.work').style.display = scene.work ? '' : 'none';
    $('.work span').textContent = scene.work?.words ?? '';
    $('.work progress').value = scene.work?.share ?? 0;
    $('.whole').style.display = scene.offer ? '' : 'none';
    $('.whole').textContent = scene.offer;
    $('.dial').style.display = repaired && scene.held !== 'hidden' ? '' : 'none';
    range.disabled = Boolean(scene.held);
    const split = repaired && look.tool === 'look';
    $('.before').style.display = $('.after').style.display = split ? '' : 'none';
    $('.before').style.opacity = look.split > 0.12 ? 1 : 0;
    $('.after').style.opacity = look.split < 0.88 ? 1 : 0;
    $('.fit').disabled = $('.out').disabled = look.view.zoom < 1.001;
    range.value = Math.round(look.strength * 100);
    $('.dial output').textContent = `${Math.round(look.strength * 100)} %`;
    range.setAttribute('aria-valuetext', `${Math.round(look.strength * 100)} per cent of the repair`);
    const thick = brushWidth(look.width, size);
    $('#width').value = look.width;
    $('.width output').textContent = `${thick} px`;
    $('.undo').disabled = $('.clear').disabled = !look.strokes.length;
    root
      .querySelectorAll('[data-tool]')
      .forEach(b => b.setAttribute('aria-pressed', String(b.dataset.tool === look.tool)));
    $('.verdict').textContent = verdict();
    main.setAttribute(
      'aria-label',
      `The picture, ${w} by ${h} pixels. ` +
        (look.tool === 'look'
          ? 'Arrow keys move the divider, or the picture when zoomed in; plus and minus zoom.'
          : 'Arrow keys move the brush, the space bar paints; plus and minus zoom.'),
    );
  };

  // ------------------------------------------------------------------------------------ looking

  const inFrame = e => {
    const box = main.getBoundingClientRect();
    return [e.clientX - box.left, e.clientY - box.top];
  };
  const inPicture = ([px, py]) => {
    const { scale, left, top } = place();
    return [clamp((px - left) / scale, 0, w - 0.01), clamp((py - top) / scale, 0, h - 0.01)];
  };
  const zoom = (factor, at = frame().map(length => length / 2)) => {
    look.view = zoomedAt(look.view, factor, at, frame(), size);
    draw();
  };
  const nearDivider = ([px]) => Math.abs(px - look.split * main.clientWidth) < 22;

  main.onpointerdown = e => {
    if (e.button) return;
    main.setPointerCapture(e.pointerId);
    const at = inFrame(e);
    look.touches.set(e.pointerId, at);
    if (look.touches.size > 1) {
      if (look.stroke) undoStroke();
      look.drag = null;
      return;
    }
    look.at = inPicture(at);
    if (look.tool !== 'look') return begin(look.at);
    look.drag =
      look.view.zoom <= 1.001 || nearDivider(at)
        ? { moves: 'divider' }
        : { moves: 'picture', from: at, view: { ...look.view } };
    move(at);
  };
  const move = at => {
    if (look.drag?.moves === 'divider') look.split = clamp(at[0] / main.clientWidth, 0, 1);
    if (look.drag?.moves === 'picture') {
      const { scale } = place();
      const { from, view } = look.drag;
      look.view = { ...view, x: view.x - (at[0] - from[0]) / scale, y: view.y - (at[1] - from[1]) / scale };
    }
    draw();
  };
  main.onpointermove = e => {
    const at = inFrame(e);
    if (look.touches.size > 1 && look.touches.has(e.pointerId)) {
      // two fingers: as far apart, and around the middle between them
      const before = [...look.touches.values()];
      look.touches.set(e.pointerId, at);
      const after = [...look.touches.values()];
      const apart = ([[ax, ay], [bx, by]]) => Math.max(8, Math.hypot(ax - bx, ay - by));
      const middle = ([[ax, ay], [bx, by]]) => [(ax + bx) / 2, (ay + by) / 2];
      const [from, to] = [middle(before), middle(after)];
      look.view = zoomedAt(look.view, apart(after) / apart(before), to, frame(), size);
      const { scale } = place();
      look.view.x -= (to[0] - from[0]) / scale;
      look.view.y -= (to[1] - from[1]) / scale;
      return draw();
    }
    look.at = inPicture(at);
    showRing(look.tool === 'look' ? null : at);
    if (look.stroke) return extend(look.at);
    if (look.touches.has(e.pointerId)) look.touches.set(e.pointerId, at);
    move(at);
  };
  main.onpointerup = main.onpointercancel = e => {
    look.touches.delete(e.pointerId);
    look.drag = null;
    if (look.stroke) end();
  };
  main.onpointerleave = () => {
    if (!look.stroke) showRing(null);
  };
  main.onblur = () => showRing(null);
  main.onwheel = e => {
    // a page that scrolls past is left alone: the wheel zooms once the picture was clicked, or with the key of a pinch
    if (!e.ctrlKey && !e.metaKey && main.getRootNode().activeElement !== main) return;
    e.preventDefault();
    zoom(Math.exp(-e.deltaY * (e.ctrlKey ? 0.01 : 0.002)), inFrame(e));
  };
  main.onkeydown = e => {
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key];
    if (e.key === '+' || e.key === '=') zoom(1.5);
    else if (e.key === '-') zoom(1 / 1.5);
    else if (e.key === '0') zoom(1e-6);
    else if (by && look.tool !== 'look') {
      const step = brushWidth(look.width, size);
      look.at = [clamp(look.at[0] + by[0] * step, 0, w - 0.01), clamp(look.at[1] + by[1] * step, 0, h - 0.01)];
      const { scale, left, top } = place();
      showRing([left + look.at[0] * scale, top + look.at[1] * scale]);
      draw();
    } else if (by && look.view.zoom > 1.001) {
      const { scale } = place();
      look.view = { ...look.view, x: look.view.x + (by[0] * 40) / scale, y: look.view.y + (by[1] * 40) / scale };
      draw();
      look.at = [look.view.x, look.view.y];
      draw();
    } else if (by?.[0]) {
      look.split = clamp(look.split + by[0] * 0.02, 0, 1);
      draw();
    } else if ((e.key === ' ' || e.key === 'Enter') && look.tool !== 'look') {
      begin(look.at);
      end();
    } else return;
    e.preventDefault();
  };
  $('.in').onclick = () => zoom(1.6);
  $('.out').onclick = () => zoom(1 / 1.6);
  $('.fit').onclick = () => zoom(1e-6);
  $('.stop').onclick = () => setTriggerValue('stop', true);
  $('.whole').onclick = () => setTriggerValue('whole', true);
  $('.compare').onclick = () =>
    setTriggerValue('compare', JSON.stringify([Math.round(look.view.x), Math.round(look.view.y)]));

  // ------------------------------------------------------------------------------------ the brush

  const showRing = at => {
    ring.style.display = at && look.tool !== 'look' ? 'block' : 'none';
    if (!at) return;
    const across = Math.max(3, brushWidth(look.width, size) * place().scale);
    Object.assign(ring.style, { left: `${at[0]}px`, top: `${at[1]}px`, width: `${across}px`, height: `${across}px` });
  };
  const rounded = at => at.map(value => Math.round(value * 10) / 10);
  const begin = at => {
    if (look.strokes.reduce((sum, stroke) => sum + stroke.length, 0) > LONGEST) return;
    look.stroke = [look.tool === 'erase' ? 1 : 0, brushWidth(look.width, size), ...rounded(at)];
    look.strokes = [...look.strokes, look.stroke];
    draw();
  };
  const extend = at => {
    const [x, y] = rounded(at);
    const apart = Math.hypot(x - look.stroke.at(-2), y - look.stroke.at(-1));
    if (apart < Math.max(0.5, look.stroke[1] / 8) || look.stroke.length > LONGEST / 4) return;
    look.stroke.push(x, y);
    look.marksKey = '';
    draw();
  };
  const undoStroke = () => {
    look.stroke = null;
    look.strokes = look.strokes.slice(0, -1);
    look.marksKey = '';
    draw();
  };
  const hand = () => {
    look.marksKey = '';
    draw();
    setStateValue('strokes', JSON.stringify(look.strokes));
  };
  const end = () => {
    look.stroke = null;
    hand();
  };
  root.querySelectorAll('[data-tool]').forEach(button => {
    button.onclick = () => {
      look.tool = button.dataset.tool;
      draw();
    };
  });
  $('#width').oninput = e => {
    look.width = +e.target.value;
    controls(true);
  };
  $('.undo').onclick = () => {
    look.strokes = look.strokes.slice(0, -1);
    hand();
  };
  $('.clear').onclick = () => {
    look.strokes = [];
    hand();
  };

  // ------------------------------------------------------------------------------------ the strength

  range.oninput = () => {
    look.strength = range.value / 100;
    draw();
  };
  range.onchange = () => setStateValue('strength', look.strength);

  root.__draw = draw;
  onChange(root, viewer, () => root.__draw());
  draw();
  return () => forget(root);
}
