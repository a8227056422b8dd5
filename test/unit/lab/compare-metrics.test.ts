import { createRandom } from '@edge-csi/csi';
import { describe, expect, it } from 'vitest';
import { compareMetrics, type Metric } from '../../../scripts/lab/src/metrics/metric.ts';

function verdictOf(current: Partial<Metric>, saved: Partial<Metric> = {}) {
  const metric = { name: 'figure', value: 10, better: 'lower', tolerance: 0.5 } as const;
  const [change] = compareMetrics([{ ...metric, ...current }], [{ ...metric, ...saved }], 7);
  return change?.verdict;
}

describe('a figure without an interval', () => {
  it('is as it was within the tolerance, and better or worse beyond it', () => {
    expect([9.6, 10, 10.4].map((value) => verdictOf({ value }))).toEqual(['same', 'same', 'same']);
    expect([9.4, 10.6].map((value) => verdictOf({ value }))).toEqual(['better', 'worse']);
    const higher = { better: 'higher' } as const;
    expect([9.4, 10.6].map((value) => verdictOf({ value, ...higher }, higher))).toEqual(['worse', 'better']);
  });

  it('is left out where the other run does not have it', () => {
    const metric = { name: 'new', value: 1, better: 'lower', tolerance: 0 } as const;
    expect(compareMetrics([metric], [], 7)).toEqual([]);
  });
});

describe('a figure with an interval', () => {
  it('has changed only where the intervals do not meet', () => {
    expect(verdictOf({ value: 12, interval: [11, 13] }, { interval: [9, 11.5] })).toBe('same');
    expect(verdictOf({ value: 12, interval: [11, 13] }, { interval: [9, 10.9] })).toBe('worse');
    expect(verdictOf({ value: 12, interval: [11, 13] })).toBe('worse');
    expect(verdictOf({ value: 12, interval: [9, 15] })).toBe('same');
  });

  it('is held to its tolerance all the same', () => {
    expect(verdictOf({ value: 10.2, interval: [10.1, 10.3] })).toBe('same');
  });
});

describe('an NMSE of the same environments', () => {
  const random = createRandom(1);
  const samples = Array.from({ length: 40 }, () => 20);
  // One environment is ten times as hard as another: intervals of the means are wide.
  const errorRatio = samples.map(() => 10 ** (-2 + 0.5 * random.gaussian()));
  const wide = { interval: [-20, -15] as const, better: 'lower', tolerance: 0.05 } as const;
  const nmse = (ratios: readonly number[]) => 10 * Math.log10(ratios.reduce((sum, ratio) => sum + ratio / 40, 0));
  const metricOf = (ratios: readonly number[]): Metric => {
    return { name: 'NMSE', value: nmse(ratios), environments: { samples, errorRatio: ratios }, ...wide };
  };
  const compare = (ratios: readonly number[]) => compareMetrics([metricOf(ratios)], [metricOf(errorRatio)], 7)[0];

  it('is found worse where all are a little worse, however unlike they are', () => {
    const change = compare(errorRatio.map((ratio) => 1.03 * ratio));
    expect(change?.verdict).toBe('worse');
    expect(change?.changeInterval?.[0]).toBeCloseTo(10 * Math.log10(1.03), 9);
  });

  it('is as it was where some are better and others worse', () => {
    const change = compare(errorRatio.map((ratio) => ratio * 10 ** (0.3 * random.gaussian())));
    expect(change?.verdict).toBe('same');
    expect(change?.changeInterval?.[0]).toBeLessThan(0);
    expect(change?.changeInterval?.[1]).toBeGreaterThan(0);
  });

  it('is compared by its intervals alone where the environments are others', () => {
    const other = { ...metricOf(errorRatio), value: -14, environments: { samples: [20], errorRatio: [0.04] } };
    expect(compareMetrics([other], [metricOf(errorRatio)], 7)[0]).toMatchObject({ verdict: 'same' });
  });
});
