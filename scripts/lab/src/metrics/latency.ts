/** Percentiles of a latency, in milliseconds. */
export interface LatencySummary {
  readonly p50: number;
  readonly p99: number;
  /** Worth something from thousands of samples on. */
  readonly p999: number;
}

/** A distribution of latencies: what share of them is no longer than how many milliseconds. */
export interface LatencyDistribution {
  readonly shares: readonly number[];
  /** Of each share. */
  readonly ms: readonly number[];
}

/** Every twentieth, and more towards both ends. */
const shares = [
  ...[0.001, 0.005, 0.01, 0.02],
  ...Array.from({ length: 19 }, (_, i) => (i + 1) / 20),
  ...[0.97, 0.98, 0.99, 0.995, 0.999, 1],
];

/** Nearest-rank percentiles of samples in milliseconds; NaN where there are none. */
export function summarizeLatency(samplesMs: readonly number[]): LatencySummary {
  const at = nearestRank(samplesMs);
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999) };
}

/** The distribution of samples in milliseconds at a few dozen shares; without any where there are no samples. */
export function distributionOf(samplesMs: readonly number[]): LatencyDistribution {
  return samplesMs.length === 0 ? { shares: [], ms: [] } : { shares, ms: shares.map(nearestRank(samplesMs)) };
}

function nearestRank(samplesMs: readonly number[]): (share: number) => number {
  const sorted = Float64Array.from(samplesMs).sort();
  return (share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** The monotonic clock that all processes of one host share, in milliseconds. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** The middle value, the lower one of two. */
export function lowerMedian(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}
