import type { AngularDelayCsi, CsiShape } from '../csi.ts';
import { CsiError } from '../errors.ts';
import { toAngularDelay } from '../transform/angular-delay.ts';
import type { Variable } from './variable.ts';
import { findZeroPoint } from './zero-point.ts';

/** The samples of one direction. */
export interface CsiSamples {
  readonly numSamples: number;
  /** What the values were taken for, for people. */
  readonly description: string;
  /** @throws RangeError where the index is out of range. */
  at(index: number): AngularDelayCsi;
}

/** Samples by the name of the array that holds them, in order. */
export type NamedSamples = Readonly<Record<string, Pick<CsiSamples, 'numSamples' | 'at'>>>;

/** What the last axis of a complex array is: delay taps, or subcarriers. */
export type CsiDomain = 'angular-delay' | 'spatial-frequency';

/** The arrays that are taken for matrices of one shape. */
export interface CsiLayout {
  /** Types and shapes that fit, for errors. */
  readonly expected: string;
  fits(variable: Variable): boolean;
  /**
   * Reads a variable as CSI.
   *
   * @param label - what to call it in errors
   * @throws CsiError `file-format` where it does not fit, is damaged or holds magnitudes only.
   */
  read(variable: Variable, label: string): Promise<CsiSamples>;
}

/**
 * Creates the layout of angular-delay matrices, real `[N, 2*Nt*Nd]` or `[N, 2, Nt, Nd]` (real half first) or complex
 * `[N, Nt, Nd]`, and of spatial-frequency CSI, complex `[N, rx, Nt, subcarriers]`, each receive antenna a sample.
 *
 * @param domain - says that complex arrays of three axes are `[N, Nt, subcarriers]`
 */
export function createCsiLayout(shape: CsiShape, domain?: CsiDomain): CsiLayout {
  const { numAntennas, numDelays } = shape;
  const numEntries = numAntennas * numDelays;
  const kindOf = ({ type, shape: [numSamples = 0, ...rest] }: Variable): Kind | undefined => {
    if (numSamples < 1) return undefined;
    if (/^float(32|64)$/.test(type)) {
      const planar = same(rest, [2 * numEntries]) || same(rest, [2, numAntennas, numDelays]);
      return planar && domain !== 'spatial-frequency' ? 'planar' : undefined;
    }
    if (!/^complex(64|128)$/.test(type)) return undefined;
    if (domain !== 'spatial-frequency' && same(rest, [numAntennas, numDelays])) return 'complex';
    const receivers = rest.length === 3 ? rest[0] : domain === 'spatial-frequency' ? 1 : 0;
    const [antennas, subcarriers = 0] = rest.slice(-2);
    const spatial = domain !== 'angular-delay' && antennas === numAntennas && subcarriers >= numDelays;
    return spatial && rest.length <= 3 && (receivers ?? 0) >= 1 ? 'spatial-frequency' : undefined;
  };
  const expected = [
    ...(domain === 'spatial-frequency'
      ? [`complex [N, ${numAntennas}, subcarriers]`]
      : [
          `floats [N, ${2 * numEntries}] or [N, 2, ${numAntennas}, ${numDelays}], real half first`,
          `complex [N, ${numAntennas}, ${numDelays}]`,
        ]),
    ...(domain === 'angular-delay' ? [] : [`complex [N, receive antennas, ${numAntennas}, subcarriers]`]),
  ].join(', or ');
  return {
    expected,
    fits: (variable) => kindOf(variable) !== undefined,
    async read(variable, label) {
      const kind = kindOf(variable);
      // Refused by its header: values that are of no use are not read.
      if (kind === undefined) {
        throw new CsiError(
          'file-format',
          `${label}: found ${variable.type} [${variable.shape}], expected ${expected}${hint(variable, shape, domain)}`,
        );
      }
      const array = await variable.read();
      const values = array.data as Float32Array | Float64Array;
      if (kind === 'planar') return planarSamples(values, shape, variable.name, label);
      if (kind === 'complex') return complexSamples(values, shape);
      return spatialFrequencySamples(values, shape, array.shape.at(-1) as number);
    },
  };
}

