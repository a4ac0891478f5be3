import { clamp, picture, place, sized } from '../shared/base.js';

export default function ({ parentElement: root, data, setStateValue }) {
  const { json, start } = data;
  const { width, height, finer, brush, colours, hint, kept, token } = JSON.parse(json);
  const canvas = root.querySelector('canvas');
  const said = root.querySelector('.quiet');
  const tools = Object.fromEntries(
    ['brush', 'eraser', 'undo', 'clear'].map(name => [name, root.querySelector(`.${name}`)]),
  );
  const swatches = root.querySelector('.colours');
  if (root.__token !== token) {
    // another resolution: an empty pad
    root.__token = token;
    root.__strokes = [];
    root.__erase = false;
    root.__ink = colours[0][1];
    root.__pen = [width / 2, height / 2];
    root.__down = false;
    swatches.hidden = colours.length < 2;
    swatches.replaceChildren(
      ...colours.map(([name, ink]) => {
        const swatch = document.createElement('button');
        Object.assign(swatch, { type: 'button', className: 'b', value: ink, title: name });
        swatch.setAttribute('aria-label', name);
        swatch.style.setProperty('--ink', ink);
        return swatch;
      }),
    );
  }
  const strokes = root.__strokes;
  root.__fine ??= document.createElement('canvas');
  const fine = root.__fine;
  canvas.style.aspectRatio = `${width} / ${height}`;
  canvas.setAttribute(
    'aria-label',
    `Drawing pad, ${width} by ${height} pixels. Arrow keys move the pen, space puts it down and lifts it.`,
  );

  const draw = () => {
    const ink = sized(fine, width * finer, height * finer);
    ink.fillStyle = '#000';
    ink.fillRect(0, 0, fine.width, fine.height);
    ink.scale(finer, finer);
    ink.lineCap = ink.lineJoin = 'round';
    const since = strokes.findLastIndex(stroke => stroke.clear) + 1;
    for (const { points, erase, ink: colour, base } of strokes.slice(since)) {
      if (base) {
        if (colours.length < 2) ink.filter = 'grayscale(1)'; // drawn on a pad in colour, it may be
        ink.drawImage(base, 0, 0, width, height);
        ink.filter = 'none';
        continue;
      }
      ink.strokeStyle = erase ? '#000' : colour;
      ink.lineWidth = erase ? brush * 1.6 : brush;
      ink.beginPath();
      ink.moveTo(...points[0]);
      for (const point of points) ink.lineTo(...point);
      ink.stroke();
    }
    const seen = sized(canvas, width, height);
    seen.imageSmoothingEnabled = true;
    seen.imageSmoothingQuality = 'high';
    seen.drawImage(fine, 0, 0, width, height);
    if (canvas.getRootNode().activeElement === canvas && root.__keys) {
      seen.fillStyle = root.__down ? '#62bde6' : '#f2a65e';
      seen.fillRect(Math.floor(root.__pen[0]), Math.floor(root.__pen[1]), 1, 1);
    }
    tools.undo.disabled = strokes.length === 0;
    tools.clear.disabled = strokes.length === 0 || strokes.at(-1).clear;
    tools.brush.setAttribute('aria-pressed', !root.__erase);
    tools.eraser.setAttribute('aria-pressed', root.__erase);
    for (const swatch of swatches.children)
      swatch.setAttribute('aria-pressed', !root.__erase && swatch.value === root.__ink);
    said.textContent = strokes.length === 0 ? hint : kept;
  };
  const send = () => {
    const empty = strokes.length === 0 || strokes.at(-1).clear;
    root.__sent = performance.now();
    setStateValue('ink', empty ? '' : fine.toDataURL());
  };
  const at = event => {
    const [x, y] = place(canvas, event);
    return [x * width, y * height];
  };
  const begin = point => {
    strokes.push({ points: [point], erase: root.__erase, ink: root.__ink });
    draw();
  };
  const go = point => {
    strokes.at(-1).points.push(point);
    draw();
    if (performance.now() - (root.__sent ?? 0) > 200) send(); // what follows the drawing on the page
  };
  canvas.onpointerdown = event => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    root.__drawing = event.pointerId;
    root.__keys = false;
    begin(at(event));
  };
  canvas.onpointermove = event => {
    if (root.__drawing === event.pointerId) go(at(event));
  };
  canvas.onpointerup = canvas.onpointercancel = event => {
    if (root.__drawing !== event.pointerId) return;
    root.__drawing = null;
    send();
  };
  canvas.onkeydown = event => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!step && event.key !== ' ') return;
    event.preventDefault();
    root.__keys = true;
    if (step) {
      root.__pen = [
        clamp(root.__pen[0] + step[0], 0.5, width - 0.5),
        clamp(root.__pen[1] + step[1], 0.5, height - 0.5),
      ];
      root.__down ? go([...root.__pen]) : draw();
    } else {
      root.__down = !root.__down;
      if (root.__down) begin([...root.__pen]);
      else {
        draw();
        send();
      }
    }
  };
  canvas.onblur = () => {
    root.__down = false;
    draw();
  };
  tools.brush.onclick = () => {
    root.__erase = false;
    draw();
  };
  tools.eraser.onclick = () => {
    root.__erase = true;
    draw();
  };
  tools.undo.onclick = () => {
    strokes.pop();
    draw();
    send();
  };
  tools.clear.onclick = () => {
    strokes.push({ clear: true });
    draw();
    send();
  };
  for (const swatch of swatches.children)
    swatch.onclick = () => {
      root.__erase = false;
      root.__ink = swatch.value;
      draw();
    };
  draw();
  if (start) {
    // an earlier drawing lies under all strokes, and can be undone
    picture(root, 'start', start, () => {
      if (root.__started) return;
      root.__started = true;
      if (strokes.length === 0) {
        strokes.push({ base: root.__pictures.start });
        draw();
      }
    });
  }
}
