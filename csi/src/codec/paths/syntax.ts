import { CsiError } from '../../errors.ts';
import { FRESH, isTaken, type PathCodes, positionOf } from './codes.ts';
import {
  CHECKS,
  END_TOTAL,
  FRESH_FIRST,
  KNOWN_FIRST,
  LEVEL_CLASSES,
  LEVEL_TOTAL,
  LIKELY_WEIGHT,
  MAX_LEVEL,
  MOST_KNOWN,
  ORDER_TOTAL,
  RANK_WEIGHT,
  RATIO_BINS,
  STEPS,
} from './constants.ts';
import { finenessOf, phasesOf } from './grid.ts';
import type { KnownPaths } from './known.ts';
import type { SymbolCoder } from './range-coder.ts';

import { classStart, levelClass, type PathTables, sumsOf } from './tables.ts';

/** The order of a report's symbols, and their frequencies as running sums. */
export interface PathSyntax {
  readonly counts: readonly [number, number, number];
  readonly maxPaths: number;
  readonly first: Int32Array;
  readonly end: readonly number[];
  readonly next: readonly Int32Array[];
  readonly delay: Int32Array;
  readonly later: Int32Array;
  readonly angle: readonly [Int32Array, Int32Array];
  /** What a path adds to the frequencies of places near its own. */
  readonly angleBump: readonly [number, number];
  readonly delayBump: number;
  /** Frequencies of one symbol, written anew for each. */
  readonly levels: Int32Array;
  readonly weights: Int32Array;
  readonly sums: Int32Array;
}

export function createSyntax(
  counts: readonly [number, number, number],
  maxPaths: number,
  tables: PathTables,
): PathSyntax {
  const most = Math.max(counts[0], counts[1], 2 * counts[2], MOST_KNOWN);
  return {
    counts,
    maxPaths,
    first: sumsOf(tables.first),
    end: tables.end,
    next: tables.next.map(sumsOf),
    delay: sumsOf(tables.delay),
    later: Int32Array.from(tables.later),
    angle: [Int32Array.from(tables.angle[0]), Int32Array.from(tables.angle[1])],
    angleBump: [bumpOf(tables.angle[0], tables.near[0]), bumpOf(tables.angle[1], tables.near[0])],
    delayBump: bumpOf(tables.later, tables.near[1]),
    levels: new Int32Array(MAX_LEVEL + 1),
    weights: new Int32Array(most),
    sums: new Int32Array(most + 1),
  };
}

/** A share, out of 4096, of the sum of a table's frequencies. */
function bumpOf(table: readonly number[], share: number): number {
  let sum = 0;
  for (const frequency of table) sum += frequency;
  return Math.floor((sum * share) / END_TOTAL);
}

/**
 * Codes a report: the step, then path by path level, angles, delay and phase. Reads or writes `codes`, whatever the coder
 * does.
 *
 * @returns index of the step
 */
export function codeReport(syntax: PathSyntax, coder: SymbolCoder, codes: PathCodes, stepIndex: number): number {
  const step = coder.uniform(stepIndex, STEPS);
  const { count, list } = codes;
  if (list !== undefined && coder.uniform(list.check, CHECKS) !== list.check) {
    throw new CsiError(
      'payload-invalid',
      `path report refers to other known paths than those of version ${list.version}`,
    );
  }
  let read = 0;
  for (; read < syntax.maxPaths; read++) {
    const level = codeLevel(
      syntax,
      coder,
      read === 0 ? 0 : (codes.level[read - 1] as number),
      read < count ? (codes.level[read] as number) : 0,
    );
    if (level === 0) break;
    codes.level[read] = level;
    if (list === undefined) codes.reference[read] = FRESH;
    else codeReference(syntax, coder, codes, list, read);
    if (codes.reference[read] === FRESH) codePlace(syntax, coder, codes, read);
    codes.phase[read] = coder.uniform(codes.phase[read] as number, phasesOf(level));
  }
  codes.count = read;
  return step;
}

