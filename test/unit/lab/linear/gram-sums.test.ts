import { createRandom } from '@edge-csi/csi';
import { expect, it } from 'vitest';
import { GramSums } from '../../../../scripts/lab/src/linear/gram-sums.ts';

it('gives the means and covariances of both bands over any number of samples', () => {
  const random = createRandom(1);
  const numEntries = 5;
  const samples = Array.from({ length: 300 }, () => {
    const downlink = new Float32Array(numEntries).map(() => 1 + random.gaussian());
    return { downlink, uplink: downlink.map((value, i) => i * value + random.gaussian()) };
  });
  const n = numEntries;
  const sums = new GramSums(2 * n);
  for (const { downlink, uplink } of samples) sums.add(downlink, uplink);
  const [downlinkMean, uplinkMean] = [sums.mean(0, n), sums.mean(n, n)];
  const ofDownlink = sums.covariance(0, n, 0, n);
  const ofBoth = sums.covariance(n, n, 0, n);
  const ofUplink = sums.covariance(n, n, n, n);

  const mean = (of: (sample: (typeof samples)[0]) => number) =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  expect(sums.count).toBe(300);
  for (let i = 0; i < numEntries; i++) {
    const x = mean(({ downlink }) => downlink[i] as number);
    const u = mean(({ uplink }) => uplink[i] as number);
    expect(downlinkMean[i]).toBeCloseTo(x, 10);
    expect(uplinkMean[i]).toBeCloseTo(u, 10);
    for (let j = 0; j < numEntries; j++) {
      const covariance = (a: 'downlink' | 'uplink', b: 'downlink' | 'uplink') =>
        mean((sample) => (sample[a][i] as number) * (sample[b][j] as number)) -
        mean((sample) => sample[a][i] as number) * mean((sample) => sample[b][j] as number);
      expect(ofDownlink.get(i, j)).toBeCloseTo(covariance('downlink', 'downlink'), 9);
      expect(ofBoth.get(i, j)).toBeCloseTo(covariance('uplink', 'downlink'), 9);
      expect(ofUplink.get(i, j)).toBeCloseTo(covariance('uplink', 'uplink'), 9);
    }
  }
});

it('refuses covariances of a single sample', () => {
  const sums = new GramSums(4);
  sums.add(new Float32Array(2), new Float32Array(2));
  expect(() => sums.covariance(0, 2, 0, 2)).toThrowError('1 samples, covariances need at least 2');
});
