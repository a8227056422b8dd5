// The page of `edge-csi visualize activations`: draws the heat maps that stand in it as JSON. Inlined as it is.

/** 16-bit code of a cell without a value. */
const NOTHING = 65535;
const page = JSON.parse(document.getElementById('data').textContent);
const $ = (id) => document.getElementById(id);
const element = (tag, properties = {}, children = []) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};

const state = { sample: 0, root: page.colourScale === 'sqrt', own: false };

/** 16-bit codes of one figure's maps, one after the other, for the sample shown. */
function codesOf(figure) {
  const binary = atob(figure.codes[state.sample]);
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  return new Uint16Array(bytes.buffer);
}

function valueAt({ min, max }, code) {
  return min + (code / (NOTHING - 1)) * (max - min);
}

/** Range of codes that the colours of a map span, whether their middle is 0, and whether they follow the root. */
function spanOf(figure, map, codes) {
  if (!state.own || map === undefined) {
    return { low: 0, high: NOTHING - 1, diverging: figure.diverging, root: state.root };
  }
  const present = codes.subarray(map.at, map.at + map.width * map.height).filter((code) => code !== NOTHING);
  const low = present.reduce((a, b) => Math.min(a, b), NOTHING);
  const high = present.reduce((a, b) => Math.max(a, b), 0);
  // The root brings out what is near 0: of values of either sign, the lowest is not.
  return { low, high: Math.max(high, low + 1), diverging: false, root: state.root && !figure.diverging };
}

/** Colour of a code, linear or by the root of its distance from 0 or from the lowest. */
function colourOf({ low, high, diverging, root }, code) {
  const linear = (code - low) / (high - low);
  const around = (place) => 0.5 + Math.sign(place - 0.5) * Math.sqrt(Math.abs(place - 0.5) / 2);
  const place = !root ? linear : diverging ? around(linear) : Math.sqrt(linear);
  return tables[diverging ? 'diverging' : 'sequential'][Math.round(255 * place)];
}

/** 256 colours of each colour map, RGB. */
const tables = Object.fromEntries(
  Object.entries(page.colours).map(([name, stops]) => {
    const rgb = stops.map((stop) => [1, 3, 5].map((at) => Number.parseInt(stop.slice(at, at + 2), 16)));
    const table = Array.from({ length: 256 }, (_, i) => {
      const position = (i / 255) * (rgb.length - 1);
      const low = Math.min(rgb.length - 2, Math.floor(position));
      return rgb[low].map((from, channel) => Math.round(from + (position - low) * (rgb[low + 1][channel] - from)));
    });
    return [name, table];
  }),
);

