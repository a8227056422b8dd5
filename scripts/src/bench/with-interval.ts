import type { Interval } from './clustered-means.ts';

/** A value and the ends of its interval. */
export function withInterval(value: number, interval: Interval | undefined, digits: number): string {
  if (interval === undefined) return value.toFixed(digits);
  return `${value.toFixed(digits)} [${interval.map((end) => end.toFixed(digits)).join(', ')}]`;
}
