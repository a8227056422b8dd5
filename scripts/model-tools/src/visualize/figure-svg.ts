import { crc32, deflateSync } from 'node:zlib';
import { colourMaps, escapeMarkup, palette } from '@edge-csi/report';
import { type ColourScale, type Figure, type HeatMap, scaleOf } from './activation-figures.ts';
import type { ColourScaleChoice } from './choices.ts';

const mapWidth = 128;
const gap = 14;
const labelHeight = 18;
const headHeight = 84;
const margin = 16;
const maxColumns = 8;
const numColours = 255;
const minWidth = 560;
const legend = { x: 92, y: 54, width: 160, height: 10 };

/** Draws one sample of a figure as an SVG document on white that needs no other file. */
export function renderFigureSvg(figure: Figure, sample: number, colourScale: ColourScaleChoice): string {
  const scale = scaleOf(figure);
  const colours = palette(colourMaps[scale.diverging ? 'diverging' : 'sequential'], numColours);
  const columns = Math.min(maxColumns, figure.maps.length);
  const heights = figure.maps.map(({ height, width }) => (height * mapWidth) / width);
  const rowHeight = Math.max(...heights) + labelHeight + gap;
  const rows = Math.ceil(figure.maps.length / columns);
  // Titles need room where there are few maps.
  const width = Math.max(minWidth, 2 * margin + columns * (mapWidth + gap) - gap);
  const height = headHeight + rows * rowHeight + margin - gap;
  const images = figure.maps.map((map, i) => {
    const x = margin + (i % columns) * (mapWidth + gap);
    const y = headHeight + Math.floor(i / columns) * rowHeight;
    const image = dataUri(imageOf(map, sample, { scale, colours, colourScale }));
    return (
      `<image x="${x}" y="${y}" width="${mapWidth}" height="${heights[i]}" preserveAspectRatio="none" ` +
      `style="image-rendering:pixelated" href="${image}"/>` +
      `<text x="${x}" y="${y + (heights[i] as number) + 14}" class="soft">${escapeMarkup(map.label)}</text>`
    );
  });
  const ramp: HeatMap = { label: '', height: 1, width: 128, values: [rampOf(scale)] };
  const bar = dataUri(imageOf(ramp, 0, { scale, colours, colourScale }));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
<style>text{font:12px Helvetica,Arial,sans-serif;fill:#1a1c20}.title{font-size:15px;font-weight:bold}.soft{fill:#5c6370}</style>
<rect width="100%" height="100%" fill="white"/>
<text x="${margin}" y="24" class="title">${escapeMarkup(figure.title)}</text>
<text x="${margin}" y="42" class="soft">${escapeMarkup(figure.caption)}</text>
<image x="${legend.x}" y="${legend.y}" width="${legend.width}" height="${legend.height}" preserveAspectRatio="none" href="${bar}"/>
<text x="${legend.x - 8}" y="${legend.y + 9}" text-anchor="end" class="soft">${short(scale.min)}</text>
<text x="${legend.x + legend.width + 8}" y="${legend.y + 9}" class="soft">${short(scale.max)}</text>
${images.join('\n')}
</svg>
`;
}

interface Colouring {
  readonly scale: ColourScale;
  readonly colours: Uint8Array;
  readonly colourScale: ColourScaleChoice;
}

function imageOf({ height, width, values }: HeatMap, sample: number, { scale, colours, colourScale }: Colouring) {
  const pixels = Uint8Array.from(values[sample] ?? [], (value) =>
    Number.isFinite(value) ? 1 + Math.round((numColours - 1) * placeOf(value, scale, colourScale)) : 0,
  );
  return encodePng({ width, height, pixels, palette: colours });
}

/** Place of a value on the colour map, 0..1. */
function placeOf(value: number, { min, max, diverging }: ColourScale, colourScale: ColourScaleChoice): number {
  const place = (value - min) / (max - min);
  if (colourScale === 'linear') return place;
  return diverging ? 0.5 + Math.sign(place - 0.5) * Math.sqrt(Math.abs(place - 0.5) / 2) : Math.sqrt(place);
}

function rampOf({ min, max }: ColourScale): Float32Array {
  return Float32Array.from({ length: 128 }, (_, i) => min + (i / 127) * (max - min));
}

function dataUri(png: Uint8Array): string {
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** An image of up to 256 colours. */
export interface IndexedImage {
  readonly width: number;
  readonly height: number;
  /** Row-major; 0 is transparent. */
  readonly pixels: Uint8Array;
  /** RGB of colours 1, 2, .. */
  readonly palette: Uint8Array;
}

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** Writes a PNG file with a palette. */
export function encodePng({ width, height, pixels, palette }: IndexedImage): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  // 8 bits a pixel, indexed colour.
  header.set([8, 3], 8);
  // Each row begins with its filter: none.
  const rows = new Uint8Array(height * (width + 1));
  for (let y = 0; y < height; y++) rows.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('PLTE', Buffer.concat([Uint8Array.of(0, 0, 0), palette])),
    chunk('tRNS', Uint8Array.of(0)),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', new Uint8Array()),
  ]);
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const out = new Uint8Array(data.length + 12);
  const view = new DataView(out.buffer);
  view.setUint32(0, data.length);
  out.set(new TextEncoder().encode(type), 4);
  out.set(data, 8);
  view.setUint32(data.length + 8, crc32(out.subarray(4, data.length + 8)));
  return out;
}
