import { colourOf } from './colour-scale.ts';

/** Draws a row-major matrix, one pixel an entry; what is not in 0..1 is clipped. */
export function drawHeatMap(
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
export function levelOf(power: number, referencePower: number): number {
  return 1 + (10 * Math.log10(power / referencePower)) / depthDb;
}
