import type { MemoryReference } from '../codec.ts';
import { createCodes, positionOf } from './codes.ts';
import { KNOWN_CELLS, MOST_KNOWN } from './constants.ts';
import { type KnownPaths, knownPathsAt, type PathMemory } from './known.ts';
import { RangeDecoder } from './range-coder.ts';
import type { PathCodecSpec } from './spec.ts';
import { codeReport, createSyntax } from './syntax.ts';

// What the two ends of a session make of the same report and hint, so that they need not tell each other.

/** Cells within which two places of a list are one: a quarter of a bin, which a report does not tell apart. */
const SAME_CELLS = KNOWN_CELLS / 4;

/** A report as it was sent. */
export interface RememberedReport {
  readonly payload: Uint8Array;
  /** What it refers to. */
  readonly known: KnownPaths | undefined;
}

/** Reads the places of a report, `[count][3]`, in cells of `KnownPaths`, strongest first. */
export type PlaceReader = (report: RememberedReport) => Int32Array;

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
    return Int32Array.from({ length: 3 * codes.count }, (_, i) => {
      const axis = i % 3;
      const cell = Math.floor(positionOf(codes, (i - axis) / 3, axis) * KNOWN_CELLS + 0.5);
      const all = (bins[axis] as number) * KNOWN_CELLS;
      // Half a cell below the end of an axis that goes round is its start; delays have room there, which no path takes.
      return cell < all ? cell : axis === 2 ? all - 1 : 0;
    });
  };
}

/**
 * The list that a report may refer to: places of the report named, which are of the downlink itself, and of the hint, in turn.
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
  const cells: number[] = [];
  const add = (from: Int32Array, k: number): void => {
    const place = from.subarray(3 * k, 3 * k + 3);
    if (place.length === 0 || cells.length === 3 * MOST_KNOWN) return;
    for (let i = 0; i < cells.length; i += 3) {
      if (place.every((cell, axis) => Math.abs(cell - (cells[i + axis] as number)) <= SAME_CELLS)) return;
    }
    cells.push(...place);
  };
  const most = Math.max(reported.length, hinted.length) / 3;
  for (let k = 0; k < most; k++) {
    add(reported, k);
    add(hinted, k);
  }
  if (cells.length === 0) return undefined;
  // The reference names the list; its version has a part in the check, and so it differs with either number.
  const version = Math.max(1, (seq + Math.imul(hint, 0x9e3779b1)) >>> 0);
  return { kind: 'paths', seq, hint, known: knownPathsAt(version, Int32Array.from(cells)) };
}
