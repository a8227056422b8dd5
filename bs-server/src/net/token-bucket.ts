/** Admits events at a rate, with bursts. Time comes in as an argument; where it runs backwards nothing is gained. */
export class TokenBucket {
  readonly #capacity: number;
  #perMs: number;
  #tokens: number;
  #atMs: number;

  /** @param capacity - events at once, after a pause */
  constructor(perSecond: number, capacity: number, nowMs: number) {
    this.#capacity = capacity;
    this.#perMs = perSecond / 1000;
    this.#tokens = capacity;
    this.#atMs = nowMs;
  }

  /** Changes the rate from now on. */
  setRate(perSecond: number, nowMs: number): void {
    this.#refill(nowMs);
    this.#perMs = perSecond / 1000;
  }

  /** Whether `take` would admit an event. */
  has(nowMs: number): boolean {
    this.#refill(nowMs);
    return this.#tokens >= 1;
  }

  /** Whether nothing has been taken that has not come back. */
  isFull(nowMs: number): boolean {
    this.#refill(nowMs);
    return this.#tokens === this.#capacity;
  }

  /** @returns false where the event is one too many; it costs nothing then */
  take(nowMs: number): boolean {
    if (!this.has(nowMs)) return false;
    this.#tokens--;
    return true;
  }

  #refill(nowMs: number): void {
    if (nowMs <= this.#atMs) return;
    this.#tokens = Math.min(this.#capacity, this.#tokens + (nowMs - this.#atMs) * this.#perMs);
    this.#atMs = nowMs;
  }
}
