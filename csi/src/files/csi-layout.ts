import { type AngularDelayCsi, frobeniusNorm } from '../csi.ts';
import { CsiError } from '../errors.ts';
import { toAngularDelay } from '../transform/angular-delay.ts';
import type { ArrayShape } from '../transform/array.ts';
import { concentration, halfTransformed } from './concentration.ts';
import { type CsiAxes, findCsiAxes, hasAxes, howToPermute, type Outline, samplesAreLast } from './csi-axes.ts';
import type { NpyArray } from './npy.ts';
import type { Variable } from './variable.ts';
import { findZeroPoints } from './zero-point.ts';

/** The samples of one direction. */
export interface CsiSamples {
  readonly numSamples: number;
  /** What the values were taken for, for people. */
  readonly description: string;
  /** What was found out from the values rather than told, a sentence each, for people. */
  readonly notes: readonly string[];
  /** Samples that one row of the file gives, and so one number of a column: one a receive antenna. */
  readonly samplesPerRow: number;
  /** Energy of a sample, of paths as if they did not interfere; NaN where a value is no number. */
  energyOf(index: number): number;
  /** @returns the caller's own matrix. @throws RangeError where the index is out of range. */
  at(index: number): AngularDelayCsi;
}

/** The samples of an array. */
interface ArraySamples extends CsiSamples {
  /** What the array's last axis was taken for. */
  readonly domain: CsiDomain;
}

/** Samples by the name of the array that holds them, in order. */
export type NamedSamples = Readonly<Record<string, Pick<CsiSamples, 'numSamples' | 'at'>>>;

/** What the last axis of an array is: delay taps, or subcarriers. */
export type CsiDomain = 'angular-delay' | 'spatial-frequency';

/** The arrays that are taken for matrices of one shape. */
export interface CsiLayout {
  /** Types and shapes that fit, for errors. */
  readonly expected: string;
  fits(variable: Outline): boolean;
  /**
   * Reads a variable as CSI.
   *
   * @param label - what to call it in errors
   * @throws CsiError `file-format` where it does not fit, is damaged, holds magnitudes only, or its values leave open what they are.
   */
  read(variable: Variable, label: string): Promise<ArraySamples>;
}

/** Names of arrays that this project writes, angular-delay by definition. */
const ownNames = /^(downlink|uplink|Hur_down|Hur_up)$/;

/** Entries from which on a matrix has statistics; a smaller one is angular-delay unless told. */
const fewestEntries = 64;

/** How much more concentrated CSI has to be than its transform, or less, to be beyond doubt; measured on noisy channels down to 0 dB. */
const clearRatio = 2;

/**
 * Creates the layout of angular-delay matrices, real or complex, and of spatial-frequency CSI, told apart by their energy: a channel
 * is concentrated over angle and delay and spread over antennas and subcarriers.
 *
 * @param domain - what the last axis is, instead of what the energy tells
 */
export function createCsiLayout(csi: ArrayShape, domain?: CsiDomain): CsiLayout {
  const { numAntennas, numDelays } = csi;
  const expected = [
    ...(domain === 'spatial-frequency'
      ? []
      : [`floats [N, ${2 * numAntennas * numDelays}] or [N, 2, ${numAntennas}, ${numDelays}], real half first`]),
    domain === 'spatial-frequency'
      ? `complex [N, ${numAntennas}, subcarriers]`
      : `complex [N, ${numAntennas}, ${numDelays}]`,
    ...(domain === 'angular-delay' ? [] : [`complex [N, receive antennas, ${numAntennas}, subcarriers]`]),
  ].join(', or ');
  return {
    expected,
    fits: (variable) => hasAxes(findCsiAxes(variable, csi)),
    async read(variable, label) {
      const axes = findCsiAxes(variable, csi);
      const found = `${label}: found ${variable.type} [${variable.shape}]`;
      // Refused by its header: values that are of no use are not read.
      if (!hasAxes(axes)) throw new CsiError('file-format', `${found}, expected ${expected}${axes.hint}`);
      const array = await variable.read();
      const values = numbersOf(array.data);
      const zero = findZeroPoints(values, axes.toImaginary, variable, label);
      const at = (index: number): Float32Array => matrixOf(values, axes, numAntennas, zero, index);
      const told = domain ?? domainOf(at, axes, variable, csi, found);
      if (told === 'angular-delay' && axes.numBins !== numDelays) {
        throw new CsiError(
          'file-format',
          `${found}: ${axes.numBins} delays, expected ${numDelays}; ask for ${axes.numBins} (--delays)`,
        );
      }
      const notes = [
        ...(isShifted(zero) ? [`read as ${howShifted(variable, zero)}`] : []),
        ...(axes.numReceivers === 1
          ? []
          : [`an axis of ${axes.numReceivers} is read as receive antennas, each a sample of its own`]),
        ...(told === 'spatial-frequency' && domain === undefined
          ? [`read as spatial-frequency, ${axes.numBins} subcarriers, told by its energy`]
          : []),
      ];
      const samples = indexed(axes, describe(told, axes, zero, variable), notes, (index) => {
        const matrix = at(index);
        if (told === 'angular-delay') return { domain: told, numAntennas, numDelays, values: matrix };
        return toAngularDelay(spatialFrequency(matrix, numAntennas, axes.numBins), numDelays, csi.array);
      });
      return { ...samples, domain: told };
    },
  };
}

