// The page: pen, bars, training. What is computed, web.wasm computes.
'use strict';

const $ = (id) => document.getElementById(id);
/** The drawing area's side in the units of strokes. */
const SIDE = 280;
const PEN = 20;

let program;
let module;
let digits;
let native = null;
/** Points of all strokes, x and y, NaN between two strokes. */
let points = [];
/** The test digit that is shown instead of strokes, if one is. */
let sample = null;
let nextSample = 0;
/** Each network by the value of its option, as a file. */
const networks = {};

function fail(error) {
  $('status').textContent = error instanceof Failure ? error.message : `Something is wrong with this page: ${error.message}`;
  $('status').className = 'error';
  $('status').hidden = false;
}

function settle() {
  $('status').hidden = true;
}

/** An event's handler that says what went wrong. */
function guarded(work) {
  return async (event) => {
    try {
      await work(event);
    } catch (error) {
      fail(error);
    }
  };
}

const percent = (x) => `${(100 * x).toFixed(1)} %`;

// ---- What the network sees

function makeBars() {
  for (let digit = 0; digit < 10; digit++) {
    const row = document.createElement('li');
    row.innerHTML = `<span>${digit}</span><span class="track"><span class="bar"></span></span><span class="value">–</span>`;
    row.querySelector('.bar').style.display = 'block';
    row.querySelector('.track').style.display = 'block';
    $('bars').append(row);
  }
}

function showBars(probabilities, best) {
  [...$('bars').children].forEach((row, digit) => {
    const share = probabilities ? probabilities[digit] : 0;
    row.className = digit === best ? 'best' : '';
    row.querySelector('.bar').style.width = `${100 * share}%`;
    row.querySelector('.value').textContent = probabilities ? percent(share) : '–';
  });
}

function colours() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  return { ink: colour('--text'), paper: colour('--track'), accent: colour('--accent'), soft: colour('--soft') };
}

/** A picture of 0 to 1, row by row, on a canvas. */
function paintPixels(canvas, pixels) {
  const { ink, paper } = colours();
  const side = Math.sqrt(pixels.length);
  const context = canvas.getContext('2d');
  context.globalAlpha = 1;
  context.fillStyle = paper;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = ink;
  const size = canvas.width / side;
  pixels.forEach((value, i) => {
    context.globalAlpha = value;
    context.fillRect((i % side) * size, Math.floor(i / side) * size, size, size);
  });
  context.globalAlpha = 1;
}

/** Classifies what is drawn, or the test digit, and shows everything. */
function update() {
  if (!program || !networks.current) return;
  if (sample === null && points.length === 0) {
    paintPixels($('picture'), new Float64Array(64));
    showBars(null, -1);
    $('class').textContent = '–';
    $('verdict').textContent = 'Nothing is drawn yet.';
    paintPad(null);
    return;
  }
  let best;
  if (sample === null) {
    program.putNumbers(Float64Array.from(points));
    best = program.call('classify');
  } else {
    best = program.call('classify_digit', sample);
  }
  const found = program.numbers();
  const inputs = networks.current.inputs;
  const pixels = found.slice(0, inputs);
  const probabilities = found.slice(inputs, inputs + 10);
  paintPixels($('picture'), pixels);
  showBars(probabilities, best);
  $('class').textContent = best;
  let verdict = `A ${best}, ${percent(probabilities[best])} sure.`;
  if (sample !== null) {
    const label = found[inputs + 10];
    verdict += label === best ? ' Right.' : ` It is a ${label}.`;
  }
  $('verdict').textContent = verdict;
  paintPad(sample === null ? null : pixels);
  // For whoever compares bits.
  document.documentElement.dataset.answer = JSON.stringify({ class: best, pixels: [...pixels], probabilities: [...probabilities] });
}

// ---- The drawing area

const pen = { x: SIDE / 2, y: SIDE / 2, down: false, keyboard: false };

function paintPad(pixels) {
  const canvas = $('pad');
  const context = canvas.getContext('2d');
  const { ink, paper, accent, soft } = colours();
  if (pixels) {
    paintPixels(canvas, pixels);
  } else {
    context.fillStyle = paper;
    context.fillRect(0, 0, canvas.width, canvas.height);
  }
  context.save();
  context.scale(canvas.width / SIDE, canvas.height / SIDE);
  context.strokeStyle = ink;
  context.lineWidth = PEN;
  context.lineCap = context.lineJoin = 'round';
  context.beginPath();
  for (let i = 0; i < points.length; i += 2) {
    const [x, y] = [points[i], points[i + 1]];
    if (Number.isNaN(x)) continue;
    if (i === 0 || Number.isNaN(points[i - 1])) {
      context.moveTo(x, y);
      context.lineTo(x, y);
    } else {
      context.lineTo(x, y);
    }
  }
  context.stroke();
  if (points.length === 0 && !pixels && !pen.keyboard) {
    context.fillStyle = soft;
    context.font = '15px system-ui, sans-serif';
    context.textAlign = 'center';
    context.fillText('0 to 9, here', SIDE / 2, SIDE / 2 + 5);
  }
  if (pen.keyboard) {
    context.strokeStyle = accent;
    context.lineWidth = 2.5;
    context.beginPath();
    context.arc(pen.x, pen.y, pen.down ? PEN / 2 : PEN / 2 + 4, 0, 2 * Math.PI);
    context.stroke();
  }
  context.restore();
}

