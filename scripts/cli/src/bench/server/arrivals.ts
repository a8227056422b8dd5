import type { Random } from '@edge-csi/csi';

/** When reports are due, fixed before the first is sent: `atMs[i]` after the start, by UE `ue[i]`. In order of time. */
export interface Arrivals {
  readonly atMs: Float64Array;
  readonly ue: Uint32Array;
}

export interface ArrivalOptions {
  readonly ratePerSecond: number;
  readonly seconds: number;
  readonly numUes: number;
  /** Shortest time between two reports of one UE. */
  readonly periodMs: number;
}

/**
 * Draws a Poisson process over many UEs: each report is of a UE drawn from those that may report again. Where there is
 * none, which more UEs make rare, it is put off until there is.
 */
export function drawArrivals({ ratePerSecond, seconds, numUes, periodMs }: ArrivalOptions, random: Random): Arrivals {
  const atMs: number[] = [];
  const ue: number[] = [];
  const free = Array.from({ length: numUes }, (_, i) => i);
  /** Position among the arrivals of the first whose UE may not report again yet. */
  let oldest = 0;
  let nowMs = 0;
  for (;;) {
    nowMs -= (Math.log(1 - random.uniform()) * 1000) / ratePerSecond;
    if (free.length === 0) nowMs = Math.max(nowMs, (atMs[oldest] as number) + periodMs);
    if (nowMs >= seconds * 1000) return { atMs: Float64Array.from(atMs), ue: Uint32Array.from(ue) };
    while (oldest < atMs.length && (atMs[oldest] as number) + periodMs <= nowMs) free.push(ue[oldest++] as number);
    const pick = Math.floor(random.uniform() * free.length);
    atMs.push(nowMs);
    ue.push(free[pick] as number);
    free[pick] = free[free.length - 1] as number;
    free.pop();
  }
}
