import { createAxis, type PathAxis } from './axis.ts';
import { MOST_KNOWN, NEAR } from './constants.ts';

/** Derivatives of a correlation up to the second: see `correlateNear`. */
const DERIVATIVES = 10;
/** Lines of sums over the angles that derivatives take. */
export const NEAR_LINES = 6;

/** A value, its first and its second derivative. */
export type Derivatives = [number, number, number];

/**
 * All an encoder works on: one matrix, and a list of paths beside it with their kernels, inner products and gains.
 * Flat, allocated once, of bounded size.
 *
 * A path is a product of one kernel an axis (angle 1, angle 2, delay; a linear array has one bin on the second). Kernels
 * are real, so are inner products of paths; correlations and gains are complex.
 */
export interface PathSpace {
  readonly axes: readonly [PathAxis, PathAxis, PathAxis];
  readonly capacity: number;
  /** The matrix, kernels' phases turned out, `[count 1][count 2][numDelays]`. */
  readonly re: Float32Array;
  readonly im: Float32Array;
  /** What the paths leave of it. */
  readonly restRe: Float32Array;
  readonly restIm: Float32Array;
  /** Energy of the matrix. */
  energy: number;

  /** Number of paths. */
  count: number;
  /** `[capacity][3]`, bins. */
  readonly position: Float32Array;
  /** `[capacity][count 1 + count 2 + numDelays]` */
  readonly kernels: Float32Array;
  readonly stride: number;
  /** Inner products of paths, `[capacity][capacity]`. */
  readonly gram: Float32Array;
  /** Correlations of the paths with the matrix, `[capacity]`. */
  readonly heardRe: Float32Array;
  readonly heardIm: Float32Array;
  /** Gains of the paths, of unit-energy kernels, `[capacity]`. */
  readonly gainRe: Float32Array;
  readonly gainIm: Float32Array;

  /** Where a candidate is, `[3]`, bins; one beside it; and its cells. */
  readonly place: Float32Array;
  readonly beside: Float32Array;
  readonly cells: Int32Array;
  /** Kernels of the candidate, one an axis, and its inner products with the paths. */
  readonly probe: readonly [Float32Array, Float32Array, Float32Array];
  readonly products: Float32Array;
  /** Correlation of the candidate, and its derivatives near it, `[DERIVATIVES]`. */
  readonly seenRe: Float32Array;
  readonly seenIm: Float32Array;
  /** Stretches of the candidate's kernels near it, with derivatives, `[3][length]` an axis, and their first bins. */
  readonly near: readonly [Float32Array, Float32Array, Float32Array];
  readonly nearFrom: Int32Array;
  readonly nearLength: readonly [number, number, number];
  /** Their inner products with a path's kernels. */
  readonly nearProducts: { readonly a: Derivatives; readonly b: Derivatives; readonly d: Derivatives };
  /** Sums over the angles. */
  readonly lines: Float32Array;
  /** What of known places does not change while paths move, and their inner products with the paths. */
  readonly known: KnownProbes;
  /** Factor and right-hand sides of least squares. */
  readonly factor: Float32Array;
  readonly order: Int32Array;
}

/** Known places beside the matrix; see `holdKnown`. */
interface KnownProbes {
  /** `[MOST_KNOWN][stride]` */
  readonly kernels: Float32Array;
  /** Correlations with the matrix, `[MOST_KNOWN]`. */
  readonly re: Float32Array;
  readonly im: Float32Array;
  /** Inner products with the paths, `[MOST_KNOWN][capacity]`, those of paths that have moved aside. */
  readonly products: Float32Array;
  /** Whether a path has moved since, `[capacity]`. */
  readonly moved: Uint8Array;
}

/** @param antennas - of each axis of the array @param capacity - most paths held */
export function createSpace(
  antennas: readonly [number, number],
  numDelays: number,
  numSubcarriers: number,
  capacity: number,
): PathSpace {
  const [one, two] = antennas;
  const entries = one * two * numDelays;
  const stride = one + two + numDelays;
  const nearOne = Math.min(one, NEAR);
  const nearTwo = Math.min(two, NEAR);
  const nearDelay = Math.min(numDelays, NEAR);
  return {
    axes: [createAxis(one, one), createAxis(two, two), createAxis(numSubcarriers, numDelays)],
    capacity,
    re: new Float32Array(entries),
    im: new Float32Array(entries),
    restRe: new Float32Array(entries),
    restIm: new Float32Array(entries),
    energy: 0,
    count: 0,
    position: new Float32Array(3 * capacity),
    kernels: new Float32Array(capacity * stride),
    stride,
    gram: new Float32Array(capacity * capacity),
    heardRe: new Float32Array(capacity),
    heardIm: new Float32Array(capacity),
    gainRe: new Float32Array(capacity),
    gainIm: new Float32Array(capacity),
    place: new Float32Array(3),
    beside: new Float32Array(3),
    cells: new Int32Array(3),
    probe: [new Float32Array(one), new Float32Array(two), new Float32Array(numDelays)],
    products: new Float32Array(capacity),
    seenRe: new Float32Array(DERIVATIVES),
    seenIm: new Float32Array(DERIVATIVES),
    near: [new Float32Array(3 * nearOne), new Float32Array(3 * nearTwo), new Float32Array(3 * nearDelay)],
    nearFrom: new Int32Array(3),
    nearLength: [nearOne, nearTwo, nearDelay],
    nearProducts: { a: [0, 0, 0], b: [0, 0, 0], d: [0, 0, 0] },
    lines: new Float32Array(Math.max(2 * numDelays, 2 * NEAR_LINES * nearDelay)),
    known: {
      kernels: new Float32Array(MOST_KNOWN * stride),
      re: new Float32Array(MOST_KNOWN),
      im: new Float32Array(MOST_KNOWN),
      products: new Float32Array(MOST_KNOWN * capacity),
      moved: new Uint8Array(capacity),
    },
    factor: new Float32Array(capacity * capacity),
    order: new Int32Array(capacity),
  };
}