let waiting = false;
/** An update at the next frame, however many strokes there are until then. */
function soon() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(guarded(() => {
    waiting = false;
    update();
  }));
}

function begin(x, y) {
  if (sample !== null) clear();
  if (points.length > 0) points.push(NaN, NaN);
  points.push(x, y);
  soon();
}

function line(x, y) {
  points.push(x, y);
  soon();
}

function clear() {
  points = [];
  sample = null;
  pen.down = false;
  soon();
}

function listenToPen() {
  const pad = $('pad');
  const place = (event) => {
    const box = pad.getBoundingClientRect();
    const within = (x) => Math.min(SIDE, Math.max(0, x * SIDE));
    return [within((event.clientX - box.left) / box.width), within((event.clientY - box.top) / box.height)];
  };
  let pointer = null;
  pad.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || pointer !== null) return;
    event.preventDefault();
    pad.setPointerCapture(event.pointerId);
    pointer = event.pointerId;
    pen.keyboard = pen.down = false;
    begin(...place(event));
  });
  pad.addEventListener('pointermove', (event) => {
    if (event.pointerId !== pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length > 0 ? events : [event]) line(...place(each));
  });
  const end = (event) => {
    if (event.pointerId === pointer) pointer = null;
  };
  pad.addEventListener('pointerup', end);
  pad.addEventListener('pointercancel', end);

  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  pad.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const move = moves[event.key];
    if (move) {
      const step = event.shiftKey ? 4 : 14;
      pen.x = Math.min(SIDE, Math.max(0, pen.x + step * move[0]));
      pen.y = Math.min(SIDE, Math.max(0, pen.y + step * move[1]));
      pen.keyboard = true;
      if (pen.down) line(pen.x, pen.y);
    } else if (event.key === ' ' || event.key === 'Enter') {
      pen.keyboard = true;
      const down = !pen.down;
      if (down) begin(pen.x, pen.y);
      pen.down = down;
    } else if (event.key === 'Delete' || event.key === 'Backspace') {
      clear();
    } else {
      return;
    }
    event.preventDefault();
    soon();
  });
  pad.addEventListener('focus', () => {
    pen.keyboard = pad.matches(':focus-visible');
    soon();
  });
  pad.addEventListener('blur', () => {
    pen.keyboard = pen.down = false;
    soon();
  });
}

// ---- Networks

function useNetwork(kind) {
  const inputs = program.open('open_network', networks[kind].file);
  program.call('describe_network');
  networks.current = { ...networks[kind], kind, inputs };
  $('network').value = kind;
  $('test-result').textContent = '';
  $('sizes').textContent = program.text();
  // The digits at hand have 8×8 pixels.
  $('test').disabled = $('sample').disabled = inputs !== 64 || !digits;
  if (inputs !== 64) sample = null;
  update();
}

function addNetwork(kind, file) {
  const before = networks[kind];
  networks[kind] = { file };
  try {
    useNetwork(kind);
  } catch (error) {
    networks[kind] = before;
    throw error;
  }
  $('network').querySelector(`[value=${kind}]`).disabled = false;
}

async function openFile(event) {
  const [file] = event.target.files;
  if (!file) return;
  try {
    addNetwork('file', new Uint8Array(await file.arrayBuffer()));
  } catch (error) {
    $('network').value = networks.current.kind;
    throw error instanceof Failure ? new Failure(`${file.name} cannot be opened: ${error.message}`) : error;
  } finally {
    // The same file may be chosen again.
    event.target.value = '';
  }
  $('network').querySelector('[value=file]').textContent = `from ${file.name}`;
  settle();
}

function classifyTest() {
  const start = performance.now();
  const right = program.call('classify_test');
  const milliseconds = performance.now() - start;
  const probabilities = program.numbers();
  const rows = probabilities.length / 10;
  $('test-result').textContent = `${right} of ${rows} test digits right, ${percent(right / rows)}, in ${milliseconds.toFixed(0)} ms.`;
  document.documentElement.dataset.test = JSON.stringify({ right, milliseconds, probabilities: [...probabilities] });
}

// ---- Training

let worker = null;
let trained = []; // What the worker said of each epoch.

