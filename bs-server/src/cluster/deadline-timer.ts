import { DeadlineWheel } from './deadline-wheel.ts';

/** A deadline wheel with the one timer that turns it. */
export class DeadlineTimer<T> {
  readonly #wheel: DeadlineWheel<T>;
  readonly #clock: () => number;
  readonly #onDue: (item: T) => void;
  #timer: NodeJS.Timeout | undefined;
  #timerMs = Number.POSITIVE_INFINITY;

  /**
   * @param tickMs - how late something may be due
   * @param onDue - may schedule more
   */
  constructor(tickMs: number, clock: () => number, onDue: (item: T) => void) {
    this.#wheel = new DeadlineWheel(tickMs);
    this.#clock = clock;
    this.#onDue = onDue;
  }

  schedule(atMs: number, item: T): void {
    this.#wheel.schedule(atMs, item);
    this.#arm();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #arm(): void {
    const { wakeMs } = this.#wheel;
    // A timer that is due earlier arms this one when it fires.
    if (wakeMs >= this.#timerMs) return;
    clearTimeout(this.#timer);
    this.#timerMs = wakeMs;
    this.#timer = setTimeout(() => this.#onTime(), Math.max(0, Math.ceil(wakeMs - this.#clock())));
  }

  #onTime(): void {
    this.#timerMs = Number.POSITIVE_INFINITY;
    for (const item of this.#wheel.takeDue(this.#clock())) this.#onDue(item);
    this.#arm();
  }
}
