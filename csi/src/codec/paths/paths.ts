import { kernelInto, type PathAxis } from './axis.ts';
import { FRESH, type PathCodes, positionOf } from './codes.ts';
import { heightOf, phasesOf } from './grid.ts';
import { stepHeight } from './step.ts';
import { cosineOfPart, exactCosine, exactSine, sineOfPart } from './turn.ts';

/**
 * One path of a report. At antenna (n1, n2), counted from 0, and subcarrier k, counted from the lowest of `numSubcarriers`,
 * it adds
 *
 * gain exp(-j 2 pi (n1 frequency 1 + n2 frequency 2)) exp(-j 2 pi k delay / numSubcarriers)
 *
 * to the channel, and so it can be evaluated at other antennas and subcarriers.
 */
export interface PropagationPath {
  /** Spatial frequency along each axis of the array, cycles an antenna, in [0, 1). */
  readonly spatialFrequency: readonly [number, number];
  /** In samples, of 1 / bandwidth. */
  readonly delaySamples: number;
  /** Complex gain at antenna (0, 0) and the lowest subcarrier, linear amplitude. */
  readonly gainRe: number;
  readonly gainIm: number;
  /** Whether a report names its place in a list of known paths; absent where it tells the place, or of no report. */
  readonly isKnown?: true;
}

/** Where a path stands in a matrix, which need not be at the middle of an entry. */
export interface PathMark {
  /** 0 is the middle of the first row; in [-0.5, number of rows - 0.5). */
  readonly row: number;
  /** 0 is the middle of the first column. */
  readonly column: number;
  /** Amplitude as a share of the strongest path's. */
  readonly size: number;
  /** Whether a report names its place in a list of known paths. */
  readonly isKnown: boolean;
}

/**
 * Places paths in the matrix they add up to, to be drawn over it. Of a planar array, rows go along its second axis first.
 *
 * @param antennas - elements of the array along its axes
 *
 * @example
 * const marks = markPaths(codec.decodePaths(payload), codec.spec.antennas);
 */
export function markPaths(paths: readonly PropagationPath[], antennas: readonly [number, number]): PathMark[] {
  const [numFirst, numSecond] = antennas;
  const amplitudes = paths.map(({ gainRe, gainIm }) => Math.hypot(gainRe, gainIm));
  const strongest = Math.max(...amplitudes);
  const wrapped = (position: number, count: number) => (position >= count - 0.5 ? position - count : position);
  return paths.map(({ spatialFrequency: [first, second], delaySamples, isKnown = false }, k) => {
    const [one, two] = [wrapped(first * numFirst, numFirst), wrapped(second * numSecond, numSecond)];
    const row = numSecond === 1 ? one : Math.round(one) * numSecond + two;
    return { row, column: delaySamples, size: (amplitudes[k] as number) / strongest, isKnown };
  });
}

type Axes = readonly [PathAxis, PathAxis, PathAxis];

/** The paths that whole numbers stand for. */
export function pathsOf(axes: Axes, codes: PathCodes, step: number): PropagationPath[] {
  const kernel = new Float32Array(Math.max(axes[0].count, axes[1].count, axes[2].count));
  const scale = Math.sqrt(axes[0].size * axes[1].size * axes[2].size);
  return Array.from({ length: codes.count }, (_, k) => {
    const level = codes.level[k] as number;
    const phases = phasesOf(level);
    const phase = codes.phase[k] as number;
    let re = (heightOf(level) * stepHeight(step, 0) * cosineOfPart(phase, phases)) / scale;
    let im = (heightOf(level) * stepHeight(step, 0) * sineOfPart(phase, phases)) / scale;
    const places = axes.map((axis, i) => {
      const position = Math.fround(positionOf(codes, k, i));
      const norm = kernelInto(axis, kernel, 1, position, 0, axis.count);
      // Kernels are real but for this turn, see `PathAxis`; their sign is that of the nearest bin.
      const nearest = Math.floor(position + 0.5);
      const wrapped = nearest >= axis.size ? position - axis.size : position;
      const halfTurns = (wrapped * (axis.size - 1)) / axis.size + (nearest >= axis.size ? 0 : nearest);
      const cos = exactCosine(halfTurns) / norm;
      const sin = exactSine(halfTurns) / norm;
      [re, im] = [re * cos - im * sin, re * sin + im * cos];
      return position;
    });
    return {
      spatialFrequency: [(places[0] as number) / axes[0].size, (places[1] as number) / axes[1].size],
      delaySamples: places[2] as number,
      gainRe: re,
      gainIm: im,
      ...(codes.reference[k] !== FRESH && { isKnown: true }),
    };
  });
}

/**
 * Sums paths into a matrix.
 *
 * @param out - planar, `[2][count 1][count 2][numDelays]`, overwritten
 */
export function matrixInto(out: Float32Array, axes: Axes, paths: readonly PropagationPath[]): void {
  const [one, two, delay] = axes;
  const entries = one.count * two.count * delay.count;
  const sum = new Float64Array(2 * entries);
  const kernels = axes.map((axis) => new Float64Array(2 * axis.count));
  const [k1, k2, k3] = kernels as [Float64Array, Float64Array, Float64Array];
  for (const { spatialFrequency, delaySamples, gainRe, gainIm } of paths) {
    complexKernelInto(k1, one, spatialFrequency[0] * one.size);
    complexKernelInto(k2, two, spatialFrequency[1] * two.size);
    complexKernelInto(k3, delay, delaySamples);
    for (let i = 0, at = 0; i < one.count; i++) {
      const oneRe = k1[2 * i] as number;
      const oneIm = k1[2 * i + 1] as number;
      const gRe = gainRe * oneRe - gainIm * oneIm;
      const gIm = gainRe * oneIm + gainIm * oneRe;
      for (let j = 0; j < two.count; j++) {
        const twoRe = k2[2 * j] as number;
        const twoIm = k2[2 * j + 1] as number;
        const re = gRe * twoRe - gIm * twoIm;
        const im = gRe * twoIm + gIm * twoRe;
        for (let t = 0; t < delay.count; t++, at++) {
          const delayRe = k3[2 * t] as number;
          const delayIm = k3[2 * t + 1] as number;
          sum[at] = (sum[at] as number) + re * delayRe - im * delayIm;
          sum[entries + at] = (sum[entries + at] as number) + re * delayIm + im * delayRe;
        }
      }
    }
  }
  out.set(sum);
}

/** The unitary inverse DFT of exp(-j 2 pi n position / size), interleaved, `[count][2]`. */
function complexKernelInto(out: Float64Array, axis: PathAxis, position: number): void {
  const { size, count } = axis;
  const nearest = Math.floor(position + 0.5);
  const off = position - nearest;
  const numerator = exactSine(off) / Math.sqrt(size);
  for (let i = 0; i < count; i++) {
    const distance = nearest - i;
    const turn = ((i - position) * (size - 1)) / size;
    const sign = distance % 2 === 0 ? 1 : -1;
    const peak = distance % size === 0 && Math.abs(off) < 1e-9;
    // sin(pi (position - i)) = +-sin(pi off), exact on the grid.
    const value = peak
      ? Math.sqrt(size) * exactCosine(distance - distance / size)
      : (sign * numerator) / exactSine((distance + off) / size);
    out[2 * i] = value * exactCosine(turn);
    out[2 * i + 1] = value * exactSine(turn);
  }
}