function chart(epochs) {
  const [left, right, top, bottom] = [38, 432, 10, 194];
  const highest = 0.6;
  const x = (epoch) => left + ((right - left) * epoch) / epochs;
  const y = (loss) => bottom - ((bottom - top) * Math.min(loss, highest)) / highest;
  let inside = '';
  for (const loss of [0, 0.2, 0.4, 0.6]) {
    inside += `<line class="grid" x1="${left}" x2="${right}" y1="${y(loss)}" y2="${y(loss)}"/>`
      + `<text x="${left - 7}" y="${y(loss) + 4}" text-anchor="end">${loss.toFixed(1)}</text>`;
  }
  for (let epoch = 0; epoch <= epochs; epoch += 10) {
    inside += `<text x="${x(epoch)}" y="${bottom + 18}" text-anchor="${epoch === epochs ? 'end' : 'middle'}">${epoch === epochs ? `epoch ${epoch}` : epoch}</text>`;
  }
  for (const [name, key] of [['validation', 'validationLoss'], ['train', 'loss']]) {
    const line = trained.map((epoch) => `${x(epoch.epoch).toFixed(1)},${y(epoch[key]).toFixed(1)}`);
    // A point alone is a short line.
    if (line.length === 1) line.push(line[0]);
    inside += `<polyline class="${name}" points="${line.join(' ')}"/>`;
  }
  $('chart').innerHTML = inside;
}

function training(on) {
  $('start').disabled = on;
  $('stop').disabled = !on;
  $('save').disabled = on || trained.length === 0;
}

function startTraining() {
  trained = [];
  worker = new Worker('worker.js');
  worker.onerror = (event) => {
    event.preventDefault();
    fail(new Failure('worker.js cannot be run: is the file missing?'));
    training(false);
  };
  worker.onmessage = guarded(({ data }) => {
    if (data.error) {
      fail(new Failure(data.error));
      training(false);
    } else if (data.done) {
      worker.terminate();
      training(false);
    } else {
      onEpoch(data);
    }
  });
  worker.postMessage({ module, digits });
  training(true);
  $('progress').textContent = 'Training…';
  $('hash').textContent = $('native').textContent = '–';
  $('equal').textContent = '';
  chart(30);
}

function onEpoch(data) {
  trained.push(data);
  chart(data.epochs);
  const seconds = trained.reduce((sum, epoch) => sum + epoch.seconds, 0);
  $('progress').textContent = `Epoch ${data.epoch} of ${data.epochs}: loss ${data.loss.toFixed(4)}, of the test digits `
    + `${data.validationLoss.toFixed(4)}, ${percent(data.validationAccuracy)} of them right; ${seconds.toFixed(1)} s, `
    + `${(seconds / trained.length).toFixed(2)} s an epoch.`;
  $('chart').setAttribute('aria-label', `Loss by epoch: ${data.loss.toFixed(4)} after ${data.epoch} of ${data.epochs}`);
  showHash(data);
  addNetwork('trained', data.network);
}

function showHash({ epoch, hash }) {
  const expected = native?.hashes?.[epoch - 1];
  $('hash').textContent = hash;
  $('native').textContent = expected ?? 'not known here';
  const same = trained.every((each) => each.hash === native?.hashes?.[each.epoch - 1]);
  if (!expected) {
    $('equal').textContent = 'native.json is missing or broken, so there is nothing to compare with.';
    $('equal').className = 'note';
  } else if (same) {
    $('equal').textContent = `✓ The same bits, after ${epoch === 1 ? 'the first epoch' : `each of ${epoch} epochs`}, as a native program had them where this page was built.`;
    $('equal').className = 'note good';
  } else {
    $('equal').textContent = '✗ These are not the bits of the native program.';
    $('equal').className = 'note bad';
  }
}

function saveTrained() {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([networks.trained.file], { type: 'application/zip' }));
  link.download = 'digits.npz';
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// ---- The beginning

async function begun() {
  makeBars();
  chart(30);
  paintPixels($('picture'), new Float64Array(64));
  paintPad(null);
  listenToPen();
  $('clear').addEventListener('click', clear);
  $('sample').addEventListener('click', guarded(() => {
    points = [];
    sample = nextSample++;
    update();
  }));
  $('test').addEventListener('click', guarded(classifyTest));
  $('network').addEventListener('change', guarded((event) => useNetwork(event.target.value)));
  $('open').addEventListener('change', guarded(openFile));
  $('start').addEventListener('click', guarded(startTraining));
  $('stop').addEventListener('click', () => worker?.postMessage('stop'));
  $('save').addEventListener('click', guarded(saveTrained));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', soon);

  module = await compile(await fetchBytes('web.wasm'));
  program = await Program.start(module);
  await openPart('digits-network.npz', (file) => addNetwork('given', file));
  await openPart('digits.npz', (file) => {
    program.open('open_digits', file);
    digits = file;
  });
  // A page without it works; it has nothing to compare with.
  native = await fetchBytes('native.json').then((bytes) => JSON.parse(new TextDecoder().decode(bytes))).catch(() => null);
  $('network').disabled = $('open').disabled = $('start').disabled = false;
  $('test').disabled = $('sample').disabled = false;
  settle();
  update();
  document.documentElement.dataset.ready = 'yes';
}

/** Fetches one of the page's files and opens it. */
async function openPart(name, use) {
  const bytes = await fetchBytes(name);
  try {
    use(bytes);
  } catch (error) {
    throw error instanceof Failure ? new Failure(`${name} is broken: ${error.message}`) : error;
  }
}

guarded(begun)();
