import { TokenBucket } from '../net/token-bucket.ts';

/** How much more often than its period a UE may report: clocks differ, and slots of a coarser grid bunch up. */
const rateFactor = 2;

/**
 * Holds a UE to its report period.
 *
 * Reports beyond it are refused one by one; where they come faster than the period allows twice over, for longer than a
 * burst, the UE is not late but wrong.
 */
export class ReportRate {
  readonly #slotMs: number;
  readonly #reports: TokenBucket;
  readonly #refusals: TokenBucket;

  constructor(slotMs: number, burst: number, periodSlots: number, nowMs: number) {
    this.#slotMs = slotMs;
    const perSecond = this.#perSecond(periodSlots);
    this.#reports = new TokenBucket(perSecond, burst, nowMs);
    this.#refusals = new TokenBucket(perSecond, burst, nowMs);
  }

  /** Another period is the shortest the UE may keep to. */
  tell(periodSlots: number, nowMs: number): void {
    const perSecond = this.#perSecond(periodSlots);
    this.#reports.setRate(perSecond, nowMs);
    this.#refusals.setRate(perSecond, nowMs);
  }

  /** Counts one report. */
  check(nowMs: number): 'admitted' | 'refused' | 'abusive' {
    if (this.#reports.take(nowMs)) return 'admitted';
    return this.#refusals.take(nowMs) ? 'refused' : 'abusive';
  }

  #perSecond(periodSlots: number): number {
    return (rateFactor * 1000) / (periodSlots * this.#slotMs);
  }
}
