import type { BsMemory, MemoryReference } from '../codec.ts';
import { KNOWN_CELLS } from './constants.ts';
import { unpackHint } from './hint-bits.ts';
import type { KnownPaths, PathMemory } from './known.ts';
import { createPlaceReader, memoryOf } from './memory.ts';
import { unpackRecord } from './record.ts';
import type { PathCodecSpec } from './spec.ts';

/** Decoded reports held; one more and the oldest is forgotten. A UE refers to the latest of which it has the answer. */
const MOST_REPORTS = 64;
/** Hints held: a UE may not have heard of the latest ones yet. */
const MOST_HINTS = 4;
/** Decoded reports after a hint before the next one: it has to save its own bits in theirs. */
const REPORTS_PER_HINT = 8;
/** Share of a hint, by the weight of ranks, that has to be elsewhere than in the last one. */
const ENOUGH_NEWS = 0.25;
/** Cells within which a place is where it was: half a bin, beyond which a reference saves a path little. */
const NEAR_CELLS = KNOWN_CELLS / 2;

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
  let lastHint: KnownPaths | undefined;
  let reportsSinceHint = 0;

  const look = ({ seq, hint }: MemoryReference): PathMemory | undefined => {
    if (found?.seq === seq && found.hint === hint) return found;
    const record = decoded.get(seq);
    const hinted = hints.get(hint);
    if ((seq !== 0 && record === undefined) || (hint !== 0 && hinted === undefined)) return undefined;
    const reported = record === undefined ? nothing : placesOf(unpackRecord(record));
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
      decoded.set(seq, record);
      forgetOldest(decoded, MOST_REPORTS);
    },
    find(reference) {
      found = look(reference);
      // A UE that has to start afresh passes over hints as old as what it referred to.
      if (found === undefined) lastHint = undefined;
      // Reports come in order, and none refers to less than one before it.
      for (const seq of decoded.keys()) if (found !== undefined && seq < found.seq) decoded.delete(seq);
      for (const hint of hints.keys()) if (found !== undefined && hint < found.hint) hints.delete(hint);
      return found;
    },
    hinted(hint, bytes) {
      const known = unpackHint(spec, hint, bytes);
      if (lastHint !== undefined) {
        if (reportsSinceHint < REPORTS_PER_HINT || newsOf(known, lastHint) < ENOUGH_NEWS) return false;
      } else if (known.count === 0) {
        return false;
      }
      lastHint = known;
      reportsSinceHint = 0;
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

/** Share of a list's places, the first ones counting most, that are not near one of another list; 1 of an empty list. */
function newsOf(known: KnownPaths, before: KnownPaths): number {
  let news = 0;
  let all = 0;
  for (let k = 0; k < known.count; k++) {
    const weight = 1 / (k + 1);
    all += weight;
    if (!isNear(known, k, before)) news += weight;
  }
  return all === 0 ? 1 : news / all;
}

function isNear({ cells }: KnownPaths, k: number, before: KnownPaths): boolean {
  for (let j = 0; j < before.count; j++) {
    const isAtAll = [0, 1, 2].every(
      (axis) => Math.abs((cells[3 * k + axis] as number) - (before.cells[3 * j + axis] as number)) <= NEAR_CELLS,
    );
    if (isAtAll) return true;
  }
  return false;
}
