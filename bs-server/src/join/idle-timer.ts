/** One timer for the next thing that only time brings about, while nothing else happens. */
export class IdleTimer {
  readonly #clock: () => number;
  readonly #onTime: (nowMs: number) => void;
  #timer: NodeJS.Timeout | undefined;
  #wakeMs = Number.POSITIVE_INFINITY;

  /** @param onTime - is expected to arm it again */
  constructor(clock: () => number, onTime: (nowMs: number) => void) {
    this.#clock = clock;
    this.#onTime = onTime;
  }

  arm(wakeMs: number, nowMs: number): void {
    // A timer that is due earlier arms this one when it fires.
    if (wakeMs >= this.#wakeMs) return;
    clearTimeout(this.#timer);
    this.#wakeMs = wakeMs;
    const fire = () => {
      this.#wakeMs = Number.POSITIVE_INFINITY;
      this.#onTime(this.#clock());
    };
    this.#timer = setTimeout(fire, Math.max(0, Math.ceil(wakeMs - nowMs)));
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
