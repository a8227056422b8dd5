// Maps of the channel, angle by delay, and their colour scale.
import type { AngularDelayCsi } from '@edge-csi/csi';
import type { PathMark } from '@edge-csi/csi/paths';
import type { Compared } from './comparison.ts';
import { element, openCanvas, setText } from './page.ts';
import type { ModelEvent } from './ue-run.ts';

/** Draws the downlink alone: nothing has been decoded of it yet. */
export function drawTruth(truth: AngularDelayCsi): void {
  const power = powerOf(truth);
  drawPower('map-truth', truth, power, Math.max(...power));
}

/**
 * Draws downlink, estimate and their difference on one scale: 0 dB is the strongest entry of the downlink. Of an estimate
 * that knows no phases the difference is that of the magnitudes.
 */
export function drawCompared({ truth, estimate, quality }: Compared): void {
  const power = powerOf(truth);
  const estimatePower = powerOf(estimate);
  const reference = Math.max(...power);
  const hasPhases = quality !== 'uplink-only';
  const error = hasPhases
    ? powerOf({ ...truth, values: truth.values.map((value, i) => value - (estimate.values[i] as number)) })
    : power.map((p, entry) => (Math.sqrt(p) - Math.sqrt(estimatePower[entry] as number)) ** 2);
  drawPower('map-truth', truth, power, reference);
  drawPower('map-estimate', truth, estimatePower, reference);
  drawPower('map-error', truth, error, reference);
  setText('error-title', hasPhases ? '|H − Ĥ|' : '||H| − |Ĥ||, phases unknown');
}

/** Draws what was predicted of a downlink, on the scale of that. */
export function drawPredicted(predicted: AngularDelayCsi, truth: AngularDelayCsi): void {
  drawPower('map-predicted', truth, powerOf(predicted), Math.max(...powerOf(truth)));
}

/** Colours of a path that tells its place, and of one that names a known one. */
const markColours = { fresh: '#fff', known: '#ffb000' };

/** Draws a circle for each path over the downlink; the stronger, the larger. Without paths it draws none. */
export function drawMarks({ shape }: ModelEvent, marks: readonly PathMark[] = []): void {
  const canvas = element('path-marks', HTMLCanvasElement);
  const places = marks.map(
    ({ row, column, isKnown }) => `${row.toFixed(2)} ${column.toFixed(2)}${isKnown ? ' known' : ''}`,
  );
  canvas.ariaLabel = places.length === 0 ? 'No reported paths' : `Reported paths, row and column: ${places.join(', ')}`;
  const drawing = openCanvas(canvas);
  if (drawing === undefined) return;
  const { context, width, height } = drawing;
  context.lineWidth = 1.3;
  for (const { row, column, size, isKnown } of marks) {
    context.strokeStyle = isKnown ? markColours.known : markColours.fresh;
    context.beginPath();
    const [x, y] = [((column + 0.5) / shape.numDelays) * width, ((row + 0.5) / shape.numAntennas) * height];
    context.arc(x, y, 2.5 + 4 * size, 0, 2 * Math.PI);
    context.stroke();
  }
}

/** Draws how many bits each entry's phase got, planes added up. */
export function drawBits({ shape, maxEntryBits }: ModelEvent, entryBits: Uint8Array): void {
  const { numAntennas, numDelays } = shape;
  const numEntries = numAntennas * numDelays;
  const hasTwoPlanes = entryBits.length === 2 * numEntries;
  const bitsAt = (entry: number) => (entryBits[entry] ?? 0) + (hasTwoPlanes ? (entryBits[numEntries + entry] ?? 0) : 0);
  const canvas = element('map-bits', HTMLCanvasElement);
  drawHeatMap(canvas, numAntennas, numDelays, (entry) => bitsAt(entry) / maxEntryBits);
}

function drawPower(id: string, { numAntennas, numDelays }: AngularDelayCsi, power: Float32Array, reference: number) {
  const canvas = element(id, HTMLCanvasElement);
  drawHeatMap(canvas, numAntennas, numDelays, (entry) => levelOf(power[entry] as number, reference));
}

function powerOf({ values }: AngularDelayCsi): Float32Array {
  const numEntries = values.length / 2;
  const power = new Float32Array(numEntries);
  for (let entry = 0; entry < numEntries; entry++) {
    power[entry] = (values[entry] as number) ** 2 + (values[numEntries + entry] as number) ** 2;
  }
  return power;
}

/** Draws a row-major matrix, one pixel an entry; what is not in 0..1 is clipped. */
function drawHeatMap(
  canvas: HTMLCanvasElement,
  numRows: number,
  numColumns: number,
  valueAt: (entry: number) => number,
): void {
  canvas.width = numColumns;
  canvas.height = numRows;
  const image = new ImageData(numColumns, numRows);
  const pixels = new Uint32Array(image.data.buffer);
  for (let entry = 0; entry < pixels.length; entry++) pixels[entry] = colourOf(valueAt(entry));
  canvas.getContext('2d')?.putImageData(image, 0, 0);
}

/** How far below the strongest entry the maps of power go. */
const depthDb = 40;

/**
 * Where a power stands on the scale of a map: 1 at the reference, 0 at 40 dB below it.
 *
 * @param referencePower - what 0 dB is
 */
function levelOf(power: number, referencePower: number): number {
  return 1 + (10 * Math.log10(power / referencePower)) / depthDb;
}

/** Coefficients of a polynomial for viridis, red, green and blue, lowest power first; within 1/100 of the table. */
const viridis = [
  [0.2777273272, 0.105093043, -0.3308618287, -4.634230499, 6.2282699363, 4.7763849977, -5.4354558559],
  [0.0054073445, 1.4046135299, 0.2148475595, -5.7991009734, 14.1799333668, -13.7451453777, 4.6458526122],
  [0.3340998053, 1.3845901626, 0.095095163, -19.3324409563, 56.6905526007, -65.3530326334, 26.3124352496],
] as const;

const numColours = 256;
const colours = Uint32Array.from({ length: numColours }, (_, i) => packed(i / (numColours - 1)));

/** Opaque colour of a value in 0..1 as the bytes of ImageData, R first in memory: perceptually uniform, dark to bright. */
function colourOf(value: number): number {
  const index = Math.round(Math.min(Math.max(value, 0), 1) * (numColours - 1));
  return colours[index] as number;
}

/** Fills a canvas with the scale, low to high. */
export function drawLegend(canvas: HTMLCanvasElement, numSteps = canvas.width): void {
  canvas.width = numSteps;
  canvas.height = 1;
  const context = canvas.getContext('2d');
  const image = new ImageData(numSteps, 1);
  const pixels = new Uint32Array(image.data.buffer);
  for (let x = 0; x < numSteps; x++) pixels[x] = colourOf(x / (numSteps - 1));
  context?.putImageData(image, 0, 0);
}

function packed(t: number): number {
  const [r, g, b] = viridis.map((coefficients) => {
    const value = coefficients.reduceRight((sum, coefficient) => sum * t + coefficient, 0);
    return Math.round(Math.min(Math.max(value, 0), 1) * 255);
  }) as [number, number, number];
  const [pixel] = new Uint32Array(Uint8Array.of(r, g, b, 255).buffer);
  return pixel as number;
}
