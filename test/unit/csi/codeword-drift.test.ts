import { CodewordDrift, createRandom } from '@edge-csi/csi';
import { describe, expect, it } from 'vitest';

const statistics = { mean: [3, -1], deviation: [2, 0.5] };

/** Drift after Gaussian codewords whose standardised components have a mean and a deviation. */
function driftOf(reports: number, mean: number, deviation: number): number | undefined {
  const drift = new CodewordDrift(statistics);
  const random = createRandom(7);
  for (let i = 0; i < reports; i++) {
    const z = () => mean + deviation * random.gaussian();
    drift.add(Float32Array.of(3 + 2 * z(), -1 + 0.5 * z()));
  }
  return drift.nats;
}

describe('CodewordDrift', () => {
  it('is about nothing for codewords as they were in training', () => {
    expect(driftOf(5000, 0, 1)).toBeLessThan(0.01);
  });

  it.each([
    ['shifted by one deviation', 1, 1, 0.5],
    ['twice as wide', 0, 2, 0.5 * (4 - 1) - Math.log(2)],
    ['half as wide', 0, 0.5, 0.5 * (0.25 - 1) + Math.log(2)],
  ])('is the divergence of Gaussians for codewords %s', (_name, mean, deviation, expected) => {
    expect(driftOf(5000, mean, deviation)).toBeCloseTo(expected, 1);
  });

  it('says nothing of a handful of reports', () => {
    expect(driftOf(63, 0, 1)).toBeUndefined();
    expect(driftOf(64, 0, 1)).toBeDefined();
  });

  it('stays finite for a UE whose channel stands still', () => {
    expect(driftOf(2000, 0, 0)).toBeGreaterThan(1);
    expect(driftOf(2000, 0, 0)).toBeLessThan(10);
  });

  it('forgets what lies far back', () => {
    const drift = new CodewordDrift(statistics);
    const random = createRandom(7);
    for (let i = 0; i < 8000; i++) {
      const shift = i < 2000 ? 5 : 0;
      drift.add(Float32Array.of(3 + 2 * (random.gaussian() + shift), -1 + 0.5 * random.gaussian()));
    }
    expect(drift.nats).toBeLessThan(0.05);
  });
});