/** @param before - level of the path before, 0 before the first @param level - 0 for none */
function codeLevel(syntax: PathSyntax, coder: SymbolCoder, before: number, level: number): number {
  if (before === 0) {
    const index = coder.table(level === 0 ? 0 : levelClass(level) + 1, syntax.first, 0, LEVEL_CLASSES + 1);
    if (index === 0) return 0;
    const start = classStart(index - 1);
    const size = Math.min(classStart(index), MAX_LEVEL + 1) - start;
    return start + (size > 1 ? coder.uniform(level - start, size) : 0);
  }
  const index = levelClass(before);
  const { levels } = syntax;
  levels[0] = 0;
  levels[1] = syntax.end[index] as number;
  levels[2] = END_TOTAL;
  if (coder.table(level === 0 ? 0 : 1, levels, 0, 2) === 0) return 0;
  if (before === 1) return 1;
  // The share of levels 1 .. n of `before` is read off a line between sixteenths, and each level has a frequency.
  const sums = syntax.next[index] as Int32Array;
  const total = sums[RATIO_BINS] as number;
  levels[0] = 0;
  for (let n = 1; n <= before; n++) {
    const bin = Math.floor((RATIO_BINS * n) / before);
    const rest = RATIO_BINS * n - bin * before;
    const low = sums[bin] as number;
    const high = bin < RATIO_BINS ? (sums[bin + 1] as number) : low;
    const share = low + Math.floor(((high - low) * rest) / before);
    levels[n] = n + Math.floor((share * (LEVEL_TOTAL - before)) / total);
  }
  return 1 + coder.table(level - 1, levels, 0, before);
}

/**
 * Whether path k is at a known place, and which: as a rank among those not taken, likely ones first. Of one level known paths come
 * first, in the order of the list.
 */
function codeReference(syntax: PathSyntax, coder: SymbolCoder, codes: PathCodes, list: KnownPaths, k: number): void {
  const { level, reference } = codes;
  const { sums } = syntax;
  const index = reference[k] as number;
  reference[k] = FRESH;
  const isLevelOn = k > 0 && level[k] === level[k - 1];
  if (isLevelOn && reference[k - 1] === FRESH) return;
  const from = isLevelOn ? (reference[k - 1] as number) + 1 : 0;
  let known = 0;
  for (let j = 0; j < k; j++) if (reference[j] !== FRESH) known++;
  let rank = 0;
  let offered = 0;
  sums[0] = 0;
  for (let i = from; i < list.count; i++) {
    if (isTaken(codes, k, i)) continue;
    if (i === index) rank = offered;
    sums[offered + 1] = (sums[offered] as number) + RANK_WEIGHT + Math.floor(LIKELY_WEIGHT / (offered + 2));
    offered++;
  }
  if (offered === 0) return;
  const flags = syntax.levels;
  flags[0] = 0;
  flags[1] = 2 * known + KNOWN_FIRST;
  flags[2] = 2 * k + KNOWN_FIRST + FRESH_FIRST;
  if (coder.table(index === FRESH ? 1 : 0, flags, 0, 2) === 1) return;
  rank = coder.table(rank, sums, 0, offered);
  let at = from;
  for (let left = rank; left > 0 || isTaken(codes, k, at); at++) if (!isTaken(codes, k, at)) left--;
  reference[k] = at;
}

function codePlace(syntax: PathSyntax, coder: SymbolCoder, codes: PathCodes, k: number): void {
  const { cell, level } = codes;
  const [one, two] = syntax.counts;
  const fineness = finenessOf(level[k] as number);
  // Paths of one level come in the order of their first angles.
  const isNext = k > 0 && level[k] === level[k - 1] && codes.reference[k - 1] === FRESH;
  const least = isNext ? (cell[3 * k - 3] as number) : 0;
  cell[3 * k] = one > 1 ? codeAngle(syntax, coder, codes, k, 0, least) : 0;
  cell[3 * k + 1] = two > 1 ? codeAngle(syntax, coder, codes, k, 1, 0) : 0;
  const value = cell[3 * k + 2] as number;
  const half = codeHalfTap(syntax, coder, codes, k, Math.floor((2 * value) / fineness));
  const start = Math.ceil((half * fineness) / 2);
  const size = Math.ceil(((half + 1) * fineness) / 2) - start;
  cell[3 * k + 2] = start + (size > 1 ? coder.uniform(value - start, size) : 0);
}

