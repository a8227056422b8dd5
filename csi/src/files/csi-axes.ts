import type { CsiShape } from '../csi.ts';
import type { Variable } from './variable.ts';

/** Where the numbers of an array stand, whatever the order of its axes: sample, receive antenna, BS antenna, delay or subcarrier. */
export interface CsiAxes {
  readonly numSamples: number;
  /** Receive antennas; each is a sample of its own. */
  readonly numReceivers: number;
  /** Delay taps or subcarriers. */
  readonly numBins: number;
  /** Numbers from one sample, receive antenna, BS antenna or bin to the next. */
  readonly stride: {
    readonly sample: number;
    readonly receiver: number;
    readonly antenna: number;
    readonly bin: number;
  };
  /** Numbers from a real part to its imaginary part. */
  readonly toImaginary: number;
  /** Numbers of an array, all told. */
  readonly length: number;
}

/** What an array of a type and shape cannot be read as, for people. */
export interface Misfit {
  /** What may be the matter and what to do about it; begins with a separator. */
  readonly hint: string;
}

/** What is known of a variable before it is read. */
export type Outline = Pick<Variable, 'name' | 'type' | 'shape'>;

/** Whether a type is one that real or imaginary parts may be of; as a receiver's converter gives them, they are integers. */
export const isReal = (type: string): boolean => /^(float(16|32|64)|u?int(8|16|32|64))$/.test(type);
/** Whether a type is one of complex numbers that are read. */
export const isComplex = (type: string): boolean => /^complex(64|128)$/.test(type);

/**
 * Finds the axes of an array of CSI by their sizes. Axes of size one are left aside, as a ray tracer has them for users, panels and
 * symbols. Real arrays hold real and imaginary parts as halves, `[N, 2*Nt*Nd]` or `[N, 2, ...]`, or as pairs, `[N, ..., 2]`.
 */
export function findCsiAxes(variable: Outline, csi: CsiShape): CsiAxes | Misfit {
  const { type, shape } = variable;
  const [numSamples, ...rest] = shape;
  if (numSamples === undefined) return { hint: hintOf(variable) ?? ', which is one number' };
  if (shape.includes(0)) return misfit(variable, csi);
  const { numAntennas, numDelays } = csi;
  const numEntries = numAntennas * numDelays;
  const length = shape.reduce((product, size) => product * size, 1) * (isComplex(type) ? 2 : 1);
  if (isComplex(type)) {
    const found = matrixAxes(unflattened(rest, csi), 2, csi);
    return found === undefined ? misfit(variable, csi) : { numSamples, length, toImaginary: 1, ...found };
  }
  if (!isReal(type)) return misfit(variable, csi);
  if (same(rest, [2 * numEntries])) {
    const found = matrixAxes([numAntennas, numDelays], 1, csi);
    if (found !== undefined) {
      const stride = { ...found.stride, sample: 2 * numEntries };
      return { numSamples, length, toImaginary: numEntries, ...found, stride };
    }
  }
  if (rest[0] === 2) {
    const found = matrixAxes(unflattened(rest.slice(1), csi), 1, csi);
    if (found !== undefined) {
      const half = found.stride.sample;
      return { numSamples, length, toImaginary: half, ...found, stride: { ...found.stride, sample: 2 * half } };
    }
  }
  if (rest.at(-1) === 2) {
    const found = matrixAxes(unflattened(rest.slice(0, -1), csi), 2, csi);
    if (found !== undefined) return { numSamples, length, toImaginary: 1, ...found };
  }
  return misfit(variable, csi);
}

/** Whether axes were found. */
export function hasAxes(found: CsiAxes | Misfit): found is CsiAxes {
  return 'stride' in found;
}

function unflattened(axes: readonly number[], { numAntennas, numDelays }: CsiShape): readonly number[] {
  const [first, ...others] = withoutOnes(axes);
  return first === numAntennas * numDelays && others.length === 0 ? [numAntennas, numDelays] : axes;
}

