import { createRandom } from '@edge-csi/csi';
import { describe, expect, it } from 'vitest';
import { allocateBits, quantizeComponent } from '../../../../scripts/lab/src/schemes/codec-fit.ts';

function gaussians(count: number, deviation: number, seed: number): Float32Array {
  const random = createRandom(seed);
  return new Float32Array(count).map(() => deviation * random.gaussian());
}

describe('quantizer of a component', () => {
  const table = quantizeComponent(gaussians(20_000, 3, 1));

  it("has the known distortion of a Gaussian's best uniform quantiser", () => {
    // Max, "Quantizing for minimum distortion", IRE Trans. IT 6(1), 1960, table II.
    for (const [bits, distortion] of [
      [0, 1],
      [1, 0.3634],
      [2, 0.1188],
      [3, 0.03744],
      [4, 0.01154],
    ] as const) {
      expect((table[bits]?.distortion as number) / 9 / distortion).toBeCloseTo(1, 1);
    }
  });

  it('splits what it makes of a latent into gain and uncorrelated noise that explain its distortion', () => {
    for (const { distortion, gain, noise } of table) {
      expect((1 - gain) ** 2 * 9 + noise).toBeGreaterThan(0.97 * distortion);
      expect((1 - gain) ** 2 * 9 + noise).toBeLessThan(1.03 * distortion);
    }
  });
});

describe('bit allocation', () => {
  const tables = [4, 2, 1, 0.5, 0.01].map((deviation, i) => quantizeComponent(gaussians(4000, deviation, 10 + i)));

  it.each([0, 1, 7, 20, 40])('spends a budget of %i bits, most on the strongest components', (budget) => {
    const bits = [...allocateBits(tables, budget)];
    expect(bits.reduce((sum, value) => sum + value, 0)).toBe(budget);
    expect(bits).toEqual([...bits].sort((a, b) => b - a));
    expect(Math.max(...bits)).toBeLessThanOrEqual(8);
  });

  it('gives a component of half the deviation one bit less', () => {
    const halves = [4, 2].map((deviation) => quantizeComponent(gaussians(20_000, deviation, 5)));
    for (const budget of [5, 7, 9, 11]) {
      const [first, second] = allocateBits(halves, budget);
      expect((first as number) - (second as number)).toBe(1);
    }
  });

  it('stops where no bit helps', () => {
    expect([...allocateBits([quantizeComponent(new Float32Array(10))], 5)]).toEqual([0]);
    expect(allocateBits(tables, 1000).every((bits) => bits <= 8)).toBe(true);
  });
});
