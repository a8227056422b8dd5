/** Percentiles of a latency, in milliseconds. */
export interface LatencySummary {
  readonly p50: number;
  readonly p99: number;
  /** Worth something from thousands of samples on. */
  readonly p999: number;
}

/** Nearest-rank percentiles of samples in milliseconds; NaN where there are none. */
export function summarizeLatency(samplesMs: readonly number[]): LatencySummary {
  const sorted = Float64Array.from(samplesMs).sort();
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999) };
}

/** The monotonic clock that all processes of one host share, in milliseconds. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
