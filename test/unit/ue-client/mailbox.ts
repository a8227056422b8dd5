const deadlineMs = 3000;

/** Values that arrive when they like, taken in order; a value that never comes fails the test. */
export class Mailbox<T> {
  readonly #name: string;
  readonly #values: T[] = [];
  readonly #takers: ((value: T) => void)[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  /** Values nobody has taken yet. */
  get size(): number {
    return this.#values.length;
  }

  put(value: T): void {
    const taker = this.#takers.shift();
    if (taker === undefined) this.#values.push(value);
    else taker(value);
  }

  take(): Promise<T> {
    if (this.#values.length > 0) return Promise.resolve(this.#values.shift() as T);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no ${this.#name} within ${deadlineMs} ms`)), deadlineMs);
      this.#takers.push((value) => {
        clearTimeout(timer);
        resolve(value);
      });
    });
  }
}
