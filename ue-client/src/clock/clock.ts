/** A monotonic clock; its origin means nothing. */
export interface Clock {
  /** Milliseconds, never less than before. */
  nowMs(): number;
}
