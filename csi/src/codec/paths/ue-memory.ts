import type { UeMemory } from '../codec.ts';
import { unpackHint } from './hint-bits.ts';
import { type KnownPaths, knownOf, type PathMemory } from './known.ts';
import { createPlaceReader, isAmong, memoryOf, type RememberedReport, SAME_CELLS } from './memory.ts';
import type { PathCodecSpec } from './spec.ts';

interface SentReport extends RememberedReport {
  readonly seq: number;
  /** What it refers to; undefined where it stands alone. */
  readonly memory: PathMemory | undefined;
}

/** Reports in a row that do not refer to what they may, after which only every so many may: trying takes the encoder longer. */
const UNUSED_OFFERS = 4;
const OFFER_EVERY = 8;
/** Reports in a row without news of the hint after which it is not offered any more. */
const QUIET_REPORTS = 2;

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
  /** In a row, that had no news of the hint. */
  let quietReports = 0;
  /** Of the latest report decoded. */
  let reported: Int32Array = nothing;
  let recalled: PathMemory | undefined;
  let isCurrent = true;
  let unused = 0;
  let withheld = 0;
  // What the BS has refused: nothing as old is offered again.
  let refusedSeq = 0;
  let refusedHint = 0;
  let lastHint = 0;

  return {
    recall() {
      withheld = unused < UNUSED_OFFERS ? 0 : (withheld + 1) % OFFER_EVERY;
      if (withheld !== 0) return undefined;
      if (!isCurrent) {
        const before = reported;
        reported = decoded === undefined ? nothing : placesOf(decoded).cells;
        if (hint !== undefined && hasNews(reported, before, hint.cells)) quietReports = 0;
        else quietReports++;
        const offered = quietReports < QUIET_REPORTS ? hint : undefined;
        recalled = memoryOf(
          { seq: decoded?.seq ?? 0, hint: offered?.version ?? 0 },
          reported,
          offered?.cells ?? nothing,
        );
        isCurrent = true;
      }
      return recalled;
    },
    sent(seq, { codeword, reference }) {
      const memory = reference && recalled;
      if (reference !== undefined) unused = 0;
      else if (recalled !== undefined) unused++;
      // What is left without the hint is of no use.
      if (reference === undefined && hint !== undefined && recalled?.hint !== hint.version) {
        quietReports = -1;
        isCurrent = false;
      }
      unanswered.set(seq, { seq, payload: codeword, known: knownOf(memory), memory });
    },
    answered(seq, outcome) {
      const report = unanswered.get(seq);
      if (report === undefined) return;
      unanswered.delete(seq);
      if (outcome === 'decoded' && seq > Math.max(refusedSeq, decoded?.seq ?? 0)) {
        decoded = report;
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
      quietReports = -1;
      unused = 0;
      isCurrent = false;
    },
  };
}

/**
 * Whether a report has places that the one before has not and that a hint has: so it may be with the next one. Otherwise the
 * hint makes references longer, and what is of use of it is among the report's own places.
 */
function hasNews(reported: Int32Array, before: Int32Array, hinted: Int32Array): boolean {
  for (let at = 0; at < reported.length; at += 3) {
    const place = reported.subarray(at, at + 3);
    if (!isAmong(place, before, SAME_CELLS) && isAmong(place, hinted, SAME_CELLS)) return true;
  }
  return false;
}
