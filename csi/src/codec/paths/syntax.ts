import type { PathCodes } from './codes.ts';
import { finenessOf, MAX_LEVEL, phasesOf } from './grid.ts';
import { MAX_TOTAL, type SymbolCoder } from './range-coder.ts';
import { STEPS } from './step.ts';
import { classStart, END_TOTAL, LEVEL_CLASSES, levelClass, type PathTables, RATIO_BINS, sumsOf } from './tables.ts';

const LEVEL_TOTAL = 2 ** 14;

/** The order of a report's symbols, and their frequencies as running sums. */
export interface PathSyntax {
  readonly counts: readonly [number, number, number];
  readonly maxPaths: number;
  readonly first: Int32Array;
  readonly end: readonly number[];
  readonly next: readonly Int32Array[];
  readonly delay: Int32Array;
  readonly later: Int32Array;
  /** Of the levels below one, written anew for each. */
  readonly levels: Int32Array;
  readonly falling: Int32Array;
}

export function createSyntax(counts: readonly [number, number, number], maxPaths: number, tables: PathTables): PathSyntax {
  return {
    counts,
    maxPaths,
    first: sumsOf(tables.first),
    end: tables.end,
    next: tables.next.map(sumsOf),
    delay: sumsOf(tables.delay),
    later: sumsOf(tables.later),
    levels: new Int32Array(MAX_LEVEL + 1),
    falling: new Int32Array(counts[0] + 1),
  };
}

/**
 * Codes a report: the step, then path by path level, angles, delay and phase. Reads or writes `codes`, whatever the coder
 * does.
 *
 * @returns index of the step
 */
export function codeReport(
  syntax: PathSyntax,
  coder: SymbolCoder,
  codes: PathCodes,
  stepIndex: number,
): number {
  const step = coder.uniform(stepIndex, STEPS);
  const count = codes.count;
  let read = 0;
  for (; read < syntax.maxPaths; read++) {
    const level = codeLevel(syntax, coder, read === 0 ? 0 : (codes.level[read - 1] as number), read < count ? (codes.level[read] as number) : 0);
    if (level === 0) break;
    codes.level[read] = level;
    codePlace(syntax, coder, codes, read);
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

function codePlace(syntax: PathSyntax, coder: SymbolCoder, codes: PathCodes, k: number): void {
  const { cell, level } = codes;
  const fine = finenessOf(level[k] as number);
  const [one, two, delays] = syntax.counts;
  if (one > 1) {
    // Paths of one level come in the order of their angles.
    const least = k > 0 && level[k] === level[k - 1] ? (cell[3 * k - 3] as number) : 0;
    cell[3 * k] = codeAngle(syntax, coder, cell[3 * k] as number, one, fine, least);
  } else cell[3 * k] = 0;
  cell[3 * k + 1] = two > 1 ? codeAngle(syntax, coder, cell[3 * k + 1] as number, two, fine, 0) : 0;
  const value = cell[3 * k + 2] as number;
  const halves = 2 * delays;
  let half = Math.floor((2 * value) / fine);
  if (k === 0) half = coder.table(half, syntax.delay, 0, halves);
  else half = coder.table(half, syntax.later, halves - Math.floor((2 * (cell[2] as number)) / finenessOf(level[0] as number)), halves);
  const start = Math.ceil((half * fine) / 2);
  const size = Math.ceil(((half + 1) * fine) / 2) - start;
  cell[3 * k + 2] = start + (size > 1 ? coder.uniform(value - start, size) : 0);
}

/** An angle as a bin and a cell in the bin, none below `least`. */
function codeAngle(syntax: PathSyntax, coder: SymbolCoder, value: number, bins: number, fine: number, least: number): number {
  const from = Math.floor(least / fine);
  const left = bins - from;
  let bin = Math.floor(value / fine);
  if (least > 0 && left > 1 && 3 * left * left <= 2 * MAX_TOTAL) {
    // The next of a few in order is sooner rather than later.
    const { falling } = syntax;
    for (let j = 0; j <= left; j++) falling[j] = 2 * left * j - (j * (j - 1)) / 2;
    bin = from + coder.table(bin - from, falling, 0, left);
  } else bin = from + coder.uniform(bin - from, left);
  const start = Math.max(least, bin * fine);
  return start + coder.uniform(value - start, (bin + 1) * fine - start);
}