/** Bin of path k along an axis. */
function binOf(codes: PathCodes, k: number, axis: number): number {
  return Math.floor(positionOf(codes, k, axis));
}

function halfTapOf(codes: PathCodes, k: number): number {
  return Math.floor(2 * positionOf(codes, k, 2));
}

/** An angle as a bin and a cell in the bin, none below `least`. */
function codeAngle(
  syntax: PathSyntax,
  coder: SymbolCoder,
  codes: PathCodes,
  k: number,
  axis: 0 | 1,
  least: number,
): number {
  const { weights, sums } = syntax;
  const bins = syntax.counts[axis];
  const fineness = finenessOf(codes.level[k] as number);
  const value = codes.cell[3 * k + axis] as number;
  const from = Math.floor(least / fineness);
  const table = syntax.angle[axis];
  for (let bin = 0; bin < bins; bin++) weights[bin] = table[bin] as number;
  const bump = syntax.angleBump[axis];
  for (let j = 0; j < k && bump > 0; j++) {
    const bin = binOf(codes, j, axis);
    for (let near = bin - 1; near <= bin + 1; near++) {
      const at = near < 0 ? near + bins : near >= bins ? near - bins : near;
      weights[at] = (weights[at] as number) + bump;
    }
  }
  let sum = 0;
  sums[0] = 0;
  for (let bin = from; bin < bins; bin++) {
    sum += weights[bin] as number;
    sums[bin - from + 1] = sum;
  }
  if (least > 0) {
    // Of a few in order the next is sooner rather than later: between the first of one and the first of two.
    for (let j = 1; j <= bins - from; j++) {
      const x = sums[j] as number;
      sums[j] = j + Math.floor((x * (4 * sum - x) * ORDER_TOTAL) / (3 * sum * sum));
    }
  }
  const bin = from + coder.table(Math.floor(value / fineness) - from, sums, 0, bins - from);
  const start = Math.max(least, bin * fineness);
  return start + coder.uniform(value - start, (bin + 1) * fineness - start);
}

/** The half tap of path k's delay: of the first on its own, of the others beside the first's. */
function codeHalfTap(syntax: PathSyntax, coder: SymbolCoder, codes: PathCodes, k: number, half: number): number {
  const halves = 2 * syntax.counts[2];
  if (k === 0) return coder.table(half, syntax.delay, 0, halves);
  const { weights, sums, delayBump } = syntax;
  const table = syntax.later;
  const offset = halves - halfTapOf(codes, 0);
  for (let i = 0; i < halves; i++) weights[i] = table[offset + i] as number;
  for (let j = 0; j < k && delayBump > 0; j++) {
    if (!isBeside(syntax, codes, j, k, 0) || !isBeside(syntax, codes, j, k, 1)) continue;
    const at = halfTapOf(codes, j);
    for (let near = Math.max(0, at - 2); near <= Math.min(halves - 1, at + 2); near++) {
      weights[near] = (weights[near] as number) + delayBump;
    }
  }
  sums[0] = 0;
  for (let i = 0; i < halves; i++) sums[i + 1] = (sums[i] as number) + (weights[i] as number);
  return coder.table(half, sums, 0, halves);
}

/** Whether two paths are a bin apart at most along an angle. */
function isBeside(syntax: PathSyntax, codes: PathCodes, j: number, k: number, axis: 0 | 1): boolean {
  const apart = Math.abs(binOf(codes, j, axis) - binOf(codes, k, axis));
  return apart <= 1 || apart === syntax.counts[axis] - 1;
}
