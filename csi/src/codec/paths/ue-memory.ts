import type { UeMemory } from '../codec.ts';
import { unpackHint } from './hint-bits.ts';
import { type KnownPaths, knownOf, type PathMemory } from './known.ts';
import { createPlaceReader, memoryOf, type RememberedReport } from './memory.ts';
import type { PathCodecSpec } from './spec.ts';

interface SentReport extends RememberedReport {
  readonly seq: number;
  /** What it refers to; undefined where it stands alone. */
  readonly memory: PathMemory | undefined;
}

const nothing = new Int32Array(0);

/**
 * Creates the UE's memory of a session: the latest report that the BS has decoded, and its latest hint.
 *
 * @param spec - without Doppler shifts
 *
 * @example
 * const memory = createPathUeMemory(codec.spec);
 * const payload = await encoder.encode(csi, rate, { slot, measured: [], memory: memory.recall() });
 * memory.sent(seq, payload);
 * memory.answered(seq, 'decoded');
 */
export function createPathUeMemory(spec: PathCodecSpec): UeMemory {
  const placesOf = createPlaceReader(spec);
  const unanswered = new Map<number, SentReport>();
  let decoded: SentReport | undefined;
  let hint: KnownPaths | undefined;
  let recalled: PathMemory | undefined;
  let isCurrent = true;
  // What the BS has refused: nothing as old is offered again.
  let refusedSeq = 0;
  let refusedHint = 0;
  let lastHint = 0;

  return {
    recall() {
      if (!isCurrent) {
        const reported = decoded === undefined ? nothing : placesOf(decoded).cells;
        recalled = memoryOf({ seq: decoded?.seq ?? 0, hint: hint?.version ?? 0 }, reported, hint?.cells ?? nothing);
        isCurrent = true;
      }
      return recalled;
    },
    sent(seq, { codeword, reference }) {
      const memory = reference && recalled;
      unanswered.set(seq, { seq, payload: codeword, known: knownOf(memory), memory });
    },
    answered(seq, outcome) {
      const report = unanswered.get(seq);
      if (report === undefined) return;
      unanswered.delete(seq);
      if (outcome === 'decoded' && seq > Math.max(refusedSeq, decoded?.seq ?? 0)) {
        decoded = report;
        // What it took of a hint is among its own places; the rest would make every reference longer.
        if (report.memory?.hint === hint?.version) hint = undefined;
        isCurrent = false;
      }
      if (outcome !== 'invalid' || report.memory === undefined) return;
      refusedSeq = Math.max(refusedSeq, report.memory.seq);
      refusedHint = Math.max(refusedHint, report.memory.hint);
      if (decoded !== undefined && decoded.seq <= refusedSeq) decoded = undefined;
      if (hint !== undefined && hint.version <= refusedHint) hint = undefined;
      isCurrent = false;
    },
    hinted(number, bytes) {
      const known = unpackHint(spec, number, bytes);
      if (number <= lastHint) return;
      lastHint = number;
      hint = known;
      isCurrent = false;
    },
  };
}
