import type { AngularDelayCsi, CsiShape } from '../csi.ts';
import { createDft, type Dft } from './dft.ts';

/** Elements of a planar array along its two axes; element (i, j) is antenna i times the second count plus j. */
export type PlanarArray = readonly [number, number];

/** Size of the matrices of an array. */
export interface ArrayShape extends CsiShape {
  /** A linear array where absent. Together the axes have `numAntennas` elements. */
  readonly array?: PlanarArray;
}

/**
 * Creates the transform between the elements of an array and its angles: of a linear array a DFT over all antennas, of a planar
 * one a DFT over each axis.
 *
 * @throws RangeError where the axes have another number of elements than the array.
 */
export function createAngleTransform(numAntennas: number, [one, two]: PlanarArray = [numAntennas, 1]): Dft {
  if (one * two !== numAntennas) throw new RangeError(`an array of ${one} x ${two} has no ${numAntennas} antennas`);
  if (two === 1) return createDft(one);
  const overOne = createDft(one);
  const overTwo = createDft(two);
  const re = new Float64Array(one);
  const im = new Float64Array(one);
  return {
    size: numAntennas,
    transform(allRe, allIm, direction) {
      for (let start = 0; start < numAntennas; start += two) {
        overTwo.transform(allRe.subarray(start, start + two), allIm.subarray(start, start + two), direction);
      }
      for (let column = 0; column < two; column++) {
        for (let i = 0; i < one; i++) {
          re[i] = allRe[i * two + column] as number;
          im[i] = allIm[i * two + column] as number;
        }
        overOne.transform(re, im, direction);
        for (let i = 0; i < one; i++) {
          allRe[i * two + column] = re[i] as number;
          allIm[i * two + column] = im[i] as number;
        }
      }
    },
  };
}

/** Response of an array: one complex gain an antenna. */
export interface ArrayResponse {
  readonly re: readonly number[];
  readonly im: readonly number[];
}

/**
 * Multiplies every antenna's channel by its gain.
 *
 * @param array - elements along the axes of a planar array; a linear one where absent
 * @throws RangeError where there is another number of gains than antennas.
 */
export function applyArrayResponse(
  csi: AngularDelayCsi,
  { re, im }: ArrayResponse,
  array?: PlanarArray,
): AngularDelayCsi {
  const { numAntennas, numDelays } = csi;
  if (re.length !== numAntennas || im.length !== numAntennas) {
    throw new RangeError(`response has ${re.length} and ${im.length} parts, must have ${numAntennas}`);
  }
  const numEntries = numAntennas * numDelays;
  const values = toAntennas(csi, array);
  for (let i = 0; i < numEntries; i++) {
    const antenna = Math.floor(i / numDelays);
    const x = values[i] as number;
    const y = values[numEntries + i] as number;
    values[i] = x * (re[antenna] as number) - y * (im[antenna] as number);
    values[numEntries + i] = x * (im[antenna] as number) + y * (re[antenna] as number);
  }
  transformRows(values, numDelays, createAngleTransform(numAntennas, array), 'inverse');
  return { ...csi, values: Float32Array.from(values) };
}

/** The channel of every antenna over delays, planar `[2][numAntennas][numDelays]`. */
export function toAntennas({ numAntennas, numDelays, values }: AngularDelayCsi, array?: PlanarArray): Float64Array {
  const out = Float64Array.from(values);
  transformRows(out, numDelays, createAngleTransform(numAntennas, array), 'forward');
  return out;
}

/** Transforms every column of a planar matrix, `[2][rows][columns]`, in place. */
function transformRows(values: Float64Array, numColumns: number, dft: Dft, direction: 'forward' | 'inverse'): void {
  const numEntries = dft.size * numColumns;
  const re = new Float64Array(dft.size);
  const im = new Float64Array(dft.size);
  for (let column = 0; column < numColumns; column++) {
    for (let row = 0; row < dft.size; row++) {
      re[row] = values[row * numColumns + column] as number;
      im[row] = values[numEntries + row * numColumns + column] as number;
    }
    dft.transform(re, im, direction);
    for (let row = 0; row < dft.size; row++) {
      values[row * numColumns + column] = re[row] as number;
      values[numEntries + row * numColumns + column] = im[row] as number;
    }
  }
}
