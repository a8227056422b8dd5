import { colourMaps, grid, muted, palette } from './colours.ts';
import { text } from './markup.ts';
import type { Table } from './table.ts';

/** One matrix. */
export interface HeatMapPanel {
  readonly title: string;
  /** What stands under the title: a figure of merit, a reference. */
  readonly note: string;
  /** Levels in dB, row by row. */
  readonly levelsDb: ArrayLike<number>;
  /** Circles over the matrix. */
  readonly markers?: readonly Marker[];
}

/** A place in a matrix, which need not be at the middle of an entry. */
interface Marker {
  /** 0 is the middle of the first row. */
  readonly row: number;
  /** 0 is the middle of the first column. */
  readonly column: number;
  /** 0 to 1. */
  readonly size: number;
}

/** Matrices of one shape, side by side on one colour scale. */
export interface HeatMaps {
  readonly kind: 'heat-maps';
  readonly title: string;
  readonly subtitle: string;
  readonly numRows: number;
  readonly numColumns: number;
  /** Titles of the axes, with units. */
  readonly x: string;
  readonly y: string;
  /** What the colours say, with unit. */
  readonly scale: string;
  /** From left to right, line by line. */
  readonly panels: readonly HeatMapPanel[];
  readonly panelsPerLine: number;
}

/** Levels at and below the floor have one colour. */
const floorDb = -40;
const colours = palette(colourMaps.sequential, 1 - floorDb);
const side = 150;
const gap = { x: 16, y: 64 };
const margin = { top: 92, left: 52, right: 96, bottom: 44 };
/** Leaves room for the title and the subtitle, which are not broken. */
const leastWidth = 620;

/** Draws matrices as an SVG document without a ground: paths, so that they are sharp at any size. */
export function renderHeatMaps(maps: HeatMaps): string {
  const lines = Math.ceil(maps.panels.length / maps.panelsPerLine);
  const scaleLeft = margin.left + maps.panelsPerLine * (side + gap.x) - gap.x + 22;
  const width = Math.max(leastWidth, scaleLeft - 22 + margin.right);
  const height = margin.top + lines * (side + gap.y) - gap.y + margin.bottom;
  const panels = maps.panels.map((panel, i) => {
    const [line, column] = [Math.floor(i / maps.panelsPerLine), i % maps.panelsPerLine];
    const left = margin.left + column * (side + gap.x);
    const top = margin.top + line * (side + gap.y);
    const labels = { x: i + maps.panelsPerLine >= maps.panels.length, y: column === 0 };
    return `<g transform="translate(${left},${top})">${drawPanel(panel, maps, labels)}</g>`;
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">` +
    text(maps.title, { x: 12, y: 26, size: 15, weight: 'bold' }) +
    text(maps.subtitle, { x: 12, y: 45, size: 12, fill: muted.light }) +
    panels.join('') +
    drawScale(maps.scale, scaleLeft, height - margin.top - margin.bottom) +
    '</svg>'
  );
}

/** What the panels say of themselves. */
export function tableOfHeatMaps({ panels }: HeatMaps): Table {
  return { header: ['panel', ''], rows: panels.map(({ title, note }) => [title, note]) };
}

function drawPanel(panel: HeatMapPanel, maps: HeatMaps, labels: { readonly x: boolean; readonly y: boolean }): string {
  const { numRows, numColumns } = maps;
  const [cellWidth, cellHeight] = [side / numColumns, side / numRows];
  const ticks = (count: number, size: number, at: (middle: number, label: string) => string) =>
    [0, Math.floor(count / 2), count - 1].map((index) => at((index + 0.5) * size, String(index))).join('');
  return [
    // Long names of models, which would run into the next panel, are set smaller.
    text(panel.title, { x: 0, y: -22, size: Math.min(12, Math.floor(240 / panel.title.length)), weight: 'bold' }),
    text(panel.note, { x: 0, y: -7, size: 11, fill: muted.light }),
    `<rect width="${side}" height="${side}" fill="${colourOf(floorDb)}"/>`,
    `<g transform="scale(${cellWidth},${cellHeight})" shape-rendering="crispEdges">${drawCells(panel, maps)}</g>`,
    `<rect width="${side}" height="${side}" fill="none" stroke="${grid.light}"/>`,
    ...(panel.markers ?? []).map(({ row, column, size }) => {
      const centre = `cx="${((column + 0.5) * cellWidth).toFixed(2)}" cy="${((row + 0.5) * cellHeight).toFixed(2)}"`;
      return `<circle ${centre} r="${(2.5 + 4 * size).toFixed(2)}" fill="none" stroke="rgb(255,255,255)" stroke-width="1.3"/>`;
    }),
    ticks(numColumns, cellWidth, (x, label) => text(label, { x, y: side + 14, size: 10, anchor: 'middle' })),
    labels.y
      ? ticks(numRows, cellHeight, (y, label) => text(label, { x: -5, y: y + 3.5, size: 10, anchor: 'end' }))
      : '',
    labels.x ? text(maps.x, { x: side / 2, y: side + 32, size: 12, anchor: 'middle' }) : '',
    labels.y
      ? `<g transform="translate(-34,${side / 2}) rotate(-90)">${text(maps.y, { x: 0, y: 0, size: 12, anchor: 'middle' })}</g>`
      : '',
  ].join('');
}

/** Entries of one level, to a decibel, become one path of runs along the rows. */
function drawCells({ levelsDb }: HeatMapPanel, { numRows, numColumns }: HeatMaps): string {
  const runs = new Map<number, string>();
  for (let row = 0; row < numRows; row++) {
    for (let start = 0; start < numColumns; ) {
      const level = levelAt(levelsDb, row * numColumns + start);
      let end = start + 1;
      while (end < numColumns && levelAt(levelsDb, row * numColumns + end) === level) end++;
      if (level > floorDb) {
        runs.set(level, `${runs.get(level) ?? ''}M${start} ${row}h${end - start}v1h${start - end}z`);
      }
      start = end;
    }
  }
  return [...runs]
    .sort(([a], [b]) => a - b)
    .map(([level, path]) => `<path fill="${colourOf(level)}" d="${path}"/>`)
    .join('');
}

function levelAt(levelsDb: ArrayLike<number>, index: number): number {
  return Math.min(0, Math.max(floorDb, Math.round(levelsDb[index] ?? floorDb)));
}

/** As `rgb()`: the themes of a page, which name colours in hex, leave it alone. */
function colourOf(levelDb: number): string {
  const start = 3 * (levelDb - floorDb);
  return `rgb(${colours.subarray(start, start + 3).join()})`;
}

function drawScale(title: string, x: number, height: number): string {
  const steps = Array.from({ length: -floorDb }, (_, i) => {
    const y = (i * height) / -floorDb;
    return `<rect y="${y.toFixed(2)}" width="12" height="${(height / -floorDb + 0.5).toFixed(2)}" fill="${colourOf(-i)}"/>`;
  });
  const ticks = [0, -10, -20, -30, floorDb].map((levelDb) => {
    const label = levelDb === floorDb ? `\u2264 ${levelDb}` : String(levelDb);
    return text(label.replace('-', '\u2212'), { x: 17, y: (levelDb / floorDb) * height + 4, size: 11 });
  });
  return (
    `<g transform="translate(${x},${margin.top})">${steps.join('')}${ticks.join('')}` +
    `<g transform="translate(60,${height / 2}) rotate(90)">${text(title, { x: 0, y: 0, size: 12, anchor: 'middle' })}</g></g>`
  );
}
