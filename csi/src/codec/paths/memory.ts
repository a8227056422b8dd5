import type { MemoryReference } from '../codec.ts';
import { createCodes, positionOf } from './codes.ts';
import { KNOWN_CELLS, MOST_KNOWN } from './constants.ts';
import { type KnownPaths, knownPathsAt, type PathMemory } from './known.ts';
import { RangeDecoder } from './range-coder.ts';
import type { PathCodecSpec } from './spec.ts';
import { codeReport, createSyntax } from './syntax.ts';

// What the two ends of a session make of the same report and hint, so that they need not tell each other.

/** Cells within which two places are one: a quarter of a bin, which a weak path does not tell apart. */
export const SAME_CELLS = KNOWN_CELLS / 4;

/** A report as it was sent. */
export interface RememberedReport {
  readonly payload: Uint8Array;
  /** What it refers to. */
  readonly known: KnownPaths | undefined;
}

/** Where the paths of a report are, strongest first. */
export interface ReportedPlaces {
  /** `[count][3]`, in cells of `KnownPaths`. */
  readonly cells: Int32Array;
  /** `[count]`: number of a place in the list that the report refers to; `FRESH` of one that it tells itself. */
  readonly reference: Int32Array;
  /** `[count]`, amplitudes in steps: the stronger a path, the finer its place. */
  readonly level: Int32Array;
}

/** Reads the places of a report. */
export type PlaceReader = (report: RememberedReport) => ReportedPlaces;

/** @param spec - without Doppler shifts */
export function createPlaceReader(spec: PathCodecSpec): PlaceReader {
  const { antennas, numDelays, maxPaths, tables } = spec;
  const bins = [antennas[0], antennas[1], numDelays] as const;
  const syntax = createSyntax(bins, maxPaths, tables);
  const codes = createCodes(maxPaths);
  return ({ payload, known }) => {
    codes.count = 0;
    codes.list = known;
    codeReport(syntax, new RangeDecoder(payload), codes, 0);
    const cells = Int32Array.from({ length: 3 * codes.count }, (_, i) => {
      const axis = i % 3;
      const cell = Math.floor(positionOf(codes, (i - axis) / 3, axis) * KNOWN_CELLS + 0.5);
      const all = (bins[axis] as number) * KNOWN_CELLS;
      // Half a cell below the end of an axis that goes round is its start; delays have room there, which no path takes.
      return cell < all ? cell : axis === 2 ? all - 1 : 0;
    });
    return { cells, reference: codes.reference.slice(0, codes.count), level: codes.level.slice(0, codes.count) };
  };
}

/**
 * The list that a report may refer to: the places of the hint, which come in the order of their strength, then those of the report
 * that are not among them. Of a hint alone it is the hint's own list, so that a UE needs no more than `unpackHint`.
 *
 * @param reported - `[count][3]`; empty without a report
 * @param hinted - `[count][3]`; empty without a hint
 * @returns undefined where there is no place
 */
export function memoryOf(
  { seq, hint }: MemoryReference,
  reported: Int32Array,
  hinted: Int32Array,
): PathMemory | undefined {
  const cells = Array.from(hinted);
  for (let at = 0; at < reported.length && cells.length < 3 * MOST_KNOWN; at += 3) {
    const place = reported.subarray(at, at + 3);
    if (!isAmong(place, cells, SAME_CELLS)) cells.push(...place);
  }
  if (cells.length === 0) return undefined;
  // The reference names the list; its version has a part in the check, and so it differs with either number.
  const version = Math.max(1, (hint + Math.imul(seq, 0x9e3779b1)) >>> 0);
  return { kind: 'paths', seq, hint, known: knownPathsAt(version, Int32Array.from(cells)) };
}

/** Whether a place is, give or take, one of others, `[count][3]`. */
export function isAmong(place: ArrayLike<number>, others: ArrayLike<number>, withinCells: number): boolean {
  for (let at = 0; at < others.length; at += 3) {
    let axis = 0;
    while (axis < 3 && Math.abs((place[axis] as number) - (others[at + axis] as number)) <= withinCells) axis++;
    if (axis === 3) return true;
  }
  return false;
}
