/** How late the event loop is, by a beat that should come at a steady pace. Time comes in as an argument. */
export class LoopLag {
  readonly #intervalMs: number;
  #beatMs: number;
  #latestMs = 0;

  /** @param intervalMs - pace of the beat */
  constructor(intervalMs: number, nowMs: number) {
    this.#intervalMs = intervalMs;
    this.#beatMs = nowMs;
  }

  beat(nowMs: number): void {
    this.#latestMs = Math.max(0, nowMs - this.#beatMs - this.#intervalMs);
    this.#beatMs = nowMs;
  }

  /** Lateness of the latest beat, or of the one that has not come yet where that is longer. */
  atMs(nowMs: number): number {
    return Math.max(this.#latestMs, nowMs - this.#beatMs - this.#intervalMs);
  }
}
