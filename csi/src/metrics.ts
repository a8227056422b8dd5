import type { AngularDelayCsi } from './csi.ts';
import { CsiError } from './errors.ts';
import { createDft, type Dft } from './transform/dft.ts';

/** Subcarriers of the data sets' 20 MHz band. */
const DEFAULT_SUBCARRIERS = 1024;

/**
 * Squared error of one sample relative to its energy, ||H - Hhat||^2 / ||H||^2, complex, truncated matrix.
 *
 * @throws CsiError `csi-invalid` where the truth is all zero.
 */
export function squaredErrorRatio(truth: AngularDelayCsi, estimate: AngularDelayCsi): number {
  requireSameShape(truth, estimate);
  let error = 0;
  let energy = 0;
  for (let i = 0; i < truth.values.length; i++) {
    const value = truth.values[i] as number;
    const difference = value - (estimate.values[i] as number);
    error += difference * difference;
    energy += value * value;
  }
  return error / requireEnergy(energy);
}

/**
 * Squared error of real components of one sample relative to their energy: of |h|, or of |Re| and |Im|, the squared
 * error ratio of a receiver that knows the phases, or the signs.
 *
 * @param truth - true components, `[n]`
 * @param estimate - estimated components in the same units, `[n]`
 * @throws CsiError `csi-invalid` where the truth is all zero.
 */
export function componentErrorRatio(truth: Float32Array, estimate: Float32Array): number {
  if (truth.length !== estimate.length) {
    throw new RangeError(`estimate has ${estimate.length} components, must have ${truth.length}`);
  }
  let error = 0;
  let energy = 0;
  for (let i = 0; i < truth.length; i++) {
    const value = truth[i] as number;
    const difference = value - (estimate[i] as number);
    error += difference * difference;
    energy += value * value;
  }
  return error / requireEnergy(energy);
}

/**
 * Squared error of the magnitudes of one sample relative to its energy, || |H| - M ||^2 / ||H||^2: the squared error
 * ratio of a receiver with perfect phase.
 *
 * @param truthValues - true CSI, planar `[2][n]`
 * @param magnitude - estimated magnitude in the same units, `[n]`
 * @throws CsiError `csi-invalid` where the truth is all zero.
 */
export function magnitudeErrorRatio(truthValues: Float32Array, magnitude: Float32Array): number {
  const numEntries = magnitude.length;
  if (truthValues.length !== 2 * numEntries) {
    throw new RangeError(`truthValues has ${truthValues.length} values, must have ${2 * numEntries}`);
  }
  let error = 0;
  let energy = 0;
  for (let entry = 0; entry < numEntries; entry++) {
    const re = truthValues[entry] as number;
    const im = truthValues[numEntries + entry] as number;
    const power = re * re + im * im;
    const difference = Math.sqrt(power) - (magnitude[entry] as number);
    error += difference * difference;
    energy += power;
  }
  return error / requireEnergy(energy);
}

/** NMSE in dB: 10 log10 of the mean of per-sample ratios (mean of the ratio, not ratio of the means). */
export function nmseDb(ratios: Iterable<number>): number {
  let sum = 0;
  let count = 0;
  for (const ratio of ratios) {
    sum += ratio;
    count++;
  }
  if (count === 0) throw new RangeError('ratios is empty, must have at least one sample');
  return 10 * Math.log10(sum / count);
}

/**
 * Squared generalised cosine similarity of one sample, mean over subcarriers of |h^H hhat|^2 / (||h||^2 ||hhat||^2)
 * in the spatial-frequency domain (3GPP TR 38.843). A subcarrier without energy counts as 0.
 */
export function sgcs(truth: AngularDelayCsi, estimate: AngularDelayCsi, numSubcarriers = DEFAULT_SUBCARRIERS): number {
  return meanOverSubcarriers(truth, estimate, numSubcarriers, (squaredCosine) => squaredCosine);
}

/** Cosine similarity of one sample as in CsiNet: as `sgcs`, without the square. */
export function rho(truth: AngularDelayCsi, estimate: AngularDelayCsi, numSubcarriers = DEFAULT_SUBCARRIERS): number {
  return meanOverSubcarriers(truth, estimate, numSubcarriers, Math.sqrt);
}

function meanOverSubcarriers(
  truth: AngularDelayCsi,
  estimate: AngularDelayCsi,
  numSubcarriers: number,
  similarity: (squaredCosine: number) => number,
): number {
  requireSameShape(truth, estimate);
  if (!(numSubcarriers >= truth.numDelays)) {
    throw new RangeError(`numSubcarriers is ${numSubcarriers}, must be at least numDelays = ${truth.numDelays}`);
  }
  const dft = createDft(numSubcarriers);
  const cross = subcarrierProducts(truth, estimate, dft);
  const truthPower = subcarrierProducts(truth, truth, dft).re;
  const estimatePower = subcarrierProducts(estimate, estimate, dft).re;
  let sum = 0;
  for (let k = 0; k < numSubcarriers; k++) {
    const re = cross.re[k] as number;
    const im = cross.im[k] as number;
    const powers = (truthPower[k] as number) * (estimatePower[k] as number);
    if (powers > 0) sum += similarity(Math.min(1, (re * re + im * im) / powers));
  }
  return sum / numSubcarriers;
}

/**
 * a[k]^H b[k] of every subcarrier, up to a common factor, without leaving the angular-delay domain: the transform over
 * antennas is unitary, and products over frequency are the transform of the correlation over delay.
 */
function subcarrierProducts(a: AngularDelayCsi, b: AngularDelayCsi, dft: Dft): { re: Float64Array; im: Float64Array } {
  const { numAntennas, numDelays } = a;
  const numEntries = numAntennas * numDelays;
  const aValues = a.values;
  const bValues = b.values;
  const re = new Float64Array(dft.size);
  const im = new Float64Array(dft.size);
  for (let lag = 1 - numDelays; lag < numDelays; lag++) {
    let sumRe = 0;
    let sumIm = 0;
    for (let row = 0; row < numEntries; row += numDelays) {
      const end = row + numDelays - Math.max(lag, 0);
      for (let i = row + Math.max(-lag, 0); i < end; i++) {
        const aRe = aValues[i] as number;
        const aIm = aValues[numEntries + i] as number;
        const bRe = bValues[i + lag] as number;
        const bIm = bValues[numEntries + i + lag] as number;
        sumRe += aRe * bRe + aIm * bIm;
        sumIm += aRe * bIm - aIm * bRe;
      }
    }
    const bin = (lag + dft.size) % dft.size;
    re[bin] = (re[bin] as number) + sumRe;
    im[bin] = (im[bin] as number) + sumIm;
  }
  dft.transform(re, im, 'forward');
  return { re, im };
}

function requireSameShape(truth: AngularDelayCsi, estimate: AngularDelayCsi): void {
  const expected = 2 * truth.numAntennas * truth.numDelays;
  const same = truth.numAntennas === estimate.numAntennas && truth.numDelays === estimate.numDelays;
  if (!same || truth.values.length !== expected || estimate.values.length !== expected) {
    throw new RangeError(
      `truth is ${truth.numAntennas} x ${truth.numDelays} with ${truth.values.length} values, ` +
        `estimate ${estimate.numAntennas} x ${estimate.numDelays} with ${estimate.values.length}; they must match`,
    );
  }
}

function requireEnergy(energy: number): number {
  if (!(energy > 0)) throw new CsiError('csi-invalid', 'the true CSI is all zero or not a number');
  return energy;
}
