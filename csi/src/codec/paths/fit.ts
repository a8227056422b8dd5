import type { AngularDelayCsi } from '../../csi.ts';
import { createPathCodec } from './codec.ts';
import type { PathCodes } from './codes.ts';
import { END_TOTAL, LEVEL_CLASSES, RATIO_BINS } from './constants.ts';
import { finenessOf } from './grid.ts';
import type { PathCodecSpec } from './spec.ts';
import { levelClass, type PathTables } from './tables.ts';

/** Sum of the frequencies of a table. */
const TOTAL = 2 ** 14;

/** Squared errors a bit has to save in the reports that tables are fitted to: from 50 bits to 400, about. */
const PRICES = [10 ** -2.25, 10 ** -2.75, 10 ** -3.25, 10 ** -3.75, 10 ** -4.25, 10 ** -4.75];
const ROUNDS = 2;

/**
 * Fits the tables of a spec to channels: reports them all at prices from high to low, counts their symbols, and once
 * more with the tables found.
 *
 * @param spec - its tables are what is known beforehand
 * @param channels - matrices of the spec's shape, asked for several times; a hundred are enough
 * @throws CsiError `csi-invalid` where a matrix is of no use.
 *
 * @example
 * const fitted = { ...spec, tables: fitPathTables(spec, channels) };
 */
export function fitPathTables(spec: PathCodecSpec, channels: readonly AngularDelayCsi[]): PathTables {
  let { tables } = spec;
  for (let round = 0; round < ROUNDS; round++) {
    const codec = createPathCodec({ ...spec, tables });
    const counts = createCounts(spec.antennas, spec.numDelays);
    for (const csi of channels) {
      for (const bitPrice of PRICES) {
        const { payload } = codec.encode(csi, { mode: 'quality', bitPrice });
        countReport(counts, codec.decodeCodes(payload));
      }
    }
    tables = tablesOf(counts, spec.tables);
  }
  return tables;
}

/** What reports hold, counted. */
interface PathCounts {
  readonly first: Float64Array;
  readonly ended: Float64Array;
  readonly seen: Float64Array;
  readonly next: readonly Float64Array[];
  readonly angle: readonly [Float64Array, Float64Array];
  readonly delay: Float64Array;
  readonly later: Float64Array;
}

function createCounts(antennas: readonly [number, number], numDelays: number): PathCounts {
  return {
    first: new Float64Array(LEVEL_CLASSES + 1),
    ended: new Float64Array(LEVEL_CLASSES),
    seen: new Float64Array(LEVEL_CLASSES),
    next: Array.from({ length: LEVEL_CLASSES }, () => new Float64Array(RATIO_BINS)),
    angle: [new Float64Array(antennas[0]), new Float64Array(antennas[1])],
    delay: new Float64Array(2 * numDelays),
    later: new Float64Array(4 * numDelays),
  };
}

/** Counts the symbols of one report. */
function countReport(counts: PathCounts, codes: PathCodes): void {
  const halves = counts.delay.length;
  let reference = 0;
  for (let k = 0; k < codes.count; k++) {
    const level = codes.level[k] as number;
    for (let axis = 0; axis < 2; axis++) {
      const bin = Math.floor((codes.cell[3 * k + axis] as number) / finenessOf(level));
      add(counts.angle[axis as 0 | 1], bin, 1);
    }
    const half = Math.floor((2 * (codes.cell[3 * k + 2] as number)) / finenessOf(level));
    if (k === 0) {
      add(counts.first, levelClass(level) + 1, 1);
      add(counts.delay, half, 1);
      reference = half;
    } else {
      const before = codes.level[k - 1] as number;
      spread(counts.next[levelClass(before)] as Float64Array, (level - 1) / before, level / before);
      add(counts.later, half - reference + halves, 1);
    }
    const index = levelClass(level);
    add(counts.seen, index, 1);
    if (k === codes.count - 1) add(counts.ended, index, 1);
  }
}

function add(table: Float64Array, at: number, amount: number): void {
  table[at] = (table[at] as number) + amount;
}

/** Spreads one count over a stretch of 0 .. 1. */
function spread(table: Float64Array, low: number, high: number): void {
  for (let bin = 0; bin < RATIO_BINS; bin++) {
    const overlap = Math.min(high, (bin + 1) / RATIO_BINS) - Math.max(low, bin / RATIO_BINS);
    if (overlap > 0) add(table, bin, overlap / (high - low));
  }
}

/** Mixes counts with a prior, so that what other channels hold costs a bit or two more and not a dozen. */
function frequencies(counts: ArrayLike<number>, prior: readonly number[], weight: number, share: number): number[] {
  let sum = 0;
  let priorSum = 0;
  for (let i = 0; i < counts.length; i++) {
    sum += counts[i] as number;
    priorSum += prior[i] as number;
  }
  const mixed = weight / (weight + sum);
  const own = Math.max(mixed, share);
  return Array.from(counts, (count, i) => {
    const p = own * ((prior[i] as number) / priorSum) + (sum > 0 ? (1 - own) * (count / sum) : 0);
    return Math.max(1, Math.round(p * TOTAL));
  });
}

/** Tables out of counts, and of what is known beforehand where there are few. */
function tablesOf(counts: PathCounts, prior: PathTables): PathTables {
  return {
    first: frequencies(counts.first, prior.first, 16, 0.02),
    end: prior.end.map((end, index) => {
      const seen = counts.seen[index] as number;
      const p = ((counts.ended[index] as number) + (40 * end) / END_TOTAL) / (seen + 40);
      return Math.min(END_TOTAL - 1, Math.max(1, Math.round(p * END_TOTAL)));
    }),
    next: counts.next.map((row, index) => frequencies(row, prior.next[index] as readonly number[], 30, 0.02)),
    angle: [
      frequencies(counts.angle[0], prior.angle[0], 30, 0.1),
      frequencies(counts.angle[1], prior.angle[1], 30, 0.1),
    ],
    near: prior.near,
    delay: frequencies(counts.delay, prior.delay, 30, 0.1),
    later: frequencies(counts.later, prior.later, 30, 0.1),
  };
}
