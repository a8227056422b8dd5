import { type SpatialFrequencyCsi, toSpatialFrequency } from '@edge-csi/csi';
import { type SubbandDirections, subbandEdges } from '../metrics/subbands.ts';
import type { ReportedCsi } from '../schemes/scheme.ts';

/** Subcarriers that rates are the mean over: twice as many as a channel of 32 taps can tell apart. */
const numSubcarriers = 64;

/** Share of a Gram matrix's mean eigenvalue that is added to each, so that UEs of one direction leave it invertible. */
const loading = 1e-6;

/** Channel of one UE by subcarrier and antenna, its mean power an antenna 1: SNR is then that of one antenna. */
export type UnitChannel = SpatialFrequencyCsi;

/** Takes CSI to subcarriers, each with its subband's direction where no more is known, and scales it to unit power. A matrix of zeros stays one. */
export function unitChannel(csi: ReportedCsi): UnitChannel {
  const channel =
    csi.domain === 'subband' ? spread(csi) : toSpatialFrequency(csi, Math.max(numSubcarriers, csi.numDelays));
  let power = 0;
  for (const value of channel.values) power += value * value;
  const scale = power > 0 ? Math.sqrt(channel.values.length / 2 / power) : 0;
  return { ...channel, values: channel.values.map((value) => scale * value) };
}

function spread({ numSubbands, numAntennas, values }: SubbandDirections): UnitChannel {
  const out = new Float32Array(2 * numSubcarriers * numAntennas);
  const edges = subbandEdges(numSubcarriers, numSubbands);
  for (let t = 0; t < numSubbands; t++) {
    for (let k = edges[t] as number; k < (edges[t + 1] as number); k++) {
      for (let part = 0; part < 2; part++) {
        const from = (part * numSubbands + t) * numAntennas;
        out.set(values.subarray(from, from + numAntennas), (part * numSubcarriers + k) * numAntennas);
      }
    }
  }
  return { domain: 'spatial-frequency', numSubcarriers, numAntennas, values: out };
}

/**
 * Spectral efficiency of one UE in bit/s/Hz, mean over subcarriers, maximum-ratio transmission:
 * log2(1 + snr |h^T w|^2) with w = conj(hhat) / |hhat|.
 *
 * @param estimate - what the BS precodes from
 * @param snrs - linear, of one antenna
 * @returns a rate for each SNR
 */
export function mrtRates(truth: UnitChannel, estimate: UnitChannel, snrs: readonly number[]): number[] {
  const rates = snrs.map(() => 0);
  for (let k = 0; k < truth.numSubcarriers; k++) {
    const cross = product(truth, estimate, k);
    const power = product(estimate, estimate, k).re;
    if (!(power > 0)) continue;
    const gain = (cross.re * cross.re + cross.im * cross.im) / power;
    for (const [i, snr] of snrs.entries()) {
      rates[i] = (rates[i] as number) + Math.log2(1 + snr * gain) / truth.numSubcarriers;
    }
  }
  return rates;
}

/**
 * Spectral efficiency of several UEs served at once, their sum in bit/s/Hz, mean over subcarriers, zero forcing: the
 * columns of Hhat^H (Hhat Hhat^H)^-1, each with an equal share of the power.
 *
 * @param snrs - linear, of one antenna with all the power
 * @returns a rate for each SNR
 */
export function zeroForcingRates(
  truths: readonly UnitChannel[],
  estimates: readonly UnitChannel[],
  snrs: readonly number[],
): number[] {
  const users = truths.length;
  const { numSubcarriers: subcarriers = 0 } = truths[0] ?? {};
  const rates = snrs.map(() => 0);
  for (let k = 0; k < subcarriers; k++) {
    const gram = products(estimates, estimates, k);
    const inverse = hermitianInverse(loaded(gram));
    // Gains of every UE from every column before the columns are scaled, and the columns' powers.
    const gains = multiply(products(truths, estimates, k), inverse);
    const powers = multiply(multiply(inverse, gram), inverse);
    for (let user = 0; user < users; user++) {
      let signal = 0;
      let interference = 0;
      for (let column = 0; column < users; column++) {
        const power = powers.re[column * users + column] as number;
        if (!(power > 0)) continue;
        const at = user * users + column;
        const gain = ((gains.re[at] as number) ** 2 + (gains.im[at] as number) ** 2) / power;
        if (column === user) signal = gain;
        else interference += gain;
      }
      for (const [i, snr] of snrs.entries()) {
        const share = snr / users;
        const rate = Math.log2(1 + (share * signal) / (1 + share * interference));
        rates[i] = (rates[i] as number) + rate / subcarriers;
      }
    }
  }
  return rates;
}

