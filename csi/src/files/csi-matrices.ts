import type { AngularDelayCsi, CsiShape } from '../csi.ts';
import { CsiError } from '../errors.ts';
import type { NpyArray } from './npy.ts';

/** The samples of one direction. */
export interface CsiSamples {
  readonly numSamples: number;
  /** @throws RangeError where the index is out of range. */
  at(index: number): AngularDelayCsi;
}

/**
 * Angular-delay matrices held in one array: real `[N, 2*Nt*Nd]` (real half first) or complex `[N, Nt, Nd]`.
 *
 * @throws CsiError `file-format` where the array has another type or shape.
 */
export function readMatrices(array: NpyArray, shape: CsiShape, name: string): CsiSamples {
  const { numAntennas, numDelays } = shape;
  const numEntries = numAntennas * numDelays;
  const [numSamples = 0, ...rest] = array.shape;
  const real = array.dtype === 'float32' || array.dtype === 'float64';
  const complex = array.dtype === 'complex64' || array.dtype === 'complex128';
  const realFits = real && rest.length === 1 && rest[0] === 2 * numEntries;
  const complexFits = complex && rest.length === 2 && rest[0] === numAntennas && rest[1] === numDelays;
  if (!(realFits || complexFits) || numSamples < 1) {
    throw new CsiError(
      'file-format',
      `${name}: found ${array.dtype} [${array.shape}], expected floats [N, ${2 * numEntries}] ` +
        `or complex [N, ${numAntennas}, ${numDelays}]`,
    );
  }
  const { data } = array;
  const at = (index: number): AngularDelayCsi => {
    if (!Number.isInteger(index) || index < 0 || index >= numSamples) {
      throw new RangeError(`index is ${index}, must be 0..${numSamples - 1}`);
    }
    const sample = data.subarray(index * 2 * numEntries, (index + 1) * 2 * numEntries);
    const values = complexFits ? deinterleave(sample, numEntries) : Float32Array.from(sample);
    return { domain: 'angular-delay', numAntennas, numDelays, values };
  };
  return { numSamples, at };
}

function deinterleave(sample: Float32Array | Float64Array, numEntries: number): Float32Array {
  const values = new Float32Array(2 * numEntries);
  for (let entry = 0; entry < numEntries; entry++) {
    values[entry] = sample[2 * entry] as number;
    values[numEntries + entry] = sample[2 * entry + 1] as number;
  }
  return values;
}
