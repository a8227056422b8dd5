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

/**
 * Things that are due at some time, in ticks: one timer for all of them. What is no longer wanted stays in until it is
 * due, and whoever takes it knows. Time comes in as an argument.
 */
export class DeadlineWheel<T> {
  readonly #tickMs: number;
  readonly #ticks = new Map<number, T[]>();
  #earliest = Number.POSITIVE_INFINITY;

  /** @param tickMs - how late something may be taken */
  constructor(tickMs: number) {
    this.#tickMs = tickMs;
  }

  /** When the next thing is due; Infinity where there is none. */
  get wakeMs(): number {
    return this.#earliest * this.#tickMs;
  }

  schedule(atMs: number, item: T): void {
    const tick = Math.ceil(atMs / this.#tickMs);
    const items = this.#ticks.get(tick);
    if (items === undefined) this.#ticks.set(tick, [item]);
    else items.push(item);
    this.#earliest = Math.min(this.#earliest, tick);
  }

  /** Takes everything that is due, in order. */
  takeDue(nowMs: number): T[] {
    const now = Math.floor(nowMs / this.#tickMs);
    if (this.#earliest > now) return [];
    const due = [...this.#ticks.keys()].filter((tick) => tick <= now).sort((a, b) => a - b);
    const items = due.flatMap((tick) => this.#ticks.get(tick) ?? []);
    for (const tick of due) this.#ticks.delete(tick);
    this.#earliest = Math.min(...this.#ticks.keys());
    return items;
  }
}
