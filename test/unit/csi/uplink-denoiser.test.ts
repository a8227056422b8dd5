import {
  type AngularDelayCsi,
  createRandom,
  createSynthesizer,
  createUplinkDenoiser,
  type ScenarioName,
  simulateChannel,
  squaredErrorRatio,
  withEstimationNoise,
} from '@edge-csi/csi';
import { describe, expect, it } from 'vitest';

const carriers = { downlinkCarrierHz: 5.3e9, uplinkCarrierHz: 5.1e9 };

function uplinks(numAntennas: number, scenario: ScenarioName = 'cost2100-indoor'): AngularDelayCsi[] {
  const samples = simulateChannel({
    ...{ scenario, ...carriers, delaySpreadNs: 100, phases: 'independent', seed: 3 },
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

describe('uplink denoiser', () => {
  const [truth] = uplinks(32) as [AngularDelayCsi];
  const shape = { numAntennas: 32, numDelays: 32 };
  const noisy = withEstimationNoise(truth, 10, createRandom(9)).values;
  const errorDb = (values: Float32Array) => decibels(squaredErrorRatio(truth, { ...truth, values }));

  it('does the same at any scale', () => {
    const { denoise } = createUplinkDenoiser(shape);
    const expected = denoise(noisy).slice();
    for (const scale of [1e-9, 1e9]) {
      const values = denoise(noisy.map((value) => scale * value));
      const worst = Math.max(...values.map((value, i) => Math.abs(value / scale - (expected[i] as number))));
      expect(worst).toBeLessThan(2e-2 * Math.max(...expected));
    }
  });

  it('works where a base band has a window over delays', () => {
    const values = noisy.map((value, i) => (i % 32 < 20 ? value : 0));
    expect(errorDb(createUplinkDenoiser(shape).denoise(values))).toBeLessThan(errorDb(values) - 2);
  });

  it('works where a coarse format has made zeros of most noise', () => {
    const step = 1.5 * Math.sqrt((0.1 * truth.values.reduce((sum, value) => sum + value * value, 0)) / noisy.length);
    const values = noisy.map((value) => step * Math.round(value / step));
    const { length: numZeros } = values.filter((value) => value === 0);
    expect(numZeros / values.length).toBeGreaterThan(0.4);
    expect(errorDb(createUplinkDenoiser(shape).denoise(values))).toBeLessThan(errorDb(values) - 2);
  });

  it.each(['cost2100-outdoor', 'umi'] as const)(
    'costs channels without noise little where they are rich: %s',
    (scenario) => {
      const rich = uplinks(32, scenario);
      const { denoise } = createUplinkDenoiser(shape);
      const ratios = rich.map((csi) => squaredErrorRatio(csi, { ...csi, values: denoise(csi.values).slice() }));
      expect(decibels(ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length)).toBeLessThan(-16);
    },
  );

  it.each([
    [1, 256],
    [7, 64],
    [64, 15],
  ])('takes nothing for noise where a matrix is small: %d x %d', (numAntennas, numDelays) => {
    const random = createRandom(9);
    const values = Float32Array.from({ length: 2 * numAntennas * numDelays }, () => random.gaussian());
    expect(createUplinkDenoiser({ numAntennas, numDelays }).denoise(values)).toBe(values);
  });

  it('takes noise out of the smallest matrices that tell of it', () => {
    const random = createRandom(10);
    const values = Float32Array.from({ length: 2 * 8 * 16 }, (_, i) => random.gaussian() + (i % 128 === 17 ? 40 : 0));
    const denoised = createUplinkDenoiser({ numAntennas: 8, numDelays: 16 }).denoise(values);
    expect(denoised.filter((value) => value !== 0).length).toBeLessThan(80);
    expect(denoised[17]).toBeGreaterThan(30);
  });
});

it('leaves to others what is no matrix to denoise', () => {
  const numValues = 2 * 16 * 16;
  const denoiser = createUplinkDenoiser({ numAntennas: 16, numDelays: 16 });
  const zeros = new Float32Array(numValues);
  expect(denoiser.denoise(zeros)).toBe(zeros);
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1e30]) {
    const broken = Float32Array.from({ length: numValues }, (_, i) => (i === 5 ? value : 1));
    expect(denoiser.denoise(broken)).toBe(broken);
  }
  expect(() => denoiser.denoise(new Float32Array(10))).toThrow('values has 10 entries, must have 512');
  expect(() => createUplinkDenoiser({ numAntennas: 0, numDelays: 3 })).toThrow(/numAntennas is 0/);
});
