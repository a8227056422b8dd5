import { createRandom } from '@edge-csi/csi';
import { describe, expect, it } from 'vitest';

function moments(draw: () => number, count: number): { mean: number; variance: number; kurtosis: number } {
  const values = Array.from({ length: count }, draw);
  const mean = values.reduce((sum, v) => sum + v, 0) / count;
  const central = (power: number): number => values.reduce((sum, v) => sum + (v - mean) ** power, 0) / count;
  return { mean, variance: central(2), kurtosis: central(4) / central(2) ** 2 };
}

describe('random', () => {
  it('repeats itself from the same seed and differs from another', () => {
    const draws = (seed: number) => {
      const random = createRandom(seed);
      return Array.from({ length: 20 }, (_, i) => (i % 2 ? random.gaussian() : random.uniform()));
    };
    expect(draws(7)).toEqual(draws(7));
    expect(draws(7)).not.toEqual(draws(8));
    expect(draws(0)).not.toEqual(draws(1));
  });

  it('draws the same numbers for ever', () => {
    const random = createRandom(1);
    expect([random.uniform(), random.uniform(), random.uniform()]).toEqual([
      0.5686059948349658, 0.8893939367683266, 0.4705824180198359,
    ]);
  });

  it('is uniform in [0, 1)', () => {
    const random = createRandom(3);
    const values = Array.from({ length: 20_000 }, random.uniform);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
    const { mean, variance } = moments(createRandom(4).uniform, 20_000);
    expect(mean).toBeCloseTo(0.5, 2);
    expect(variance).toBeCloseTo(1 / 12, 2);
  });

  it('is normal with mean 0 and variance 1', () => {
    const { mean, variance, kurtosis } = moments(createRandom(5).gaussian, 50_000);
    expect(Math.abs(mean)).toBeLessThan(0.02);
    expect(Math.abs(variance - 1)).toBeLessThan(0.03);
    expect(Math.abs(kurtosis - 3)).toBeLessThan(0.15);
  });

  it('refuses a seed that is no integer', () => {
    expect(() => createRandom(0.5)).toThrow(RangeError);
    expect(() => createRandom(Number.NaN)).toThrow(RangeError);
  });
});
