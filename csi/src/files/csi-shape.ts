import type { CsiShape } from '../csi.ts';
import { CsiError } from '../errors.ts';
import type { PlanarArray } from '../transform/array.ts';
import { hintOf, howToPermute, isComplex, isReal } from './csi-axes.ts';
import { type ChoiceOptions, chooseDownlink } from './csi-choice.ts';
import { type CsiDomain, createCsiLayout } from './csi-layout.ts';
import { openDataFile } from './data-file.ts';
import { describeVariable, type Variable } from './variable.ts';

/** Delay taps that are kept of CSI over subcarriers, and those of rows without axes, as data sets of this kind have them. */
const USUAL_DELAYS = 32;
/** Antennas from which on rows without axes are taken for samples: a matrix of one sample has rows too. */
const FEWEST_UNTOLD = 8;
/** Subcarriers that taps were cut from, where a file has the taps only. */
const USUAL_SUBCARRIERS = 1024;

/** The matrices that a file holds. */
export interface FoundShape extends CsiShape {
  readonly numSubcarriers: number;
}

/** How to read a file whose shape is to be found. */
export interface FindShapeOptions extends ChoiceOptions {
  readonly layout?: CsiDomain;
  /** Elements along the axes of a planar array; a linear one where absent. */
  readonly array?: PlanarArray;
}

/** Rows and columns of one sample, whatever they are. */
interface Matrix {
  readonly numAntennas: number;
  readonly numBins: number;
}

/**
 * Finds the shape of the CSI matrices in a file, for models that fit themselves to data. The variable, its axes and what its last
 * axis is are told as `openCsiSource` tells them; of CSI over subcarriers 32 taps are kept.
 *
 * @returns `undefined` for a path list, which can be synthesised at any shape
 * @throws CsiError `file-format` where the file has no CSI, several arrays that may be, or its samples on the last axis.
 *
 * @example
 * await findCsiShape('deepmimo.npz'); // { numAntennas: 64, numDelays: 32, numSubcarriers: 512 }
 */
export async function findCsiShape(path: string, options: FindShapeOptions = {}): Promise<FoundShape | undefined> {
  const file = await openDataFile(path);
  if (file.kind === 'path-list') return undefined;
  const { layout, array } = options;
  const variable = chooseDownlink(path, file.variables, options, {
    expected:
      'complex [N, antennas, delays or subcarriers] or [N, receive antennas, antennas, subcarriers], or floats with real and ' +
      'imaginary parts as halves, [N, 2, ...], or on a last axis of 2',
    // One row of floats is as likely a column of MATLAB's.
    fits: (candidate) => !isLine(candidate.shape) && matrixOf(candidate, array) !== undefined,
  });
  const label = `${path}: ${describeVariable(variable)}`;
  const matrix = matrixOf(variable, array);
  if (matrix === undefined) {
    const wanted = array === undefined ? '' : `, with an array (--array) of ${array.join(' x ')} antennas`;
    const another = file.variables.length > 1 ? '; name another with --variable' : '; expected [N, antennas, delays]';
    throw new CsiError('file-format', `${label} is no array of CSI matrices${wanted}${hintOf(variable) ?? another}`);
  }
  const { numAntennas, numBins } = matrix;
  if (variable.shape.length === 2 && array === undefined && numAntennas < FEWEST_UNTOLD) {
    throw new CsiError(
      'file-format',
      `${label}: one sample needs an axis of samples before it: x[numpy.newaxis]; if each row is a sample, of antennas by delays, ` +
        `say so: array (--array ${numAntennas}x1)`,
    );
  }
  if (layout === undefined) requireSamplesFirst(variable, matrix, label);
  const shape = { numAntennas, numDelays: numBins, ...(array && { array }) };
  const { domain } = await createCsiLayout(shape, layout).read(variable, label);
  if (domain === 'angular-delay') {
    return { numAntennas, numDelays: numBins, numSubcarriers: Math.max(USUAL_SUBCARRIERS, numBins) };
  }
  return { numAntennas, numDelays: Math.min(USUAL_DELAYS, numBins), numSubcarriers: numBins };
}

function isLine([first, , ...more]: readonly number[]): boolean {
  return first === 1 && more.length === 0;
}

/** Rows and columns by the sizes of a variable's axes. */
function matrixOf({ type, shape }: Pick<Variable, 'type' | 'shape'>, array?: PlanarArray): Matrix | undefined {
  if (!isComplex(type) && !isReal(type)) return undefined;
  const axes = isComplex(type) ? shape.slice(1) : withoutParts(shape.slice(1));
  if (shape.includes(0) || axes === undefined) return undefined;
  const told = array && array[0] * array[1];
  // A model may have one antenna or one tap: axes of that size are then not to be left aside.
  const sizes = axes.length <= 2 ? axes : axes.filter((size) => size !== 1);
  const numBins = sizes.at(-1) ?? 0;
  if (sizes.length === 1) {
    const numAntennas = told ?? numBins / USUAL_DELAYS;
    return whole({ numAntennas, numBins: numBins / numAntennas });
  }
  if (sizes.length !== 2 && sizes.length !== 3) return undefined;
  const rows = sizes.slice(0, -1);
  // The BS has more antennas than a UE.
  const numAntennas = told ?? Math.max(...rows);
  return rows.includes(numAntennas) ? whole({ numAntennas, numBins }) : undefined;
}

/** Axes of real numbers less the one that is real and imaginary parts; a row holds both, one after the other. */
function withoutParts(axes: readonly number[]): readonly number[] | undefined {
  const [first = 0] = axes;
  if (axes.length === 1) return [first / 2];
  if (axes.length >= 3 && first === 2) return axes.slice(1);
  return axes.length >= 3 && axes.at(-1) === 2 ? axes.slice(0, -1) : undefined;
}

function whole(matrix: Matrix): Matrix | undefined {
  return Object.values(matrix).every((count) => Number.isInteger(count) && count >= 1) ? matrix : undefined;
}

/**
 * Refuses what is likely in MATLAB's order, [antennas, delays, N], which sizes alone do not tell from [N, antennas, delays]: fewer
 * samples than antennas, and as many bins as no DFT and no resource blocks have.
 */
function requireSamplesFirst({ shape }: Variable, { numAntennas, numBins }: Matrix, label: string): void {
  const isUsual = (numBins & (numBins - 1)) === 0 || numBins % 12 === 0;
  if (shape.length < 3 || (shape[0] as number) > numAntennas || isUsual) return;
  throw new CsiError(
    'file-format',
    `${label}: the samples seem to be on the last axis, ${howToPermute(shape)}; if it is delays or subcarriers, say so with layout (--layout)`,
  );
}