/** a^T conj(b) of one subcarrier. */
function product(a: UnitChannel, b: UnitChannel, k: number): { re: number; im: number } {
  const { numAntennas, values } = a;
  const imaginary = values.length / 2;
  let re = 0;
  let im = 0;
  for (let i = k * numAntennas; i < (k + 1) * numAntennas; i++) {
    const aRe = values[i] as number;
    const aIm = values[imaginary + i] as number;
    const bRe = b.values[i] as number;
    const bIm = b.values[imaginary + i] as number;
    re += aRe * bRe + aIm * bIm;
    im += aIm * bRe - aRe * bIm;
  }
  return { re, im };
}

/** A B^H of UEs' channels, a row a UE. */
function products(a: readonly UnitChannel[], b: readonly UnitChannel[], k: number): ComplexMatrix {
  const size = a.length;
  const re = new Float64Array(size * size);
  const im = new Float64Array(size * size);
  for (const [i, row] of a.entries()) {
    for (const [j, column] of b.entries()) {
      const { re: real, im: imaginary } = product(row, column, k);
      re[i * size + j] = real;
      im[i * size + j] = imaginary;
    }
  }
  return { size, re, im };
}

function loaded({ size, re, im }: ComplexMatrix): ComplexMatrix {
  let trace = 0;
  for (let i = 0; i < size; i++) trace += re[i * size + i] as number;
  const added = trace > 0 ? (loading * trace) / size : 1;
  const diagonal = re.slice();
  for (let i = 0; i < size; i++) diagonal[i * size + i] = (re[i * size + i] as number) + added;
  return { size, re: diagonal, im };
}

function multiply(a: ComplexMatrix, b: ComplexMatrix): ComplexMatrix {
  const { size } = a;
  const re = new Float64Array(size * size);
  const im = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let l = 0; l < size; l++) {
      const aRe = a.re[i * size + l] as number;
      const aIm = a.im[i * size + l] as number;
      for (let j = 0; j < size; j++) {
        const bRe = b.re[l * size + j] as number;
        const bIm = b.im[l * size + j] as number;
        re[i * size + j] = (re[i * size + j] as number) + aRe * bRe - aIm * bIm;
        im[i * size + j] = (im[i * size + j] as number) + aRe * bIm + aIm * bRe;
      }
    }
  }
  return { size, re, im };
}

/** A complex square matrix, row-major, `[size * size]` each. */
export interface ComplexMatrix {
  readonly size: number;
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/**
 * Inverts a Hermitian, positive definite matrix by Gauss-Jordan elimination, which needs no pivoting there.
 *
 * @throws RangeError where a pivot is not above 0.
 */
export function hermitianInverse({ size, re, im }: ComplexMatrix): ComplexMatrix {
  const width = 2 * size;
  const rowsRe = new Float64Array(size * width);
  const rowsIm = new Float64Array(size * width);
  for (let i = 0; i < size; i++) {
    rowsRe.set(re.subarray(i * size, (i + 1) * size), i * width);
    rowsIm.set(im.subarray(i * size, (i + 1) * size), i * width);
    rowsRe[i * width + size + i] = 1;
  }
  for (let pivot = 0; pivot < size; pivot++) {
    const value = rowsRe[pivot * width + pivot] as number;
    if (!(value > 0)) throw new RangeError(`pivot ${pivot} is ${value}, the matrix must be positive definite`);
    for (let k = pivot * width; k < (pivot + 1) * width; k++) {
      rowsRe[k] = (rowsRe[k] as number) / value;
      rowsIm[k] = (rowsIm[k] as number) / value;
    }
    for (let row = 0; row < size; row++) {
      if (row === pivot) continue;
      const factorRe = rowsRe[row * width + pivot] as number;
      const factorIm = rowsIm[row * width + pivot] as number;
      for (let k = 0; k < width; k++) {
        const re = rowsRe[pivot * width + k] as number;
        const im = rowsIm[pivot * width + k] as number;
        const at = row * width + k;
        rowsRe[at] = (rowsRe[at] as number) - (factorRe * re - factorIm * im);
        rowsIm[at] = (rowsIm[at] as number) - (factorRe * im + factorIm * re);
      }
    }
  }
  const right = (rows: Float64Array) => {
    const out = new Float64Array(size * size);
    for (let i = 0; i < size; i++) out.set(rows.subarray(i * width + size, (i + 1) * width), i * size);
    return out;
  };
  return { size, re: right(rowsRe), im: right(rowsIm) };
}
