import { createAngleTransform, type PlanarArray } from '../transform/array.ts';
import { createDft } from '../transform/dft.ts';

/** Complex matrices of one size, planar `[2][rows][columns]`. */
export interface Matrices {
  readonly numSamples: number;
  readonly numRows: number;
  readonly numColumns: number;
  /** Axes that rows are of, where they are those of a planar array. */
  readonly array?: PlanarArray;
  at(index: number): Float32Array;
}

/** Samples looked at, evenly spaced. */
const MOST_SAMPLES = 32;

/**
 * How much more concentrated CSI is than its two-dimensional Fourier transform, the median over samples: the ratio of
 * sum |x|^4 / (sum |x|^2)^2. A channel is a few paths: far above 1 over angle and delay, far below over antennas and subcarriers.
 * Noise weighs the same on both sides, so it pulls the ratio towards 1 and never past it.
 *
 * @returns 1 where no sample has energy
 */
export function concentration(matrices: Matrices): number {
  const { numSamples, numRows, numColumns, array } = matrices;
  const count = Math.min(numSamples, MOST_SAMPLES);
  const transform = createTransform(numRows, numColumns, array);
  const ratios: number[] = [];
  for (let i = 0; i < count; i++) {
    const values = Float64Array.from(matrices.at(Math.floor((i * numSamples) / count)));
    const before = peakedness(values);
    transform(values);
    const ratio = before / peakedness(values);
    if (Number.isFinite(ratio)) ratios.push(ratio);
  }
  ratios.sort((a, b) => a - b);
  return ratios[Math.floor(ratios.length / 2)] ?? 1;
}

/** sum |x|^4 / (sum |x|^2)^2, from 1 / n for equal entries to 1 for a single one; NaN without energy. */
function peakedness(values: Float64Array): number {
  const n = values.length / 2;
  let square = 0;
  let fourth = 0;
  for (let i = 0; i < n; i++) {
    const power = (values[i] as number) ** 2 + (values[n + i] as number) ** 2;
    square += power;
    fourth += power * power;
  }
  return fourth / (square * square);
}

function createTransform(
  numRows: number,
  numColumns: number,
  array: PlanarArray | undefined,
): (values: Float64Array) => void {
  const n = numRows * numColumns;
  const overColumns = createDft(numColumns);
  const overRows = createAngleTransform(numRows, array);
  const re = new Float64Array(numRows);
  const im = new Float64Array(numRows);
  return (values) => {
    for (let row = 0; row < numRows; row++) {
      const start = row * numColumns;
      overColumns.transform(
        values.subarray(start, start + numColumns),
        values.subarray(n + start, n + start + numColumns),
        'forward',
      );
    }
    for (let column = 0; column < numColumns; column++) {
      for (let row = 0; row < numRows; row++) {
        re[row] = values[row * numColumns + column] as number;
        im[row] = values[n + row * numColumns + column] as number;
      }
      overRows.transform(re, im, 'forward');
      for (let row = 0; row < numRows; row++) {
        values[row * numColumns + column] = re[row] as number;
        values[n + row * numColumns + column] = im[row] as number;
      }
    }
  };
}
