import type { BsMemory, MemoryReference } from '../codec.ts';
import { FRESH } from './codes.ts';
import { KNOWN_CELLS } from './constants.ts';
import { finenessOf } from './grid.ts';
import { unpackHint } from './hint-bits.ts';
import type { KnownPaths, PathMemory } from './known.ts';
import { createPlaceReader, isAmong, memoryOf, type ReportedPlaces, SAME_CELLS } from './memory.ts';
import { unpackRecord } from './record.ts';
import type { PathCodecSpec } from './spec.ts';

/** Decoded reports held; one more and the oldest is forgotten. A UE refers to the latest of which it has the answer. */
const MOST_REPORTS = 64;
/** Hints held: a UE may not have heard of the latest ones yet. */
const MOST_HINTS = 4;
/** Decoded reports after a hint before the next one: it has to save its own bits in theirs. */
const REPORTS_PER_HINT = 8;
/** As many where hints are of no use: each that few reports refer to has the next one wait twice as long. */
const MOST_REPORTS_PER_HINT = 512;
/** Bits that a report saves by naming a place in a list rather than telling it. */
const SAVED_BITS = 9;

const nothing = new Int32Array(0);

/**
 * Creates the BS's memory of a session: decoded reports as their records, which are small, and hints. A list is made of them when
 * a report refers to it.
 *
 * @param spec - without Doppler shifts
 */
export function createPathBsMemory(spec: PathCodecSpec): BsMemory {
  const placesOf = createPlaceReader(spec);
  const pending = new Map<number, Uint8Array>();
  /** Oldest first. */
  const decoded = new Map<number, Uint8Array>();
  const hints = new Map<number, KnownPaths>();
  let found: PathMemory | undefined;
  let latest: Uint8Array | undefined;
  // Since the latest hint; the first one has none to wait for.
  let reportsSinceHint = REPORTS_PER_HINT;
  let reportsReferring = REPORTS_PER_HINT;
  let reportsPerHint = REPORTS_PER_HINT;

  const look = ({ seq, hint }: MemoryReference): PathMemory | undefined => {
    if (found?.seq === seq && found.hint === hint) return found;
    const record = decoded.get(seq);
    const hinted = hints.get(hint);
    if ((seq !== 0 && record === undefined) || (hint !== 0 && hinted === undefined)) return undefined;
    const reported = record === undefined ? nothing : placesOf(unpackRecord(record)).cells;
    return memoryOf({ seq, hint }, reported, hinted?.cells ?? nothing);
  };

  return {
    received(seq, record) {
      pending.set(seq, record);
    },
    settled(seq, isDecoded) {
      const record = pending.get(seq);
      pending.delete(seq);
      if (record === undefined || !isDecoded) return;
      reportsSinceHint++;
      latest = record;
      decoded.set(seq, record);
      forgetOldest(decoded, MOST_REPORTS);
    },
    find(reference) {
      found = look(reference);
      if (found !== undefined) reportsReferring++;
      // A UE that has to start afresh passes over hints as old as what it referred to.
      else reportsSinceHint = reportsReferring = reportsPerHint = REPORTS_PER_HINT;
      // Reports come in order, and none refers to less than one before it.
      for (const seq of decoded.keys()) if (found !== undefined && seq < found.seq) decoded.delete(seq);
      for (const hint of hints.keys()) if (found !== undefined && hint < found.hint) hints.delete(hint);
      return found;
    },
    hinted(hint, bytes) {
      const known = unpackHint(spec, hint, bytes);
      if (latest === undefined || reportsSinceHint < reportsPerHint) return false;
      const savedBits = SAVED_BITS * savedPlaces(placesOf(unpackRecord(latest)), known.cells);
      if (REPORTS_PER_HINT * savedBits < 8 * bytes.length) return false;
      const isUsed = 2 * reportsReferring >= reportsSinceHint;
      reportsPerHint = isUsed ? REPORTS_PER_HINT : Math.min(2 * reportsPerHint, MOST_REPORTS_PER_HINT);
      reportsSinceHint = reportsReferring = 0;
      hints.set(hint, known);
      forgetOldest(hints, MOST_HINTS);
      return true;
    },
  };
}

function forgetOldest(held: Map<number, unknown>, most: number): void {
  for (const key of held.keys()) {
    if (held.size <= most) return;
    held.delete(key);
  }
}

/** Places that a report tells itself and that a hint has, as finely as the report tells them. */
function savedPlaces({ cells, reference, level }: ReportedPlaces, hinted: Int32Array): number {
  let saved = 0;
  for (const [k, index] of reference.entries()) {
    const withinCells = Math.min(SAME_CELLS, KNOWN_CELLS / (2 * finenessOf(level[k] as number)));
    if (index === FRESH && isAmong(cells.subarray(3 * k, 3 * k + 3), hinted, withinCells)) saved++;
  }
  return saved;
}
