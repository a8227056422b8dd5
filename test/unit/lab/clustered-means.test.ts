import { createRandom, type Random } from '@edge-csi/csi';
import { describe, expect, it } from 'vitest';
import { ClusteredMeans, type Interval } from '../../../scripts/lab/src/metrics/clustered-means.ts';

const perCluster = 6;

/** Samples whose clusters differ by as much as the samples in one. */
function correlated(numClusters: number, random: Random): { cluster: number; value: number }[] {
  return Array.from({ length: numClusters }, (_, cluster) => {
    const shared = random.gaussian();
    return Array.from({ length: perCluster }, () => ({ cluster, value: 5 + shared + random.gaussian() }));
  }).flat();
}

function intervalOf(samples: readonly { cluster: number; value: number }[], seed: number): Interval {
  const means = new ClusteredMeans(['value']);
  for (const { cluster, value } of samples) means.add(cluster, { value });
  return (means.intervals(createRandom(seed)) as Record<'value', Interval>).value;
}

describe('means over clusters', () => {
  it('count every sample once, however large its cluster', () => {
    const means = new ClusteredMeans(['a', 'b']);
    means.add(4, { a: 1, b: 10 });
    means.add(9, { a: 2, b: 20 });
    means.add(9, { a: 6, b: 30 });
    expect([means.numSamples, means.numClusters]).toEqual([3, 2]);
    expect(means.mean('a')).toBe(3);
    expect(means.byCluster('b')).toEqual({ samples: [1, 2], means: [10, 25] });
  });

  it('have intervals that cover the truth about as often as they say, where clusters are told', () => {
    const random = createRandom(3);
    let covered = 0;
    let coveredBySamples = 0;
    const sets = 60;
    for (let set = 0; set < sets; set++) {
      const samples = correlated(30, random);
      const covers = ([low, high]: Interval) => low <= 5 && 5 <= high;
      if (covers(intervalOf(samples, set))) covered++;
      if (
        covers(
          intervalOf(
            samples.map(({ value }, cluster) => ({ value, cluster })),
            set,
          ),
        )
      )
        coveredBySamples++;
    }
    expect(covered / sets).toBeGreaterThan(0.85);
    expect(covered / sets).toBeLessThan(1);
    // Taken for independent, the same samples claim far too much.
    expect(coveredBySamples / sets).toBeLessThan(0.75);
  });

  it('have the same intervals for the same seed, and none of a single cluster', () => {
    const samples = correlated(12, createRandom(1));
    expect(intervalOf(samples, 7)).toEqual(intervalOf(samples, 7));
    expect(intervalOf(samples, 7)).not.toEqual(intervalOf(samples, 8));
    const alone = new ClusteredMeans(['value']);
    alone.add(0, { value: 1 });
    alone.add(0, { value: 2 });
    expect(alone.intervals(createRandom(1))).toBeUndefined();
  });
});
