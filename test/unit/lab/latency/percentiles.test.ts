import { expect, it } from 'vitest';
import { distributionOf, summarizeLatency } from '../../../../scripts/lab/src/metrics/latency.ts';

it('takes nearest-rank percentiles, whatever the order', () => {
  const samples = Array.from({ length: 200 }, (_, i) => ((i * 37) % 200) + 1);
  expect(summarizeLatency(samples)).toEqual({ p50: 100, p99: 198, p999: 200 });
});

it('says NaN where nothing was measured', () => {
  expect(summarizeLatency([])).toEqual({ p50: Number.NaN, p99: Number.NaN, p999: Number.NaN });
});

it('gives a distribution that holds the percentiles, and none where nothing was measured', () => {
  const samples = Array.from({ length: 1000 }, (_, i) => ((i * 37) % 1000) + 1);
  const { shares, ms } = distributionOf(samples);
  const { p50, p99, p999 } = summarizeLatency(samples);
  expect([0.5, 0.99, 0.999, 1].map((share) => ms[shares.indexOf(share)])).toEqual([p50, p99, p999, 1000]);
  expect(shares).toEqual([...shares].sort((a, b) => a - b));
  expect(distributionOf([])).toEqual({ shares: [], ms: [] });
});