function draw(canvas, figure, map, codes) {
  canvas.width = map.width;
  canvas.height = map.height;
  const context = canvas.getContext('2d');
  const image = context.createImageData(map.width, map.height);
  const span = spanOf(figure, map, codes);
  for (let i = 0; i < map.width * map.height; i++) {
    const code = codes[map.at + i];
    if (code === NOTHING) continue;
    image.data.set(colourOf(span, code), 4 * i);
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

function drawLegend(canvas, figure) {
  const width = 120;
  canvas.width = width;
  canvas.height = 1;
  const context = canvas.getContext('2d');
  const image = context.createImageData(width, 1);
  for (let x = 0; x < width; x++) {
    const code = (x / (width - 1)) * (NOTHING - 1);
    image.data.set(colourOf(spanOf(figure), code), 4 * x);
    image.data[4 * x + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

const short = (value) => (value === 0 ? '0' : value.toPrecision(4).replace(/\.?0+(?=e|$)/, ''));

/** What the pointer is over, as text. */
function describe(event, canvas, figure, map, codes) {
  const box = canvas.getBoundingClientRect();
  const column = Math.min(map.width - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * map.width)));
  const row = Math.min(map.height - 1, Math.max(0, Math.floor(((event.clientY - box.top) / box.height) * map.height)));
  const code = codes[map.at + row * map.width + column];
  if (code === undefined || code === NOTHING) return '';
  const [rows, columns] = figure.axes;
  const place =
    figure.axes[0] === 'row' ? `component ${row * map.width + column}` : `${rows} ${row}, ${columns} ${column}`;
  return `${place}: ${short(valueAt(figure, code))}`;
}

/** Shows the value under the pointer. @param show - takes the text, '' where there is none */
function follow(canvas, figure, map, codes, show) {
  canvas.onpointermove = (event) => show(describe(event, canvas, figure, map, codes()), event);
  canvas.onpointerleave = (event) => show('', event);
}

function showTip(text, event) {
  const tip = $('tip');
  tip.textContent = text;
  tip.style.left = `${Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8)}px`;
  tip.style.top = `${event.clientY + 16}px`;
}

function enlarge(figure, map) {
  const codes = codesOf(figure);
  $('large-title').textContent = `${figure.title}, ${map.label}`;
  const large = $('large');
  draw(large, figure, map, codes);
  const cell = Math.max(
    4,
    Math.floor(Math.min(innerWidth * 0.85, innerHeight * 0.7) / Math.max(map.width, map.height)),
  );
  large.style.width = `${map.width * cell}px`;
  // A dialog lies above everything: the value is shown within it.
  follow(
    large,
    figure,
    map,
    () => codes,
    (text) => {
      $('large-value').textContent = text;
    },
  );
  const [rows, columns] = figure.axes;
  $('axes').textContent =
    `${columns} 0 to ${map.width - 1} from left to right, ${rows} 0 to ${map.height - 1} downwards`;
  $('dialog').showModal();
}

/** Builds a figure. @returns what draws it for the sample and colours that are chosen */
function build(figure) {
  let codes = codesOf(figure);
  const legend = element('canvas');
  const canvases = figure.maps.map((map) => {
    const canvas = element('canvas');
    canvas.style.width = `calc(var(--cell) * ${map.width} * ${figure.zoom})`;
    follow(canvas, figure, map, () => codes, showTip);
    return canvas;
  });
  const maps = figure.maps.map((map, i) =>
    element('button', { className: 'map', type: 'button', title: '', onclick: () => enlarge(figure, map) }, [
      canvases[i],
      map.label,
    ]),
  );
  const caption = element('figcaption', {}, [
    element('b', { textContent: figure.title }),
    element('span', { textContent: figure.caption }),
    element('div', { className: 'legend' }, [short(figure.min), legend, short(figure.max)]),
  ]);
  // Figures of few maps stand side by side.
  const className = figure.maps.length > 2 ? 'wide' : '';
  const box = element('figure', { id: figure.id, className }, [caption, element('div', { className: 'maps' }, maps)]);
  $('figures').append(box);
  return () => {
    codes = codesOf(figure);
    legend.parentElement.hidden = state.own;
    drawLegend(legend, figure);
    for (const [i, canvas] of canvases.entries()) draw(canvas, figure, figure.maps[i], codes);
  };
}

const redraws = [];
let section;
for (const figure of page.figures) {
  if (figure.section !== section) {
    section = figure.section;
    $('figures').append(element('h2', { id: `section-${section}`, textContent: section }));
    $('sections').append(element('a', { href: `#section-${section}`, textContent: section }), ' ');
  }
  redraws.push(build(figure));
}

function redraw() {
  $('note').textContent = page.samples[state.sample].note;
  for (const each of redraws) each();
}

$('sample').append(...page.samples.map(({ label }, value) => element('option', { value, textContent: label })));
$('sample').onchange = ({ target }) => {
  state.sample = Number(target.value);
  redraw();
};
for (const choice of ['root', 'own']) {
  $(choice).checked = state[choice];
  $(choice).onchange = ({ target }) => {
    state[choice] = target.checked;
    redraw();
  };
}
$('zoom').oninput = ({ target }) => document.documentElement.style.setProperty('--cell', `${target.value}px`);
$('save').onclick = () => {
  const from = $('large');
  const cell = 16;
  const into = element('canvas', { width: from.width * cell, height: from.height * cell });
  const context = into.getContext('2d');
  context.imageSmoothingEnabled = false;
  context.drawImage(from, 0, 0, into.width, into.height);
  const download = `${$('large-title').textContent.replaceAll(/[^\w.]+/g, '-')}.png`;
  element('a', { href: into.toDataURL(), download }).click();
};
$('close').onclick = () => $('dialog').close();
redraw();
