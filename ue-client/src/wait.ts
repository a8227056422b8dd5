/** A promise, or the signal's reason as soon as it aborts. What the promise comes to after that is nobody's concern. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** Waits, or rejects with the signal's reason as soon as it aborts. */
export function delay(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, delayMs);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

export interface BackoffOptions {
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export interface Backoff {
  /** How long to wait before the next attempt. */
  nextDelayMs(): number;
  /** Starts over: the last attempt was a success. */
  reset(): void;
}

/**
 * Exponential backoff with full jitter: uniform in [0, min(maxDelayMs, minDelayMs 2^attempt)], so that the UEs of a
 * restarted BS do not come back as one.
 */
export function createBackoff({ minDelayMs, maxDelayMs, random }: BackoffOptions): Backoff {
  if (!(minDelayMs > 0)) throw new RangeError(`minDelayMs is ${minDelayMs}, must be above 0`);
  if (!(maxDelayMs >= minDelayMs)) throw new RangeError(`maxDelayMs is ${maxDelayMs}, must be at least ${minDelayMs}`);
  let attempt = 0;
  return {
    nextDelayMs: () => random() * Math.min(maxDelayMs, minDelayMs * 2 ** attempt++),
    reset: () => {
      attempt = 0;
    },
  };
}
