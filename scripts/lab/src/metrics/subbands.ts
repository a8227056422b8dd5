import { type AngularDelayCsi, toSpatialFrequency } from '@edge-csi/csi';

/** Directions of subbands: unit vectors over antennas, real parts, then imaginary ones, `[2][numSubbands][numAntennas]`. */
export interface SubbandDirections {
  readonly numSubbands: number;
  readonly numAntennas: number;
  readonly values: Float64Array;
}

/** Subbands that 3GPP reports 1,024 subcarriers in 20 MHz with: 13 of 4 resource blocks of 20. */
export const defaultSubbands = 13;

/**
 * The strongest eigenvector of every subband's covariance, the sum of h h^H over its subcarriers: what a precoder of one layer
 * aims at, and what 3GPP's SGCS compares (TR 38.843). Subcarriers are split evenly, the first subbands one longer where they do not
 * divide.
 *
 * @param csi - angular-delay CSI; delays past the kept taps count as zero
 * @returns for a subband without energy, all zeros
 *
 * @example
 * const score = subbandSgcs(subbandDirections(truth, 1024), subbandDirections(estimate, 1024));
 */
export function subbandDirections(
  csi: AngularDelayCsi,
  numSubcarriers: number,
  numSubbands: number = defaultSubbands,
): SubbandDirections {
  const { numAntennas, values } = toSpatialFrequency(csi, numSubcarriers);
  const directions = new Float64Array(2 * numSubbands * numAntennas);
  const shorter = Math.floor(numSubcarriers / numSubbands);
  const longer = numSubcarriers % numSubbands;
  const covariance = new Float64Array(2 * numAntennas * numAntennas);
  let first = 0;
  for (let t = 0; t < numSubbands; t++) {
    const end = first + shorter + (t < longer ? 1 : 0);
    covarianceInto(covariance, values, numAntennas, numSubcarriers, first, end);
    const vector = strongestEigenvector(covariance, numAntennas);
    directions.set(vector.subarray(0, numAntennas), t * numAntennas);
    directions.set(vector.subarray(numAntennas), (numSubbands + t) * numAntennas);
    first = end;
  }
  return { numSubbands, numAntennas, values: directions };
}

/** Mean over subbands of |v^H w|^2 / (|v|^2 |w|^2). A subband without energy counts as 0. */
export function subbandSgcs(truth: SubbandDirections, estimate: SubbandDirections): number {
  const { numSubbands, numAntennas } = truth;
  if (estimate.numSubbands !== numSubbands || estimate.numAntennas !== numAntennas) {
    throw new RangeError(
      `estimate has ${estimate.numSubbands} subbands of ${estimate.numAntennas} antennas, must have ${numSubbands} of ${numAntennas}`,
    );
  }
  let sum = 0;
  for (let t = 0; t < numSubbands; t++) sum += squaredCosine(truth, estimate, t);
  return sum / numSubbands;
}

function squaredCosine(a: SubbandDirections, b: SubbandDirections, subband: number): number {
  const n = a.numAntennas;
  const imaginary = a.numSubbands * n;
  let re = 0;
  let im = 0;
  let powerA = 0;
  let powerB = 0;
  for (let at = subband * n; at < (subband + 1) * n; at++) {
    const aRe = a.values[at] as number;
    const aIm = a.values[imaginary + at] as number;
    const bRe = b.values[at] as number;
    const bIm = b.values[imaginary + at] as number;
    re += aRe * bRe + aIm * bIm;
    im += aRe * bIm - aIm * bRe;
    powerA += aRe * aRe + aIm * aIm;
    powerB += bRe * bRe + bIm * bIm;
  }
  const powers = powerA * powerB;
  return powers > 0 ? Math.min(1, (re * re + im * im) / powers) : 0;
}

/** The sum of h h^H over subcarriers, `[2][n][n]`. */
function covarianceInto(
  out: Float64Array,
  values: Float32Array,
  n: number,
  numSubcarriers: number,
  first: number,
  end: number,
): void {
  const imaginary = numSubcarriers * n;
  out.fill(0);
  for (let k = first; k < end; k++) {
    const h = k * n;
    for (let i = 0; i < n; i++) {
      const re = values[h + i] as number;
      const im = values[imaginary + h + i] as number;
      for (let j = 0; j <= i; j++) {
        const otherRe = values[h + j] as number;
        const otherIm = values[imaginary + h + j] as number;
        out[i * n + j] = (out[i * n + j] as number) + re * otherRe + im * otherIm;
        out[n * n + i * n + j] = (out[n * n + i * n + j] as number) + im * otherRe - re * otherIm;
      }
    }
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      out[j * n + i] = out[i * n + j] as number;
      out[n * n + j * n + i] = -(out[n * n + i * n + j] as number);
    }
  }
}

/** Most rounds of the power iteration; a subband of nearly equal eigenvalues is content with a mix of their vectors. */
const maxRounds = 500;

/** The eigenvector of the largest eigenvalue of a Hermitian matrix, by power iteration from its strongest column. `[2][n]` */
function strongestEigenvector(matrix: Float64Array, n: number): Float64Array {
  let vector: Float64Array = columnOf(matrix, n);
  let next: Float64Array = new Float64Array(2 * n);
  let before = 0;
  for (let round = 0; round < maxRounds; round++) {
    let power = 0;
    for (let i = 0; i < n; i++) {
      let re = 0;
      let im = 0;
      for (let j = 0; j < n; j++) {
        const mRe = matrix[i * n + j] as number;
        const mIm = matrix[n * n + i * n + j] as number;
        const vRe = vector[j] as number;
        const vIm = vector[n + j] as number;
        re += mRe * vRe - mIm * vIm;
        im += mRe * vIm + mIm * vRe;
      }
      next[i] = re;
      next[n + i] = im;
      power += re * re + im * im;
    }
    if (power === 0) return new Float64Array(2 * n);
    const scale = 1 / Math.sqrt(power);
    for (let i = 0; i < 2 * n; i++) next[i] = scale * (next[i] as number);
    [vector, next] = [next, vector];
    if (power - before <= 1e-12 * power) break;
    before = power;
  }
  return vector;
}

function columnOf(matrix: Float64Array, n: number): Float64Array {
  let best = 0;
  for (let j = 1; j < n; j++) if ((matrix[j * n + j] as number) > (matrix[best * n + best] as number)) best = j;
  const column = new Float64Array(2 * n);
  for (let i = 0; i < n; i++) {
    column[i] = matrix[i * n + best] as number;
    column[n + i] = matrix[n * n + i * n + best] as number;
  }
  const power = column.reduce((sum, value) => sum + value * value, 0);
  return power === 0 ? column : column.map((value) => value / Math.sqrt(power));
}
