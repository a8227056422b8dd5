/** A monotonic clock; its origin means nothing. */
export interface Clock {
  nowMs(): number;
}