/** What the last axis is, by energy; where that leaves it open, by who wrote the array. */
function domainOf(
  at: (index: number) => Float32Array,
  axes: CsiAxes,
  { name, type, shape }: Variable,
  csi: ArrayShape,
  found: string,
): CsiDomain {
  const numSamples = axes.numSamples * axes.numReceivers;
  if (axes.numBins === csi.numDelays && csi.numAntennas * csi.numDelays < fewestEntries) return 'angular-delay';
  const { numAntennas, array } = csi;
  const matrices = { numSamples, numRows: numAntennas, numColumns: axes.numBins, at };
  const half = halfTransformed({ ...matrices, ...(array && { array }) }, clearRatio);
  if (half !== undefined) {
    const [over, axis] = half === 'columns' ? ['angles and subcarriers', -1] : ['antennas and delays', -2];
    throw new CsiError(
      'file-format',
      `${found}, whose energy is that of CSI over ${over}: transform it, numpy.fft.ifft(x, axis=${axis}, norm='ortho'), or, if it is not, ` +
        'set layout (--layout)',
    );
  }
  const ratio = concentration({ ...matrices, ...(array && { array }) });
  if (ratio < 1 / clearRatio) return 'spatial-frequency';
  if (axes.numBins === csi.numDelays) {
    if (ratio > clearRatio || ownNames.test(name) || !type.startsWith('complex')) return 'angular-delay';
  } else if (samplesAreLast(shape, type.startsWith('complex'), csi)) {
    throw new CsiError('file-format', `${found}; the samples seem to be on the last axis, ${howToPermute(shape)}`);
  } else if (ratio > clearRatio) {
    throw new CsiError(
      'file-format',
      `${found}, whose energy lies in few entries, as over delays: ask for ${axes.numBins} delays (--delays), or, if the last axis ` +
        'is subcarriers, set layout (--layout) to spatial-frequency',
    );
  } else if (axes.numReceivers > 1) {
    return 'spatial-frequency';
  }
  throw new CsiError(
    'file-format',
    `${found}, whose energy does not tell delays from subcarriers; set layout (--layout) to angular-delay or spatial-frequency`,
  );
}

function describe(domain: CsiDomain, { numBins, toImaginary }: CsiAxes, zero: ZeroPoints, variable: Variable): string {
  if (domain === 'spatial-frequency')
    return `spatial-frequency CSI, ${numBins} subcarriers, one sample a receive antenna`;
  if (isShifted(zero)) return `real and imaginary parts ${howShifted(variable, zero)}`;
  return toImaginary === 1 ? 'complex matrices' : 'real and imaginary parts';
}

function numbersOf(data: NpyArray['data']): ArrayLike<number> {
  return data instanceof BigInt64Array || data instanceof BigUint64Array ? Float64Array.from(data, Number) : data;
}

type ZeroPoints = ReturnType<typeof findZeroPoints>;

/** What parts are whose zero is not 0. */
function howShifted({ type }: Variable, zero: ZeroPoints): string {
  const zeros = [...new Set(zero)].map((value) => Number(value.toFixed(6)));
  return `${type.startsWith('uint') ? 'unsigned integers' : 'normalised'}, zero at ${zeros.join(' and ')}`;
}

function isShifted([re, im]: ZeroPoints): boolean {
  return re !== 0 || im !== 0;
}

/** One matrix, planar `[2][antennas][bins]`. */
function matrixOf(
  data: ArrayLike<number>,
  { numReceivers, numBins, stride, toImaginary }: CsiAxes,
  numAntennas: number,
  [zeroRe, zeroIm]: ZeroPoints,
  index: number,
): Float32Array {
  const numEntries = numAntennas * numBins;
  const start = Math.floor(index / numReceivers) * stride.sample + (index % numReceivers) * stride.receiver;
  const values = new Float32Array(2 * numEntries);
  for (let antenna = 0; antenna < numAntennas; antenna++) {
    for (let bin = 0; bin < numBins; bin++) {
      const from = start + antenna * stride.antenna + bin * stride.bin;
      values[antenna * numBins + bin] = (data[from] as number) - zeroRe;
      values[numEntries + antenna * numBins + bin] = (data[from + toImaginary] as number) - zeroIm;
    }
  }
  return values;
}

function spatialFrequency(matrix: Float32Array, numAntennas: number, numSubcarriers: number) {
  const numEntries = numAntennas * numSubcarriers;
  const values = new Float32Array(2 * numEntries);
  for (let antenna = 0; antenna < numAntennas; antenna++) {
    for (let k = 0; k < numSubcarriers; k++) {
      values[k * numAntennas + antenna] = matrix[antenna * numSubcarriers + k] as number;
      values[numEntries + k * numAntennas + antenna] = matrix[numEntries + antenna * numSubcarriers + k] as number;
    }
  }
  return { domain: 'spatial-frequency' as const, numSubcarriers, numAntennas, values };
}

function indexed(axes: CsiAxes, description: string, notes: readonly string[], at: CsiSamples['at']): CsiSamples {
  const numSamples = axes.numSamples * axes.numReceivers;
  return {
    numSamples,
    description,
    notes,
    samplesPerRow: axes.numReceivers,
    energyOf: (index) => frobeniusNorm(at(index).values) ** 2,
    at(index) {
      if (!Number.isInteger(index) || index < 0 || index >= numSamples) {
        throw new RangeError(`index is ${index}, must be 0..${numSamples - 1}`);
      }
      return at(index);
    },
  };
}