/** The axes of one sample, `[receivers?, antennas, bins]` or `[antennas, receivers, bins]`, by size. */
function matrixAxes(
  axes: readonly number[],
  step: number,
  { numAntennas, numDelays }: CsiShape,
): Pick<CsiAxes, 'numReceivers' | 'numBins' | 'stride'> | undefined {
  const strides = axes.map((_, axis) => axes.slice(axis + 1).reduce((product, size) => product * size, step));
  // A model may have one antenna or one tap: axes of that size are then not to be left aside.
  const kept = [...axes.keys()].filter((axis) => axes[axis] !== 1 || axes.length <= 2);
  const bins = kept.at(-1);
  const others = kept.slice(0, -1);
  if (bins === undefined || others.length < 1 || others.length > 2) return undefined;
  const numBins = axes[bins] as number;
  // DeepMIMO has transmit antennas behind receive antennas; its uplink has the BS's where it receives.
  const antenna = others.findLast((axis) => axes[axis] === numAntennas);
  if (antenna === undefined || numBins < numDelays) return undefined;
  const receiver = others.find((axis) => axis !== antenna);
  return {
    numReceivers: receiver === undefined ? 1 : (axes[receiver] as number),
    numBins,
    stride: {
      sample: axes.reduce((product, size) => product * size, step),
      receiver: receiver === undefined ? 0 : (strides[receiver] as number),
      antenna: strides[antenna] as number,
      bin: strides[bins] as number,
    },
  };
}

const noPhases = '; these are magnitudes without phases, take the file with real and imaginary parts';

/** What is the matter with an array that holds no matrices of whatever shape, and the way out; `undefined` where nothing is known. */
export function hintOf({ name, type, shape }: Outline): string | undefined {
  if (type === 'cell') return '; in MATLAB, join the cells, samples first: H = permute(cat(3, C{:}), [3 1 2])';
  if (type === 'pickled Python objects') {
    return '; save an array of numbers: numpy.save(FILE, numpy.array(x, dtype=numpy.complex64))';
  }
  if (type === 'a structured type')
    return "; save its parts as one array: numpy.save(FILE, x['real'] + 1j * x['imag'])";
  if (!isReal(type) && !isComplex(type))
    return '; where these are numbers, save them as such: x.astype(numpy.complex64)';
  if (shape.includes(0)) return ', which has no samples';
  if (/^HF(_|$)/.test(name)) {
    return "; CsiNet's HF is over angles and subcarriers, take the file with HT, over angles and delays";
  }
  return isReal(type) && shape.length === 3 && shape.every((size) => size > 2) ? noPhases : undefined;
}

/** What may be the matter with an array that does not fit. */
function misfit({ name, type, shape }: Outline, csi: CsiShape): Misfit {
  const { numAntennas, numDelays } = csi;
  const numEntries = numAntennas * numDelays;
  const [, ...rest] = shape;
  const asked = `, with ${numAntennas} antennas and ${numDelays} delays asked for`;
  const unreadable = hintOf({ name, type, shape });
  if (unreadable !== undefined) return { hint: unreadable };
  if (isReal(type) && (same(rest, [numEntries]) || same(withoutOnes(rest), [numAntennas, numDelays]))) {
    return { hint: noPhases };
  }
  if (samplesAreLast(shape, isComplex(type), csi)) {
    return { hint: `; the samples seem to be on the last axis, ${howToPermute(shape)}` };
  }
  if (same(withoutOnes(shape), [numAntennas, numDelays]) && shape.length === 2) {
    return { hint: '; one sample needs an axis of samples before it: x[numpy.newaxis]' };
  }
  if (isReal(type) && shape[0] === 2 && rest.at(-2) === numAntennas && (rest.at(-1) as number) >= numDelays) {
    return { hint: '; real and imaginary parts seem to be on the first axis: numpy.moveaxis(x, 0, 1)' };
  }
  const sizes = withoutOnes(rest);
  if (sizes.length >= 2 && sizes.at(-1) === numAntennas && (sizes.at(-2) as number) >= numDelays) {
    return { hint: '; antennas and subcarriers seem to be exchanged: numpy.swapaxes(x, -1, -2), or permute in MATLAB' };
  }
  return { hint: asked };
}

/** Whether a shape is that of MATLAB's order, `[..., N]`, of one of the shapes that are read. */
export function samplesAreLast(
  shape: readonly number[],
  complex: boolean,
  { numAntennas, numDelays }: CsiShape,
): boolean {
  const sizes = withoutOnes(shape.slice(0, -1));
  const matrix = sizes.at(-2) === numAntennas && (sizes.at(-1) as number) >= numDelays;
  if (complex) return matrix && sizes.length <= 3;
  return same(sizes, [2 * numAntennas * numDelays]) || (matrix && sizes.length === 3 && sizes[0] === 2);
}

/** The calls that bring samples from the last axis to the first. */
export function howToPermute({ length }: readonly number[]): string {
  const order = [length, ...Array.from({ length: length - 1 }, (_, i) => i + 1)];
  return `bring them to the first: numpy.moveaxis(x, -1, 0), or permute(x, [${order.join(' ')}]) in MATLAB`;
}

function withoutOnes(sizes: readonly number[]): number[] {
  return sizes.filter((size) => size !== 1);
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}
