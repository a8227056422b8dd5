import type { ReportOutcome } from '@edge-csi/proto';
import type { Clock } from './clock/clock.ts';
import type { ReportResult } from './options.ts';

interface SentAt {
  readonly slot: number;
  readonly sentAtMs: number;
}

/** The reports of one session that are sent and not yet answered. */
export class InFlight {
  readonly #sent = new Map<number, SentAt>();
  readonly #epoch: number;
  readonly #clock: Clock;
  readonly #onResult: (result: ReportResult) => void;

  constructor(epoch: number, clock: Clock, onResult: (result: ReportResult) => void) {
    this.#epoch = epoch;
    this.#clock = clock;
    this.#onResult = onResult;
  }

  get size(): number {
    return this.#sent.size;
  }

  /** When the oldest unanswered report was sent. */
  get oldestMs(): number | undefined {
    for (const { sentAtMs } of this.#sent.values()) return sentAtMs;
    return undefined;
  }

  add(seq: number, slot: number, sentAtMs: number): void {
    this.#sent.set(seq, { slot, sentAtMs });
  }

  /** Answers one report; a second answer, or one to a report never sent, changes nothing. */
  settle(seq: number, outcome: ReportOutcome | 'lost'): void {
    const sent = this.#sent.get(seq);
    if (sent === undefined) return;
    this.#sent.delete(seq);
    const roundTripMs = this.#clock.nowMs() - sent.sentAtMs;
    this.#onResult({ epoch: this.#epoch, seq, slot: sent.slot, outcome, roundTripMs });
  }

  /** The session ended: nobody will answer any more. */
  lose(): void {
    for (const seq of [...this.#sent.keys()]) this.settle(seq, 'lost');
  }
}
