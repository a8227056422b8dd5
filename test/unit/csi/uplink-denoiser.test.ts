import {
  type AngularDelayCsi,
  createRandom,
  createSynthesizer,
  createUplinkDenoiser,
  simulateChannel,
  squaredErrorRatio,
  withEstimationNoise,
} from '@edge-csi/csi';
import { describe, expect, it } from 'vitest';

const carriers = { downlinkCarrierHz: 5.3e9, uplinkCarrierHz: 5.1e9 };

function uplinks(numAntennas: number): AngularDelayCsi[] {
  const samples = simulateChannel({
    ...{ scenario: 'cost2100-indoor', ...carriers, delaySpreadNs: 100, phases: 'independent', seed: 3 },
    ...{ numSamples: 40, numUes: 4, numEnvironments: 10, speedKmh: 0, periodSlots: 80 },
  });
  const { downlinkCarrierHz, uplinkCarrierHz: carrierHz } = carriers;
  const band = { direction: 'uplink', carrierHz, downlinkCarrierHz, bandwidthHz: 20e6, numSubcarriers: 1024 } as const;
  const synthesize = createSynthesizer(band, { numAntennas, numDelays: 32 });
  return Array.from(samples, ({ paths }) => synthesize(paths, 0));
}

const decibels = (ratio: number) => 10 * Math.log10(ratio);

describe.each([32, 128])('uplink denoiser, %d antennas', (numAntennas) => {
  const truths = uplinks(numAntennas);
  const denoiser = createUplinkDenoiser({ numAntennas, numDelays: 32 });
  const denoised = (csi: AngularDelayCsi) => ({ ...csi, values: denoiser.denoise(csi.values) });
  const errorDb = (estimates: readonly AngularDelayCsi[]) => {
    const ratios = estimates.map((estimate, i) => squaredErrorRatio(truths[i] as AngularDelayCsi, estimate));
    return decibels(ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length);
  };

  it('leaves nearly all noise-free channels alone, and the others nearly as they are', () => {
    const touched = truths.filter(({ values }) => denoiser.denoise(values) !== values);
    expect(touched.length).toBeLessThan(0.1 * truths.length);
    expect(errorDb(truths.map((truth) => ({ ...truth, values: denoised(truth).values.slice() })))).toBeLessThan(-35);
  });

  it.each([
    [20, -21.5],
    [10, -14],
    [0, -7],
  ])('takes noise at %d dB SNR down to an error below %d dB', (snrDb, boundDb) => {
    const random = createRandom(7);
    const noisy = truths.map((truth) => withEstimationNoise(truth, snrDb, random));
    expect(errorDb(noisy)).toBeCloseTo(-snrDb, 0);
    expect(errorDb(noisy.map((csi) => ({ ...csi, values: denoised(csi).values.slice() })))).toBeLessThan(boundDb);
  });

  it('finds next to nothing in noise alone', () => {
    const random = createRandom(8);
    const values = Float32Array.from({ length: 2 * numAntennas * 32 }, () => random.gaussian());
    const left = denoiser.denoise(values).reduce((sum, value) => sum + value * value, 0);
    expect(left / values.length).toBeLessThan(0.01);
  });
});

it('takes nothing for noise where a matrix is small', () => {
  const random = createRandom(9);
  const values = Float32Array.from({ length: 2 * 15 * 17 }, () => random.gaussian());
  expect(createUplinkDenoiser({ numAntennas: 15, numDelays: 17 }).denoise(values)).toBe(values);
});

it('leaves to others what is no matrix to denoise', () => {
  const numValues = 2 * 16 * 16;
  const denoiser = createUplinkDenoiser({ numAntennas: 16, numDelays: 16 });
  const zeros = new Float32Array(numValues);
  expect(denoiser.denoise(zeros)).toBe(zeros);
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const broken = Float32Array.from({ length: numValues }, (_, i) => (i === 5 ? value : 1));
    expect(denoiser.denoise(broken)).toBe(broken);
  }
  expect(() => denoiser.denoise(new Float32Array(10))).toThrow('values has 10 entries, must have 512');
  expect(() => createUplinkDenoiser({ numAntennas: 0, numDelays: 3 })).toThrow(/numAntennas is 0/);
});
