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
