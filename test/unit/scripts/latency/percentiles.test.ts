import { expect, it } from 'vitest';
import { summarizeLatency } from '../../../../scripts/src/latency.ts';

it('takes nearest-rank percentiles, whatever the order', () => {
  const samples = Array.from({ length: 200 }, (_, i) => ((i * 37) % 200) + 1);
  expect(summarizeLatency(samples)).toEqual({ p50: 100, p99: 198, p999: 200 });
});

it('says NaN where nothing was measured', () => {
  expect(summarizeLatency([])).toEqual({ p50: Number.NaN, p99: Number.NaN, p999: Number.NaN });
});
