import type { AngularDelayCsi } from '@edge-csi/csi';

/**
 * A root of the covariance that white taps have over delay within one subband: K = L L^T up to the phases of the subband's centre,
 * `[numDelays][rank]`. A subband is a small share of the band, so a handful of columns holds all of it.
 */
interface ToeplitzRoot {
  readonly rank: number;
  readonly values: Float64Array;
}

/** Share of a tap's energy that columns may leave out: what it does to a direction is below float32. */
const negligible = 1e-10;

/**
 * Factors the Dirichlet kernel of so many neighbouring subcarriers, sum over k of exp(-j 2 pi k (d - d') / N) about their centre, by
 * a pivoted Cholesky decomposition that ends where nothing is left.
 */
export function toeplitzRoot(length: number, numSubcarriers: number, numDelays: number): ToeplitzRoot {
  const kernel = Float64Array.from({ length: numDelays }, (_, lag) => {
    const x = (Math.PI * lag) / numSubcarriers;
    return lag === 0 ? length : Math.sin(length * x) / Math.sin(x);
  });
  const left = new Float64Array(numDelays).fill(length);
  const columns: Float64Array[] = [];
  while (columns.length < numDelays) {
    const pivot = left.indexOf(Math.max(...left));
    const power = left[pivot] as number;
    if (power <= negligible * length) break;
    const column = new Float64Array(numDelays);
    for (let d = 0; d < numDelays; d++) {
      let value = kernel[Math.abs(d - pivot)] as number;
      for (const before of columns) value -= (before[d] as number) * (before[pivot] as number);
      column[d] = value / Math.sqrt(power);
    }
    for (let d = 0; d < numDelays; d++) left[d] = Math.max(0, (left[d] as number) - (column[d] as number) ** 2);
    left[pivot] = 0;
    columns.push(column);
  }
  const rank = columns.length;
  const values = new Float64Array(numDelays * rank);
  for (const [r, column] of columns.entries())
    for (let d = 0; d < numDelays; d++) values[d * rank + r] = column[d] as number;
  return { rank, values };
}

/**
 * The strongest eigenvector, over angles, of A A^H with A = H D L: H the matrix of a channel, D the phases of a subband's centre, L the
 * subband's root. It is A times the strongest eigenvector of the small A^H A.
 *
 * @param turnRad - phase that a delay tap turns by at the subband's centre
 * @returns of unit norm; zeros where the channel has no energy there
 */
export function strongestLeftVector(
  { numAntennas, numDelays, values }: AngularDelayCsi,
  { rank, values: root }: ToeplitzRoot,
  turnRad: number,
): { readonly re: Float64Array; readonly im: Float64Array } {
  const numEntries = numAntennas * numDelays;
  const cos = Float64Array.from({ length: numDelays }, (_, d) => Math.cos(d * turnRad));
  const sin = Float64Array.from({ length: numDelays }, (_, d) => -Math.sin(d * turnRad));
  const aRe = new Float64Array(numAntennas * rank);
  const aIm = new Float64Array(numAntennas * rank);
  for (let i = 0; i < numAntennas; i++) {
    for (let d = 0; d < numDelays; d++) {
      const x = values[i * numDelays + d] as number;
      const y = values[numEntries + i * numDelays + d] as number;
      const re = x * (cos[d] as number) - y * (sin[d] as number);
      const im = x * (sin[d] as number) + y * (cos[d] as number);
      for (let r = 0, at = i * rank; r < rank; r++, at++) {
        const weight = root[d * rank + r] as number;
        aRe[at] = (aRe[at] as number) + weight * re;
        aIm[at] = (aIm[at] as number) + weight * im;
      }
    }
  }
  const gram = gramOf(aRe, aIm, numAntennas, rank);
  const vector = strongestEigenvector(gram, rank);
  const out = { re: new Float64Array(numAntennas), im: new Float64Array(numAntennas) };
  let power = 0;
  for (let i = 0; i < numAntennas; i++) {
    let re = 0;
    let im = 0;
    for (let r = 0; r < rank; r++) {
      const x = aRe[i * rank + r] as number;
      const y = aIm[i * rank + r] as number;
      re += x * (vector[r] as number) - y * (vector[rank + r] as number);
      im += x * (vector[rank + r] as number) + y * (vector[r] as number);
    }
    out.re[i] = re;
    out.im[i] = im;
    power += re * re + im * im;
  }
  const scale = power > 0 ? 1 / Math.sqrt(power) : 0;
  for (const part of [out.re, out.im]) for (let i = 0; i < numAntennas; i++) part[i] = scale * (part[i] as number);
  return out;
}

/** A^H A over its trace, `[2][rank][rank]`; zeros where A is. */
function gramOf(aRe: Float64Array, aIm: Float64Array, rows: number, rank: number): Float64Array {
  const half = rank * rank;
  const gram = new Float64Array(2 * half);
  for (let p = 0; p < rank; p++) {
    for (let q = 0; q <= p; q++) {
      let re = 0;
      let im = 0;
      for (let at = 0; at < rows * rank; at += rank) {
        const x = aRe[at + p] as number;
        const y = aIm[at + p] as number;
        const u = aRe[at + q] as number;
        const v = aIm[at + q] as number;
        re += x * u + y * v;
        im += x * v - y * u;
      }
      setHermitian(gram, rank, p, q, re, im);
    }
  }
  normalise(gram, rank);
  return gram;
}

/** Squarings of the matrix: 2^10 rounds of the power iteration. Eigenvalues closer than that tells apart share the vector. */
const squarings = 10;

/** The eigenvector of the largest eigenvalue of a Hermitian matrix: the strongest column of a high power of it. `[2][n]` */
function strongestEigenvector(matrix: Float64Array, n: number): Float64Array {
  const half = n * n;
  let power = matrix;
  let squared = new Float64Array(2 * half);
  for (let round = 0; round < squarings; round++) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        // Row by row, as column j is row j, conjugate.
        let re = 0;
        let im = 0;
        for (let k = 0; k < n; k++) {
          const x = power[i * n + k] as number;
          const y = power[half + i * n + k] as number;
          const u = power[j * n + k] as number;
          const v = power[half + j * n + k] as number;
          re += x * u + y * v;
          im += y * u - x * v;
        }
        setHermitian(squared, n, i, j, re, im);
      }
    }
    normalise(squared, n);
    const before: Float64Array<ArrayBuffer> = power as Float64Array<ArrayBuffer>;
    power = squared;
    squared = before;
  }
  let best = 0;
  for (let j = 1; j < n; j++) if ((power[j * n + j] as number) > (power[best * n + best] as number)) best = j;
  const column = new Float64Array(2 * n);
  for (let i = 0; i < n; i++) {
    column[i] = power[i * n + best] as number;
    column[n + i] = power[half + i * n + best] as number;
  }
  return column;
}

function setHermitian(matrix: Float64Array, n: number, row: number, column: number, re: number, im: number): void {
  matrix[row * n + column] = re;
  matrix[column * n + row] = re;
  matrix[n * n + row * n + column] = im;
  matrix[n * n + column * n + row] = -im;
}

/** Scales a matrix to a trace of 1, so that its powers stay in range. */
function normalise(matrix: Float64Array, n: number): void {
  let trace = 0;
  for (let i = 0; i < n; i++) trace += matrix[i * n + i] as number;
  if (!(trace > 0)) return;
  for (let i = 0; i < matrix.length; i++) matrix[i] = (matrix[i] as number) / trace;
}
