/** What is known of the newest slots. */
export class Recent<V> {
  readonly #values = new Map<number, V>();
  readonly #capacity: number;

  /** @param capacity - slots that are kept; beyond that the one set longest ago goes */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(slot: number): V | undefined {
    return this.#values.get(slot);
  }

  set(slot: number, value: V): void {
    this.#values.set(slot, value);
    for (const oldest of this.#values.keys()) {
      if (this.#values.size <= this.#capacity) break;
      this.#values.delete(oldest);
    }
  }

  delete(slot: number): void {
    this.#values.delete(slot);
  }

  clear(): void {
    this.#values.clear();
  }
}
