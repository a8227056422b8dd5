import { beforeAll, expect, it } from 'vitest';
import { type Baselines, fitBaselines } from '../../../../scripts/lab/src/schemes/baselines.ts';
import { costOf, type RatePoint, sweep } from '../../../../scripts/lab/src/schemes/scheme.ts';
import { correlatedSamples, numEntries, sourceOf } from './correlated-samples.ts';

const scale = { minDb: -60, stepDb: 0.375, bits: 8 };
let baselines: Baselines;
const curves = new Map<string, RatePoint[]>();

beforeAll(async () => {
  baselines = await fitBaselines({
    source: sourceOf(correlatedSamples(1500, 1)),
    limit: 1000,
    scale,
    onProgress: () => undefined,
  });
  const samples = correlatedSamples(100, 2);
  for (const scheme of baselines.schemes) {
    curves.set(scheme.name, await sweep(scheme, { select: samples, measure: samples }, () => undefined));
  }
}, 60_000);

it('fits on no more samples than asked for', () => {
  expect(baselines.samples).toBe(1000);
});

it.each(['topk-codebook', 'pca', 'linear-rrr'])('%s trades bits for accuracy in whole reports', (name) => {
  const curve = curves.get(name) as RatePoint[];
  expect(curve[0]?.bits).toBeGreaterThan(scale.bits);
  expect(curve.at(-1)?.bits).toBeGreaterThan(3 * (curve[0]?.bits as number));
  expect(curve.at(-1)?.nmseDb).toBeLessThan((curve[0]?.nmseDb as number) - 8);
  expect(curve.every(({ family, scheme }) => family === 'baseline' && scheme === name)).toBe(true);
});

it('linear reports count codeword, phases and scale', async () => {
  const pca = baselines.schemes.find(({ name }) => name === 'pca');
  const [sample] = correlatedSamples(1, 3);
  // So large a theta that no entry gets a phase bit.
  const setting = { ...pca?.settings[0], phaseTheta: 2 ** 24 };
  await pca?.carry(sample ? [sample] : [], setting, (_, bits, estimate) => {
    expect(bits).toBe(((setting as { codewordBits?: number }).codewordBits as number) + scale.bits);
    expect([...estimate.values]).toEqual(Array.from({ length: 2 * numEntries }, () => 0));
  });
  expect.assertions(2);
});

it('with the uplink at the BS, fewer bits reach the accuracy of PCA', () => {
  const best = (name: string, budget: number) =>
    Math.min(...(curves.get(name) as RatePoint[]).filter(({ bits }) => bits <= budget).map(costOf));
  expect(best('linear-rrr', 60)).toBeLessThan(best('pca', 60) - 0.3);
});
