import { createRandom, squaredErrorRatio } from '@edge-csi/csi';
import { expect, it } from 'vitest';
import { dataFor, openData, raytracedSampleData, simulatedSource } from '../../../scripts/lab/src/data.ts';
import { pathSchemes, pathSpecOf } from '../../../scripts/lab/src/schemes/path-scheme.ts';
import { measureScheme, type RatePoint } from '../../../scripts/lab/src/schemes/scheme.ts';
import { bestPoints, figureAt } from '../../../scripts/lab/src/yardstick/equal-bits.ts';
import { measureYardstick, yardstickSamples } from '../../../scripts/lab/src/yardstick/yardstick.ts';

const link = {
  ...{ numAntennas: 32, numDelays: 32, numSubcarriers: 1024, bandwidthHz: 20e6 },
  ...{ downlinkCarrierHz: 5.3e9, uplinkCarrierHz: 5.1e9, timing: 'absolute' as const },
};

const point = (bits: number, subbandSgcs: number, nmseDb?: number): RatePoint => ({
  ...{ scheme: 'made up', family: 'baseline', bits, subbandSgcs, setting: {} },
  ...(nmseDb !== undefined && { nmseDb }),
});

it('takes turns between the best points below and above a size, and stays at its best beyond the last', () => {
  const points = [point(60, 0.6, -10), point(80, 0.5, -9), point(100, 0.8, -20)];
  expect(figureAt(points, 70, 'subbandSgcs')).toBeCloseTo(0.65, 9);
  // A quarter of the reports have the small error.
  expect(figureAt(points, 70, 'nmseDb')).toBeCloseTo(10 * Math.log10(0.75 * 0.1 + 0.25 * 0.01), 9);
  expect(figureAt(points, 100, 'subbandSgcs')).toBe(0.8);
  expect([59, 101].map((bits) => figureAt(points, bits, 'subbandSgcs'))).toEqual([undefined, 0.8]);
  expect(figureAt([point(60, 0.6), point(100, 0.8)], 70, 'nmseDb')).toBeUndefined();
  expect(bestPoints(points, 'subbandSgcs').map(({ bits }) => bits)).toEqual([60, 100]);
});

it('compares path reports, eType II and top-K on channels with path loss as traced', async () => {
  const source = await openData(dataFor({ csi: link }, { data: raytracedSampleData }));
  expect(source.numSamples).toBe(128);
  const samples = yardstickSamples(source, 3, undefined, createRandom(1));
  const powers = samples.map(({ downlink }) => 10 * Math.log10(downlink.values.reduce((sum, v) => sum + v * v, 0)));
  for (const power of powers) expect(power).toBeLessThan(-20);
  const curve = await measureYardstick({
    ...{ samples, link, networks: [], zoo: '', seed: 1, signal: new AbortController().signal },
    ...{ training: simulatedSource('cost2100-indoor', 32, link, 2), trainingSamples: 32 },
    ...{ scale: { minDb: -60, stepDb: 0.375, bits: 8 }, onProgress: () => undefined },
  });
  const best = (scheme: string, figure: 'subbandSgcs' | 'nmseDb') =>
    bestPoints(
      curve.filter((one) => one.scheme === scheme),
      figure,
    )
      .filter(({ bits }) => bits <= 120)
      .at(-1)?.value ?? Number.NaN;
  expect(best('paths', 'nmseDb')).toBeLessThan(-15);
  expect(best('paths', 'subbandSgcs')).toBeGreaterThan(best('etype2', 'subbandSgcs'));
  expect(best('paths', 'nmseDb')).toBeLessThan(best('topk-codebook', 'nmseDb') - 3);
}, 60_000);

it('adds the noise asked for to what the UE measures, tells the UE of it, and holds estimates against the truth', async () => {
  const source = simulatedSource('cost2100-indoor', 8, link, 5);
  const noisy = yardstickSamples(source, 4, 10, createRandom(1));
  for (const { downlink, truth = downlink, noiseVariance = 0 } of noisy) {
    const energy = truth.values.reduce((sum, value) => sum + value * value, 0);
    expect(10 * Math.log10(squaredErrorRatio(truth, downlink))).toBeCloseTo(-10, 0);
    expect((noiseVariance * 1024) / energy).toBeCloseTo(0.1, 9);
  }
  const [paths] = pathSchemes(pathSpecOf(link));
  const { nmseDb = 0 } = await measureScheme(paths, noisy, { bitPriceDb: -45 });
  // Better than what was measured: the truth is what counts.
  expect(nmseDb).toBeLessThan(-15);
}, 30_000);
