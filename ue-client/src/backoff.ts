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