type Kind = 'planar' | 'complex' | 'spatial-frequency';

/** What may be the matter with an array that does not fit, and what to do about it. */
function hint({ type, shape }: Variable, { numAntennas, numDelays }: CsiShape, domain?: CsiDomain): string {
  const [, ...rest] = shape;
  if (type.startsWith('float') && same(rest, [numAntennas * numDelays])) {
    return '; these are magnitudes without phases, take the file with real and imaginary parts';
  }
  if (type.startsWith('complex') && rest.length === 2 && rest[0] === numAntennas && domain === undefined) {
    return '; if the last axis is subcarriers, set layout (--layout) to spatial-frequency';
  }
  return `, with ${numAntennas} antennas and ${numDelays} delays asked for`;
}

function planarSamples(
  data: Float32Array | Float64Array,
  { numAntennas, numDelays }: CsiShape,
  name: string,
  label: string,
): CsiSamples {
  const length = 2 * numAntennas * numDelays;
  const numSamples = data.length / length;
  const zero = findZeroPoint(data, name, label);
  const description =
    zero === 0
      ? 'real and imaginary parts'
      : `real and imaginary parts normalised to 0..1, zero at ${Number(zero.toFixed(6))}`;
  return indexed(numSamples, description, (index) => {
    const values = Float32Array.from(data.subarray(index * length, (index + 1) * length));
    if (zero !== 0) for (let i = 0; i < length; i++) values[i] = (data[index * length + i] as number) - zero;
    return { domain: 'angular-delay', numAntennas, numDelays, values };
  });
}

function complexSamples(data: Float32Array | Float64Array, { numAntennas, numDelays }: CsiShape): CsiSamples {
  const numEntries = numAntennas * numDelays;
  return indexed(data.length / (2 * numEntries), 'complex matrices', (index) => {
    const sample = data.subarray(index * 2 * numEntries, (index + 1) * 2 * numEntries);
    const values = new Float32Array(2 * numEntries);
    for (let entry = 0; entry < numEntries; entry++) {
      values[entry] = sample[2 * entry] as number;
      values[numEntries + entry] = sample[2 * entry + 1] as number;
    }
    return { domain: 'angular-delay', numAntennas, numDelays, values };
  });
}

function spatialFrequencySamples(
  data: Float32Array | Float64Array,
  { numAntennas, numDelays }: CsiShape,
  numSubcarriers: number,
): CsiSamples {
  const numEntries = numAntennas * numSubcarriers;
  const description = `spatial-frequency CSI, ${numSubcarriers} subcarriers, one sample a receive antenna`;
  return indexed(data.length / (2 * numEntries), description, (index) => {
    const sample = data.subarray(index * 2 * numEntries, (index + 1) * 2 * numEntries);
    const values = new Float32Array(2 * numEntries);
    for (let antenna = 0; antenna < numAntennas; antenna++) {
      for (let k = 0; k < numSubcarriers; k++) {
        const from = 2 * (antenna * numSubcarriers + k);
        values[k * numAntennas + antenna] = sample[from] as number;
        values[numEntries + k * numAntennas + antenna] = sample[from + 1] as number;
      }
    }
    return toAngularDelay({ domain: 'spatial-frequency', numSubcarriers, numAntennas, values }, numDelays);
  });
}

function indexed(numSamples: number, description: string, at: CsiSamples['at']): CsiSamples {
  return {
    numSamples,
    description,
    at(index) {
      if (!Number.isInteger(index) || index < 0 || index >= numSamples) {
        throw new RangeError(`index is ${index}, must be 0..${numSamples - 1}`);
      }
      return at(index);
    },
  };
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}
