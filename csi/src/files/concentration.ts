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
  const { numRows, numColumns, array } = matrices;
  const { overColumns, overRows } = createTransforms(numRows, numColumns, array);
  return median(matrices, (values) => {
    const before = peakedness(values);
    overColumns(values);
    overRows(values);
    return before / peakedness(values);
  });
}

/**
 * Which axis alone has to be transformed for CSI to be concentrated, where that is clearly so: it is then over angles and subcarriers, or
 * over antennas and delays.
 *
 * @param clearRatio - how much more concentrated it has to be by that than as it is, and than transformed along both
 */
export function halfTransformed(matrices: Matrices, clearRatio: number): 'columns' | 'rows' | undefined {
  const { numRows, numColumns, array } = matrices;
  const { overColumns, overRows } = createTransforms(numRows, numColumns, array);
  const [columns, rows] = ([overColumns, overRows] as const).map((first, i) =>
    median(matrices, (values) => {
      const before = peakedness(values);
      first(values);
      const between = peakedness(values);
      (i === 0 ? overRows : overColumns)(values);
      return between / Math.max(before, peakedness(values));
    }),
  ) as [number, number];
  if (columns > clearRatio) return 'columns';
  return rows > clearRatio ? 'rows' : undefined;
}

/** The median of a figure of some samples, 1 where none has one. */
function median({ numSamples, at }: Matrices, figureOf: (values: Float64Array) => number): number {
  const count = Math.min(numSamples, MOST_SAMPLES);
  const figures = Array.from({ length: count }, (_, i) =>
    figureOf(Float64Array.from(at(Math.floor((i * numSamples) / count)))),
  );
  const sorted = figures.filter(Number.isFinite).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 1;
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

type Transform = (values: Float64Array) => void;

/** The transforms of every row and of every column, in place. */
function createTransforms(
  numRows: number,
  numColumns: number,
  array: PlanarArray | undefined,
): { readonly overColumns: Transform; readonly overRows: Transform } {
  const n = numRows * numColumns;
  const delays = createDft(numColumns);
  const angles = createAngleTransform(numRows, array);
  const re = new Float64Array(numRows);
  const im = new Float64Array(numRows);
  const overColumns: Transform = (values) => {
    for (let row = 0; row < numRows; row++) {
      const start = row * numColumns;
      delays.transform(
        values.subarray(start, start + numColumns),
        values.subarray(n + start, n + start + numColumns),
        'forward',
      );
    }
  };
  const overRows: Transform = (values) => {
    for (let column = 0; column < numColumns; column++) {
      for (let row = 0; row < numRows; row++) {
        re[row] = values[row * numColumns + column] as number;
        im[row] = values[n + row * numColumns + column] as number;
      }
      angles.transform(re, im, 'forward');
      for (let row = 0; row < numRows; row++) {
        values[row * numColumns + column] = re[row] as number;
        values[n + row * numColumns + column] = im[row] as number;
      }
    }
  };
  return { overColumns, overRows };
}
