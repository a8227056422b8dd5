import { CsiError } from './errors.ts';

/** Size of an angular-delay matrix. */
export interface CsiShape {
  readonly numAntennas: number;
  readonly numDelays: number;
}

/** Whether matrices of the two shapes have the same entries. */
export function sameShape(a: CsiShape, b: CsiShape): boolean {
  return a.numAntennas === b.numAntennas && a.numDelays === b.numDelays;
}

/**
 * CSI of one sample in the angular-delay domain, after truncation to the first delay taps.
 *
 * `values` is planar and row-major, `[2][numAntennas][numDelays]`: all real parts, then all imaginary parts.
 */
export interface AngularDelayCsi extends CsiShape {
  readonly domain: 'angular-delay';
  readonly values: Float32Array;
}

/** CSI of one sample per subcarrier and antenna. `values` is planar, `[2][numSubcarriers][numAntennas]`. */
export interface SpatialFrequencyCsi {
  readonly domain: 'spatial-frequency';
  readonly numSubcarriers: number;
  readonly numAntennas: number;
  readonly values: Float32Array;
}

/** What an encoder takes: `values` is `[numAntennas][numDelays]`, scaled as the model's normalisation says. */
export interface NormalizedMagnitude extends CsiShape {
  readonly domain: 'normalized-magnitude';
  readonly values: Float32Array;
}

/**
 * What an encoder of absolute parts takes: `values` is planar, `[2][numAntennas][numDelays]`, all |Re|, then all |Im|,
 * scaled as the model's normalisation says.
 */
export interface NormalizedParts extends CsiShape {
  readonly domain: 'normalized-parts';
  readonly values: Float32Array;
}

/** Encoder output before quantisation, `[codewordLength]`, dimensionless. */
export interface Latent {
  readonly domain: 'latent';
  readonly values: Float32Array;
}

/** Quantised latent: `levels[i]` is the index of component i, in `0 .. 2^bits[i] - 1`. */
export interface Codeword {
  readonly domain: 'codeword';
  readonly levels: Uint8Array;
}

/** Norm of one CSI matrix as sent on the wire: an index on a grid in dB, 0 where the model sends none. */
export interface Scale {
  readonly domain: 'scale';
  readonly level: number;
}

/** A stretch of bits, most significant bit first, zero padded to a byte. */
export interface BitString {
  readonly bytes: Uint8Array;
  readonly bitLength: number;
}

/**
 * Checks that a matrix can be normalised: angular-delay domain, Float32Array of the right length, every entry finite,
 * not all zero.
 *
 * @throws CsiError `csi-invalid`, naming what was given or the first offending entry.
 */
export function assertUsable(csi: AngularDelayCsi): void {
  usableNorm(csi);
}

/** Frobenius norm of planar complex values, `[2][n]`. */
export function frobeniusNorm(values: Float32Array): number {
  let power = 0;
  for (let i = 0; i < values.length; i++) power += (values[i] as number) * (values[i] as number);
  return Math.sqrt(power);
}

/** Frobenius norm of a matrix that `assertUsable` takes. @throws CsiError `csi-invalid` as that does. */
export function usableNorm(csi: AngularDelayCsi): number {
  const { numAntennas, numDelays, values } = csi;
  // Callers without types reach this too.
  const domain: unknown = csi.domain;
  if (domain !== 'angular-delay') throw new CsiError('csi-invalid', `CSI domain is ${domain}, must be angular-delay`);
  if (!(values instanceof Float32Array)) {
    const given = Object.prototype.toString.call(values).slice(8, -1);
    throw new CsiError('csi-invalid', `CSI values are of type ${given}, must be a Float32Array`);
  }
  const numEntries = numAntennas * numDelays;
  if (values.length !== 2 * numEntries) {
    throw new CsiError(
      'csi-invalid',
      `CSI has ${values.length} values, 2 x ${numAntennas} antennas x ${numDelays} delays need ${2 * numEntries}`,
    );
  }
  const norm = frobeniusNorm(values);
  if (!Number.isFinite(norm)) {
    const at = values.findIndex((value) => !Number.isFinite(value));
    const entry = at % numEntries;
    const part = at < numEntries ? 'real' : 'imaginary';
    throw new CsiError(
      'csi-invalid',
      `CSI ${part} part at antenna ${Math.floor(entry / numDelays)}, delay ${entry % numDelays} is ${values[at]}`,
    );
  }
  if (norm === 0) throw new CsiError('csi-invalid', `all ${numEntries} CSI entries are zero`);
  return norm;
}

/** Writes factor |h| of each entry, `[n]`, of complex values, planar `[2][n]`. */
export function scaledMagnitudesInto(out: Float32Array, values: Float32Array, factor: number): void {
  const numEntries = out.length;
  requireLength(values, 2 * numEntries);
  for (let entry = 0; entry < numEntries; entry++) {
    const re = values[entry] as number;
    const im = values[numEntries + entry] as number;
    out[entry] = factor * Math.sqrt(re * re + im * im);
  }
}

/** Writes factor |Re| and factor |Im| of each entry, planar `[2][n]`, of complex values, planar `[2][n]`. */
export function scaledPartsInto(out: Float32Array, values: Float32Array, factor: number): void {
  requireLength(values, out.length);
  for (let i = 0; i < out.length; i++) out[i] = factor * Math.abs(values[i] as number);
}

function requireLength(values: Float32Array, length: number): void {
  if (values.length !== length) throw new RangeError(`values has ${values.length} entries, must have ${length}`);
}
