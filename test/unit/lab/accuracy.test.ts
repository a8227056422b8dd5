import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type AngularDelayCsi, createRandom } from '@edge-csi/csi';
import type { CsiSource } from '@edge-csi/csi/files';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { measureAccuracy } from '../../../scripts/lab/src/accuracy/accuracy.ts';
import { distanceBins, measureBySnr } from '../../../scripts/lab/src/accuracy/breakdown.ts';
import { familyModel, writeFamilyModel } from '../../family-model.ts';

const shape = { numAntennas: 3, numDelays: 5 };
const normalization = { kind: 'spherical', scale: { minDb: -60, stepDb: 0.5, bits: 8 } } as const;

let zoo: string;
let manifest: Awaited<ReturnType<typeof familyModel>>['manifest'];

beforeAll(async () => {
  zoo = await mkdtemp(path.join(tmpdir(), 'edge-csi-accuracy-'));
  const model = await familyModel({ ...shape, id: 'small', normalization, maxBits: 8 });
  await writeFamilyModel(zoo, model);
  manifest = model.manifest;
});
afterAll(() => rm(zoo, { recursive: true }));

/** The decoder takes what it was not told from the uplink: samples are as hard as their bands are apart. */
function sourceOf(numSamples: number): CsiSource {
  const matrix = (seed: number): AngularDelayCsi => {
    const random = createRandom(seed);
    return { domain: 'angular-delay', ...shape, values: Float32Array.from({ length: 30 }, () => random.gaussian()) };
  };
  return {
    name: 'made up',
    numSamples,
    description: { downlink: 'made up', uplink: 'made up' },
    notes: [],
    columns: {},
    downlink: (index) => matrix(index),
    // Far UEs see another channel in the uplink, near ones the same.
    uplink: (index) => matrix(index < numSamples / 2 ? index : index + 1000),
    environment: (index) => Math.floor(index / 4),
    distanceM: (index) => 10 + index,
  };
}

const measurement = (source: CsiSource) => ({ manifest, zoo, source, samples: undefined, onProgress: () => undefined });

it('is of the samples so far where it is interrupted', async () => {
  const source = sourceOf(64);
  const controller = new AbortController();
  const onProgress = (done: number) => {
    if (done === 32) controller.abort();
  };
  const cut = await measureAccuracy({ ...measurement(source), signal: controller.signal, onProgress });
  const short = await measureAccuracy({ ...measurement(source), samples: 32 });
  expect(cut.samples).toBe(32);
  const { latencyMs: _, ...figures } = cut;
  expect(short).toMatchObject(figures);
}, 30_000);

it('has intervals over environments, and says how each environment fared', async () => {
  const run = await measureAccuracy({ ...measurement(sourceOf(64)), seed: 7 });
  expect(run.clusters).toBe(16);
  for (const name of ['nmseDb', 'magnitudeNmseDb', 'sgcs', 'rho', 'floatMagnitudeNmseDb'] as const) {
    const [low, high] = run.intervals?.[name] ?? [Number.NaN, Number.NaN];
    expect(low).toBeLessThan(run[name] ?? Number.NaN);
    expect(high).toBeGreaterThan(run[name] ?? Number.NaN);
  }
  const { samples = [], errorRatio = [] } = run.environments ?? {};
  expect(samples).toEqual(Array(16).fill(4));
  const mean = errorRatio.reduce((sum, ratio) => sum + ratio / 16, 0);
  expect(10 * Math.log10(mean)).toBeCloseTo(run.nmseDb, 9);
}, 30_000);

it('falls apart by distance into bins of equally many samples', async () => {
  const source = sourceOf(60);
  const bins = distanceBins(source, undefined);
  const run = await measureAccuracy({ ...measurement(source), onSample: bins.add });
  const parts = bins.result(7);
  expect(parts.map(({ samples }) => samples)).toEqual([12, 12, 12, 12, 12]);
  expect(parts.map(({ distanceM }) => distanceM)).toEqual([
    [10, 21],
    [22, 33],
    [34, 45],
    [46, 57],
    [58, 69],
  ]);
  expect(parts[0]?.nmseDb).toBeLessThan(run.nmseDb - 3);
  expect(parts[4]?.nmseDb).toBeGreaterThan(run.nmseDb);
}, 30_000);

it('suffers from noise on what the two ends measure, the more the stronger it is', async () => {
  const bins = await measureBySnr({ ...measurement(sourceOf(32)), samples: 16, seed: 7 });
  expect(bins.map(({ snrDb }) => snrDb)).toEqual([0, 5, 10, 15, 20, 30]);
  for (const [i, { nmseDb }] of bins.slice(1).entries()) expect(nmseDb).toBeLessThan(bins[i]?.nmseDb as number);
}, 30_000);

it('cannot be told by distance where the data do not', () => {
  const { distanceM: _, ...source } = sourceOf(8);
  expect(() => distanceBins(source, undefined)).toThrow(/--by distance needs distances, and made up has no distance_m/);
});
