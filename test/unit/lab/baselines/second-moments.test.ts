import { createRandom } from '@edge-csi/csi';
import { expect, it } from 'vitest';
import { MomentSums } from '../../../../scripts/lab/src/schemes/linear-fit.ts';

it('gives the means and covariances of both bands over any number of samples', () => {
  const random = createRandom(1);
  const numEntries = 5;
  const samples = Array.from({ length: 300 }, () => {
    const downlink = new Float32Array(numEntries).map(() => 1 + random.gaussian());
    return { downlink, uplink: downlink.map((value, i) => i * value + random.gaussian()) };
  });
  const sums = new MomentSums(numEntries);
  for (const sample of samples) sums.add(sample);
  const moments = sums.moments();

  const mean = (of: (sample: (typeof samples)[0]) => number) =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  expect(moments.count).toBe(300);
  for (let i = 0; i < numEntries; i++) {
    const x = mean(({ downlink }) => downlink[i] as number);
    const u = mean(({ uplink }) => uplink[i] as number);
    expect(moments.downlinkMean[i]).toBeCloseTo(x, 10);
    expect(moments.uplinkMean[i]).toBeCloseTo(u, 10);
    for (let j = 0; j < numEntries; j++) {
      const covariance = (a: 'downlink' | 'uplink', b: 'downlink' | 'uplink') =>
        mean((sample) => (sample[a][i] as number) * (sample[b][j] as number)) -
        mean((sample) => sample[a][i] as number) * mean((sample) => sample[b][j] as number);
      expect(moments.downlink.get(i, j)).toBeCloseTo(covariance('downlink', 'downlink'), 9);
      expect(moments.uplinkDownlink.get(i, j)).toBeCloseTo(covariance('uplink', 'downlink'), 9);
      expect(moments.uplink.get(i, j)).toBeCloseTo(covariance('uplink', 'uplink'), 9);
    }
  }
});

it('refuses covariances of a single sample', () => {
  const sums = new MomentSums(2);
  sums.add({ downlink: new Float32Array(2), uplink: new Float32Array(2) });
  expect(() => sums.moments()).toThrowError('1 samples, covariances need at least 2');
});
