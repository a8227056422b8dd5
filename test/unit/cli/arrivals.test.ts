import { createRandom } from '@edge-csi/csi';
import { expect, it } from 'vitest';
import { type Arrivals, drawArrivals } from '../../../scripts/cli/src/bench/server/arrivals.ts';

const options = { ratePerSecond: 1000, seconds: 20, numUes: 100, periodMs: 20 };
/** Of sums of times in milliseconds. */
const rounding = 1e-6;

const gapsOf = ({ atMs }: Arrivals) => [...atMs].slice(1).map((ms, i) => ms - (atMs[i] as number));

/** Times between two reports of one UE, of all UEs. */
function pausesOf({ atMs, ue }: Arrivals): number[] {
  const last = new Map<number, number>();
  const pauses: number[] = [];
  for (const [i, ms] of atMs.entries()) {
    const before = last.get(ue[i] as number);
    if (before !== undefined) pauses.push(ms - before);
    last.set(ue[i] as number, ms);
  }
  return pauses;
}

it('draws as many arrivals as the rate says, with gaps that scatter as those of a Poisson process', () => {
  const arrivals = drawArrivals(options, createRandom(1));
  const gaps = gapsOf(arrivals);
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
  // Four standard deviations of a count of 20,000.
  expect(Math.abs(arrivals.atMs.length - 20_000)).toBeLessThan(4 * Math.sqrt(20_000));
  expect(Math.sqrt(variance) / mean).toBeCloseTo(1, 1);
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(0);
});

it('uses every UE, and none twice within a period', () => {
  const arrivals = drawArrivals(options, createRandom(2));
  expect(new Set(arrivals.ue).size).toBe(options.numUes);
  expect(Math.min(...pausesOf(arrivals))).toBeGreaterThan(options.periodMs - rounding);
});

it('puts a report off where every UE has just reported', () => {
  const arrivals = drawArrivals({ ...options, numUes: 2, seconds: 1 }, createRandom(3));
  const pauses = pausesOf(arrivals);
  expect(Math.min(...pauses)).toBeGreaterThan(options.periodMs - rounding);
  // Two UEs at full pace and hardly a pause beyond it.
  expect(arrivals.atMs.length).toBeGreaterThan(90);
  expect(arrivals.atMs.length).toBeLessThanOrEqual(100);
});

it('draws the same arrivals from the same seed', () => {
  const timesOf = (seed: number) => [...drawArrivals({ ...options, seconds: 0.2 }, createRandom(seed)).atMs];
  expect(timesOf(4)).toEqual(timesOf(4));
  expect(timesOf(4)).not.toEqual(timesOf(5));
});
