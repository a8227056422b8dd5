import { toSpatialFrequency } from '@edge-csi/csi';
import { expect, it } from 'vitest';
import { linkSamples, simulatedSource } from '../../../scripts/lab/src/data.ts';
import { scoreEstimate } from '../../../scripts/lab/src/metrics/score.ts';
import { subbandDirections } from '../../../scripts/lab/src/metrics/subbands.ts';
import { createEType2Scheme } from '../../../scripts/lab/src/schemes/etype2-scheme.ts';
import { costOf, measureScheme, sweep } from '../../../scripts/lab/src/schemes/scheme.ts';

const view = {
  ...{ numAntennas: 32, numDelays: 32, numSubcarriers: 1024, bandwidthHz: 20e6 },
  ...{ downlinkCarrierHz: 5.3e9, uplinkCarrierHz: 5.1e9, timing: 'absolute' as const },
};
const samples = linkSamples(simulatedSource('cost2100-indoor', 8, view, 3), 0, 8);
const scheme = createEType2Scheme(view.numSubcarriers);

it('gives more SGCS for more bits, no NMSE, and takes what its fields take', async () => {
  const curve = await sweep(scheme, { select: samples, measure: samples, seed: 1 }, () => undefined);
  expect(curve.length).toBeGreaterThan(3);
  for (const [i, point] of curve.entries()) {
    expect(point).toMatchObject({ scheme: 'etype2', family: 'baseline' });
    expect(point.nmseDb).toBeUndefined();
    expect(costOf(point)).toBe(-(point.subbandSgcs ?? 0));
    expect(point.subbandSgcs).toBeGreaterThan(curve[i - 1]?.subbandSgcs ?? 0.5);
    // A subcarrier is not quite its subband.
    expect(Math.abs((point.sgcs ?? 0) - (point.subbandSgcs ?? 0))).toBeLessThan(0.1);
  }
  // Combination 1 with its four coefficients: 2 + 7 + 8 + 16 + 2 + 4 + 3 x 3 + 3 x 4.
  expect(curve[0]?.bits).toBe(60);
});

it('counts directions that are perfect as such, over subbands and nearly so over subcarriers', async () => {
  const perfect = {
    ...scheme,
    carry: async (carried: typeof samples, _: unknown, onReport: Parameters<typeof scheme.carry>[2]) => {
      for (const [i, { downlink }] of carried.entries()) onReport(i, 9, subbandDirections(downlink, 1024));
    },
  };
  const measured = await measureScheme(perfect as typeof scheme, samples, {});
  expect(measured.bits).toBe(9);
  expect(measured.subbandSgcs).toBeCloseTo(1, 9);
  expect(measured.sgcs).toBeGreaterThan(0.9);
  expect(measured.sgcs).toBeLessThan(1);
});

it('finds the direction that most of a subband lies along', () => {
  const { downlink, uplink } = samples[0] as (typeof samples)[number];
  const { values: channel } = toSpatialFrequency(downlink, 1024);
  const { values, numSubbands, numAntennas } = subbandDirections(downlink, 1024);
  // The iteration that defines it, R v over |R v|, leaves the vector as it is.
  const [first, end] = [0, 79];
  const along = new Float64Array(2 * numAntennas);
  for (let k = first; k < end; k++) {
    const entry = (i: number) =>
      [channel[k * numAntennas + i], channel[(1024 + k) * numAntennas + i]] as [number, number];
    let [re, im] = [0, 0];
    for (let i = 0; i < numAntennas; i++) {
      const [hRe, hIm] = entry(i);
      const [vRe, vIm] = [values[i] as number, values[numSubbands * numAntennas + i] as number];
      re += hRe * vRe + hIm * vIm;
      im += hRe * vIm - hIm * vRe;
    }
    for (let i = 0; i < numAntennas; i++) {
      const [hRe, hIm] = entry(i);
      along[i] = (along[i] as number) + hRe * re - hIm * im;
      along[numAntennas + i] = (along[numAntennas + i] as number) + hRe * im + hIm * re;
    }
  }
  const length = Math.hypot(...along);
  for (let i = 0; i < numAntennas; i++) {
    expect((along[i] as number) / length).toBeCloseTo(values[i] as number, 5);
    expect((along[numAntennas + i] as number) / length).toBeCloseTo(values[numSubbands * numAntennas + i] as number, 5);
  }
  expect(scoreEstimate(downlink, downlink, 1024).subbandSgcs).toBeCloseTo(1, 9);
  expect(scoreEstimate(downlink, uplink ?? downlink, 1024).subbandSgcs).toBeLessThan(0.9);
});
