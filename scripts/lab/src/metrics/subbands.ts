import { type AngularDelayCsi, createDft, toSpatialFrequency } from '@edge-csi/csi';
import { strongestLeftVector, toeplitzRoot } from './subband-gram.ts';

/** Directions of subbands: unit vectors over antennas, real parts, then imaginary ones, `[2][numSubbands][numAntennas]`. */
export interface SubbandDirections {
  readonly domain: 'subband';
  readonly numSubbands: number;
  readonly numAntennas: number;
  readonly values: Float64Array;
}

/** Subbands that 3GPP reports 1,024 subcarriers in 20 MHz with: 13 of 4 resource blocks of 20. */
export const defaultSubbands = 13;

/**
 * The strongest eigenvector of every subband's covariance, the sum of h h^H over its subcarriers: what a precoder of one layer
 * aims at, and what 3GPP's SGCS compares (TR 38.843).
 *
 * @param csi - angular-delay CSI; delays past the kept taps count as zero
 * @param numSubbands - at most as many as there are subcarriers
 * @returns for a subband without energy, all zeros
 *
 * @example
 * const score = subbandSgcs(subbandDirections(truth, 1024), subbandDirections(estimate, 1024));
 */
export function subbandDirections(
  csi: AngularDelayCsi,
  numSubcarriers: number,
  numSubbands: number = Math.min(defaultSubbands, numSubcarriers),
): SubbandDirections {
  const { numAntennas, numDelays } = csi;
  const toAntennas = createDft(numAntennas);
  const directions = new Float64Array(2 * numSubbands * numAntennas);
  // Subbands have one of two lengths.
  const roots = new Map<number, ReturnType<typeof toeplitzRoot>>();
  const edges = subbandEdges(numSubcarriers, numSubbands);
  for (let t = 0; t < numSubbands; t++) {
    const [first, end] = [edges[t] as number, edges[t + 1] as number];
    const root = roots.get(end - first) ?? toeplitzRoot(end - first, numSubcarriers, numDelays);
    roots.set(end - first, root);
    const { re, im } = strongestLeftVector(csi, root, (2 * Math.PI * ((first + end - 1) / 2)) / numSubcarriers);
    toAntennas.transform(re, im, 'forward');
    directions.set(re, t * numAntennas);
    directions.set(im, (numSubbands + t) * numAntennas);
  }
  return { domain: 'subband', numSubbands, numAntennas, values: directions };
}

/** First subcarrier of every subband, and where the last one ends: split evenly, the first ones longer by one where they do not divide. `[numSubbands + 1]` */
export function subbandEdges(numSubcarriers: number, numSubbands: number): number[] {
  const shorter = Math.floor(numSubcarriers / numSubbands);
  const longer = numSubcarriers % numSubbands;
  return Array.from({ length: numSubbands + 1 }, (_, t) => t * shorter + Math.min(t, longer));
}

/** Mean over subbands of |v^H w|^2 / (|v|^2 |w|^2). A subband without energy counts as 0. */
export function subbandSgcs(truth: SubbandDirections, estimate: SubbandDirections): number {
  const { numSubbands, numAntennas, values } = truth;
  if (estimate.numSubbands !== numSubbands || estimate.numAntennas !== numAntennas) {
    throw new RangeError(
      `estimate has ${estimate.numSubbands} subbands of ${estimate.numAntennas} antennas, must have ${numSubbands} of ${numAntennas}`,
    );
  }
  let sum = 0;
  for (let t = 0; t < numSubbands; t++) {
    sum += squaredCosine(values, t * numAntennas, estimate.values, t * numAntennas, numAntennas);
  }
  return sum / numSubbands;
}

/** SGCS of directions over all subcarriers, as `sgcs` of csi is of matrices: each subcarrier against its subband's direction. */
export function sgcsOfDirections(
  truth: AngularDelayCsi,
  directions: SubbandDirections,
  numSubcarriers: number,
): number {
  const { numSubbands, numAntennas } = directions;
  const { values } = toSpatialFrequency(truth, numSubcarriers);
  const edges = subbandEdges(numSubcarriers, numSubbands);
  let sum = 0;
  for (let t = 0; t < numSubbands; t++) {
    for (let k = edges[t] as number; k < (edges[t + 1] as number); k++) {
      sum += squaredCosine(values, k * numAntennas, directions.values, t * numAntennas, numAntennas);
    }
  }
  return sum / numSubcarriers;
}

/** |a^H b|^2 / (|a|^2 |b|^2) of `n` entries from `atA` and `atB` on, imaginary parts in the second halves; 0 where either is zero. */
function squaredCosine(
  a: Float32Array | Float64Array,
  atA: number,
  b: Float32Array | Float64Array,
  atB: number,
  n: number,
): number {
  let re = 0;
  let im = 0;
  let powerA = 0;
  let powerB = 0;
  for (let i = 0; i < n; i++) {
    const aRe = a[atA + i] as number;
    const aIm = a[a.length / 2 + atA + i] as number;
    const bRe = b[atB + i] as number;
    const bIm = b[b.length / 2 + atB + i] as number;
    re += aRe * bRe + aIm * bIm;
    im += aRe * bIm - aIm * bRe;
    powerA += aRe * aRe + aIm * aIm;
    powerB += bRe * bRe + bIm * bIm;
  }
  const powers = powerA * powerB;
  return powers > 0 ? Math.min(1, (re * re + im * im) / powers) : 0;
}
