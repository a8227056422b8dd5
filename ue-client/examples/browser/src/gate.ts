/** Lets callers through while it is open. */
export class Gate {
  #isOpen = false;
  #open: () => void = () => undefined;
  #opened = this.#next();

  set(isOpen: boolean): void {
    if (isOpen === this.#isOpen) return;
    this.#isOpen = isOpen;
    if (isOpen) this.#open();
    else this.#opened = this.#next();
  }

  /** @returns once it is open @throws the signal's reason where it aborts first */
  async pass(signal: AbortSignal): Promise<void> {
    while (!this.#isOpen) {
      signal.throwIfAborted();
      await Promise.race([this.#opened, aborted(signal)]);
    }
    signal.throwIfAborted();
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#open = resolve;
    });
  }
}

/** Waits. @throws the signal's reason where it aborts first */
export function waitMs(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(
      () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      },
      Math.max(0, ms),
    );
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** Resolves when a signal aborts. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
