import type { AngularDelayCsi } from '@edge-csi/csi';
import { expect, it } from 'vitest';
import type { Scheme } from '../../../../scripts/lab/src/schemes/scheme.ts';
import { timeShared } from '../../../../scripts/lab/src/throughput/operating-points.ts';

const estimate: AngularDelayCsi = {
  domain: 'angular-delay',
  numAntennas: 1,
  numDelays: 1,
  values: new Float32Array(2),
};
const samples = Array.from({ length: 10 }, () => ({ downlink: estimate, uplink: estimate }));

/** Takes as many bits as its setting says. */
const scheme: Scheme = {
  name: 'made up',
  family: 'baseline',
  settings: [{ size: 100 }, { size: 200 }],
  carry: async (all, { size = Number.NaN }, onReport) => {
    for (const i of all.keys()) onReport(i, size, estimate);
  },
};
const points = [100, 200].map((size) => ({ setting: { size }, bits: size }));

async function bitsOf(shared: Scheme | undefined, calls: number): Promise<number[]> {
  const bits: number[] = [];
  for (let call = 0; call < calls; call++) {
    await shared?.carry(samples, {}, (i, size) => {
      bits[call * samples.length + i] = size;
    });
  }
  return bits;
}

it('takes the mean number of bits asked for, over calls too, report by report', async () => {
  const bits = await bitsOf(timeShared(scheme, points, 133), 30);
  expect(bits).toHaveLength(300);
  expect(bits.reduce((sum, size) => sum + size, 0) / 300).toBeCloseTo(133, 9);
  // About one in three, never two in a row.
  expect(bits.some((size, i) => size === 200 && bits[i + 1] === 200)).toBe(false);
});

it('keeps to one point where there is no next, and is not to be had where the first is too large', async () => {
  expect(new Set(await bitsOf(timeShared(scheme, points, 250), 1))).toEqual(new Set([200]));
  expect(new Set(await bitsOf(timeShared(scheme, points, 100), 1))).toEqual(new Set([100]));
  expect(timeShared(scheme, points, 99)).toBeUndefined();
});
