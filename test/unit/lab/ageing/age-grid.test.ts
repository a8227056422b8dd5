import { describe, expect, it } from 'vitest';
import { ageOfError, createAgeGrid } from '../../../../scripts/lab/src/ageing/age-grid.ts';

describe('the ages of a report', () => {
  const grid = createAgeGrid([10, 40], 4);

  it('rise from 0 to the end of the longest period, and hold the ends of every period', () => {
    const { agesMs } = grid;
    expect([...agesMs].sort((a, b) => a - b)).toEqual(agesMs);
    expect([agesMs[0], agesMs.at(-1)]).toEqual([0, 44]);
    for (const end of [4, 14]) expect(agesMs).toContain(end);
  });

  it('are averaged over the time of use alone, exactly where the figure is linear in age', () => {
    const weights = grid.weightsOf(10);
    const mean = (of: (ageMs: number) => number) =>
      grid.agesMs.reduce((sum, ageMs, i) => sum + (weights[i] as number) * of(ageMs), 0);
    expect(mean(() => 1)).toBeCloseTo(1, 12);
    expect(mean((ageMs) => 3 * ageMs - 1)).toBeCloseTo(3 * 9 - 1, 12);
    expect(mean((ageMs) => (ageMs < 4 || ageMs > 14 ? 1 : 0))).toBe(0);
  });
});

describe('the age of an error', () => {
  // The error grows with the square of age: 20 dB a decade.
  const aged = [1, 2, 5, 10].map((ageMs) => ({ ageMs, nmseDb: -30 + 20 * Math.log10(ageMs) }));

  it('is found between ages, and before the first, by the square law', () => {
    expect(ageOfError(aged, -20)).toBeCloseTo(Math.sqrt(10), 9);
    expect(ageOfError(aged, -36)).toBeCloseTo(10 ** -0.3, 9);
  });

  it('is not told where it never comes', () => {
    expect(ageOfError(aged, -9)).toBeUndefined();
    expect(ageOfError([], -9)).toBeUndefined();
  });
});
